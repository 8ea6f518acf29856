"""Reader for item_info.csv, interactions.csv and images/{item_id}.jpg, the layout of multimodal recommender papers.

item_info.csv has item_id and title, and where known description, brand, category, price and currency. Every other
column is numerical where nine tenths of its cells are numbers, else an attribute. interactions.csv has user_id and
item_id, and where known rating and timestamp.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from trainer.errors import RecordError
from trainer.formats.fields import (
    attributes,
    find_one,
    ignore_progress,
    present,
    price,
    shop_name,
    time_days,
    weight_of_rating,
)
from trainer.formats.images import find_images
from trainer.formats.lines import csv_records
from trainer.formats.source import Bad, ForeignInteraction, ForeignProduct, OnBytes, Options, Source
from trainer.preprocess.numbers import read_number

_KNOWN = ("item_id", "title", "description", "brand", "category", "categories", "price", "currency")
_NUMERIC_SHARE = 0.9
_TIMES = ("timestamp", "time")


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of a directory or of the two files."""
    info, interactions = find_one(sources, ("item_info.csv", "interactions.csv"), "item_info")
    images = Path(options.images) if options.images else info.parent / "images"
    has_times = any(name in _header(interactions) for name in _TIMES)
    return Source(
        files=(info, interactions),
        products=partial(_products, info),
        interactions=partial(_interactions, interactions, options),
        shop=shop_name(sources, options),
        images=find_images(images) if options.images or images.is_dir() else None,
        notes=() if has_times else ("no times: a user's n-th item counts as of day n",),
    )


def _header(path: Path) -> Sequence[str]:
    for record in csv_records(path, ("user_id", "item_id"), ignore_progress):
        if not isinstance(record, Bad):
            return list(record[1])
    return ()


def _products(path: Path, on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    numeric = _numeric_columns(path)
    for record in csv_records(path, ("item_id", "title"), on_bytes):
        if isinstance(record, Bad):
            yield record
            continue
        where, cells = record
        key = cells["item_id"].strip()
        if not key:
            yield Bad(where, "expected an item_id, got nothing", "no item_id")
            continue
        category = cells.get("categories") or cells.get("category") or ""
        fields = {
            **{name: cells.get(name, "") for name in ("title", "description", "brand")},
            "categoryPath": [part.strip() for part in category.replace(">", "|").split("|") if part.strip()],
            "price": price(cells.get("price", ""), _currency(cells.get("currency", ""))),
            "attributes": attributes((n, c) for n, c in cells.items() if n not in _KNOWN and n not in numeric),
        }
        yield ForeignProduct(where, key, present(fields), {name: cells[name] for name in numeric})


def _numeric_columns(path: Path) -> list[str]:
    """Return the further columns of which nine tenths of the cells are numbers, in the header's order."""
    good: dict[str, int] = {}
    filled: dict[str, int] = {}
    for record in csv_records(path, ("item_id", "title"), ignore_progress):
        for name, cell in () if isinstance(record, Bad) else record[1].items():
            if name not in _KNOWN and cell.strip():
                filled[name] = filled.get(name, 0) + 1
                good[name] = good.get(name, 0) + _is_numeric(cell)
    return [name for name, count in filled.items() if good[name] >= _NUMERIC_SHARE * count]


def _is_numeric(cell: str) -> bool:
    """Return whether a cell is a number; NaN and infinity count, so that one NaN does not make a column text."""
    try:
        read_number(cell)
    except ValueError:
        return cell.strip().lower().lstrip("+-") in ("nan", "inf", "infinity")
    return True


def _interactions(path: Path, options: Options, on_bytes: OnBytes) -> Iterator[ForeignInteraction | Bad]:
    num_before: dict[str, int] = {}
    for record in csv_records(path, ("user_id", "item_id"), on_bytes):
        if isinstance(record, Bad):
            yield record
            continue
        where, cells = record
        user = cells["user_id"].strip()
        place = num_before[user] = num_before.get(user, -1) + 1
        try:
            when = next((time_days(cells[name]) for name in _TIMES if name in cells), float(place))
            has_rating = bool(cells.get("rating", "").strip())
            weight = weight_of_rating(cells["rating"], options) if has_rating else 1.0
        except RecordError as error:
            yield Bad(where, str(error), error.group)
            continue
        kind = "rating" if has_rating else options.kind
        yield ForeignInteraction(where, user, cells["item_id"].strip(), kind, when, weight)


def _currency(cell: str) -> str | None:
    code = cell.strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None
