"""Conversion of a foreign data set to products.jsonl, interactions.csv, images/ and prepare.json."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kernel.contract_types import Product
from kernel.files import write_whole
from kernel.progress import Progress
from trainer.dataset.dataset import SECONDS_PER_DAY
from trainer.errors import DataError
from trainer.formats.dropped import Dropped
from trainer.formats.output import (
    Fingerprint,
    ImageFingerprint,
    Preparation,
    claim,
    describe_file,
    describe_files,
    finish,
)
from trainer.formats.products import read_catalogue
from trainer.formats.registry import FORMATS
from trainer.formats.source import Bad, ForeignInteraction, Options, Source
from trainer.preprocess.images import ImageError, ImageRule, clean_image

VERSION = 1  # of the conversion rules; part of the fingerprint
COLUMNS = ("user", "shop", "itemId", "kind", "time", "weight")
_ROWS_PER_CHUNK = 50_000
_HOLD_IMAGES = (".zip", ".npy")  # files that hold images, so their own SHA-256 covers these
_LAST_DAY = 2_932_896  # 9999-12-31
Products = dict[str, Product]  # by the source's key


def convert(
    format_name: str, sources: tuple[Path, ...], out: Path, options: Options, progress: Progress, *, again: bool = False
) -> Preparation:
    """Fill `out` and return prepare.json's document; raise DataError where a source cannot be read as this format.

    After an interruption the same command resumes and keeps the images that are done. The same sources and options
    give the same files, byte for byte; nothing is random.
    """
    for path in sources:
        if not path.exists():
            raise DataError(f"{path}: no such file or directory")
    source = FORMATS[format_name](sources, options)
    files = [describe_file(path) for path in source.files]
    fingerprint: Fingerprint = {
        "format": format_name,
        "version": VERSION,
        "options": asdict(options),
        "files": files,
        **_beside_the_files(source, progress),
    }
    finished = claim(out, fingerprint, again=again)
    if finished is not None:
        progress.say(f"{out} already holds this preparation")
        return finished
    dropped = {what: Dropped(what, is_strict=options.strict) for what in ("products", "images", "interactions")}
    catalogue = read_catalogue(source.products(progress.update), source, options, dropped["products"])
    images = _convert_images(source, catalogue.by_key, out, options, progress, dropped["images"])
    products = catalogue.by_key
    if options.only_with_image:
        products = {key: product for key, product in products.items() if key in images["converted"]}
        for key in catalogue.by_key.keys() - products.keys():
            dropped["products"].left_out(Bad(key, "has no usable image", "without a usable image"))
    if not products:
        raise DataError(f"{', '.join(map(str, sources))}: expected products, found none that is usable")
    _write_products(products, out / "products.jsonl")
    name = f"interactions.{'parquet' if options.parquet else 'csv'}"
    counts = _write_interactions(source, products, out / name, progress, dropped["interactions"])
    document: Preparation = {
        "input": fingerprint,
        "images_input": describe_files(images["read"].items()),
        "counts": {"products": len(products), "images": len(images["converted"].keys() & products), **counts},
        "dropped": {what: reasons for what, d in dropped.items() if (reasons := d.document())},
        "numbers": catalogue.numbers,
        "notes": list(source.notes),
        "output": {
            "files": [describe_file(out / written) for written in ("products.jsonl", name)],
            "images": describe_files(
                (f"{products[key]['itemId']}.jpg", digest)
                for key, digest in images["converted"].items()
                if key in products
            ),
        },
    }
    finish(out, document)
    return document


def _beside_the_files(source: Source, progress: Progress) -> ImageFingerprint:
    """Return the number and the SHA-256 of images outside the source's files; {} where there are none."""
    is_packed = any(path.suffix.lower() in _HOLD_IMAGES for path in source.files)
    if source.images is None or is_packed or not (keys := source.images.keys()):
        return {}
    digests = {}
    for done, key in enumerate(keys, 1):
        try:
            digests[key] = hashlib.sha256(source.images.read(key)).hexdigest()
        except (ImageError, OSError):  # the conversion drops and counts it
            digests[key] = "unreadable"
        progress.update("images compared", done, len(keys))
    described = describe_files(digests.items())
    return {"num_images": described["count"], "images_sha256": described["sha256"]}


