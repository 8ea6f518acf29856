"""Seeded products of invented shops: the same number and version give the same product."""

import hashlib
import json
import random
from pathlib import Path

from kernel.contract_types import Product

_COLOURS = [
    "navy", "black", "red", "olive", "white", "grey", "green", "sand", "teal", "plum", "amber", "coral",
    "ivory", "rust", "mint", "slate",
]  # fmt: skip
_MATERIALS = [
    "linen", "cotton", "wool", "oak", "steel", "glass", "leather", "bamboo", "silk", "cork", "brass",
    "denim", "felt", "clay", "pine", "nylon",
]  # fmt: skip
_THINGS = [
    "tee", "chair", "lamp", "scarf", "mug", "jacket", "table", "bag", "shelf", "hat", "rug", "bowl",
    "desk", "belt", "vase", "boot", "mirror", "bench", "clock", "pillow", "tray", "skirt", "coat", "stool",
    "basket", "kettle", "plate", "towel", "wallet", "gown", "apron", "lantern",
]  # fmt: skip
_STOCK = ("InStock", "InStock", "InStock", "OutOfStock", "LimitedAvailability", None)
BRANDS = tuple(f"Brand {i}" for i in range(12))
SECTIONS = ("Women", "Men", "Home")


def item_id(shop: str, number: int) -> str:
    """Return the id of a shop's item."""
    return hashlib.sha256(url_of(shop, number).encode()).hexdigest()[:16]


def url_of(shop: str, number: int) -> str:
    """Return the canonical address of a shop's item."""
    return f"https://{shop}/p/{number}"


def product(shop: str, number: int, version: int = 0, text: int = 0, images: tuple[str, ...] = ()) -> Product:
    """Return a version of an item. Its price and stock follow from `version`, its words from `text`."""
    words = random.Random(f"{shop} {number} {text}")
    changing = random.Random(f"{shop} {number} {text} {version}")
    title = f"{words.choice(_COLOURS)} {words.choice(_MATERIALS)} {words.choice(_THINGS)} {words.choice(_THINGS)}"
    found: dict[str, object] = {
        "shop": shop,
        "itemId": item_id(shop, number),
        "url": url_of(shop, number),
        "title": f"{title} {number}",
        "brand": words.choice(BRANDS),
        "categoryPath": [words.choice(SECTIONS), words.choice(_THINGS)],
        # The version is in the cents, so that no two versions have one price.
        "price": {"amount": f"{changing.randrange(5, 200)}.{version % 100:02}", "currency": "EUR"},
        "verdict": "product",
        "provenance": {"title": "json-ld"},
    }
    if stock := changing.choice(_STOCK):
        found["availability"] = stock
    if images:
        found["images"] = list(images)
    return found  # type: ignore[return-value]  # a Product by construction; the server checks it against its contract


def write_lines(path: Path, products: list[Product]) -> Path:
    """Write a products.jsonl."""
    path.write_text("".join(json.dumps(one) + "\n" for one in products), "utf-8")
    return path
