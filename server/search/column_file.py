"""Columns of a shop in one file, which every worker maps: a million items are loaded in seconds, and exist once.

The file is in the safetensors format: a header of JSON, then arrays as they are in memory. What it says of itself is in
the header's metadata. Who opens it must have verified its checksum (`server.search.snapshots`).
"""

import json
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from safetensors.numpy import save_file

from kernel.json_object import JsonObject
from kernel.shop_metric import Blocks, Moments, ShopMetricError, moments_from
from server.catalogue.checksums import Damage
from server.catalogue.columns import Rows, Vocabularies, Vocabulary
from server.catalogue.vectors import Vectors
from server.errors import SnapshotError

_FORMAT = "1"
_HEADER_LENGTH = struct.Struct("<Q")
_MAX_HEADER_BYTES = 2**28  # the vocabularies of a shop are in it
_DTYPES = {"I8": "<i1", "U8": "<u1", "I32": "<i4", "I64": "<i8", "U64": "<u8", "F32": "<f4", "F64": "<f8", "BOOL": "?"}
_OF_VECTORS = ("upper", "lower", "scale", "centred", "typicality")
_OF_ROWS = (
    "labels", "cards", "card_ends", "item_ids", "by_id", "amounts", "currencies", "brands", "categories", "buyable",
    "rating_counts",
)  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """A shop's items at one moment.

    Attributes:
        epoch: which catalogue it was; labels of another mean other items.
        version: the shop's version in the catalogue at that moment.
        metric_id: names what the vectors are in.
        moments: of the shop's items, by which its metric compares; None if the bundle has no metric.
        left_out: rows that were damaged.
    """

    rows: Rows
    vocabularies: Vocabularies
    epoch: int
    version: int
    metric_id: str
    moments: Moments | None
    left_out: tuple[Damage, ...] = ()


def write_columns(path: Path, columns: Columns) -> None:
    """Write a file of columns; raises OSError."""
    rows, vocabularies = columns.rows, columns.vocabularies
    arrays: dict[str, NDArray[Any]] = {name: getattr(rows, name) for name in _OF_ROWS}
    vectors = {name: getattr(rows.vectors, name) for name in _OF_VECTORS}
    arrays |= {f"vectors.{name}": array for name, array in vectors.items() if array is not None}
    about: dict[str, object] = {
        "format": _FORMAT,
        "epoch": columns.epoch,
        "version": columns.version,
        "metric": columns.metric_id,
        "currencies": vocabularies.currencies.values,
        "brands": vocabularies.brands.values,
        "categories": vocabularies.categories.values,
        "leftOut": [[row.label, row.shop, row.item_id, row.problem] for row in columns.left_out],
    }
    if columns.moments is not None:
        arrays["moments"] = np.frombuffer(columns.moments.to_bytes(), dtype=np.uint8)
        about["counts"] = columns.moments.counts
    try:
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        save_file(contiguous, path, {"about": orjson.dumps(about).decode()})
    except OSError:
        raise
    except Exception as error:  # safetensors has its own error for a full disk, which is not an OSError
        raise OSError(f"{path}: {error}") from error


def open_columns(path: Path, dim: int, blocks: Blocks | None) -> Columns:
    """Return the columns of a file, mapped into memory.

    blocks: those of the bundle's metric, None if it has none. Raises SnapshotError for a file that does not fit.
    """
    try:
        with path.open("rb") as stream:
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        about, read = _read_header(content)
        rows = _rows(read)
        _check(rows, dim, has_metric=blocks is not None)
        return Columns(
            rows,
            Vocabularies(
                Vocabulary.of(about["currencies"]),
                Vocabulary.of(about["brands"]),
                Vocabulary.of(tuple(value) for value in about["categories"]),
            ),
            int(about["epoch"]),
            int(about["version"]),
            str(about["metric"]),
            None if blocks is None else moments_from(read("moments").tobytes(), blocks, dim, about["counts"]),
            tuple(Damage(*row) for row in about["leftOut"]),
        )
    except (OSError, ValueError, KeyError, TypeError, struct.error, ShopMetricError) as error:
        raise SnapshotError(f"{path}: expected columns of a shop: {error}") from error


def _read_header(content: mmap.mmap) -> tuple[JsonObject, Callable[[str], NDArray[Any]]]:
    length = _HEADER_LENGTH.unpack_from(content)[0]
    if not 0 < length <= min(_MAX_HEADER_BYTES, len(content)):
        raise ValueError("its header does not fit")
    start = _HEADER_LENGTH.size + length
    header = json.loads(content[_HEADER_LENGTH.size : start])
    about = orjson.loads(header.pop("__metadata__")["about"])
    if about["format"] != _FORMAT:
        raise ValueError(f"expected format {_FORMAT}, got {about['format']}")

    def read(name: str) -> NDArray[Any]:
        entry = header[name]
        begin, end = entry["data_offsets"]
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        array = np.frombuffer(content, dtype, (end - begin) // dtype.itemsize, start + begin)
        return array.reshape(entry["shape"])

    return about, read


def _rows(read: Callable[[str], NDArray[Any]]) -> Rows:
    found: dict[str, NDArray[Any] | None] = {}
    for name in _OF_VECTORS:
        try:
            found[name] = read(f"vectors.{name}")
        except KeyError:
            found[name] = None
    return Rows(vectors=Vectors(**found), **{name: read(name) for name in _OF_ROWS})  # type: ignore[arg-type]


def _check(rows: Rows, dim: int, *, has_metric: bool) -> None:
    count, vectors = len(rows), rows.vectors
    if vectors.upper.shape != (count, dim) or vectors.lower.shape != (count, dim):
        raise ValueError(f"expected {count} vectors of dim {dim}, got {vectors.upper.shape}")
    if (vectors.centred is not None) != has_metric:
        raise ValueError("expected vectors in a shop's metric" if has_metric else "expected vectors without a metric")
    if len(rows.card_ends) != count + 1 or rows.card_ends[-1] != len(rows.cards):
        raise ValueError(f"expected the cards of {count} items")
