"""Options that several commands share, and the types of their values."""

import argparse
import sys
from pathlib import Path

from scraper.crawl.settings import CrawlSettings

Commands = argparse._SubParsersAction  # the type argparse gives, which has no public name


def positive(text: str) -> int:
    """Return a whole number of at least 1; raises argparse's error."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def days(text: str) -> int:
    """Return a whole number of days from 0; raises argparse's error."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of days, got {text!r}")
    return int(text)


def rate(text: str) -> float:
    """Return requests per second from 0.001 to 1000; raises argparse's error."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"expected requests per second from 0.001 to 1000, got {text!r}")
    return value


def add_out_folder(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--out DIR`, the folder of a crawl; `what` is its help."""
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help=what)


def add_request_options(parser: argparse.ArgumentParser, contact: str) -> None:
    """Add `--rate`, `--resolve` and `--contact`, which shape every request; `contact` is the help of the last."""
    parser.add_argument("--rate", type=rate, default=1.0, metavar="R", help="requests per second and host (default 1)")
    parser.add_argument("--resolve", action="append", default=[], metavar="HOST:ADDR",
                        help="connect to ADDR for HOST, even if it is a private address")  # fmt: skip
    parser.add_argument("--contact", metavar="EMAIL_OR_URL", help=contact)


def add_crawl_options(parser: argparse.ArgumentParser) -> None:
    """Add `--parquet`, `--images` and `--recrawl`, which `crawl` and `run` share."""
    parser.add_argument("--parquet", action="store_true", help="write products.parquet beside products.jsonl")
    parser.add_argument("--images", type=positive, metavar="N",
                        help="at the end, fetch the first N images of each product (default: none)")  # fmt: skip
    parser.add_argument(
        "--recrawl", action="store_true", help="after a finished crawl, begin a new round: check each page for changes"
    )


def say(text: str) -> None:
    """Print a note on standard error, beside the progress."""
    print(text, file=sys.stderr)  # noqa: T201  # notes belong on standard error


def say_without_contact(settings: CrawlSettings) -> None:
    """Print a note when the requests of a crawl name no contact."""
    if settings.contact is None:
        say("note: no contact given; shops cannot tell whose crawler this is")
