"""Cards: the fields of a product that a recommendation shows."""

from collections.abc import Mapping

import orjson

from kernel.contract_types import Product

_FIELDS = ("itemId", "url", "title", "brand", "categoryPath", "price", "regularPrice", "availability")


def card_of(product: Product) -> bytes:
    """Return the card of a Product as JSON: RecommendedItem of openapi.yaml without its score."""
    fields: Mapping[str, object] = product
    card = {name: fields[name] for name in _FIELDS if name in fields}
    if product.get("images"):
        card["image"] = product["images"][0]
    return orjson.dumps(card)
