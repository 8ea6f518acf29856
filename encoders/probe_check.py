"""Check of a bundle's probes in a child process of limited time and memory.

A graph that passed kernel/onnx_graph.py may still compute sizes that no machine has, so towers of unknown origin run
apart from the program that was given them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from encoders.errors import EncodingError
from kernel.bounded_process import LimitError, Limits, run_bounded
from kernel.bundle_probes import ProbeError
from kernel.contract_types import BundleManifest

_REFUSED, _CANNOT_RUN = 3, 4
# A start on a slow machine, then a second for every megabyte; the largest tower known to us takes half of that.
_SECONDS, _SECONDS_PER_MB = 120, 1
# An interpreter with ONNX Runtime, then file, session and packed weights side by side, and activations.
_BYTES, _BYTES_PER_BYTE = 2 * 2**30, 6


def check_bounded(
    directory: Path, manifest: BundleManifest, limits: Limits | None = None, module: str = "encoders.probe_check"
) -> list[str]:
    """Run a bundle's probes, after the caller has verified its files, and return the lines that the child reported.

    Args:
        directory: the bundle.
        manifest: its manifest.
        limits: of the child process, by default `limits_of(manifest)`.
        module: the program to run, which takes the directory, prints what it has checked and ends with `answer`.

    Raises ProbeError where a probe does not give its stated vector, EncodingError where a tower cannot be run within
    the limits.
    """
    chosen = limits or limits_of(manifest)
    try:
        code, said = run_bounded(module, [directory.resolve()], chosen)
    except LimitError as error:
        raise EncodingError(f"{directory}: running its towers {error}, so the bundle is refused") from error
    lines = said.splitlines()
    if code == _REFUSED and lines:
        raise ProbeError(lines[-1])
    if code == _CANNOT_RUN and lines:
        raise EncodingError(f"{lines[-1]} (in a process of at most {chosen.num_bytes // 10**6:,} MB of memory)")
    if code != 0:
        raise EncodingError(f"{directory}: running its towers ended with exit code {code}, so the bundle is refused")
    return lines


def limits_of(manifest: BundleManifest) -> Limits:
    """Return the limits for a bundle, by the size of its files."""
    num_bytes = sum(entry["bytes"] for entry in manifest["files"].values())
    return Limits(_SECONDS + _SECONDS_PER_MB * num_bytes / 1e6, _BYTES + _BYTES_PER_BYTE * num_bytes)


def answer(check: Callable[[Path, BundleManifest], None], directory: Path) -> int:
    """Run a check in the child process; return its exit code, after printing why it refuses the bundle.

    `check` raises ProbeError for a bundle that does not prove itself, EncodingError for a tower that cannot be run.
    """
    manifest: BundleManifest = json.loads((directory / "manifest.json").read_bytes())
    try:
        check(directory, manifest)
    except (ProbeError, EncodingError) as error:
        sentence = f"{error}"
        print(" ".join(sentence.split()))  # noqa: T201 (the answer to the parent, in one line)
        return _REFUSED if isinstance(error, ProbeError) else _CANNOT_RUN
    return 0


def _check(directory: Path, manifest: BundleManifest) -> None:
    from encoders.probes import ProbedBundle  # noqa: PLC0415 (the parent needs neither towers nor tokenizers)

    ProbedBundle(directory, manifest).check()


if __name__ == "__main__":
    sys.exit(answer(_check, Path(sys.argv[1])))
