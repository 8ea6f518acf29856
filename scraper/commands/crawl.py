"""The command `crawl`: crawl shops that are named on the command line."""

import argparse
import os
from dataclasses import replace

from scraper.commands.images import fetch_and_report
from scraper.commands.options import (
    Commands,
    add_crawl_options,
    add_out_folder,
    add_request_options,
    days,
    positive,
    say_without_contact,
)
from scraper.crawl.run import crawl
from scraper.crawl.settings import DEFAULT_MAX_PAGES, CrawlSettings, parse_contact, parse_pins, parse_shop_urls
from scraper.errors import InputError
from scraper.output.page import write_page
from scraper.output.table import print_summary


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `crawl`."""
    parser = commands.add_parser("crawl", help="crawl shops politely; run again to resume after any interruption")
    parser.add_argument("shop_urls", nargs="+", metavar="SHOP_URL", help="a shop's address; only this host is crawled")
    add_out_folder(parser, "folder for queue, pages and products")
    add_request_options(parser, contact="named in the User-Agent, so that a shop can reach you")
    parser.add_argument("--max-pages", type=positive, default=DEFAULT_MAX_PAGES, metavar="N",
                        help=f"pages per shop (default {DEFAULT_MAX_PAGES})")  # fmt: skip
    parser.add_argument("--feeds", choices=("auto", "off"), default="auto",
                        help="auto (default): try a Shopify or WooCommerce product feed first")  # fmt: skip
    parser.add_argument("--pages", choices=("auto", "always", "never"), default="auto",
                        help="auto (default): crawl pages only where no feed was read to its end")  # fmt: skip
    parser.add_argument("--keep-raw-days", type=days, metavar="N",
                        help="at the end, delete raw pages confirmed more than N days ago (default: keep)")  # fmt: skip
    add_crawl_options(parser)
    parser.set_defaults(run=run, is_resumable=True)


def run(arguments: argparse.Namespace) -> bool:
    """Crawl the shops and return whether every one gave something; raises InputError for options that exclude all."""
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
    return crawl_and_report(settings, arguments)


def crawl_and_report(settings: CrawlSettings, arguments: argparse.Namespace) -> bool:
    """Crawl, write the report and fetch the images; return whether every shop gave something and none was given up."""
    say_without_contact(settings)
    settings = replace(
        settings, is_recrawl=arguments.recrawl, with_parquet=arguments.parquet, num_workers=os.cpu_count() or 1
    )
    summary = crawl(settings)
    write_page(settings.out)
    print_summary(summary)
    are_images_done = arguments.images is None or fetch_and_report(settings, arguments.images)
    gave_all = all("stopped" not in shop and (shop["pages"] or "feed" in shop) for shop in summary["shops"])
    return gave_all and are_images_done
