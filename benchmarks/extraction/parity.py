"""Parity of the extension's extractor and the scraper on saved real product pages.

    python -m benchmarks.extraction.parity [--data FOLDER] [--name NAME]

Both get the same decoded text and address. The scraper parses it with lxml, the extension's modules in Node with jsdom,
which follows the HTML standard as browsers do. A field counts on the pages where either gives a value. It agrees where
both give the same JSON, and `provenance` where both name the same sources. Every difference is printed.

Where markup has every field, the visible page is hardly read. So each page is compared once more without its scripts,
meta tags, microdata and RDFa (`visibleOnly`).
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from rich.console import Console
from rich.table import Table

from benchmarks import record
from kernel.contract_types import Product
from scraper import extract_product
from scraper.extraction.page import decode

SCRIPT = Path(__file__).with_name("parity.mjs")
MAX_SHOWN = 160
SCRIPT_OR_META = re.compile(r"<script\b.*?</script\s*>|<meta\b[^>]*>", re.IGNORECASE | re.DOTALL)
ITEM_ATTRIBUTE = re.compile(r"\s(?:itemscope|itemtype|itemprop|typeof|property|vocab)\b(?=[^<>]*>)", re.IGNORECASE)
Page = dict[str, str]


class Difference(TypedDict):
    """A field on which the two disagree, with both values as shortened JSON."""

    file: str
    field: str
    scraper: str
    extension: str


class FieldAgreement(TypedDict):
    """Pages on which either gives the field, and those on which both agree."""

    pages: int
    agree: int
    share: float


class PartAgreement(TypedDict):
    """Agreement on one part of the pages; `differences`: file and field of each."""

    identicalPages: int
    fields: dict[str, FieldAgreement]
    differences: list[dict[str, str]]


def read_pages(data: Path) -> list[Page]:
    """Return the saved pages as {file, html, url}."""
    rows = json.loads((data / "truth.json").read_text("utf-8"))
    return [
        {
            "file": row["file"],
            "html": decode(gzip.decompress((data / "html" / f"{row['file']}.gz").read_bytes())),
            "url": row["url"],
        }
        for row in rows
    ]


def without_markup(html: str) -> str:
    """Return the page without scripts and meta tags, and with its microdata and RDFa attributes renamed."""
    return ITEM_ATTRIBUTE.sub(" data-unread", SCRIPT_OR_META.sub(" ", html))


def extensions(pages: list[Page]) -> list[Product]:
    """Return the answers of the extension's modules; raise RuntimeError with Node's message where Node fails."""
    lines = "".join(json.dumps({"html": page["html"], "url": page["url"]}) + "\n" for page in pages)
    done = subprocess.run(["node", SCRIPT], input=lines, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"node {SCRIPT.name} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(
    pages: list[Page], ours: list[Product], theirs: list[Product]
) -> tuple[dict[str, FieldAgreement], list[Difference]]:
    """Return the figures of each field and every difference."""
    fields = sorted({field for product in (*ours, *theirs) for field in product})
    figures: dict[str, FieldAgreement] = {}
    differences: list[Difference] = []
    for field in fields:
        compared = [
            triple for triple in zip(pages, ours, theirs, strict=True) if field in triple[1] or field in triple[2]
        ]
        unlike = [
            (page, one.get(field), other.get(field))
            for page, one, other in compared
            if one.get(field) != other.get(field)
        ]
        share = round(1 - len(unlike) / len(compared), 4)
        figures[field] = {"pages": len(compared), "agree": len(compared) - len(unlike), "share": share}
        differences += [
            {"file": page["file"], "field": field, "scraper": _short(one), "extension": _short(other)}
            for page, one, other in unlike
        ]
    return figures, differences


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:MAX_SHOWN]


def main() -> int:
    """Compare, print the differences and the table, write results/NAME.json."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extraction.parity", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/product-pages"))
    parser.add_argument("--name", default="extraction_parity", help="of the result (default: extraction_parity)")
    arguments = parser.parse_args()
    if not (arguments.data / "truth.json").is_file():
        print(f"error: expected truth.json and html/ in {arguments.data}; name the folder with --data", file=sys.stderr)
        return 2
    pages = read_pages(arguments.data)
    visible = [{**page, "html": without_markup(page["html"])} for page in pages]
    result = {
        **record.environment("lxml", "beautifulsoup4"),
        "data": {"pages": len(pages), "truthSha256": record.sha256(arguments.data / "truth.json")},
        "rules": __doc__.partition("\n\n")[2].partition("\n\n")[2].strip(),
    }
    try:
        for part, chosen in (("asSaved", pages), ("visibleOnly", visible)):
            result[part] = measure(part, chosen)
    except (OSError, RuntimeError) as error:
        print(f"error: expected Node 20 and `npm ci` done; {error}", file=sys.stderr)
        return 1
    print(f"written: {record.write(arguments.name, result)}")
    return 0


def measure(part: str, pages: list[Page]) -> PartAgreement:
    """Compare both on the pages, print the differences and the table, and return the figures."""
    print(f"{part}: {len(pages)} pages", file=sys.stderr, flush=True)
    ours = [extract_product(page["html"], page["url"]).to_wire() for page in pages]
    figures, differences = compare(pages, ours, extensions(pages))
    for one in differences:
        print(f"{part} {one['file']} {one['field']}\n  scraper   {one['scraper']}\n  extension {one['extension']}")
    identical = len(pages) - len({one["file"] for one in differences})
    print_table(f"{part}: the same whole Product on {identical} of {len(pages)} pages", figures)
    unlike = [{key: one[key] for key in ("file", "field")} for one in differences]
    return {"identicalPages": identical, "fields": figures, "differences": unlike}


def print_table(title: str, figures: Mapping[str, FieldAgreement]) -> None:
    """Print the agreement of each field."""
    table = Table(title=title)
    for heading in ("field", "pages", "agree", "share"):
        table.add_column(heading, justify="left" if heading == "field" else "right")
    for field, row in figures.items():
        table.add_row(field, str(row["pages"]), str(row["agree"]), f"{row['share']:.3f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
