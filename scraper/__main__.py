"""The command line: `python -m scraper extract | extract-many | crawl`."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from scraper.batch import Engine, extract_many, read_source
from scraper.crawl.run import crawl
from scraper.crawl.settings import DEFAULT_MAX_PAGES, CrawlSettings, parse_contact, parse_pins, parse_shop_urls
from scraper.errors import InputError, ScraperError, UrlError
from scraper.extract import extract_product
from scraper.output.table import print_summary

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(prog="python -m scraper", description="Shop pages to products, politely.")
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("extract", help="print the Product of one saved page as JSON")
    one.add_argument("page", metavar="PAGE.html", help="the saved page, plain or .gz; - reads standard input")
    one.add_argument("--url", required=True, help="the address the page was saved from")

    many = commands.add_parser("extract-many", help="saved pages to products.jsonl, one line out per line in")
    help_pages = (
        'one {"file": PATH, "url": URL} a line; PATH is relative to this file, plain or .gz; '
        "or the folder of a crawl, to extract its stored pages again"
    )
    many.add_argument("pages", metavar="PAGES.jsonl|DIR", type=Path, help=help_pages)
    many.add_argument("--out", required=True, type=Path, metavar="products.jsonl",
                      help="where to write; a name that ends in .parquet gets Parquet")  # fmt: skip
    many.add_argument("--engine", choices=("processes", "dask"), default="processes",
                      help="processes of this machine, or Dask (default processes)")  # fmt: skip
    many.add_argument("--scheduler", metavar="ADDRESS",
                      help="with --engine dask: the cluster to use, such as tcp://10.0.0.5:8786")  # fmt: skip
    many.add_argument("--workers", type=_positive, default=os.cpu_count() or 1, metavar="N",
                      help="processes to use (default: one per core)")  # fmt: skip
    _add_crawl(commands.add_parser("crawl", help="crawl shops politely; run again to go on after any interruption"))
    return parser


def _add_crawl(crawl: argparse.ArgumentParser) -> None:
    crawl.add_argument("shop_urls", nargs="+", metavar="SHOP_URL", help="a shop's address; only this host is crawled")
    crawl.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for queue, pages and products")
    crawl.add_argument("--rate", type=_rate, default=1.0, metavar="R", help="requests per second and host (default 1)")
    crawl.add_argument("--max-pages", type=_positive, default=DEFAULT_MAX_PAGES, metavar="N",
                       help=f"pages per shop (default {DEFAULT_MAX_PAGES})")  # fmt: skip
    crawl.add_argument("--resolve", action="append", default=[], metavar="HOST:ADDR",
                       help="connect to ADDR for HOST, even if it is a private address")  # fmt: skip
    crawl.add_argument(
        "--contact", metavar="EMAIL_OR_URL", help="named in the User-Agent, so that a shop can reach you"
    )
    crawl.add_argument("--parquet", action="store_true", help="write products.parquet beside products.jsonl")
    crawl.add_argument("--recrawl", action="store_true", help="after a finished crawl: ask for changes of every page")


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.001 <= rate <= 1000:
        raise argparse.ArgumentTypeError(f"expected requests per second from 0.001 to 1000, got {text!r}")
    return rate


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed in part, 2 bad input, 130 interrupted."""
    arguments = build_parser().parse_args(argv)
    # A service manager's way to say Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments)
    except (InputError, UrlError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except ScraperError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); point stdout elsewhere so that closing it stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "extract":
        product = extract_product(read_source(arguments.page), arguments.url)
        print(json.dumps(product.to_wire(), ensure_ascii=False, indent=2), flush=True)
        return OK
    if arguments.command == "crawl":
        return _crawl(arguments)
    return _extract_many(arguments)


def _extract_many(arguments: argparse.Namespace) -> int:
    if arguments.scheduler and arguments.engine != "dask":
        raise InputError("--scheduler: expected with --engine dask only")
    engine = Engine(arguments.workers, is_dask=arguments.engine == "dask", scheduler=arguments.scheduler)
    num_failed = extract_many(arguments.pages, arguments.out, engine=engine)
    if num_failed:
        print(f'{num_failed} pages could not be read; their lines have the verdict "empty"', file=sys.stderr)
    return FAILED if num_failed else OK


def _crawl(arguments: argparse.Namespace) -> int:
    settings = CrawlSettings(
        shop_urls=parse_shop_urls(arguments.shop_urls),
        out=arguments.out,
        rate=arguments.rate,
        max_pages=arguments.max_pages,
        pins=parse_pins(arguments.resolve),
        contact=parse_contact(arguments.contact),
        is_recrawl=arguments.recrawl,
        with_parquet=arguments.parquet,
        num_workers=os.cpu_count() or 1,
    )
    if settings.contact is None:
        print("note: no --contact given; shops cannot tell whose crawler this is", file=sys.stderr)
    summary = crawl(settings)
    print_summary(summary)
    return FAILED if any("stopped" in shop or not shop["pages"] for shop in summary["shops"]) else OK


if __name__ == "__main__":
    sys.exit(main())
