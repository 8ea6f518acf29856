"""Reader of product objects in a page's state, under the field names of many shop systems."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import breadcrumbs
from scraper.extraction.markup.nodes import DataNode, as_list, text_of
from scraper.extraction.markup.ratings import rating_of, reviews_of
from scraper.extraction.markup.schemaorg import attribute_key, attributes_of
from scraper.extraction.page import Page
from scraper.extraction.state.price import PRICE_KEYS, REGULAR_KEYS, is_in_minor_units, price_in
from scraper.values.gtin import normalise_gtin
from scraper.values.product import Rating, Review, Variant
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import availability_of

MAX_VARIANTS = 250
_VOCABULARY = vocabulary("state", "productObject")
NAME_KEYS = tuple(_VOCABULARY["nameKeys"])
BRAND_KEYS = tuple(_VOCABULARY["brandKeys"])
SKU_KEYS = tuple(_VOCABULARY["skuKeys"])
WEAK_SKU_KEYS = tuple(_VOCABULARY["weakSkuKeys"])
GTIN_KEYS = tuple(_VOCABULARY["gtinKeys"])
MPN_KEYS = tuple(_VOCABULARY["mpnKeys"])
STOCK_KEYS = tuple(_VOCABULARY["stockKeys"])
# A number under these keys is 1 and 0 for yes and no, or the number in stock.
COUNTED_STOCK_KEYS = frozenset(_VOCABULARY["countedStockKeys"])
CATEGORY_KEYS = tuple(_VOCABULARY["categoryKeys"])
_RATING_PARTS: dict[str, list[str]] = _VOCABULARY["ratingParts"]
_REVIEW_PARTS: dict[str, list[str]] = _VOCABULARY["reviewParts"]


def candidate_of(node: DataNode, currency: str | None, page: Page) -> Candidate:
    """Return the Candidate of the object; without a price it claims no product."""
    variants = _entries(node.get("variants"))
    chosen = _chosen_variant(variants, page)
    is_minor = is_in_minor_units(node)
    price = price_in(node, PRICE_KEYS, currency, page)
    source = node
    if chosen and (price is None or _is_asked_for(chosen, page)):
        own = price_in(chosen, PRICE_KEYS, currency, page, is_minor=is_minor)
        price, source = (own, chosen) if own else (price, node)
    regular = price_in(source, REGULAR_KEYS, price.currency if price else currency, page, is_minor=is_minor)
    is_higher = price and regular and regular.currency == price.currency and regular.amount > price.amount
    return Candidate(
        syntax="state",
        is_product=price is not None,
        num_products=1,
        title=clean(next((node[key] for key in NAME_KEYS if isinstance(node.get(key), str)), None), 500),
        description=clean(node.get("description"), 5000),
        brand=_text(node, *BRAND_KEYS),
        category_path=_category_path(node),
        gtin=_gtin(node) or _gtin(chosen),
        sku=_code(node, SKU_KEYS) or _code(chosen, SKU_KEYS),
        mpn=_code(node, MPN_KEYS) or _code(chosen, MPN_KEYS),
        images=_images(node, page),
        price=price,
        regular_price=regular if is_higher else None,
        availability=availability_in(chosen if _is_asked_for(chosen, page) else node) or _stock_of(variants),
        rating=_rating(node),
        attributes=attributes_of(node),
        variants=_variants(node, variants, currency, page) if len(variants) > 1 else (),
        reviews=_reviews(node),
    )


def weak_sku_of(node: DataNode) -> str | None:
    """Return an id that may be the shop's number for the product or internal to its database."""
    code = _code(node, WEAK_SKU_KEYS)
    code = code.rsplit("/", 1)[-1] if code else ""
    return code if re.fullmatch(r"(?=.*[0-9])[\w.-]{2,40}", code) and code.count("-") < 4 else None


def _entries(value: Any) -> list[DataNode]:
    """Return the objects of a list, or of a GraphQL connection."""
    if isinstance(value, dict):
        value = value.get("edges", value.get("nodes"))
    parts = value[:MAX_VARIANTS] if isinstance(value, list) else []
    nodes = [part["node"] if isinstance(part, dict) and isinstance(part.get("node"), dict) else part for part in parts]
    return [node for node in nodes if isinstance(node, dict)]


def _chosen_variant(variants: list[DataNode], page: Page) -> DataNode:
    """Return the variant that the address selects, else the first that can be bought, else the first."""
    asked = next((variant for variant in variants if _is_asked_for(variant, page)), None)
    available = next((variant for variant in variants if availability_in(variant) == "InStock"), None)
    return asked or available or next(iter(variants), {})


