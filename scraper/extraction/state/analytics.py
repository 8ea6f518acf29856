"""Products in analytics objects (GA4, enhanced ecommerce, Tealium, digitalData, Meta's pixel) as product objects.

A view of exactly one product concerns this page; a list of impressions or a cart does not.
"""

import re
from typing import Any

from scraper.extraction.markup.nodes import DataNode, as_list, text_of
from scraper.values.vocabulary import any_of, vocabulary

_VOCABULARY = vocabulary("state", "analytics")
_VIEW_EVENTS = frozenset(_VOCABULARY["viewEvents"])
_UTAG_FIELDS: dict[str, list[str]] = _VOCABULARY["utagFields"]
_UTAG_PAGE = any_of(_VOCABULARY["utagPagePatterns"])


def product_of(node: DataNode, event: str = "") -> DataNode | None:
    """Return the one product whose view an object reports, with the keys of a product object, else None."""
    found = _ecommerce(node, event) or _utag(node) or _digital_data(node) or _pixel(node, event) or _shopify(node)
    return found if found and any(found.get(key) for key in ("price", "variants")) else None


def _is_view(name: Any) -> bool:
    return isinstance(name, str) and re.sub(r"[\W_]+", "", name).lower() in _VIEW_EVENTS


def _ecommerce(node: DataNode, event: str) -> DataNode | None:
    """Return the product of Google's `{event: "view_item", ecommerce: {items}}`, of gtag, or of `ecommerce.detail`."""
    commerce = node.get("ecommerce") if isinstance(node.get("ecommerce"), dict) else node
    if not isinstance(commerce, dict):
        return None
    currency = commerce.get("currency") or commerce.get("currencyCode") or node.get("currency")
    detail = commerce.get("detail")
    if isinstance(detail, dict):
        return _only(detail.get("products"), currency)
    if _is_view(event) or _is_view(node.get("event")):
        return _only(commerce.get("items"), currency)
    return None


def _only(products: Any, currency: Any) -> DataNode | None:
    """Return the one product of a list."""
    parts = as_list(products)
    return {"currency": currency, **parts[0]} if len(parts) == 1 and isinstance(parts[0], dict) else None


def _utag(node: DataNode) -> DataNode | None:
    """Return the product of Tealium's data layer: flat, each field a list with one entry per product."""
    if not any(len(as_list(node.get(key))) == 1 for key in _VOCABULARY["utagProductKeys"]):
        return None
    if not _UTAG_PAGE.search(f"{node.get('page_type') or node.get('page_category') or ''}"):
        return None
    pairs = ((field, next((node[key] for key in keys if node.get(key)), None)) for field, keys in _UTAG_FIELDS.items())
    found = {field: text_of(value) for field, value in pairs if len(as_list(value)) == 1}
    return dict(found)


def _digital_data(node: DataNode) -> DataNode | None:
    """Return the product of W3C's customer experience digital data: `product: [{productInfo, price}]`."""
    parts = as_list(node.get("product"))
    if len(parts) != 1 or not isinstance(parts[0], dict) or not isinstance(parts[0].get("productInfo"), dict):
        return None
    info, price = parts[0]["productInfo"], parts[0].get("price")
    price = price if isinstance(price, dict) else {"basePrice": price}
    return {
        "name": info.get("productName"),
        "sku": info.get("sku"),
        "id": info.get("productID"),
        "brand": info.get("brand") or info.get("manufacturer"),
        "price": price.get("priceWithTax") or price.get("basePrice"),
        "currency": price.get("currency") or info.get("currency"),
    }


def _pixel(node: DataNode, event: str) -> DataNode | None:
    """Return the product of Meta's `fbq("track", "ViewContent", {content_name, content_ids, value, currency})`."""
    ids = as_list(node.get("content_ids"))
    if not _is_view(event) or "value" not in node or len(ids) > 1 or not (ids or node.get("content_name")):
        return None
    return {
        "name": node.get("content_name"),
        "id": text_of(ids),
        "price": node["value"],
        "currency": node.get("currency"),
    }


def _shopify(node: DataNode) -> DataNode | None:
    """Return the product of Shopify's `meta` object on a product's page, whose prices are in cents."""
    product, page = node.get("product"), node.get("page")
    if not isinstance(product, dict) or not isinstance(page, dict) or page.get("pageType") != "product":
        return None
    variants = [part for part in as_list(product.get("variants")) if isinstance(part, dict)]
    if not variants or not isinstance(variants[0].get("price"), int):
        return None
    # The product has no name here; each variant's name begins with the title.
    name = text_of(variants[0].get("name")) or ""
    choice = text_of(variants[0].get("public_title"))
    return {
        "name": name.removesuffix(f" - {choice}") if choice else name or None,
        "id": product.get("id"),
        "vendor": product.get("vendor"),
        "productType": product.get("type"),
        "price_varies": True,
        "variants": variants,
    }
