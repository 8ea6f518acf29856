"""Result of one shop's crawl, from which every output is made."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.contract_types import Product
from scraper.output.summary import ShopSummary


@dataclass(frozen=True, slots=True)
class Found:
    """One item's wire Product and the address of the page or feed answer it was read from."""

    product: Product
    source: str


@dataclass(frozen=True, slots=True)
class ShopResult:
    """One shop: `found` holds each item once, by its URL; `fates` tells why a source gave no product.

    `is_finished`: the run completed its work here. `is_whole`: moreover, no known page was left out, as a page limit
    does, so an item that was not found does not exist.
    """

    url: str
    site: str
    found: tuple[Found, ...]
    fates: Mapping[str, str]
    summary: ShopSummary
    is_finished: bool
    is_whole: bool
