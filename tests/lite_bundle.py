"""The lite bundles that tests read, exported once for one state of the sources.

`python -m tests.lite_bundle` exports the default one where need be and prints its folder; `python -m tests.lite_bundle
minilm` does so for the one whose text encoder is MiniLM-L6.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.source_key import imported_files, key_of

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "exporter.__main__"
_CACHE = ROOT / "var" / "test-bundles"
_KEPT = 3
# The environment variable that names a bundle to use instead, and what the command adds to the default's.
_KINDS: dict[str, tuple[str, list[str]]] = {
    "lite": ("CARRYOVER_TEST_BUNDLE", []),
    "minilm": ("CARRYOVER_TEST_MINILM_BUNDLE", ["--text", "minilm"]),
}
EXPORT_COMMAND = ["-m", "exporter", "lite", "--out"]
# The number of threads decides the last bit of the content tower's directions, and so the bundle's space.
EXPORT_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class BundleError(Exception):
    """The bundle cannot be had; the message says why."""


def lite_bundle(kind: str = "lite") -> Path:
    """Return the folder of the bundle, exporting it where no cached one has the key of these sources.

    CARRYOVER_TEST_BUNDLE and CARRYOVER_TEST_MINILM_BUNDLE name others. Raises BundleError where that is not a bundle
    or the export fails.
    """
    variable, options = _KINDS[kind]
    if given := os.environ.get(variable):
        if not (Path(given) / "manifest.json").is_file():
            raise BundleError(f"{variable}={given} is not a bundle")
        return Path(given)
    bundle = _CACHE / f"{kind}-{bundle_key(ROOT)}"
    with _one_at_a_time(kind):
        if not bundle.is_dir():
            _export_to(bundle, kind, options)
    return bundle


def bundle_key(root: Path) -> str:
    """Return the hash of what decides the bundle's content."""
    return key_of(root, bundle_files(root))


def bundle_files(root: Path) -> set[Path]:
    """Return the files that decide it: the exporter's sources, contracts and pinned packages."""
    data = [*(root / "contracts").glob("*.json"), root / "requirements.txt", root / "exporter" / "goods_words.txt"]
    return imported_files(root, PROGRAM) | set(data)


@contextmanager
def _one_at_a_time(kind: str) -> Iterator[None]:
    """Hold the lock of a kind, so that of several test runs one exports and the others wait."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f".lock-{kind}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _export_to(bundle: Path, kind: str, options: list[str]) -> None:
    """Export beside `bundle` and rename, so that nobody ever sees half of one; the oldest bundles go."""
    scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=_CACHE))
    try:
        command = [sys.executable, *EXPORT_COMMAND, str(scratch / "lite"), *options]
        done = subprocess.run(
            command, cwd=ROOT, env=EXPORT_ENVIRONMENT, capture_output=True, text=True, timeout=600, check=False
        )
        if done.returncode != 0:
            raise BundleError(f"{' '.join(command)} failed: {done.stderr}")
        (scratch / "lite").rename(bundle)
        for old in sorted(_CACHE.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    try:
        print(lite_bundle(*sys.argv[1:2]))
    except BundleError as error:
        sys.exit(str(error))
