"""Encryption of what is kept, with keys in a file beside the database, the newest first."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from server.errors import InputError
from server.locks import held_lock

FILE_NAME = "at-rest.keys"
_LOCK = "at-rest.lock"


class AtRest:
    """Keys of one data directory. They are read at each use, so that a rotation is seen by all processes."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._path = data_dir / FILE_NAME

    def seal(self, binding: bytes, content: bytes) -> bytes:
        """Return `content` encrypted with the newest key, bound to where it is kept."""
        return self._keys().encrypt(_prefixed(binding) + content)

    def open(self, binding: bytes, sealed: bytes) -> bytes:
        """Return the content; raises InputError where it is of another place, damaged, or of a key that is gone."""
        prefix = _prefixed(binding)
        try:
            content = self._keys().decrypt(sealed)
        except InvalidToken as error:
            raise InputError(f"{self._path}: has no key for an envelope of {self.data_dir}") from error
        if not content.startswith(prefix):
            raise InputError(f"{self.data_dir}: an envelope lies in another's place")
        return content[len(prefix) :]

    def add_key(self) -> None:
        """Put a new key before the others."""
        with self._locked():
            self._write([Fernet.generate_key(), *self._read()])

    def drop_old_keys(self) -> None:
        """Delete all keys but the newest."""
        with self._locked():
            self._write(self._read()[:1])

    def _locked(self) -> AbstractContextManager[None]:
        return held_lock(self.data_dir / _LOCK, "process {pid} changes the keys", wait=True)

    def _keys(self) -> MultiFernet:
        lines = self._read()
        if not lines:
            with self._locked():
                lines = self._read() or [Fernet.generate_key()]
                self._write(lines)
        try:
            return MultiFernet([Fernet(line) for line in lines])
        except ValueError as error:
            raise InputError(f"{self._path}: expected keys of Fernet, one a line: {error}") from error

    def _read(self) -> list[bytes]:
        try:
            return self._path.read_bytes().split()
        except FileNotFoundError:
            return []

    def _write(self, lines: list[bytes]) -> None:
        temporary = self._path.with_name(f".{FILE_NAME}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


def _prefixed(binding: bytes) -> bytes:
    return len(binding).to_bytes(2, "big") + binding
