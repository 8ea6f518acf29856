"""Dataset of an operator's products and interactions: validated line by line, then held as dense arrays."""

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from kernel import contract_types
from kernel.contracts import Violation, contract, first_violation
from kernel.json_object import JsonMapping, JsonObject
from trainer.dataset.parquet import parquet_rows
from trainer.errors import DataError, RecordError

KINDS: tuple[str, ...] = tuple(contract("interaction.schema.json")["properties"]["kind"]["enum"])
DISMISS = KINDS.index("dismiss")
SECONDS_PER_DAY = 86_400
_COLUMNS = ("user", "shop", "itemId", "kind", "time", "weight")
_MAX_WEIGHT = 5.0

Product = contract_types.Product


@dataclass(frozen=True)
class Interactions:
    """Interactions of users with items, one row each, sorted by user, then time, then the order of reading.

    `item_idx` is a row of the catalogue, `user_idx` a position in `user_ids`. A subset made by `select` keeps both
    numberings, so subsets can be compared.
    """

    user_ids: tuple[str, ...]
    user_idx: NDArray[np.int64]  # (n,)
    item_idx: NDArray[np.int64]  # (n,)
    kind: NDArray[np.int64]  # (n,) position in KINDS
    time_days: NDArray[np.float64]  # (n,) days since 1970-01-01 UTC
    weight: NDArray[np.float32]  # (n,)
    ptr: NDArray[np.int64]  # (num_users + 1,): rows of user u are ptr[u] to ptr[u + 1]

    def __len__(self) -> int:
        return len(self.item_idx)

    @property
    def is_liked(self) -> NDArray[np.bool_]:
        """Mask (n,) of the rows that show a liking: every row but dismissals and those of weight zero."""
        is_liked: NDArray[np.bool_] = (self.kind != DISMISS) & (self.weight > 0)
        return is_liked

    def select(self, rows: NDArray[np.bool_]) -> "Interactions":
        """Return the rows where the mask (n,) is true."""
        return Interactions(
            user_ids=self.user_ids,
            user_idx=self.user_idx[rows],
            item_idx=self.item_idx[rows],
            kind=self.kind[rows],
            time_days=self.time_days[rows],
            weight=self.weight[rows],
            ptr=_offsets(np.bincount(self.user_idx[rows], minlength=len(self.user_ids))),
        )


class Row(NamedTuple):
    """One validated line of an interactions file."""

    user: str
    shop: str
    item_id: str
    kind: int
    time_days: float
    weight: float


@dataclass(frozen=True)
class Dataset:
    """A catalogue of products and the interactions of users with them."""

    products: tuple[Product, ...]  # item_idx is the position in this tuple
    interactions: Interactions
    num_unknown_items: int  # interactions left out because no product has their shop and itemId
    data_hash: str  # SHA-256 over the files' bytes, in the order given

    @property
    def item_keys(self) -> list[str]:
        """shop/itemId of each item: the name that splits hash, so that the order of the files has no effect."""
        return [f"{product['shop']}/{product['itemId']}" for product in self.products]


def read_dataset(products: Sequence[Path], interactions: Path | None, *, needs_interactions: bool = True) -> Dataset:
    """Return the data of these files; raise DataError with file and line.

    Without `needs_interactions` the interactions file may be empty or None.
    """
    catalogue = tuple(read_products(products))
    item_idx = {(product["shop"], product["itemId"]): idx for idx, product in enumerate(catalogue)}
    rows = list(read_interactions(interactions)) if interactions else []
    known = [row for row in rows if (row.shop, row.item_id) in item_idx]
    if not rows and needs_interactions:
        raise DataError(f"{interactions}: expected interactions, found none in it")
    if rows and not known:
        raise DataError(
            f"{interactions}: none of its {len(rows)} interactions is with a product of these files; the first "
            f"interaction is with {rows[0].shop}/{rows[0].item_id}, the first product is "
            f"{catalogue[0]['shop']}/{catalogue[0]['itemId']}"
        )
    return Dataset(
        products=catalogue,
        interactions=make_interactions(
            [row.user for row in known],
            [item_idx[row.shop, row.item_id] for row in known],
            [row.kind for row in known],
            [row.time_days for row in known],
            [row.weight for row in known],
        ),
        num_unknown_items=len(rows) - len(known),
        data_hash=_hash_files([*products, *([interactions] if interactions else [])]),
    )


def make_interactions(
    users: Sequence[str],
    item_idx: Sequence[int],
    kind: Sequence[int],
    time_days: Sequence[float],
    weight: Sequence[float],
) -> Interactions:
    """Return the interactions of equally long columns in any order; for data without times, give positions as times."""
    user_ids, user_idx = np.unique(np.asarray(users, dtype=str), return_inverse=True)
    times = np.asarray(time_days, dtype=np.float64)
    order = np.lexsort((times, user_idx))  # stable: equal times stay as they were read
    return Interactions(
        user_ids=tuple(user_ids.tolist()),
        user_idx=user_idx[order].astype(np.int64),
        item_idx=np.asarray(item_idx, dtype=np.int64)[order],
        kind=np.asarray(kind, dtype=np.int64)[order],
        time_days=times[order],
        weight=np.asarray(weight, dtype=np.float32)[order],
        ptr=_offsets(np.bincount(user_idx, minlength=len(user_ids))),
    )


