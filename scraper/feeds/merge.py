"""One Product from a shop's page and its feed."""

from collections.abc import Mapping
from typing import Any

from scraper.values.product import FIELDS, camel

_PRICES = ("price", "regularPrice")


def merged(page: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page's wire Product with what only the feed says filled in.

    The page wins: it is what a shopper sees. Prices come from one of the two, whole; attributes are filled in by name.
    """
    found = dict(page)
    provenance = dict(page["provenance"])
    filled = [camel(name) for name in FIELDS if camel(name) in feed and camel(name) not in page]
    for name in filled:
        if name not in _PRICES or "price" not in page or _is_price_of(name, page, feed):
            found[name] = feed[name]
            provenance[name] = feed["provenance"][name]
    if "attributes" in page and "attributes" in feed:
        found["attributes"] = dict(sorted({**feed["attributes"], **page["attributes"]}.items())[:40])
    return found | {"provenance": provenance}


def _is_price_of(name: str, page: Mapping[str, Any], feed: Mapping[str, Any]) -> bool:
    """Whether the feed's regular price belongs to the very price the page names."""
    same = ("amount", "currency")
    return name == "regularPrice" and [page["price"].get(key) for key in same] == [
        feed.get("price", {}).get(key) for key in same
    ]
