"""Reader for the project's own format. Validates and cleans each row; invalid rows are dropped and counted."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trainer.dataset.dataset import KINDS, check_row
from trainer.dataset.parquet import parquet_rows
from trainer.errors import DataError, RecordError
from trainer.formats.fields import find_one, ignore_progress, shop_name
from trainer.formats.images import ImageFolder, find_images
from trainer.formats.lines import csv_records, json_records
from trainer.formats.source import Bad, ForeignInteraction, ForeignProduct, Images, OnBytes, Options, Source

_NEEDED = ("user", "shop", "itemId", "kind", "time")
_NAMES = ("interactions.csv", "interactions.jsonl", "interactions.parquet")


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of a directory with products.jsonl and interactions.csv|jsonl|parquet, or of these files."""
    (products,) = find_one(sources, ("products.jsonl",), "carryover")
    places = [source / name for source in sources if source.is_dir() for name in _NAMES]
    places += [source for source in sources if source.suffix in (".csv", ".jsonl", ".parquet") and source != products]
    interactions = next((place for place in places if place.is_file()), None)
    if interactions is None:
        raise DataError(f"{', '.join(map(str, sources))}: the carryover format needs one of {', '.join(_NAMES)} in it")
    images = Path(options.images) if options.images else products.parent / "images"
    image_source = find_images(images) if options.images or images.is_dir() else ImageFolder(products.parent)
    return Source(
        files=(products, interactions),
        products=partial(_products, products),
        interactions=partial(_interactions, interactions),
        shop=shop_name(sources, options),
        images=_ByItemId(image_source, products),
        later_replaces=True,
    )


class _ByItemId:
    """Images whose files are named by itemId, looked up by shop/itemId."""

    def __init__(self, images: Images, products: Path) -> None:
        self._images = images
        names = images.keys()
        records = json_records(products, ignore_progress) if names else iter(())
        found = (record[1] for record in records if not isinstance(record, Bad))
        self._names = {_key(product): name for product in found if (name := str(product.get("itemId"))) in names}

    def keys(self) -> set[str]:
        return set(self._names)

    def read(self, key: str) -> bytes:
        return self._images.read(self._names[key])


def _products(path: Path, on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    for record in json_records(path, on_bytes):
        if isinstance(record, Bad):
            yield record
            continue
        where, product = record
        if missing := [name for name in ("shop", "itemId", "url", "verdict", "provenance") if name not in product]:
            yield Bad(where, f"not a product: {missing[0]} is missing", f"not a product: {missing[0]} is missing")
        elif product["verdict"] == "product":  # a listing or a blocked page is neither an item nor an error
            yield ForeignProduct(where, _key(product), product)


def _interactions(path: Path, on_bytes: OnBytes) -> Iterator[ForeignInteraction | Bad]:
    for record in _rows(path, on_bytes):
        if isinstance(record, Bad):
            yield record
            continue
        where, cells = record
        try:
            row = check_row(cells)
        except RecordError as error:
            yield Bad(where, str(error), error.group)
            continue
        key = f"{row.shop}/{row.item_id}"
        yield ForeignInteraction(where, row.user, key, KINDS[row.kind], row.time_days, row.weight)


def _rows(path: Path, on_bytes: OnBytes) -> Iterator[tuple[str, dict[str, str]] | Bad]:
    if path.suffix == ".parquet":
        return ((f"{path}:{number}", row) for number, row in parquet_rows(path))
    return json_records(path, on_bytes) if path.suffix == ".jsonl" else csv_records(path, _NEEDED, on_bytes)


def _key(product: dict[str, str]) -> str:
    return f"{product.get('shop')}/{product.get('itemId')}"
