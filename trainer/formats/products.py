"""Conversion of foreign products: identified, cleaned, validated against the contract and deduplicated."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import cast
from urllib.parse import quote

from kernel.contract_types import Product
from kernel.json_object import JsonMapping, JsonObject
from trainer.dataset.dataset import product_error
from trainer.formats.dropped import Dropped
from trainer.formats.fields import attributes
from trainer.formats.source import Bad, ForeignProduct, Options, Source
from trainer.preprocess.numbers import check_columns, read_number
from trainer.preprocess.summary import summarise
from trainer.preprocess.text import clean_text

MAX_CHARS = {"title": 500, "description": 5000, "brand": 200, "sku": 100, "mpn": 100}
_MAX_VALUE, _MAX_PATH, _MAX_ATTRIBUTES = 200, 12, 40
_LONGEST_READ = 100_000  # characters of a description that are read; the rest is ignored


@dataclass
class Catalogue:
    """The accepted products by the keys that the source's interactions and images use."""

    by_key: dict[str, Product]
    numbers: dict[str, JsonObject]  # checks of the numerical columns, as JSON types


def read_catalogue(
    records: Iterable[ForeignProduct | Bad], source: Source, options: Options, dropped: Dropped
) -> Catalogue:
    """Return the products of these records; raise DataError where more than a tenth is invalid."""
    by_key: dict[str, Product] = {}
    item_ids: dict[tuple[str, str], str] = {}
    numbers: dict[str, Mapping[str, str]] = {}
    for record in records:
        if isinstance(record, Bad):
            dropped.bad(record)
            continue
        product = make_product(record, source.shop, options)
        if (error := product_error(product)) is not None:
            dropped.bad(Bad(record.where, f"not a product: {error}", f"not a product: {error.place}"))
            continue
        first_key = item_ids.setdefault((product["shop"], product["itemId"]), record.key)
        if record.key in by_key or first_key != record.key:
            dropped.left_out(Bad(record.where, f"{record.key} occurs already", "the same item twice"))
            if not source.later_replaces:
                continue
        by_key[record.key] = product
        numbers[record.key] = record.numbers
    dropped.check_share(len(by_key))
    return Catalogue(by_key, _take_numbers(by_key, numbers))


def make_product(record: ForeignProduct, shop: str, options: Options) -> Product:
    """Return the record as a cleaned product, not yet validated against the contract."""
    fields = dict(record.fields)
    shop = fields.pop("shop", shop)
    url = fields.pop("url", f"https://{shop}/items/{quote(record.key, safe='')}")
    item_id = fields.pop("itemId", hashlib.sha256(str(url).encode()).hexdigest()[:16])
    given: JsonObject = {name: fields.pop(name) for name in ("verdict", "provenance") if name in fields}
    cleaned = _cleaned(fields, options)
    provenance = {name: "feed" for name in cleaned if name != "fetchedAt"}
    given = {"provenance": provenance, "verdict": "product", **given}
    return cast(Product, {"shop": shop, "itemId": item_id, "url": url, **cleaned, **given})


def _cleaned(fields: JsonMapping, options: Options) -> JsonObject:
    cleaned: JsonObject = {}
    for name, value in fields.items():
        if name == "description" and isinstance(value, str):
            whole = clean_text(value[:_LONGEST_READ], _LONGEST_READ)
            shorter = summarise(whole, options.summarise) if options.summarise else whole
            cleaned[name] = clean_text(shorter, options.summarise or MAX_CHARS[name])
        elif name in MAX_CHARS and isinstance(value, str):
            cleaned[name] = clean_text(value, MAX_CHARS[name])
        elif name == "categoryPath" and isinstance(value, (list, tuple)):
            path = (clean_text(part, _MAX_VALUE) for part in value if isinstance(part, str))
            cleaned[name] = [part for part in path if part][:_MAX_PATH]
        elif name == "attributes" and isinstance(value, Mapping):
            pairs = ((key, clean_text(text, _MAX_VALUE)) for key, text in value.items() if isinstance(text, str))
            cleaned[name] = dict([(key, text) for key, text in pairs if text][:_MAX_ATTRIBUTES])
        else:
            cleaned[name] = value
    return {name: value for name, value in cleaned.items() if value not in ("", [], {})}


def _take_numbers(products: dict[str, Product], numbers: Mapping[str, Mapping[str, str]]) -> dict[str, JsonObject]:
    """Add the numerical columns that are not constant to the products' attributes; return the checks of all."""
    names = sorted({name for cells in numbers.values() for name in cells})
    checks = check_columns({name: [cells.get(name, "") for cells in numbers.values()] for name in names})
    kept = [name for name, check in checks.items() if not check.is_constant]
    for key, cells in numbers.items():
        readable = attributes((name, cells[name]) for name in kept if name in cells and _is_number(cells[name]))
        merged = {**products[key].get("attributes", {}), **readable}
        if readable:
            products[key]["attributes"] = dict(list(merged.items())[:_MAX_ATTRIBUTES])
            products[key]["provenance"]["attributes"] = "feed"
    return {name: {**asdict(check), "is_kept": name in kept} for name, check in checks.items()}


def _is_number(cell: str) -> bool:
    try:
        return read_number(cell) is not None
    except ValueError:
        return False
