"""The command `extract`: print the Product of one saved page."""

import argparse
import json
import sys
from pathlib import Path

from scraper.commands.options import Commands
from scraper.errors import InputError
from scraper.extraction.extract import extract_product
from scraper.extraction.page import MAX_PAGE_BYTES
from scraper.work.files import read_page


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `extract`."""
    parser = commands.add_parser("extract", help="print the Product of one saved page as JSON")
    parser.add_argument("page", metavar="PAGE.html", help="the saved page, plain or .gz; - reads standard input")
    parser.add_argument("--url", required=True, help="the address the page was saved from")
    parser.set_defaults(run=run, is_resumable=False)


def run(arguments: argparse.Namespace) -> bool:
    """Print the Product as JSON and return True; raises InputError for an unreadable page, UrlError for its address."""
    product = extract_product(_read_source(arguments.page), arguments.url)
    print(json.dumps(product.to_wire(), ensure_ascii=False, indent=2), flush=True)  # noqa: T201  # the command's output
    return True


def _read_source(name: str) -> bytes:
    """Return the bytes of a page file, or of standard input for "-"."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_PAGE_BYTES)
    path = Path(name)
    if path.is_dir():
        raise InputError(f"expected a page file, got the folder {path}")
    return read_page(path, MAX_PAGE_BYTES)
