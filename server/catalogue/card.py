"""What a recommendation shows of a product."""

from collections.abc import Mapping
from typing import Any

import orjson

_FIELDS = ("itemId", "url", "title", "brand", "categoryPath", "price", "regularPrice", "availability")


def card_of(product: Mapping[str, Any]) -> bytes:
    """The card of a Product as JSON: RecommendedItem of openapi.yaml without its score."""
    card = {name: product[name] for name in _FIELDS if name in product}
    if product.get("images"):
        card["image"] = product["images"][0]
    return orjson.dumps(card)
