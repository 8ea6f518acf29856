"""How right extraction is on saved real product pages, beside extruct on the same pages in the same run.

    python -m benchmarks.extraction [--data FOLDER] [--name NAME]

extruct's answers are mapped plainly: the first Product in its JSON-LD, else in its microdata, else Open Graph's price
tags, and price-parser for prices that are no plain decimals. What the truth leaves out counts as "none on the page"
for price and sku, so that a value there is wrong; for the other fields it is unknown and the page is not counted.

Rules for the visible page were written with the development part in sight, whose shops' SHA-256 begins with an odd
byte. The intervals are of a bootstrap over shops, since a shop's pages fail together.

Speed is measured on pages whose markup tells a product with a price and on the rest, the readers in turn page by page:
"threeSyntaxes" is this scraper's reading of JSON-LD, microdata and Open Graph, to Candidates; "scraper" is the whole of
it, to a Product: state, labels and the visible page where something is missing.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import extruct
import price_parser
from rich.console import Console
from rich.table import Table

from benchmarks import record
from kernel.json_object import JsonObject
from scraper import extract_product
from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import jsonld, microdata, opengraph
from scraper.extraction.page import parse_page
from scraper.values.identity import shop_of

# What the truth's symbols may mean, written apart from the scraper's own table.
CURRENCIES = {
    "€": {"EUR"}, "EUR": {"EUR"}, "£": {"GBP"}, "CHF": {"CHF"}, "Lei": {"RON", "MDL"}, "ر.س": {"SAR"}, "₽": {"RUB"},
    "원~": {"KRW"}, "원": {"KRW"}, "Kn": {"HRK"}, "Br": {"BYN"}, "₪": {"ILS"}, "Rs": {"INR", "PKR", "LKR", "NPR"},
    "$": {"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "TWD", "MXN", "CLP", "COP", "ARS", "UYU"},
}  # fmt: skip
SOLD_OUT = {"OutOfStock", "SoldOut", "Discontinued"}
NONE_WHEN_MISSING = {"price", "sku"}
FIELDS = ("price", "currency", "sku", "brand", "mpn", "gtin", "soldOut")
Answers = dict[str, str]
NUM_DRAWS, BOOTSTRAP_SEED, NUM_ROUNDS = 2000, 0, 9


class TruthRow(TypedDict):
    """One saved page and the accepted answers of each field."""

    file: str
    url: str
    truth: dict[str, list[str]]


class FieldFigures(TypedDict):
    """Figures of one field, None without a case. `f1Interval`: 95 % over shops."""

    precision: float | None
    recall: float | None
    f1: float | None
    correct: int
    given: int
    wanted: int
    f1Interval: NotRequired[list[float]]


class PartFigures(TypedDict):
    """Figures of both readers on one part of the pages, by field."""

    pages: int
    scraper: dict[str, FieldFigures]
    extruct: dict[str, FieldFigures]


class Speed(TypedDict):
    """Pages per second of one reader and its ratio to extruct: median and range of the rounds."""

    pagesPerSecond: float
    range: list[float]
    timesExtruct: float
    timesExtructRange: list[float]


class PartSpeeds(TypedDict):
    """Speed of each reader on one part of the pages."""

    pages: int
    extruct: Speed
    scraper: Speed
    threeSyntaxes: Speed


@dataclass
class Score:
    """Counts of one field."""

    correct: int = 0
    wrong: int = 0
    missed: int = 0

    def figures(self) -> FieldFigures:
        """Return precision, recall and F1; None for a figure without a case."""
        given, wanted = self.correct + self.wrong, self.correct + self.missed
        precision = self.correct / given if given else None
        recall = self.correct / wanted if wanted else None
        f1 = 2 * self.correct / (given + wanted) if given + wanted else None
        rounded = {"precision": precision, "recall": recall, "f1": f1}
        counts = {"correct": self.correct, "given": given, "wanted": wanted}
        return cast(FieldFigures, {k: None if v is None else round(v, 4) for k, v in rounded.items()} | counts)


def ours(html: bytes, url: str) -> Answers:
    """Return the fields that this scraper reads."""
    wire = extract_product(html, url).to_wire()
    said = {key: wire.get(key) for key in ("sku", "brand", "mpn", "gtin")}
    price = wire.get("price", {})
    said |= {"price": price.get("amount"), "currency": price.get("currency")}
    said["soldOut"] = "yes" if wire.get("availability") in SOLD_OUT else None
    return {key: value for key, value in said.items() if value}


def extructs(html: bytes, url: str) -> Answers:
    """Return the fields of extruct's three syntaxes, mapped without further rules."""
    data = extruct.extract(
        html.decode("utf-8", "replace"), base_url=url, syntaxes=["json-ld", "microdata", "opengraph"], uniform=True,
        errors="ignore",
    )  # fmt: skip
    product = next(_products([data.get("json-ld"), data.get("microdata")]), {})
    tags = {key: value for part in data.get("opengraph") or [] for key, value in part.items() if isinstance(value, str)}
    offer = next(iter(_list(product.get("offers"))), {})
    offer = offer if isinstance(offer, dict) else {}
    price = _text(offer.get("price")) or _text(offer.get("lowPrice"))
    currency = _text(offer.get("priceCurrency"))
    if not price:
        price, currency = tags.get("product:price:amount"), tags.get("product:price:currency")
    said = {key: _text(product.get(key)) for key in ("sku", "brand", "mpn")}
    said["gtin"] = next(
        (code for key in ("gtin13", "gtin", "gtin12", "gtin14") if (code := _text(product.get(key)))), None
    )
    said |= {"price": _decimal(price), "currency": (currency or "").upper() or None}
    availability = (_text(offer.get("availability")) or tags.get("product:availability") or "").rsplit("/", 1)[-1]
    said["soldOut"] = "yes" if availability.replace(" ", "").lower() in map(str.lower, SOLD_OUT) else None
    return {key: value for key, value in said.items() if value}


