"""Reader for Amazon Reviews 2023 (Hou et al. 2024): meta_*.jsonl and the reviews' *.jsonl, gzipped or not.

The parent_asin identifies an item. Images come from a folder (--images) and are named by parent_asin; the reader
downloads nothing.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from trainer.errors import DataError, RecordError
from trainer.formats.fields import attributes, finite, present, price, time_days, unexpected, weight_of_rating
from trainer.formats.images import find_images
from trainer.formats.lines import json_records
from trainer.formats.source import Bad, ForeignInteraction, ForeignProduct, OnBytes, Options, Source

_SHOP = "amazon.com"
_ATTRIBUTES = ("Color", "Material", "Size", "Style", "Pattern", "Department", "Item Form", "Scent", "Skin Type")
_SIZES = ("hi_res", "large", "thumb")  # of an image, best first


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of directories or files; files named meta_* hold products, the others reviews."""
    files = list(chain.from_iterable(_jsonl_files(source) for source in sources))
    meta = [path for path in files if path.name.startswith("meta_")]
    reviews = [path for path in files if not path.name.startswith("meta_")]
    if not meta or not reviews:
        looked = ", ".join(map(str, sources))
        raise DataError(f"{looked}: the amazon2023 format needs meta_*.jsonl and the reviews' .jsonl, gzipped or not")
    return Source(
        files=(*meta, *reviews),
        products=partial(_products, meta),
        interactions=partial(_reviews, reviews, options),
        shop=options.shop or _SHOP,
        images=find_images(Path(options.images)) if options.images else None,
        notes=(f"ratings below {options.liked_from:g} weigh 0; a verified purchase counts as one",),
    )


def _jsonl_files(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted(path for path in source.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
    return [source]


def _products(paths: list[Path], on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    for record in chain.from_iterable(json_records(path, on_bytes) for path in paths):
        if isinstance(record, Bad):
            yield record
            continue
        where, meta = record
        key = meta.get("parent_asin")
        if not isinstance(key, str) or not key:
            yield Bad(where, f"expected parent_asin as text, got {key!r}", "no parent_asin")
            continue
        details = meta["details"] if isinstance(meta.get("details"), dict) else {}
        fields = {
            "url": f"https://www.amazon.com/dp/{key}",
            "title": meta.get("title"),
            "description": " ".join([*_texts(meta.get("features")), *_texts(meta.get("description"))]),
            "brand": next((b for b in (details.get("Brand"), meta.get("store")) if isinstance(b, str)), None),
            "categoryPath": _texts(meta.get("categories")) or _texts([meta.get("main_category")]),
            "images": _image_urls(meta.get("images")),
            "price": price(meta.get("price"), "USD"),
            # No rating: average_rating and rating_number include the reviews that a split holds out.
            "attributes": attributes((name, details[name]) for name in _ATTRIBUTES if name in details),
        }
        yield ForeignProduct(where, key, present(fields))


def _reviews(paths: list[Path], options: Options, on_bytes: OnBytes) -> Iterator[ForeignInteraction | Bad]:
    for record in chain.from_iterable(json_records(path, on_bytes) for path in paths):
        if isinstance(record, Bad):
            yield record
            continue
        where, review = record
        user, key = review.get("user_id"), review.get("parent_asin")
        if not (isinstance(user, str) and user and isinstance(key, str) and key):
            yield Bad(where, "expected user_id and parent_asin as text", "no user_id or parent_asin")
            continue
        try:
            if finite(review.get("timestamp")) is None:
                raise unexpected("timestamp in milliseconds", review.get("timestamp"))
            when, weight = time_days(review["timestamp"]), weight_of_rating(review.get("rating"), options)
        except RecordError as error:
            yield Bad(where, str(error), error.group)
            continue
        kind = "purchase" if review.get("verified_purchase") is True else "rating"
        yield ForeignInteraction(where, user, key, kind, when, weight)


def _texts(values: object) -> list[str]:
    return [value for value in values if isinstance(value, str) and value] if isinstance(values, list) else []


def _image_urls(images: object) -> list[str]:
    """Return the address of each image's best size, at most 30; records list sizes by image or images by size."""
    if isinstance(images, Mapping):
        columns = [images.get(size) or [] for size in _SIZES]
        each: list[Any] = [dict(zip(_SIZES, row, strict=False)) for row in zip(*columns, strict=False)]
    else:
        each = images if isinstance(images, list) else []
    best = (next((i[s] for s in _SIZES if isinstance(i.get(s), str)), "") for i in each if isinstance(i, Mapping))
    return [url for url in best if url.startswith(("http://", "https://")) and len(url) <= 2048][:30]
