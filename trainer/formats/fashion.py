"""Reader for Fashion Product Images (Kaggle, P. Aggarwal, 2019): styles.csv and a folder or .zip of images by id."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trainer.formats.fields import attributes, find_one, present, shop_name
from trainer.formats.images import find_images
from trainer.formats.lines import csv_records
from trainer.formats.source import Bad, ForeignProduct, OnBytes, Options, Source, no_interactions

_PATH = ("masterCategory", "subCategory", "articleType")
_ATTRIBUTES = {"gender": "gender", "color": "baseColour", "season": "season", "usage": "usage", "year": "year"}


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of a directory, or of styles.csv and a folder or .zip of images."""
    (styles,) = find_one(sources, ("styles.csv",), "fashion")
    places = (
        [Path(options.images)]
        if options.images
        else [*sources[1:], styles.parent / "images", styles.parent / "images.zip"]
    )
    place = next((place for place in places if place.exists() and place != styles), None)
    files = (styles,) if place is None or place.is_dir() else (styles, place)
    return Source(
        files=files,
        products=partial(_products, styles),
        interactions=no_interactions,
        shop=shop_name(sources, options),
        images=find_images(place) if place else None,
        notes=("products only: the data set has no interactions",),
    )


def _products(path: Path, on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    for record in csv_records(path, ("id", "productDisplayName"), on_bytes):
        if isinstance(record, Bad):
            yield record
            continue
        where, cells = record
        if not cells["id"].strip():
            yield Bad(where, "expected an id, got nothing", "no id")
            continue
        path_of = [cells[name].strip() for name in _PATH if cells.get(name, "").strip()]
        fields = {
            "title": cells["productDisplayName"],
            "categoryPath": path_of,
            "attributes": attributes((name, cells.get(column, "")) for name, column in _ATTRIBUTES.items()),
        }
        yield ForeignProduct(where, cells["id"].strip(), present(fields))
