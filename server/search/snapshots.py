"""Snapshots of shops on disk: columns and index, written so that a crash leaves the old or the new one.

They are read only after verification. hnswlib trusts its files: a flipped bit crashes the process or answers wrongly,
a wrong `dim` loads silently, and saving to a full disk raises nothing; and columns are mapped into memory. A file is
therefore written to a temporary name, its size compared with what it must be, hashed, flushed to disk, renamed to a
name that contains its hash, and only then named by CURRENT.
"""

import contextlib
import hashlib
import os
import shutil
import struct
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from kernel.files import put_in_place, remove_leftovers, temporary_path, write_whole
from kernel.json_object import JsonMapping
from kernel.shop_metric import Blocks
from server.catalogue.database import DERIVED_FOLDERS
from server.errors import SnapshotError
from server.search.column_file import Columns, open_columns, write_columns
from server.search.index import EF_CONSTRUCTION, Index, M, load_index

CURRENT = "CURRENT"
_FOLDER = DERIVED_FOLDERS[0]
_PUBLISHED = "PUBLISHED"
_COLUMNS_SUFFIX = ".columns"
_INDEX_SUFFIX = ".hnsw"
_MAX_CURRENT_BYTES = 65_536
_HEX = frozenset("0123456789abcdef")
# hnswlib 0.8's header: offset of level 0, capacity, count, bytes per element, offset of the label, offset of the
# vector, highest level, entry point, maxM, maxM0, M, level multiplier, ef_construction.
_HEADER = struct.Struct("<6Qi I3QdQ".replace(" ", ""))


@dataclass(frozen=True)
class File:
    """A file of a snapshot, named by its hash."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Snapshot:
    """What CURRENT says; `index` is None and `ef` 0 for a shop that is scanned."""

    shop: str
    space: str
    dim: int
    count: int
    version: int
    columns: File
    index: File | None
    ef: int
    M: int
    ef_construction: int


@dataclass(frozen=True)
class Loaded:
    """A verified snapshot, ready to be searched."""

    columns: Columns
    index: Index | None


def directory_of(data_dir: Path, shop: str, space: str) -> Path:
    """Return the directory of a shop's snapshots in a space, named by a hash: not every shop name is a file name."""
    return data_dir / _FOLDER / space[:16] / hashlib.sha256(shop.encode("utf-8")).hexdigest()[:32]


def publish(directory: Path, shop: str, space: str, columns: Columns, index: Index | None = None) -> Snapshot:
    """Write a snapshot and make it current; its index holds row numbers.

    Raises SnapshotError, leaving the old one current, if it cannot.
    """
    dim = columns.rows.vectors.upper.shape[1]
    try:
        index_file = None if index is None else _put(directory, _INDEX_SUFFIX, index.save)
        columns_file = _put(directory, _COLUMNS_SUFFIX, lambda path: write_columns(path, columns))
        snapshot = Snapshot(
            shop, space, dim, len(columns.rows), columns.version, columns_file, index_file,
            0 if index is None else index.ef, M, EF_CONSTRUCTION,
        )  # fmt: skip
        with write_whole(directory / CURRENT) as stream:
            stream.write(orjson.dumps(asdict(snapshot), option=orjson.OPT_INDENT_2))
        with write_whole(directory.parent / _PUBLISHED):  # a new file, which tells readers to look
            pass
    except (OSError, RuntimeError) as error:
        raise SnapshotError(f"{directory}: cannot write the snapshot of {shop}: {error}") from error
    return snapshot


def _put(directory: Path, suffix: str, write: Callable[[Path], int | None]) -> File:
    with temporary_path(directory / f"new{suffix}") as temporary:
        expected = write(temporary)
        with temporary.open("rb") as stream:
            num_bytes = os.fstat(stream.fileno()).st_size
            if expected is not None and num_bytes != expected:
                raise OSError(f"expected {expected} bytes on disk, got {num_bytes}: is the disk full?")
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        put_in_place(temporary, directory / f"{sha256}{suffix}")
    return File(sha256, num_bytes)


def published_stamp(data_dir: Path, space: str) -> tuple[int, int] | None:
    """Return a stamp that changes with every snapshot of a space, or None without one."""
    return _stamp(data_dir / _FOLDER / space[:16] / _PUBLISHED)


def current_stamp(directory: Path) -> tuple[int, int] | None:
    """Return a stamp that changes with the current snapshot, or None without one."""
    return _stamp(directory / CURRENT)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def read_current(directory: Path) -> Snapshot:
    """Return CURRENT, checked for form; raises SnapshotError."""
    path = directory / CURRENT
    try:
        raw = path.read_bytes()[:_MAX_CURRENT_BYTES]
        document: JsonMapping = orjson.loads(raw)
        snapshot = Snapshot(**{**document, "columns": _file(document["columns"]), "index": _file(document["index"])})
        for name in ("dim", "count", "version", "ef", "M", "ef_construction"):
            if type(getattr(snapshot, name)) is not int:
                raise TypeError(f"{name} is not a whole number")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SnapshotError(f"{path}: expected a snapshot description: {error}") from error
    if snapshot.columns is None:
        raise SnapshotError(f"{path}: expected a file of columns")
    return snapshot