def _is_asked_for(variant: DataNode, page: Page) -> bool:
    name = text_of(variant.get("id"))
    query = parse_qs(urlsplit(page.url).query, max_num_fields=100) if name else {}
    return name is not None and name.rsplit("/", 1)[-1] in query.get("variant", [])


def _stock_of(variants: list[DataNode]) -> str | None:
    found = [stock for variant in variants if (stock := availability_in(variant))]
    return "InStock" if "InStock" in found else next(iter(found), None)


def _variants(node: DataNode, variants: list[DataNode], currency: str | None, page: Page) -> tuple[Variant, ...]:
    names = [text_of(option) or "" for option in as_list(node.get("options"))[:3]]
    is_minor = is_in_minor_units(node)
    found = [
        Variant(
            sku=_code(variant, SKU_KEYS),
            gtin=_gtin(variant),
            price=price_in(variant, PRICE_KEYS, currency, page, is_minor=is_minor),
            availability=availability_in(variant),
            attributes=_options(variant, names) or attributes_of(variant),
        )
        for variant in variants
    ]
    return tuple(variant for variant in found if variant != Variant())


def _options(variant: DataNode, names: list[str]) -> dict[str, str]:
    """Return Shopify's option1, option2, option3 under their names."""
    pairs = ((attribute_key(name), clean(variant.get(f"option{number}"), 200)) for number, name in enumerate(names, 1))
    return {key: value for key, value in pairs if key and value}


def _text(node: DataNode, *keys: str) -> str | None:
    for key in keys:
        value = node.get(key)
        if isinstance(value, dict):
            value = value.get("name") or value.get("label") or value.get("title")
        if text := clean(text_of(value), 200):
            return text
    return None


def _code(node: DataNode, keys: tuple[str, ...]) -> str | None:
    return next((code for key in keys if (code := clean(text_of(node.get(key)), 100))), None)


def _gtin(node: DataNode) -> str | None:
    return next((gtin for key in GTIN_KEYS if (gtin := normalise_gtin(text_of(node.get(key)) or ""))), None)


def _category_path(node: DataNode) -> tuple[str, ...]:
    keys = (*CATEGORY_KEYS, "type") if is_in_minor_units(node) else CATEGORY_KEYS
    value = next((node[key] for key in keys if node.get(key)), None)
    if isinstance(value, str) and isinstance(node.get("item_category2"), str):
        numbered = [node.get(f"item_category{number}") for number in range(2, 6)]
        value = [value, *[part for part in numbered if isinstance(part, str)]]
    return breadcrumbs.path_of_category(value)


def availability_in(node: DataNode) -> str | None:
    """Return the availability that an object of state names."""
    for key in STOCK_KEYS:
        value = node.get(key)
        if isinstance(value, dict):
            value = next((value[name] for name in _VOCABULARY["stockValueKeys"] if name in value), None)
        if found := availability_of(value):
            return found
        if key in COUNTED_STOCK_KEYS and isinstance(value, int) and not isinstance(value, bool):
            return "InStock" if value > 0 else "OutOfStock"
    return None


def _first(node: DataNode, *keys: str) -> Any:
    return next((node[key] for key in keys if node.get(key) is not None), None)


def _rating(node: DataNode) -> Rating | None:
    part = _first(node, *_VOCABULARY["ratingKeys"])
    if not isinstance(part, dict):
        return None
    return rating_of({name: _first(part, *keys) for name, keys in _RATING_PARTS.items()}, counted=True)


def _reviews(node: DataNode) -> tuple[Review, ...]:
    return reviews_of(
        {
            "reviewBody": _first(part, *_REVIEW_PARTS["reviewBody"]),
            "datePublished": _first(part, *_REVIEW_PARTS["datePublished"]),
            "reviewRating": {"ratingValue": _first(part, *_REVIEW_PARTS["ratingValue"])},
        }
        for part in as_list(node.get("reviews"))
        if isinstance(part, dict)
    )


def _images(node: DataNode, page: Page) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key in _VOCABULARY["imageKeys"]:
        for part in _entries(node.get(key)) or as_list(node.get(key)):
            keys = _VOCABULARY["imageAddressKeys"]
            target = next((part[name] for name in keys if part.get(name)), None) if isinstance(part, dict) else part
            if url := page.absolute(target):
                found.setdefault(url)
    return tuple(found)[:30]
