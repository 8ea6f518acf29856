"""Fixtures that every room's tests may use."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
_CACHE = ROOT / "var" / "test-bundles"

# A shell has its background jobs ignore Ctrl-C, and so would every program that these tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def lite_bundle() -> Path:
    """A real lite bundle, exported once for one state of the sources. Read it, never write to it.

    CARRYOVER_TEST_BUNDLE names one that is there already.
    """
    if given := os.environ.get("CARRYOVER_TEST_BUNDLE"):
        if not (Path(given) / "manifest.json").is_file():
            pytest.fail(f"CARRYOVER_TEST_BUNDLE={given} is not a bundle")
        return Path(given)
    bundle = _CACHE / f"lite-{_sources_hash()}"
    if not bundle.is_dir():
        _export_to(bundle)
    return bundle


def _sources_hash() -> str:
    """A hash of all that decides what the bundle holds."""
    sources = [*(ROOT / "exporter").glob("*.py"), ROOT / "trainer" / "towers" / "content.py"]
    sources += [ROOT / "contracts" / "bundle.schema.json", ROOT / "requirements.txt"]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _export_to(bundle: Path) -> None:
    """Export beside `bundle` and rename, so that two test runs at once never see half of one."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=_CACHE))
    try:
        command = [sys.executable, "-m", "exporter", "lite", "--out", str(scratch / "lite")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            pytest.fail(f"{' '.join(command)} failed: {done.stderr}")
        try:
            (scratch / "lite").rename(bundle)
        except OSError:
            if not bundle.is_dir():  # else another run was faster, and its bundle is as good
                raise
        for old in sorted(_CACHE.glob("lite-*"), key=lambda path: path.stat().st_mtime)[:-3]:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Playwright, started once: it cannot be started a second time in one process."""
    with sync_playwright() as started:
        yield started
