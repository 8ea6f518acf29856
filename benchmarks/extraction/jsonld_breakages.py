"""Broken JSON-LD as pages carry it: what this scraper and what extruct still read of each breakage.

    python -m benchmarks.extraction.jsonld_breakages

The pages and what they plainly mean are `contracts/vectors/jsonld-breakages.json`: name, price and currency of one
product, or of one beside other blocks. Either reader is right where it names all three. Of extruct's answer the first
Product and its first offer count, entities and white space of its name undone. The cases are tests in both languages.
"""

import html as html_entities
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import extruct
from rich.console import Console
from rich.table import Table

from benchmarks import record
from kernel.json_object import JsonObject
from scraper import extract_product

VECTORS = Path(__file__).parents[2] / "contracts" / "vectors" / "jsonld-breakages.json"
Said = dict[str, str | None]


class Reading(TypedDict):
    """One reader's answer, and whether it is the expected one."""

    isRight: bool
    said: Said


class BreakageRow(TypedDict):
    """One broken page and both readers' answers."""

    breakage: str
    expected: Said
    scraper: Reading
    extruct: Reading


class DataCounts(TypedDict):
    """The cases that were read."""

    cases: int
    vectorsSha256: str


class BreakagesResult(record.Environment):
    """Content of jsonld_breakages.json; `read`: the number of right answers of each reader."""

    data: DataCounts
    rules: str
    read: dict[str, int]
    rows: list[BreakageRow]


def ours(html: str, url: str) -> Said:
    """Return the fields that this scraper reads."""
    product = extract_product(html, url).to_wire()
    price = product.get("price", {})
    return {"name": product.get("title"), "price": price.get("amount"), "currency": price.get("currency")}


def extructs(html: str, url: str) -> Said:
    """Return the fields that extruct reads; an exception counts as its answer."""
    try:
        found = extruct.extract(html, base_url=url, syntaxes=["json-ld"], errors="strict")["json-ld"]
    except Exception as error:  # noqa: BLE001 - any exception counts as the answer
        return {"error": f"{type(error).__name__}: {error}"[:100]}
    product = next(_products(found), {})
    offers = product.get("offers")
    offer = offers[0] if isinstance(offers, list) and offers else offers
    offer = offer if isinstance(offer, dict) else {}
    price = offer.get("price")
    return {
        "name": " ".join(html_entities.unescape(str(product.get("name"))).split()),
        "price": price if price is None else str(price),
        "currency": offer.get("priceCurrency"),
    }


def _products(value: Any) -> Iterator[JsonObject]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, list):
            yield from _products(part)
        elif isinstance(part, dict):
            if "Product" in (part.get("@type"), part.get("type")):
                yield part
            yield from _products(part.get("@graph", []))


def main() -> int:
    """Measure, print the table, write results/jsonld_breakages.json."""
    data = json.loads(VECTORS.read_text("utf-8"))
    readers: tuple[tuple[Literal["scraper", "extruct"], Callable[[str, str], Said]], ...] = (
        ("scraper", ours),
        ("extruct", extructs),
    )
    rows: list[BreakageRow] = []
    for case in data["cases"]:
        html = f"<!doctype html><html><head>{case['page']}</head><body></body></html>"
        said = {name: reader(html, data["url"]) for name, reader in readers}
        row = {"breakage": case["breakage"], "expected": case["expected"]}
        readings = {name: {"isRight": said[name] == case["expected"], "said": said[name]} for name in said}
        rows.append(cast(BreakageRow, row | readings))
    result: BreakagesResult = {
        **record.environment("extruct", "lxml"),
        "data": {"cases": len(rows), "vectorsSha256": record.sha256(VECTORS)},
        "rules": __doc__.partition("\n\n")[2].partition("\n\n")[2].strip(),
        "read": {name: sum(row[name]["isRight"] for row in rows) for name, _ in readers},
        "rows": rows,
    }
    print_table(result)
    print(f"written: {record.write('jsonld_breakages', result)}")
    return 0


def print_table(result: BreakagesResult) -> None:
    """Print which fields each reader gets right for each breakage."""
    table = Table(title=f"{result['data']['cases']} broken JSON-LD pages")
    for heading in ("breakage", "scraper", f"extruct {result['versions']['extruct']}", "what extruct said"):
        table.add_column(heading)
    for row in result["rows"]:
        said = row["extruct"]["said"]
        reason = "" if row["extruct"]["isRight"] else said.get("error") or ", ".join(filter(None, said.values()))
        marks = ["read" if row[name]["isRight"] else "LOST" for name in ("scraper", "extruct")]
        table.add_row(row["breakage"], *marks, (reason or "nothing")[:60] if marks[1] == "LOST" else "")
    Console(width=130).print(table)
    print(f"read: {', '.join(f'{name} {number}' for name, number in result['read'].items())}")


if __name__ == "__main__":
    sys.exit(main())
