"""Index files on disk: written so that a crash leaves the old or the new one, read only after verification.

hnswlib trusts its files: a flipped bit crashes the process or answers wrongly, a wrong `dim` loads silently, and
saving to a full disk raises nothing. A snapshot is therefore written to a temporary file, its size compared with
what it must be, hashed, flushed to disk, renamed to a name that contains its hash, and only then named by CURRENT.
"""

import contextlib
import hashlib
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from kernel.files import put_in_place, remove_leftovers, temporary_path, write_whole
from server.errors import OtherMetricError, SnapshotError
from server.search.index import EF_CONSTRUCTION, Index, M, load_index

CURRENT = "CURRENT"
NO_METRIC = "none"
_INDEX_SUFFIX = ".hnsw"
_MAX_CURRENT_BYTES = 65_536
# hnswlib 0.8's header: offset of level 0, capacity, count, bytes per element, offset of the label, offset of the
# vector, highest level, entry point, maxM, maxM0, M, level multiplier, ef_construction.
_HEADER = struct.Struct("<6Qi I3QdQ".replace(" ", ""))


@dataclass(frozen=True)
class Snapshot:
    """What CURRENT says about one index file."""

    file: str
    sha256: str
    bytes: int
    shop: str
    space: str
    dim: int
    count: int
    seq: int
    metric: str
    M: int
    ef_construction: int


def directory_of(data_dir: Path, shop: str) -> Path:
    """Return the directory of a shop's snapshots, named by a hash: not every shop name is a file name."""
    return data_dir / "indexes" / hashlib.sha256(shop.encode("utf-8")).hexdigest()[:32]


def publish(directory: Path, index: Index, shop: str, space: str, seq: int, metric: str = NO_METRIC) -> Snapshot:
    """Write `index` of vectors in `metric` and make it current.

    Raises SnapshotError, leaving the old one current, if it cannot.
    """
    try:
        with temporary_path(directory / f"index{_INDEX_SUFFIX}") as temporary:
            sha256, num_bytes = _write_index(temporary, index)
            name = f"{sha256}{_INDEX_SUFFIX}"
            put_in_place(temporary, directory / name)
        snapshot = Snapshot(
            name, sha256, num_bytes, shop, space, index.dim, len(index), seq, metric, M, EF_CONSTRUCTION
        )
        with write_whole(directory / CURRENT) as stream:
            stream.write(orjson.dumps(asdict(snapshot), option=orjson.OPT_INDENT_2))
    except (OSError, RuntimeError) as error:
        raise SnapshotError(f"{directory}: cannot write the index of {shop}: {error}") from error
    return snapshot


def _write_index(temporary: Path, index: Index) -> tuple[str, int]:
    index.hnsw.save_index(str(temporary))
    expected = index.hnsw.index_file_size()
    with temporary.open("rb") as stream:
        written = os.fstat(stream.fileno()).st_size
        if written != expected:
            raise OSError(f"expected {expected} bytes on disk, got {written}: is the disk full?")
        return hashlib.file_digest(stream, "sha256").hexdigest(), written


def current_stamp(directory: Path) -> tuple[int, int] | None:
    """Return a stamp that changes with the current snapshot, or None without one."""
    try:
        found = (directory / CURRENT).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def read_current(directory: Path) -> Snapshot:
    """Return CURRENT, checked for form; raises SnapshotError."""
    path = directory / CURRENT
    try:
        raw = path.read_bytes()[:_MAX_CURRENT_BYTES]
        document: Mapping[str, Any] = orjson.loads(raw)
        snapshot = Snapshot(**document)
    except (OSError, orjson.JSONDecodeError, TypeError) as error:
        raise SnapshotError(f"{path}: expected a snapshot description: {error}") from error
    for spec in fields(Snapshot):
        if type(getattr(snapshot, spec.name)).__name__ != getattr(spec.type, "__name__", spec.type):
            raise SnapshotError(f"{path}: {spec.name} has the wrong type")
    if snapshot.file != f"{snapshot.sha256}{_INDEX_SUFFIX}" or not snapshot.sha256.isalnum():
        raise SnapshotError(f"{path}: expected file to be named after its sha256, got {snapshot.file!r}")
    return snapshot


def load_current(
    directory: Path, shop: str, space: str, dim: int, ef: int, metric: str = NO_METRIC
) -> tuple[Index, Snapshot]:
    """Return the current index after full verification; raises SnapshotError that names the failure.

    OtherMetricError says that a sound snapshot is of vectors in another metric than `metric`.
    """
    snapshot = read_current(directory)
    path = directory / snapshot.file
    for name, expected, got in (
        ("shop", shop, snapshot.shop),
        ("space", space, snapshot.space),
        ("dim", dim, snapshot.dim),
    ):
        if expected != got:
            raise SnapshotError(f"{directory / CURRENT}: expected {name} {expected}, got {got}")
    if snapshot.metric != metric:
        raise OtherMetricError(f"{directory / CURRENT}: expected metric {metric}, got {snapshot.metric}")
    try:
        _verify_file(path, snapshot)
        index = load_index(path, dim, ef)
    except (OSError, RuntimeError) as error:
        raise SnapshotError(f"{path}: cannot be loaded: {error}") from error
    if len(index) != snapshot.count:
        raise SnapshotError(f"{path}: expected {snapshot.count} items, got {len(index)}")
    return index, snapshot


def _verify_file(path: Path, snapshot: Snapshot) -> None:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size != snapshot.bytes:
            raise SnapshotError(f"{path}: expected {snapshot.bytes} bytes, got {size}")
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != snapshot.sha256:
            raise SnapshotError(f"{path}: expected SHA-256 {snapshot.sha256}, got {digest}")
        stream.seek(0)
        header = _HEADER.unpack(stream.read(_HEADER.size))
    count, label_offset, vector_offset = header[2], header[4], header[5]
    if count != snapshot.count or label_offset - vector_offset != 4 * snapshot.dim:
        dim = (label_offset - vector_offset) / 4
        raise SnapshotError(
            f"{path}: expected {snapshot.count} vectors of dim {snapshot.dim}, its header says {count} of {dim:g}"
        )


def sweep(directory: Path) -> None:
    """Remove temporary files and all but the current and the previous index. Only the builder may call it."""
    if not directory.is_dir():
        return
    remove_leftovers(directory)
    indexes = sorted(directory.glob(f"*{_INDEX_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
    current = None
    with contextlib.suppress(SnapshotError):  # a damaged CURRENT protects nothing
        current = read_current(directory).file
    # The previous one may still be being read by a worker that has just seen the older CURRENT.
    for path in [path for path in indexes if path.name != current][:-1]:
        path.unlink(missing_ok=True)
