"""Writes a bundle whole or not at all: into a hidden sibling, verified, fsynced, then renamed."""

import ctypes
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from exporter.bundle_draft import MANIFEST
from exporter.errors import BundleError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


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
    """Rename into place; readers find the old bundle or the new one, and after a crash too."""
    if not out.exists():
        scratch.rename(out)
    elif _exchange(scratch, out):
        pass  # the old bundle now lies at `scratch`, which publish() removes
    else:
        _replace_in_two_steps(scratch, out)
    _fsync(out.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two directories' names in one step; False where the system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # some file systems have no such operation
        return False
    raise OSError(code, os.strerror(code), str(other))


def _replace_in_two_steps(scratch: Path, out: Path) -> None:
    """The old bundle steps aside for the moment between two renames, and comes back where the second one fails."""
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    out.rename(aside)  # replaces the empty directory
    try:
        scratch.rename(out)
    except OSError:
        aside.rename(out)
        raise
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