def _convert_images(
    source: Source, products: Products, out: Path, options: Options, progress: Progress, dropped: Dropped
) -> dict[str, dict[str, str]]:
    """Write images/{itemId}.jpg; return {"read": {key: SHA-256}, "converted": {key: SHA-256}}."""
    read: dict[str, str] = {}
    converted: dict[str, str] = {}
    if source.images is None:
        return {"read": read, "converted": converted}
    rule = ImageRule(min_side=options.min_side, max_side=options.max_side, quality=options.quality)
    there = source.images.keys()
    keys = [key for key in products if key in there]
    for done, key in enumerate(keys, 1):
        path = out / "images" / f"{products[key]['itemId']}.jpg"
        try:
            content = source.images.read(key)
            if not path.is_file():  # an interrupted run of the same preparation may have written it
                jpeg = clean_image(content, rule)
                with write_whole(path, is_durable=False) as file:
                    file.write(jpeg)
        except (ImageError, OSError) as error:
            group = error.group if isinstance(error, ImageError) else "cannot be read"
            dropped.bad(Bad(f"image of {key}", str(error), group))
            continue
        read[key] = hashlib.sha256(content).hexdigest()
        converted[key] = describe_file(path)["sha256"]
        progress.update("images", done, len(keys))
    return {"read": read, "converted": converted}


def _write_products(products: Products, path: Path) -> None:
    with write_whole(path) as file:
        for product in products.values():
            file.write((json.dumps(product, ensure_ascii=False) + "\n").encode())


def _write_interactions(
    source: Source, products: Products, path: Path, progress: Progress, dropped: Dropped
) -> dict[str, int]:
    users: set[str] = set()
    num_rows = num_unknown = 0
    with write_whole(path) as file, _row_writer(file, path.suffix) as write:
        for record in source.interactions(progress.update):
            if isinstance(record, Bad):
                dropped.bad(record)
            elif not record.user.strip() or not 0 <= record.time_days <= _LAST_DAY:
                reason = f"expected a user and a time from 1970 to 9999, got {record.user!r}, {record.time_days:g} days"
                dropped.bad(Bad(record.where, reason, "no user or no possible time"))
            elif (product := products.get(record.key)) is None:
                num_unknown += 1
                dropped.left_out(Bad(record.where, f"no product {record.key}", "with an item that is not there"))
            else:
                num_rows += 1
                users.add(record.user)
                write(record, product)
    dropped.check_share(num_rows + num_unknown)
    if num_unknown and not num_rows:
        raise DataError(f"none of {num_unknown:,} interactions is with a product of this data set")
    return {"interactions": num_rows, "users": len(users)}


@contextmanager
def _row_writer(file: Any, suffix: str) -> Iterator[Any]:
    """Yield a function write(interaction, product) that appends a row to a .csv or .parquet file."""
    if suffix == ".csv":
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        yield lambda record, product: writer.writerow(_cells(record, product))
        text.detach()
        return
    schema = pa.schema([*((name, pa.string()) for name in COLUMNS[:5]), ("weight", pa.float64())])
    with pq.ParquetWriter(file, schema) as parquet:
        rows: list[tuple[Any, ...]] = []

        def flush() -> None:
            columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
            parquet.write_table(pa.table([list(column) for column in columns], schema=schema))
            rows.clear()

        def write(record: ForeignInteraction, product: Product) -> None:
            rows.append(_cells(record, product))
            if len(rows) >= _ROWS_PER_CHUNK:
                flush()

        yield write
        flush()


def _cells(record: ForeignInteraction, product: Product) -> tuple[Any, ...]:
    moment = datetime.fromtimestamp(round(record.time_days * SECONDS_PER_DAY, 3), UTC)
    time = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
    return record.user, product["shop"], product["itemId"], record.kind, time, record.weight