def _file(document: JsonMapping | None) -> Any:
    if document is None:
        return None
    found = File(**document)
    if type(found.bytes) is not int or len(found.sha256) != 64 or not _HEX.issuperset(found.sha256):
        raise ValueError("expected the SHA-256 and the size of a file")
    return found


def load_current(directory: Path, shop: str, space: str, dim: int, blocks: Blocks | None) -> Loaded:
    """Return the current snapshot after full verification; raises SnapshotError that names the failure.

    blocks: those of the bundle's metric, None if it has none.
    """
    snapshot = read_current(directory)
    for name, expected, got in (("shop", shop, snapshot.shop), ("space", space, snapshot.space),
                                ("dim", dim, snapshot.dim)):  # fmt: skip
        if expected != got:
            raise SnapshotError(f"{directory / CURRENT}: expected {name} {expected}, got {got}")
    columns_path = directory / f"{snapshot.columns.sha256}{_COLUMNS_SUFFIX}"
    try:
        _verify(columns_path, snapshot.columns)
    except OSError as error:
        raise SnapshotError(f"{columns_path}: cannot be read: {error}") from error
    columns = open_columns(columns_path, dim, blocks)
    if len(columns.rows) != snapshot.count:
        raise SnapshotError(f"{columns_path}: expected {snapshot.count} items, got {len(columns.rows)}")
    return Loaded(columns, None if snapshot.index is None else _load_index(directory, snapshot))


def _load_index(directory: Path, snapshot: Snapshot) -> Index:
    entry = snapshot.index
    if entry is None:
        raise ValueError("expected a snapshot with an index")
    path = directory / f"{entry.sha256}{_INDEX_SUFFIX}"
    try:
        _verify(path, entry)
        _verify_header(path, snapshot)
        index = load_index(path, snapshot.dim, snapshot.ef)
    except (OSError, RuntimeError, struct.error) as error:
        raise SnapshotError(f"{path}: cannot be loaded: {error}") from error
    if len(index) != snapshot.count:
        raise SnapshotError(f"{path}: expected {snapshot.count} items, got {len(index)}")
    return index


def _verify(path: Path, entry: File) -> None:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size != entry.bytes:
            raise SnapshotError(f"{path}: expected {entry.bytes} bytes, got {size}")
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != entry.sha256:
            raise SnapshotError(f"{path}: expected SHA-256 {entry.sha256}, got {digest}")


def _verify_header(path: Path, snapshot: Snapshot) -> None:
    with path.open("rb") as stream:
        header = _HEADER.unpack(stream.read(_HEADER.size))
    count, label_offset, vector_offset = header[2], header[4], header[5]
    if count != snapshot.count or label_offset - vector_offset != 4 * snapshot.dim:
        dim = (label_offset - vector_offset) / 4
        raise SnapshotError(
            f"{path}: expected {snapshot.count} vectors of dim {snapshot.dim}, its header says {count} of {dim:g}"
        )


def remove_gone(data_dir: Path, space: str, live_shops: Iterable[str]) -> None:
    """Remove the snapshots of shops that have no items any more. Only the builder may call it."""
    kept = {directory_of(data_dir, shop, space) for shop in live_shops}
    for directory in (data_dir / _FOLDER / space[:16]).glob("*/"):
        if directory not in kept:
            shutil.rmtree(directory, ignore_errors=True)


def remove_spaces(data_dir: Path, kept: Iterable[str]) -> None:
    """Remove the snapshots of all spaces but these. Only the builder may call it."""
    names = {space[:16] for space in kept}
    for directory in (data_dir / _FOLDER).glob("*/"):
        if directory.name not in names:
            shutil.rmtree(directory, ignore_errors=True)


def sweep(directory: Path) -> None:
    """Remove temporary files and all but the current and the previous files. Only the builder may call it."""
    if not directory.is_dir():
        return
    remove_leftovers(directory)
    current: set[str] = set()
    with contextlib.suppress(SnapshotError):  # a damaged CURRENT protects nothing
        snapshot = read_current(directory)
        current = {file.sha256 for file in (snapshot.columns, snapshot.index) if file is not None}
    for suffix in (_COLUMNS_SUFFIX, _INDEX_SUFFIX):
        files = sorted(directory.glob(f"*{suffix}"), key=lambda path: path.stat().st_mtime_ns)
        # The previous one may still be being read by a worker that has just seen the older CURRENT.
        for path in [path for path in files if path.stem not in current][:-1]:
            path.unlink(missing_ok=True)
