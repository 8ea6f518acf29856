"""Merge of the Products that a shop's page and its feed give for one item."""

from collections.abc import Mapping
from typing import cast

from kernel.contract_types import Product
from scraper.values.product import FIELDS, camel

_PRICES = ("price", "regularPrice")


def merged(page: Product, feed: Product) -> Product:
    """Return the page's wire Product, completed with the fields that only the feed has.

    The page wins because a shopper sees it. All prices come from one of the two; attributes are completed by name.
    """
    found: dict[str, object] = dict(page)
    told: Mapping[str, object] = feed
    provenance = dict(page["provenance"])
    filled = [camel(name) for name in FIELDS if camel(name) in feed and camel(name) not in page]
    for name in filled:
        if name not in _PRICES or "price" not in page or _is_price_of(name, page, feed):
            found[name] = told[name]
            provenance[name] = feed["provenance"][name]
    if "attributes" in page and "attributes" in feed:
        found["attributes"] = dict(sorted({**feed["attributes"], **page["attributes"]}.items())[:40])
    return cast(Product, found | {"provenance": provenance})


def _is_price_of(name: str, page: Product, feed: Product) -> bool:
    """Return whether the feed's regular price belongs to the price that the page names."""
    if name != "regularPrice" or "price" not in feed:
        return False
    shown, told = page["price"], feed["price"]
    return (shown["amount"], shown.get("currency")) == (told["amount"], told.get("currency"))