def read_products(paths: Sequence[Path]) -> list[Product]:
    """Return the products of products.jsonl files that can be ranked, those with the verdict "product".

    A later line about the same item replaces the earlier one. Raises DataError with file and line for an invalid
    record, and where no product is left.
    """
    products: dict[tuple[str, str], Product] = {}
    for path in paths:
        for line, record in json_lines(path):
            if (error := product_error(record)) is not None:
                raise DataError(f"{path}:{line}: not a product: {error}")
            if record["verdict"] == "product":
                products[record["shop"], record["itemId"]] = cast(Product, record)
    if not products:
        raise DataError(f"{', '.join(map(str, paths))}: expected products, found none")
    return list(products.values())


def product_error(record: object) -> Violation | None:
    """Return a record's first violation of contracts/product.schema.json, None for a product."""
    return first_violation("product.schema.json", record)


def read_interactions(path: Path) -> Iterator[Row]:
    """Yield the rows of a .csv, .jsonl or .parquet file with a user and the keys of contracts/interaction.schema.json.

    In .parquet the time may also be a timestamp; without a zone it counts as UTC. Raises DataError with file and line.
    """
    readers = {".csv": _csv_lines, ".jsonl": json_lines, ".parquet": parquet_rows}
    if path.suffix not in readers:
        raise DataError(f"{path}: interactions must be .csv, .jsonl or .parquet, got {path.suffix or 'no suffix'}")
    for line, record in readers[path.suffix](path):
        try:
            yield check_row(record)
        except RecordError as error:
            raise DataError(f"{path}:{line}: {error}") from error


def check_row(record: JsonMapping) -> Row:
    """Return a record of any reader as a row; raise RecordError with the field that is invalid."""
    unknown = record.keys() - set(_COLUMNS)
    if unknown:
        name = _short(str(min(unknown, key=str)))
        raise RecordError(f"unknown column {name}; expected {', '.join(_COLUMNS)}", f"unknown column {name}")
    for name in _COLUMNS[:-1]:
        if not isinstance(record.get(name), str) or not record[name]:
            raise _wrong(f"{name} must be text", record.get(name))
    if record["kind"] not in KINDS:
        raise _wrong(f"kind must be one of {', '.join(KINDS)}", record["kind"])
    return Row(
        user=record["user"],
        shop=record["shop"],
        item_id=record["itemId"],
        kind=KINDS.index(record["kind"]),
        time_days=_parse_time(record["time"]),
        weight=_parse_weight(record.get("weight", 1.0)),
    )


def _wrong(rule: str, got: object) -> RecordError:
    return RecordError(f"{rule}, got {_short(repr(got))}", rule)


def _parse_time(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong("time must be a date and time with UTC offset, as 2026-03-01T09:30:00Z", text)
    return moment.timestamp() / SECONDS_PER_DAY


def _parse_weight(value: Any) -> float:
    try:
        weight = 1.0 if value == "" else float(value)  # an empty CSV cell is an absent weight
    except (TypeError, ValueError):
        weight = math.nan
    if isinstance(value, bool) or not 0 <= weight <= _MAX_WEIGHT:
        raise _wrong(f"weight must be a number from 0 to {_MAX_WEIGHT:g}", value)
    return weight


def json_lines(path: Path) -> Iterator[tuple[int, JsonObject]]:
    """Yield (line, object) of a .jsonl file; raise DataError with the line that is not a JSON object."""
    for number, line in _lines(path):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(record, dict):
                raise DataError(f"{path}:{number}: expected a JSON object, got {_short(line.strip())}")
            yield number, record


def _csv_lines(path: Path) -> Iterator[tuple[int, JsonObject]]:
    reader = csv.reader(line for _, line in _lines(path))
    header: list[str] | None = None
    line = 1  # first line of the row, because an unclosed quote ends only with the file
    try:
        for cells in reader:
            if header is None:
                header = _check_header(path, cells)
            elif cells:
                if len(cells) != len(header):
                    raise DataError(f"{path}:{line}: expected {len(header)} cells as in the header, got {len(cells)}")
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{line}: not CSV: {error}") from error


def _check_header(path: Path, cells: list[str]) -> list[str]:
    header = [cell.strip().lstrip("\ufeff") for cell in cells]  # spreadsheets begin a file with a byte order mark
    missing = [name for name in _COLUMNS[:-1] if name not in header]
    if missing or len(set(header)) != len(header):
        raise DataError(
            f"{path}:1: the header must be {','.join(_COLUMNS)} (weight may be absent), got {_short(','.join(header))}"
        )
    return header


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from enumerate(file, 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 ({error.reason}); save it as UTF-8") from error


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _hash_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _short(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
