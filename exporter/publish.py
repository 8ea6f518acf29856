"""Writes a bundle whole or not at all: into a hidden sibling, verified, fsynced, then renamed."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exporter.draft import MANIFEST
from exporter.errors import BundleError


def publish(
    files: Mapping[str, bytes], manifest: Mapping[str, Any], out: Path, verify: Callable[[Path], object]
) -> None:
    """Put the bundle at `out`, replacing a bundle that is there; raises BundleError and leaves `out` as it was.

    Readers see the old bundle or the new one. `verify` is called with the finished directory before it is named.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100 - resolve() would follow a symlink that `out` may be
    _check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for path, data in files.items():
            _write(scratch / path, data)
        _write(
            scratch / MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        )
        verify(scratch)
        for directory in (scratch, *(path for path in scratch.rglob("*") if path.is_dir())):
            _fsync(directory)
        scratch.chmod(0o755)  # mkdtemp made it private to this user
        _swap(scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _check_replaceable(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BundleError(f"{out}: exists and is not a directory; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise BundleError(f"{out}: is neither empty nor a bundle, and will not be overwritten; choose another --out")


def _swap(scratch: Path, out: Path) -> None:
    """Rename into place; the old bundle steps aside for the moment between two renames and comes back on failure."""
    aside = None
    if out.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
        out.rename(aside)  # replaces the empty directory
    try:
        scratch.rename(out)
    except OSError:
        if aside is not None:
            aside.rename(out)
        raise
    _fsync(out.parent)
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _fsync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
