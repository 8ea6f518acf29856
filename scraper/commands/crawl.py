"""The commands that crawl: `crawl`, `run` and `forget`."""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from scraper.commands.forget import forget
from scraper.commands.image_pass import run_images
from scraper.crawl.batch_file import parse_shard, read_batch
from scraper.crawl.run import crawl
from scraper.crawl.settings import DEFAULT_MAX_PAGES, CrawlSettings, parse_contact, parse_pins, parse_shop_urls
from scraper.errors import InputError
from scraper.output.page import write_page
from scraper.output.table import print_summary

Commands = argparse._SubParsersAction  # the type argparse gives, which has no public name


def positive(text: str) -> int:
    """Return a whole number of at least 1; raises argparse's error."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parsers of these commands; each sets `run` to the function that does it."""
    one = commands.add_parser("crawl", help="crawl shops politely; run again to go on after any interruption")
    one.add_argument("shop_urls", nargs="+", metavar="SHOP_URL", help="a shop's address; only this host is crawled")
    one.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for queue, pages and products")
    one.add_argument("--rate", type=rate, default=1.0, metavar="R", help="requests per second and host (default 1)")
    one.add_argument("--max-pages", type=positive, default=DEFAULT_MAX_PAGES, metavar="N",
                     help=f"pages per shop (default {DEFAULT_MAX_PAGES})")  # fmt: skip
    one.add_argument("--resolve", action="append", default=[], metavar="HOST:ADDR",
                     help="connect to ADDR for HOST, even if it is a private address")  # fmt: skip
    one.add_argument("--contact", metavar="EMAIL_OR_URL", help="named in the User-Agent, so that a shop can reach you")
    one.add_argument("--feeds", choices=("auto", "off"), default="auto",
                     help="auto (default): ask for the shop's Shopify or WooCommerce product feed first")  # fmt: skip
    one.add_argument("--pages", choices=("auto", "always", "never"), default="auto",
                     help="auto (default): crawl pages where no feed told the whole shop")  # fmt: skip
    one.add_argument("--keep-raw-days", type=_days, metavar="N",
                     help="at the end, delete raw pages confirmed more than N days ago (default: keep)")  # fmt: skip
    _add_common(one)
    one.set_defaults(run=_crawl)

    batch = commands.add_parser("run", help="crawl the shops of a batch file; run again to go on")
    batch.add_argument("batch", metavar="shops.toml", type=Path, help="see docs/examples/shops.toml")
    batch.add_argument("--shard", metavar="I/N",
                       help="only part I of N, by host, into a folder of its own")  # fmt: skip
    _add_common(batch)
    batch.set_defaults(run=_run)

    gone = commands.add_parser("forget", help="delete a page from a crawl folder and never fetch it again")
    gone.add_argument("url", metavar="URL", help="the page's address")
    gone.add_argument("--out", required=True, type=Path, metavar="DIR", help="the crawl's folder")
    gone.set_defaults(run=_forget)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parquet", action="store_true", help="write products.parquet beside products.jsonl")
    parser.add_argument("--images", type=positive, metavar="N",
                        help="at the end, fetch the first N images of each product (default: none)")  # fmt: skip
    parser.add_argument("--recrawl", action="store_true", help="after a finished crawl: ask for changes of every page")


def rate(text: str) -> float:
    """Return requests per second from 0.001 to 1000; raises argparse's error."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"expected requests per second from 0.001 to 1000, got {text!r}")
    return value


def _days(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of days, got {text!r}")
    return int(text)


def _crawl(arguments: argparse.Namespace) -> bool:
    if arguments.feeds == "off" and arguments.pages == "never":
        raise InputError("--feeds off and --pages never leave nothing to fetch; give one of them up")
    settings = CrawlSettings(
        shop_urls=parse_shop_urls(arguments.shop_urls),
        out=arguments.out,
        rate=arguments.rate,
        max_pages=arguments.max_pages,
        pins=parse_pins(arguments.resolve),
        contact=parse_contact(arguments.contact),
        feeds=arguments.feeds,
        pages=arguments.pages,
        keep_raw_days=arguments.keep_raw_days,
    )
    return _crawled(settings, arguments)


def _run(arguments: argparse.Namespace) -> bool:
    batch = read_batch(arguments.batch)
    if arguments.shard is not None:
        batch = parse_shard(arguments.shard).part_of(batch)
        if not batch.shops:
            _say(f"note: no shop of {arguments.batch} falls into part {arguments.shard}")
    return _crawled(batch.settings(), arguments)


def _crawled(settings: CrawlSettings, arguments: argparse.Namespace) -> bool:
    """Crawl and return whether every shop gave something and none was given up."""
    say_without_contact(settings)
    settings = replace(
        settings, is_recrawl=arguments.recrawl, with_parquet=arguments.parquet, num_workers=os.cpu_count() or 1
    )
    summary = crawl(settings)
    write_page(settings.out)
    print_summary(summary)
    are_images_done = arguments.images is None or run_images(settings, arguments.images)
    gave_all = all("stopped" not in shop and (shop["pages"] or "feed" in shop) for shop in summary["shops"])
    return gave_all and are_images_done


def say_without_contact(settings: CrawlSettings) -> None:
    """Say on standard error that requests name nobody, where they do not."""
    if settings.contact is None:
        _say("note: no contact given; shops cannot tell whose crawler this is")


def _forget(arguments: argparse.Namespace) -> bool:
    num_places = forget(arguments.url, arguments.out)
    known = f"deleted from {num_places} places" if num_places else "nothing was known of it"
    _say(f"{arguments.url}: {known}; it will not be fetched again")
    return True


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  # notes belong on standard error
