"""A whole pass over the images: fetched, shown in the report, told to the person at the terminal."""

import sys
from collections.abc import Mapping
from typing import Any

from scraper.crawl.settings import CrawlSettings
from scraper.images.job import fetch_images
from scraper.output.page import write_page


def run_images(settings: CrawlSettings, per_product: int) -> bool:
    """Fetch the images, write the report again and say what came of it; return whether every host was heard."""
    found = fetch_images(settings, per_product=per_product)
    write_page(settings.out)
    print(_line(found), file=sys.stderr)  # noqa: T201  # what a run came to belongs beside its progress
    has_nothing = bool(found["failures"]) and not found["files"]
    return not found["queued"] and "stoppedHosts" not in found and not has_nothing


def _line(found: Mapping[str, Any]) -> str:
    parts = [f"{found['files']} images of {found['products']} products, {found['bytes'] / 1e6:.1f} MB"]
    parts += [f"{count} {reason}" for kind in ("failures", "dropped") for reason, count in found[kind].items()]
    parts += [f"gave up {host}: {reason}" for host, reason in found.get("stoppedHosts", {}).items()]
    return "; ".join(parts)
