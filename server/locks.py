"""File locks: one server, one ingest and one index builder per data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.errors import AlreadyLockedError


@contextmanager
def held_lock(path: Path, busy_message: str, *, wait: bool = False) -> Iterator[None]:
    """Hold an exclusive lock on `path`, which then contains this process's id.

    The operating system drops the lock with the process, so a killed process never leaves the directory locked.
    Raises AlreadyLockedError with `busy_message`, in which {pid} is the holder, unless `wait`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyLockedError(busy_message.format(pid=holder)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)
