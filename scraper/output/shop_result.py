"""What one shop's crawl has found, in the form every output is made from, wherever it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """One item's wire Product and the address of the page or feed answer it was read from."""

    product: dict[str, Any]
    source: str


@dataclass(frozen=True, slots=True)
class ShopResult:
    """One shop: `found` holds each item once, by its URL; `fates` says why a source gave no product.

    `is_finished`: the run did all it was to do here. `is_whole`: moreover, nothing known of the shop was left out, as a
    page limit does, so that what was not found is not there.
    """

    url: str
    site: str
    found: tuple[Found, ...]
    fates: Mapping[str, str]
    summary: Mapping[str, Any]
    is_finished: bool
    is_whole: bool
