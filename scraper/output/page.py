"""Writer of report.html, a self-contained page with the results of a crawl. It loads nothing from the network.

It is made from the output files of the crawl alone. All its text comes from strangers: Jinja2 escapes every value,
links are http(s) only, and a Content-Security-Policy allows nothing but the page's own style and the images beside it.
"""

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypedDict, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kernel.contract_types import Price, Product
from kernel.files import write_text_whole
from kernel.json_object import JsonMapping, JsonObject
from scraper.errors import InputError
from scraper.output import page_text
from scraper.output.changes import KINDS, Change
from scraper.output.summary import ShopSummary, Summary
from scraper.output.write import CHANGES, PRODUCTS, SUMMARY
from scraper.values.product import FIELDS, camel

PAGE = "report.html"
IMAGES = "images.jsonl"
VERDICTS = ("product", "listing", "empty", "needs_js", "blocked", "not_found")
KIND_TITLES = {
    "new": "New", "price": "Price", "availability": "Availability", "changed": "Other fields", "gone": "Gone",
    "back": "Back",
}  # fmt: skip
MAX_SAMPLES = 24
MAX_DROPS = 12
MAX_EXAMPLES = 30


class ImageFile(TypedDict):
    """One line of images.jsonl."""

    url: str
    file: str
    sha256: str
    width: int
    height: int
    bytes: int
    itemIds: list[str]


class Sample(TypedDict):
    """One product with its first image; `fields`: (name, value in words, syntax). What `product` lacks is None."""

    product: JsonMapping
    image: ImageFile | None
    fields: list[tuple[str, str, str]]


class ChangeExample(Change):
    """A change; `what`: in a few words."""

    what: str


class PriceDrop(TypedDict):
    """A lower price; `part`: the part of 1 by which it fell."""

    change: str
    shop: str
    itemId: str
    url: str
    title: str
    before: Price
    after: Price
    part: float


class ChangesSection(TypedDict):
    """Changes since the last round: counts and examples by kind, and the largest price drops."""

    counts: dict[str, int]
    drops: list[PriceDrop]
    num_drops: int
    examples: dict[str, list[ChangeExample]]


def write_page(folder: Path) -> None:
    """Write report.html from the files in `folder`; raises InputError where they cannot be read."""
    summary = _summary(folder)
    context = {
        "summary": summary,
        "style": Markup((Path(__file__).parent / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # our own file
        "num_stopped": sum(not shop["finished"] for shop in summary["shops"]),
        "totals": _totals(summary),
        "verdicts": VERDICTS,
        "kinds": KIND_TITLES,
        "changes": _changes(folder) if summary["round"] > 1 else None,
        "samples": _samples(folder, len(summary["shops"])),
    }
    with write_text_whole(folder / PAGE) as file:
        file.write(_environment().get_template("page.html.j2").render(context))


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(page_text.FILTERS)
    return environment


def _summary(folder: Path) -> Summary:
    """Return the summary; what a shop's entry may leave out is None."""
    try:
        summary: Summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {folder / SUMMARY}: {error}; run the crawl again to write it") from error
    optional = {"stopped": None, "feed": None}
    return {**summary, "shops": [cast(ShopSummary, optional | shop) for shop in summary["shops"]]}


def _totals(summary: Summary) -> list[tuple[str, str]]:
    shops = summary["shops"]
    totals = [
        ("Products", f"{summary['products']:,}"),
        ("Shops", f"{len(shops):,}"),
        ("Pages", f"{sum(shop['pages'] for shop in shops):,}"),
        ("Requests", f"{sum(shop['requests'] for shop in shops):,}"),
        ("Received", page_text.megabytes(sum(shop["bytes"] for shop in shops))),
        ("Longest shop", page_text.duration(max((shop["seconds"] for shop in shops), default=0))),
    ]
    if "images" in summary:
        totals.append(("Images", f"{summary['images']['files']:,}"))
    return totals


def _lines(path: Path) -> Iterator[Any]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}:{number}: expected JSON: {error}; run the crawl again") from error


def _changes(folder: Path) -> ChangesSection:
    counts: Counter[str] = Counter()
    examples: dict[str, list[ChangeExample]] = {kind: [] for kind in KINDS}
    drops: list[tuple[float, int, PriceDrop]] = []
    num_drops = 0
    for number, change in enumerate(_lines(folder / CHANGES)):
        kind = change["change"]
        counts[kind] += 1
        part = _drop_part(change)
        if part > 0:
            num_drops += 1
            prices = {"before": change["before"]["price"], "after": change["after"]["price"]}
            heapq.heappush(drops, (part, -number, cast(PriceDrop, {**change, **prices, "part": part})))
            if len(drops) > MAX_DROPS:
                heapq.heappop(drops)
        if len(examples[kind]) < MAX_EXAMPLES:
            examples[kind].append(cast(ChangeExample, {**change, "what": page_text.change_words(change)}))
    return {
        "counts": {kind: counts[kind] for kind in KINDS if counts[kind]},
        "drops": [entry for _, _, entry in sorted(drops, key=lambda drop: drop[:2], reverse=True)],
        "num_drops": num_drops,
        "examples": {kind: found for kind, found in examples.items() if found},
    }


def _drop_part(change: Change) -> float:
    """Return the part of 1 by which a price fell; 0 where it did not, or in another currency."""
    before, after = change.get("before", {}).get("price"), change.get("after", {}).get("price")
    if change["change"] != "price" or not before or not after or before.get("currency") != after.get("currency"):
        return 0.0
    was, now = Decimal(before["amount"]), Decimal(after["amount"])
    return float((was - now) / was) if was > now else 0.0


def _samples(folder: Path, num_shops: int) -> list[Sample]:
    """Return a few products of each shop, those with images first.

    Ids are hashes, so the smallest are a random but stable choice.
    """
    imaged = {item_id for entry in _lines(folder / IMAGES) for item_id in entry["itemIds"]}
    per_shop = max(1, min(8, MAX_SAMPLES // max(1, num_shops)))
    by_shop: dict[str, list[Product]] = {}
    for product in _lines(folder / PRODUCTS):
        if product["shop"] in by_shop or len(by_shop) < MAX_SAMPLES:
            best = [*by_shop.get(product["shop"], ()), product]
            best.sort(key=lambda one: (one["itemId"] not in imaged, one["itemId"]))
            by_shop[product["shop"]] = best[:per_shop]
    chosen = [product for products in by_shop.values() for product in products]
    wanted = {url for product in chosen for url in product.get("images", ())}
    files = {entry["url"]: entry for entry in _lines(folder / IMAGES) if entry["url"] in wanted}
    return [_sample(product, files) for product in chosen]


def _sample(product: Product, files: Mapping[str, ImageFile]) -> Sample:
    optional: JsonObject = dict.fromkeys(("brand", "price", "regularPrice", "availability", "language"))
    images: Iterable[ImageFile] = (files[url] for url in product.get("images", ()) if url in files)
    said: Mapping[str, object] = product
    names = [camel(name) for name in FIELDS if camel(name) in said]
    fields = [(name, page_text.value_words(said[name]), product["provenance"].get(name, "")) for name in names]
    return {"product": optional | product, "image": next(iter(images), None), "fields": fields}
