"""Disk cache of encoder outputs and other slow results, keyed by a hash of their inputs.

A file's name is that hash (of encoder, rule and every text or image). So a file is never stale, and never overwritten
with something else. Two runs that miss at once both compute, and the second rename replaces the file by an equal one.
Beside each NAME.npy lies NAME.json, its metadata; the modification time of NAME.json is the time of the last use.
Decoded images (trainer/features/pixels.py) and neighbours (trainer/learning/negatives.py) are cached in the same way.
"""

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kernel.files import write_whole

Batches = Iterator[tuple[Sequence[int], NDArray[np.float32]]]  # rows and their features


class Metadata(TypedDict):
    """Description of cached values: `what` they are, the encoder's name or "", and the rule they were made by."""

    what: str
    encoder: str
    rule: NotRequired[str]


class FileMetadata(Metadata):
    """Content of NAME.json; `created` in seconds since 1970."""

    rows: NotRequired[int]
    width: NotRequired[int]
    created: float


_UNKNOWN: FileMetadata = {"what": "unknown", "encoder": "", "created": 0.0}
_NAME = re.compile("(pixels-)?[0-9a-f]{64}")  # other files in the directory do not belong to the cache


@dataclass(frozen=True)
class Entry:
    """One cached file of features, decoded images or neighbours."""

    path: Path
    bytes: int
    last_used: float  # seconds since 1970
    metadata: FileMetadata


class FeatureCache:
    """A cache directory.

    Attributes:
        limit_bytes: each write then removes the least recently used files beyond this size; None: keep all.
    """

    def __init__(self, directory: Path, limit_bytes: int | None = None) -> None:
        self.directory, self.limit_bytes = Path(directory), limit_bytes

    def get(
        self, parts: Iterable[str], shape: tuple[int, int], metadata: Metadata, compute: Callable[[], Batches]
    ) -> NDArray[np.float32]:
        """Return the features (`shape`, float32) keyed by `parts`, memory-mapped; compute them where not cached."""
        name = _hash(parts)
        if (found := self.find(name, shape, np.float32, metadata)) is not None:
            return found
        features = np.zeros(shape, dtype=np.float32)
        for rows, batch in compute():
            features[rows] = batch
        with self.add(name, shape, metadata) as file:
            np.save(file, features, allow_pickle=False)
        found = _load(self._path(name), shape, np.float32)
        return features if found is None else found  # another run may have pruned the file already

    def find(self, name: str, shape: tuple[int, ...], dtype: DTypeLike, metadata: Metadata) -> NDArray[Any] | None:
        """Return the array cached by name, memory-mapped, and record its use; None where it is absent or damaged."""
        found = _load(self._path(name), shape, dtype)
        if found is not None:
            _touch(self._path(name), shape, metadata)
        return found

    @contextmanager
    def add(self, name: str, shape: tuple[int, ...], metadata: Metadata) -> Iterator[IO[bytes]]:
        """Yield a file to write an array to, as `np.save` does; cache it by name if the block ends without error."""
        with write_whole(self._path(name)) as file:
            yield file
        _describe(self._path(name), shape, metadata)
        self.prune()

    def entries(self) -> list[Entry]:
        """Return the cached files, most recently used first."""
        entries = []
        for path in self.directory.glob("*.npy") if self.directory.is_dir() else ():
            if not _NAME.fullmatch(path.stem):
                continue
            with contextlib.suppress(FileNotFoundError):  # removed by another run since the listing
                entries.append(_entry(path))
        return sorted(entries, key=lambda entry: (-entry.last_used, entry.path.name))

    def remove(self, entry: Entry) -> None:
        """Remove one file; a run that has it open can still read it."""
        entry.path.unlink(missing_ok=True)
        _sidecar(entry.path).unlink(missing_ok=True)

    def prune(self) -> list[Entry]:
        """Remove and return the least recently used files beyond `limit_bytes`; the last used one always stays."""
        removed: list[Entry] = []
        if self.limit_bytes is not None:
            total = 0
            for place, entry in enumerate(self.entries()):
                total += entry.bytes
                if total > self.limit_bytes and place > 0:
                    self.remove(entry)
                    removed.append(entry)
        return removed

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.npy"


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())  # hashed one by one: ["ab"] is not ["a", "b"]
    return digest.hexdigest()


def _load(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any] | None:
    try:
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError):  # absent, or cut short by a full disk: computed again in either case
        return None
    return mapped if (mapped.shape, mapped.dtype) == (shape, np.dtype(dtype)) else None


def _entry(path: Path) -> Entry:
    status = path.stat()
    try:
        metadata = json.loads(_sidecar(path).read_text(encoding="utf-8"))
        last_used = _sidecar(path).stat().st_mtime
    except (FileNotFoundError, ValueError):
        metadata, last_used = _UNKNOWN, status.st_mtime
    return Entry(path, status.st_size, last_used, metadata)


def _touch(path: Path, shape: tuple[int, ...], metadata: Metadata) -> None:
    """Record that the features are used now; do nothing in a read-only cache."""
    try:
        os.utime(_sidecar(path))
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            _describe(path, shape, metadata)
    except OSError:
        return


def _describe(path: Path, shape: tuple[int, ...], metadata: Metadata) -> None:
    document: FileMetadata = {**metadata, "rows": shape[0], "width": shape[1], "created": time.time()}
    with write_whole(_sidecar(path), is_durable=False) as file:
        file.write((json.dumps(document) + "\n").encode())


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".json")
