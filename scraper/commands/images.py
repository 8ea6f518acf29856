"""The command `images`."""

import argparse
from pathlib import Path

from scraper.commands.crawl import Commands, positive, rate, say_without_contact
from scraper.commands.image_pass import run_images
from scraper.crawl.settings import CrawlSettings, parse_contact, parse_pins


def add_command(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `images`; it sets `run` to the function that does it."""
    images = commands.add_parser("images", help="fetch the images of a finished crawl's products; run again to go on")
    images.add_argument("folder", type=Path, metavar="DIR", help="the crawl's folder")
    images.add_argument("--per-product", type=positive, default=1, metavar="N",
                        help="the first N images of each product (default 1)")  # fmt: skip
    images.add_argument("--rate", type=rate, default=1.0, metavar="R", help="requests per second and host (default 1)")
    images.add_argument("--resolve", action="append", default=[], metavar="HOST:ADDR",
                        help="connect to ADDR for HOST, even if it is a private address")  # fmt: skip
    images.add_argument("--contact", metavar="EMAIL_OR_URL", help="named in the User-Agent")
    images.set_defaults(run=_images)


def _images(arguments: argparse.Namespace) -> bool:
    settings = CrawlSettings(
        shop_urls=(),
        out=arguments.folder,
        rate=arguments.rate,
        pins=parse_pins(arguments.resolve),
        contact=parse_contact(arguments.contact),
    )
    say_without_contact(settings)
    return run_images(settings, arguments.per_product)
