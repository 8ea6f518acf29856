"""How right extraction is on saved real product pages, beside extruct on the same pages in the same run.

    python -m benchmarks.extraction [--data ../shared/data/product-pages]

extruct's answers are mapped plainly: the first Product in its JSON-LD, else in its microdata, else Open Graph's price
tags, and price-parser for prices that are no plain decimals. What the truth leaves out counts as "none on the page"
for price and sku, so that a value there is wrong; for the other fields it is unknown and the page is not counted.
"""

import argparse
import gzip
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import extruct
import price_parser
from rich.console import Console
from rich.table import Table

from benchmarks import record
from scraper import extract_product

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


@dataclass
class Score:
    """Counts of one field."""

    correct: int = 0
    wrong: int = 0
    missed: int = 0

    def figures(self) -> dict[str, float | int | None]:
        """Precision, recall and F1; None where nothing was there to judge."""
        given, wanted = self.correct + self.wrong, self.correct + self.missed
        precision = self.correct / given if given else None
        recall = self.correct / wanted if wanted else None
        f1 = 2 * self.correct / (given + wanted) if given + wanted else None
        rounded = {"precision": precision, "recall": recall, "f1": f1}
        figures: dict[str, float | int | None] = {k: None if v is None else round(v, 4) for k, v in rounded.items()}
        return figures | {"correct": self.correct, "given": given, "wanted": wanted}


def ours(html: bytes, url: str) -> Answers:
    """What this scraper says."""
    wire = extract_product(html, url).to_wire()
    said = {key: wire.get(key) for key in ("sku", "brand", "mpn", "gtin")}
    price = wire.get("price", {})
    said |= {"price": price.get("amount"), "currency": price.get("currency")}
    said["soldOut"] = "yes" if wire.get("availability") in SOLD_OUT else None
    return {key: value for key, value in said.items() if value}


def extructs(html: bytes, url: str) -> Answers:
    """What extruct's three syntaxes say, mapped plainly."""
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


def _products(value: Any) -> Iterator[dict[str, Any]]:
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
    """Whether an answer is one of the accepted ones."""
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
    """The truth copies the page's digits: "2.449" may be either of two numbers, and both are accepted."""
    plain = text.replace(",", "")
    readings = {Decimal(plain)} if _is_number(plain) else set()
    if re.fullmatch(r"\d{1,3}\.\d{3}", text):
        readings.add(Decimal(text.replace(".", "")))
    return readings


def _key(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def judge(rows: list[dict[str, Any]], answers: list[Answers]) -> dict[str, Any]:
    """Return the figures of each field."""
    scores = {field: Score() for field in FIELDS}
    for row, said in zip(rows, answers, strict=True):
        truth = dict(row["truth"])
        if "OutOfStock" in truth.get("availability", []):
            truth["soldOut"] = ["yes"]
        for field, score in scores.items():
            accepted, answer = truth.get(field), said.get(field)
            if accepted is None and field not in NONE_WHEN_MISSING | {"soldOut"}:
                continue
            is_right = bool(answer and accepted and is_accepted(field, answer, accepted))
            score.correct += is_right
            score.wrong += bool(answer) and not is_right
            score.missed += bool(accepted) and not is_right
    return {field: score.figures() for field, score in scores.items()}


def measure(
    name: str, reader: Callable[[bytes, str], Answers], pages: list[tuple[bytes, str]]
) -> tuple[Any, list[Answers]]:
    """Return pages per second on one core, and the answers."""
    print(f"{name}: {len(pages)} pages", file=sys.stderr, flush=True)
    reader(*pages[0])
    started = time.perf_counter()
    answers = [reader(html, url) for html, url in pages]
    return round(len(pages) / (time.perf_counter() - started), 2), answers


def main() -> int:
    """Measure, print the table, write results/extraction.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/product-pages"))
    data: Path = parser.parse_args().data
    if not (data / "truth.json").is_file():
        print(f"error: expected truth.json and html/ in {data}; name the folder with --data", file=sys.stderr)
        return 2
    rows = json.loads((data / "truth.json").read_text("utf-8"))
    pages = [(gzip.decompress((data / "html" / f"{row['file']}.gz").read_bytes()), row["url"]) for row in rows]
    result: dict[str, Any] = {
        **record.environment("extruct", "price-parser", "lxml", "beautifulsoup4"),
        "data": {
            "pages": len(pages),
            "truthSha256": record.sha256(data / "truth.json"),
            "meanBytes": sum(len(html) for html, _ in pages) // len(pages),
        },
        "rules": __doc__.partition("\n\n")[2].partition("\n\n")[2].strip(),
    }
    for name, reader in (("scraper", ours), ("extruct", extructs)):
        speed, answers = measure(name, reader, pages)
        result[name] = {"pagesPerSecond": speed, "fields": judge(rows, answers)}
    print_table(result)
    print(f"written: {record.write('extraction', result)}")
    return 0


def print_table(result: dict[str, Any]) -> None:
    """Print precision, recall and F1 of each field for both."""
    table = Table(title=f"{result['data']['pages']} saved product pages")
    for heading in ("field", "wanted", "P", "R", "F1", "extruct P", "R", "F1"):
        table.add_column(heading, justify="left" if heading == "field" else "right")
    for field in FIELDS:
        both = [result[name]["fields"][field] for name in ("scraper", "extruct")]
        cells = [figures[key] for figures in both for key in ("precision", "recall", "f1")]
        table.add_row(field, str(both[0]["wanted"]), *("–" if cell is None else f"{cell:.3f}" for cell in cells))
    Console().print(table)
    speeds = [f"{name} {result[name]['pagesPerSecond']}" for name in ("scraper", "extruct")]
    print(f"pages per second on one core: {', '.join(speeds)}")


if __name__ == "__main__":
    sys.exit(main())
