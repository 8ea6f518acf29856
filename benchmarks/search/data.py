"""Two shops to search: products of fashion with images, and electronics offers; of both only what a shop shows."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.offers.data import read_pricerunner

FASHION, OFFERS = "fashion.example", "offers.example"
HELD_OUT_SHARE = 0.1
SEED = 20261130


@dataclass(frozen=True)
class Entry:
    """One thing of a data set: its text, and the answers, which are never indexed.

    Attributes:
        key: the data set's own id.
        title: the only text that is indexed.
        facts: fashion: gender, type, colour, usage; offers: product, shop, label.
        is_indexed: whether the shop has it; the others' titles are queries.
    """

    key: str
    title: str
    facts: dict[str, str]
    is_indexed: bool


def item_id(shop: str, key: str) -> str:
    """Return the item id of an entry."""
    return hashlib.sha256(url_of(shop, key).encode()).hexdigest()[:16]


def url_of(shop: str, key: str) -> str:
    """Return the address of an entry."""
    return f"https://{shop}/p/{key}"


def read_fashion(data: Path) -> list[Entry]:
    """Read the products that have an image; a tenth of them, drawn by the seed, is held out."""
    with (data / "styles.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["has_image"] == "1" and row["productDisplayName"].strip()]
    held_out = np.random.default_rng(SEED).random(len(rows)) < HELD_OUT_SHARE
    return [
        Entry(
            row["id"],
            " ".join(row["productDisplayName"].split()),
            {
                "gender": row["gender"],
                "type": row["articleType"],
                "colour": row["baseColour"],
                "usage": row["usage"],
            },
            not is_out,
        )
        for row, is_out in zip(rows, held_out.tolist(), strict=True)
    ]


def read_offers(data: Path) -> list[Entry]:
    """Read PriceRunner's offers; of a tenth of the products that several shops offer, one offer is held out."""
    offers = read_pricerunner(data / "offers.csv")
    with (data / "offers.csv").open(encoding="utf-8", newline="") as stream:
        labels = [row["product_label"] for row in csv.DictReader(stream)]
    generator = np.random.default_rng(SEED)
    members: dict[str, list[int]] = {}
    for row, product in enumerate(offers.product.tolist()):
        members.setdefault(product, []).append(row)
    held_out = {
        int(generator.choice(rows))
        for rows in members.values()
        if len({offers.shop[row] for row in rows}) > 1 and generator.random() < HELD_OUT_SHARE
    }
    return [
        Entry(
            str(row),
            title,
            {"product": str(offers.product[row]), "shop": str(offers.shop[row]), "label": labels[row]},
            row not in held_out,
        )
        for row, title in enumerate(offers.titles)
    ]


def product_lines(shop: str, entries: list[Entry]) -> Iterator[str]:
    """Yield a Product a line for what is indexed; `sku` names its image file."""
    for entry in entries:
        if entry.is_indexed:
            product = {
                "shop": shop,
                "itemId": item_id(shop, entry.key),
                "url": url_of(shop, entry.key),
                "title": entry.title[:500],
                "sku": f"{shop[:1]}-{entry.key}",
                "verdict": "product",
                "provenance": {"title": "json-ld"},
            }
            yield json.dumps(product) + "\n"


def unpack_images(archive: Path, directory: Path) -> Path:
    """Unpack the images once, under the names that `product_lines` gives them; return their folder."""
    if not directory.is_dir():
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(directory.parent / "unpacking")
        for path in (directory.parent / "unpacking").rglob("*.jpg"):
            path.rename(path.with_name(f"{FASHION[:1]}-{path.name}"))
        (directory.parent / "unpacking" / "images").rename(directory)
    return directory
