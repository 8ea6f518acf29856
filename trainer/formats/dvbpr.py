"""Reader for the .npy files of "Visually-Aware Fashion Recommendation and Design" (Kang et al., ICDM 2017).

A file holds one array of six objects. The first three are each user's training, validation and test interactions:
lists of records with "productid", the item's number. The fourth is the items: records with "imgs", a JPEG, and
sometimes "asin" and a category. The last two are the numbers of users and items. Keys are bytes in files written by
Python 2 and text in files saved again by Python 3.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import DataError
from trainer.formats.fields import finite, present, shop_name
from trainer.formats.images import ImagesInMemory
from trainer.formats.restricted_pickle import read_object_array
from trainer.formats.source import Bad, ForeignInteraction, ForeignProduct, OnBytes, Options, Source

_PARTS = ("training", "validation", "test")


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of one .npy file, which is held in memory as a whole."""
    path = next((source for source in sources if source.suffix == ".npy"), None)
    if path is None or len(sources) != 1:
        raise DataError(f"{', '.join(map(str, sources))}: the dvbpr format needs exactly one .npy file")
    parts, items = _load(path)
    images = {str(number): item["imgs"] for number, item in items.items() if isinstance(item.get("imgs"), bytes)}
    notes = ["no times: a user's n-th item counts as of day n; validation and test come after training"]
    if any(_title(item) is None for item in items.values()):
        notes.append("no titles: items are named by number, which carries no meaning; train on images alone")
    return Source(
        files=(path,),
        products=partial(_products, path, items),
        interactions=partial(_interactions, path, parts, options),
        shop=shop_name(sources, options),
        images=ImagesInMemory(images),
        notes=tuple(notes),
    )


def _load(path: Path) -> tuple[tuple[dict[Any, Any], ...], dict[int, JsonMapping]]:
    """Return the training, validation and test records by user, and the items by number."""
    found = read_object_array(path)
    if len(found) < 6:
        raise DataError(
            f"{path}: expected six objects (users' training, validation, test; items; counts), got {len(found)}"
        )
    parts = tuple(_by_number(part) for part in found[:3])
    items: dict[int, JsonMapping] = {
        int(number): _by_word(item) for number, item in _by_number(found[3]).items() if isinstance(item, Mapping)
    }
    if not items or not all(isinstance(part, dict) for part in parts):
        raise DataError(
            f"{path}: expected users and items by number, got {type(found[0]).__name__} and {type(found[3]).__name__}"
        )
    return parts, items


def _by_number(values: Any) -> dict[Any, Any]:
    return dict(values) if isinstance(values, Mapping) else dict(enumerate(values))


def _by_word(record: Mapping[Any, Any]) -> JsonObject:
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in record.items()}


def _products(path: Path, items: Mapping[int, JsonMapping], on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    for done, (number, item) in enumerate(items.items(), 1):
        on_bytes("items", done, len(items))
        category = _title(item)
        asin = item.get("asin")
        fields = {
            "title": category or f"Item {number}",
            "categoryPath": [category] if category else [],
            "sku": asin.decode("latin1") if isinstance(asin, bytes) else asin if isinstance(asin, str) else None,
        }
        yield ForeignProduct(f"{path}: item {number}", str(number), present(fields))


def _interactions(
    path: Path, parts: tuple[dict[Any, Any], ...], options: Options, on_bytes: OnBytes
) -> Iterator[ForeignInteraction | Bad]:
    users = list(dict.fromkeys(user for part in parts for user in part))
    for done, user in enumerate(users, 1):
        on_bytes("users", done, len(users))
        records = [(name, record) for name, part in zip(_PARTS, parts, strict=True) for record in part.get(user, ())]
        for place, (name, record) in enumerate(records):
            where = f"{path}: user {user}, {name}"
            number = finite(_int(_by_word(record).get("productid"))) if isinstance(record, Mapping) else None
            if number is None:
                yield Bad(where, f"expected productid as a number, got {str(record)[:60]}", "no productid")
            else:
                yield ForeignInteraction(where, str(user), str(int(number)), options.kind, float(place))


def _title(item: JsonMapping) -> str | None:
    """Return the title or category of an item as text, None where it has none or only a number."""
    for name in ("title", "categories", "category", "c"):
        value = item.get(name)
        while isinstance(value, (list, tuple)) and value:
            value = value[-1]
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and any(sign.isalpha() for sign in text):
            return text
    return None


def _int(value: Any) -> Any:
    return int(value) if hasattr(value, "__index__") else value
