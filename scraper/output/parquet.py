"""Products as Parquet: typed, nested columns that give back the same Products.

An amount is decimal128(16, 4), which holds every amount that the contract allows. A review's date stays text, because
the contract allows dates that no calendar has. A field that the wire form leaves out is null.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from kernel.contract_types import Price, Product
from kernel.contracts import contract
from kernel.files import whole_path
from scraper.errors import InputError
from scraper.values.price import amount_on_the_wire

try:
    import pyarrow
    import pyarrow.parquet
except ImportError as error:
    raise InputError(f"Parquet needs the package pyarrow ({error}): pip install -r requirements.txt") from error

ROWS_PER_GROUP = 2000
_TEXT = pyarrow.string()
_PRICE = pyarrow.struct([("amount", pyarrow.decimal128(16, 4)), ("currency", _TEXT), ("amountText", _TEXT)])
_RATING = pyarrow.struct([("value", pyarrow.float64()), ("best", pyarrow.float64()), ("count", pyarrow.int64())])
_TEXTS = pyarrow.map_(_TEXT, _TEXT)
_VARIANT = pyarrow.struct(
    [("sku", _TEXT), ("gtin", _TEXT), ("url", _TEXT), ("image", _TEXT), ("price", _PRICE), ("availability", _TEXT),
     ("attributes", _TEXTS)]
)  # fmt: skip
_REVIEW = pyarrow.struct([("rating", _RATING), ("date", _TEXT), ("text", _TEXT)])
COLUMNS: dict[str, Any] = {
    "shop": _TEXT, "itemId": _TEXT, "url": _TEXT, "verdict": _TEXT, "title": _TEXT, "description": _TEXT,
    "brand": _TEXT, "categoryPath": pyarrow.list_(_TEXT), "gtin": _TEXT, "sku": _TEXT, "mpn": _TEXT,
    "images": pyarrow.list_(_TEXT), "price": _PRICE, "regularPrice": _PRICE, "availability": _TEXT, "condition": _TEXT,
    "rating": _RATING, "attributes": _TEXTS, "variants": pyarrow.list_(_VARIANT), "reviews": pyarrow.list_(_REVIEW),
    "language": _TEXT, "fetchedAt": pyarrow.timestamp("us", tz="UTC"), "provenance": _TEXTS,
}  # fmt: skip
Row = dict[str, Any]  # a wire Product, its amounts as Decimal and its time as datetime


def schema() -> Any:
    """Return the columns with the contract's descriptions, in the order of the wire form."""
    contracted = contract("product.schema.json")
    fields = []
    for name, kind in COLUMNS.items():
        description = contracted["properties"][name].get("description")
        metadata = {"description": description} if description else None
        fields.append(pyarrow.field(name, kind, nullable=name not in contracted["required"], metadata=metadata))
    return pyarrow.schema(fields, metadata={"contract": contracted["$id"]})


@contextmanager
def parquet_writer(path: Path) -> Iterator[Callable[[Product], None]]:
    """Yield a function that adds one wire Product; the file appears, whole, when the block ends well."""
    columns = schema()
    rows: list[Row] = []
    with (
        whole_path(path) as temporary,
        pyarrow.parquet.ParquetWriter(temporary, columns, compression="zstd") as writer,
    ):

        def write_rows() -> None:
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=columns))
            rows.clear()

        def add(product: Product) -> None:
            rows.append(_row(product))
            if len(rows) >= ROWS_PER_GROUP:
                write_rows()

        yield add
        write_rows()


def read_parquet(path: Path) -> Iterator[Product]:
    """Yield the wire Products of a file that `parquet_writer` wrote, in order."""
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_PER_GROUP):
            for row in batch.to_pylist(maps_as_pydicts="strict"):
                yield _wire(row)


def _row(product: Product) -> Row:
    row: Row = dict(product)
    for name in ("price", "regularPrice"):
        if name in row:
            row[name] = _price_row(row[name])
    if "variants" in row:
        row["variants"] = [
            {**variant, "price": _price_row(variant["price"])} if "price" in variant else variant
            for variant in row["variants"]
        ]
    if "fetchedAt" in row:
        row["fetchedAt"] = datetime.fromisoformat(row["fetchedAt"])
    return row


def _price_row(price: Price) -> Row:
    return {**price, "amount": Decimal(price["amount"])}


def _wire(value: Any) -> Any:
    """Return a row's value in its wire form."""
    if isinstance(value, dict):
        if isinstance(value.get("amount"), Decimal):
            value = {**value, "amount": amount_on_the_wire(value["amount"], value["currency"])}
        return {name: _wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_wire(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return int(value) if isinstance(value, float) and value.is_integer() else value