def _products(value: Any) -> Iterator[JsonObject]:
    for part in _list(value):
        if isinstance(part, list):
            yield from _products(part)
        elif isinstance(part, dict):
            if "Product" in _list(part.get("@type")):
                yield part
            yield from _products(part.get("@graph"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str | None:
    first = next(iter(_list(value)), None)
    if isinstance(first, dict):
        first = first.get("name") or first.get("@value")
    return str(first).strip() or None if isinstance(first, str | int | float) else None


def _decimal(text: str | None) -> str | None:
    if text is None or re.fullmatch(r"\d+(\.\d+)?", text):
        return text
    amount = price_parser.Price.fromstring(text[:100]).amount
    return None if amount is None else str(amount)


def is_accepted(field: str, said: str, accepted: list[str]) -> bool:
    """Return whether an answer is one of the accepted ones."""
    if field == "price":
        return any(Decimal(said) in _readings(text) for text in accepted) if _is_number(said) else False
    if field == "currency":
        return any(said in CURRENCIES.get(text, {text}) for text in accepted)
    if field == "gtin":
        return any(said.zfill(14) == text.zfill(14) for text in accepted)
    return any(_key(said) == _key(text) for text in accepted)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _readings(text: str) -> set[Decimal]:
    """Return the numbers that the truth's digits may mean; "2.449" may be either of two, and both are accepted."""
    plain = text.replace(",", "")
    readings = {Decimal(plain)} if _is_number(plain) else set()
    if re.fullmatch(r"\d{1,3}\.\d{3}", text):
        readings.add(Decimal(text.replace(".", "")))
    return readings


def _key(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def evaluate(rows: list[TruthRow], answers: list[Answers]) -> dict[str, FieldFigures]:
    """Return the figures of each field, with a 95 % interval of F1 over shops."""
    rng = random.Random(BOOTSTRAP_SEED)
    by_shop: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_shop.setdefault(shop_of(row["url"]), []).append(index)
    shops = list(by_shop.values())
    draws = [[index for shop in rng.choices(shops, k=len(shops)) for index in shop] for _ in range(NUM_DRAWS)]
    outcomes = [_outcomes(row, said) for row, said in zip(rows, answers, strict=True)]
    figures = {}
    for field in FIELDS:
        figures[field] = _score(outcomes, range(len(rows)), field).figures()
        drawn = sorted(f1 for draw in draws if (f1 := _score(outcomes, draw, field).figures()["f1"]) is not None)
        if drawn:
            figures[field]["f1Interval"] = [drawn[int(share * (len(drawn) - 1))] for share in (0.025, 0.975)]
    return figures


def _outcomes(row: TruthRow, said: Answers) -> dict[str, tuple[bool, bool, bool]]:
    """Return (given, wanted, right) for each field that this page counts for."""
    truth = dict(row["truth"])
    if "OutOfStock" in truth.get("availability", []):
        truth["soldOut"] = ["yes"]
    found = {}
    for field in FIELDS:
        accepted, answer = truth.get(field), said.get(field)
        if accepted is not None or field in NONE_WHEN_MISSING | {"soldOut"}:
            is_right = bool(answer and accepted and is_accepted(field, answer, accepted))
            found[field] = (bool(answer), bool(accepted), is_right)
    return found


def _score(outcomes: list[dict[str, tuple[bool, bool, bool]]], indices: Iterable[int], field: str) -> Score:
    score = Score()
    for index in indices:
        if field in outcomes[index]:
            is_given, is_wanted, is_right = outcomes[index][field]
            score.correct += is_right
            score.wrong += is_given and not is_right
            score.missed += is_wanted and not is_right
    return score


def is_development(row: TruthRow) -> bool:
    """Return whether a page's shop was known while the rules were written."""
    return hashlib.sha256(shop_of(row["url"]).encode()).digest()[0] % 2 == 1


def three_syntaxes(html: bytes, url: str) -> list[Candidate]:
    """Return the fields that this scraper reads from the three syntaxes that extruct reads here."""
    page = parse_page(html, url)
    return [one for reader in (jsonld, microdata, opengraph) for one in reader.extract(page)]


def measure_speed(
    pages: list[tuple[bytes, str]], readers: Mapping[str, Callable[[bytes, str], object]]
) -> dict[str, Speed]:
    """Return pages per second on one core and the ratio to extruct, both as median with the range of the rounds.

    The readers take turns page by page: a machine that slows down for a while slows all of them.
    """
    rates: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(NUM_ROUNDS):
        seconds = dict.fromkeys(readers, 0.0)
        for html, url in pages:
            for name, reader in readers.items():
                started = time.perf_counter()
                reader(html, url)
                seconds[name] += time.perf_counter() - started
        for name, spent in seconds.items():
            rates[name].append(len(pages) / spent)
    ratios = {name: [own / other for own, other in zip(rates[name], rates["extruct"], strict=True)] for name in readers}
    return {
        name: {
            "pagesPerSecond": round(statistics.median(rates[name]), 1),
            "range": [round(min(rates[name]), 1), round(max(rates[name]), 1)],
            "timesExtruct": round(statistics.median(ratios[name]), 2),
            "timesExtructRange": [round(min(ratios[name]), 2), round(max(ratios[name]), 2)],
        }
        for name in readers
    }


def _speeds(pages: list[tuple[bytes, str]]) -> dict[str, PartSpeeds]:
    readers: dict[str, Callable[[bytes, str], object]] = {
        "extruct": extructs,
        "scraper": extract_product,
        "threeSyntaxes": three_syntaxes,
    }
    is_marked = [any(one.is_product and one.price for one in three_syntaxes(html, url)) for html, url in pages]
    parts = {"withMarkup": True, "rest": False}
    result: dict[str, PartSpeeds] = {}
    for part, wanted in parts.items():
        chosen = [page for page, marked in zip(pages, is_marked, strict=True) if marked == wanted]
        print(f"speed on {len(chosen)} pages, {part}", file=sys.stderr, flush=True)
        result[part] = cast(PartSpeeds, {"pages": len(chosen), **measure_speed(chosen, readers)})
    return result


def main() -> int:
    """Measure, print the table, write results/NAME.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/product-pages"))
    parser.add_argument("--name", default="extraction", help="of the result (default: extraction)")
    arguments = parser.parse_args()
    data: Path = arguments.data
    if not (data / "truth.json").is_file():
        print(f"error: expected truth.json and html/ in {data}; name the folder with --data", file=sys.stderr)
        return 2
    rows = json.loads((data / "truth.json").read_text("utf-8"))
    pages = [(gzip.decompress((data / "html" / f"{row['file']}.gz").read_bytes()), row["url"]) for row in rows]
    result: JsonObject = {
        **record.environment("extruct", "price-parser", "lxml", "beautifulsoup4"),
        "data": {
            "pages": len(pages),
            "shops": len({shop_of(url) for _, url in pages}),
            "truthSha256": record.sha256(data / "truth.json"),
            "meanBytes": sum(len(html) for html, _ in pages) // len(pages),
        },
        "rules": __doc__.partition("\n\n")[2].partition("\n\n")[2].strip(),
        "bootstrap": {"draws": NUM_DRAWS, "seed": BOOTSTRAP_SEED, "unit": "shop"},
    }
    answers = {name: [reader(*page) for page in pages] for name, reader in (("scraper", ours), ("extruct", extructs))}
    for part, is_in in (("all", None), ("development", True), ("heldOut", False)):
        chosen = [index for index, row in enumerate(rows) if is_in is None or is_development(row) == is_in]
        part_rows = [rows[index] for index in chosen]
        result[part] = {"pages": len(chosen)} | {
            name: evaluate(part_rows, [said[index] for index in chosen]) for name, said in answers.items()
        }
        print_table(part, result[part])
    result["speed"] = _speeds(pages)
    for part, speeds in result["speed"].items():
        print(part, {name: speed["pagesPerSecond"] for name, speed in speeds.items() if name != "pages"})
    print(f"written: {record.write(arguments.name, result)}")
    return 0


def print_table(part: str, figures: PartFigures) -> None:
    """Print precision, recall and F1 of each field for both."""
    table = Table(title=f"{part}: {figures['pages']} saved product pages")
    for heading in ("field", "wanted", "P", "R", "F1", "95 %", "extruct P", "R", "F1"):
        table.add_column(heading, justify="left" if heading == "field" else "right")
    for field in FIELDS:
        own, other = figures["scraper"][field], figures["extruct"][field]
        cells = [_cell(one[key]) for one in (own, other) for key in ("precision", "recall", "f1")]
        cells.insert(3, "–".join(map(_cell, own.get("f1Interval", []))))
        table.add_row(field, str(own["wanted"]), *cells)
    Console().print(table)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
