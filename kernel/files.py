"""Atomic writes of files and directories: readers find the old content or the new, also after a crash."""

import ctypes
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

TEMPORARY_PREFIX = ".writing-"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


class UnwritableError(OSError):
    """A file or directory that cannot be created; the message names it, the reason and a remedy."""

    def __str__(self) -> str:
        return f"cannot write {self.filename}: {self.strerror}; give a folder that can be written to"


@contextmanager
def write_whole(path: Path, *, is_durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces `path` when the block ends well; see `whole_path`."""
    with whole_path(path, is_durable=is_durable) as temporary, temporary.open("wb") as file:
        yield file


@contextmanager
def write_text_whole(path: Path, *, is_durable: bool = True) -> Iterator[IO[str]]:
    r"""Open a UTF-8 file with \n line ends that replaces `path` when the block ends well; see `whole_path`."""
    with (
        whole_path(path, is_durable=is_durable) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        yield file


@contextmanager
def whole_path(path: Path, *, is_durable: bool = True) -> Iterator[Path]:
    """Yield a new empty file beside `path` that replaces it when the block ends well, and vanishes when it raises.

    Creates the directory. With `is_durable` the file and its name have reached the disk on return. Waive it for one of
    thousands of small files that can be made again. Of two writers of one path, the last one wins.
    Raises UnwritableError when the directory or the new file cannot be created.
    """
    with temporary_path(path) as temporary:
        yield temporary
        put_in_place(temporary, path, is_durable=is_durable)


@contextmanager
def temporary_path(path: Path) -> Iterator[Path]:
    """Yield a new empty file beside `path`, and remove it at the end unless the block has renamed it.

    Its mode follows the umask. Raises UnwritableError when it cannot be created. A killed process leaves it behind,
    with a name that starts with TEMPORARY_PREFIX.
    """
    temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:  # around the creation, too: an interrupt may come right after it
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.touch(exist_ok=False)
        except OSError as error:
            raise UnwritableError(error.errno, error.strerror, str(path)) from error
        yield temporary
    finally:
        with suppress(OSError):  # it was never created, or has been renamed
            temporary.unlink()


def put_in_place(temporary: Path, path: Path, *, is_durable: bool = True) -> None:
    """Rename a finished file to `path` in the same directory; with `is_durable` content and name reach the disk."""
    if is_durable:
        sync(temporary)
    temporary.replace(path)
    if is_durable:
        sync(path.parent)


@contextmanager
def write_directory_whole(directory: Path) -> Iterator[Path]:
    """Yield a new directory that replaces `directory` when the block ends well, and vanishes when it raises.

    Everything in it has reached the disk before it takes the name. Where the system can exchange two names (Linux),
    readers find the old directory or the new one at every moment. Elsewhere two renames replace it: an error between
    them brings the old directory back, and a crash between them leaves it at `replaced_path`.
    """
    new = directory.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")
    try:
        new.mkdir(parents=True)
    except OSError as error:
        raise UnwritableError(error.errno, error.strerror, str(directory)) from error
    try:
        yield new
        _sync_tree(new)
        _replace_directory(new, directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def replaced_path(directory: Path) -> Path:
    """Return where a crash between the two renames of `write_directory_whole` leaves the old directory."""
    return directory.with_name(f".{directory.name}.replaced")


def remove_leftovers(*directories: Path) -> None:
    """Delete the temporary files that killed processes left in these directories; no other process may be writing."""
    for directory in directories:
        for leftover in directory.glob(f"{TEMPORARY_PREFIX}*"):
            leftover.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file's content, or a directory's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_tree(directory: Path) -> None:
    for path in directory.rglob("*"):
        sync(path)
    sync(directory)


def _replace_directory(new: Path, directory: Path) -> None:
    replaced = replaced_path(directory)
    if not directory.exists():
        new.rename(directory)
    elif not _exchange(new, directory):
        shutil.rmtree(replaced, ignore_errors=True)
        directory.rename(replaced)
        try:
            new.rename(directory)
        except OSError:
            replaced.rename(directory)
            raise
    sync(directory.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap the names of two directories in one step; return False where the system or the file system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # some file systems have no such operation
        return False
    raise OSError(code, os.strerror(code), str(other))
