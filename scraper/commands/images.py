"""The command `images`: fetch the images of a finished crawl's products."""

import argparse
from pathlib import Path

from scraper.commands.options import Commands, add_request_options, positive, say, say_without_contact
from scraper.crawl.settings import CrawlSettings, parse_contact, parse_pins
from scraper.images.job import fetch_images
from scraper.output.page import write_page
from scraper.output.summary import ImageSummary


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `images`."""
    parser = commands.add_parser("images", help="fetch the images of a finished crawl's products; run again to resume")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the crawl's folder")
    parser.add_argument("--per-product", type=positive, default=1, metavar="N",
                        help="the first N images of each product (default 1)")  # fmt: skip
    add_request_options(parser, contact="named in the User-Agent")
    parser.set_defaults(run=run, is_resumable=True)


def run(arguments: argparse.Namespace) -> bool:
    """Fetch the images and return whether every host answered."""
    settings = CrawlSettings(
        shop_urls=(),
        out=arguments.folder,
        rate=arguments.rate,
        pins=parse_pins(arguments.resolve),
        contact=parse_contact(arguments.contact),
    )
    say_without_contact(settings)
    return fetch_and_report(settings, arguments.per_product)


def fetch_and_report(settings: CrawlSettings, per_product: int) -> bool:
    """Fetch the images, write the report again and print a summary; return whether every host answered."""
    found = fetch_images(settings, per_product=per_product)
    write_page(settings.out)
    say(_summary(found))
    has_nothing = bool(found["failures"]) and not found["files"]
    return not found["queued"] and "stoppedHosts" not in found and not has_nothing


def _summary(found: ImageSummary) -> str:
    parts = [f"{found['files']} images of {found['products']} products, {found['bytes'] / 1e6:.1f} MB"]
    parts += [f"{count} {reason}" for kind in ("failures", "dropped") for reason, count in found[kind].items()]
    parts += [f"gave up {host}: {reason}" for host, reason in found.get("stoppedHosts", {}).items()]
    return "; ".join(parts)
