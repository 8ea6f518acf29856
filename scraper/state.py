"""Embedded state: the JSON that pages carry for their own scripts, and JSON in data attributes.

Only an object that names this very page (by title or address) and has a price is read, so that a carousel's
products never are.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from scraper import breadcrumbs
from scraper.candidate import Candidate
from scraper.document import Page
from scraper.gtin import normalise_gtin
from scraper.items import as_list, text_of
from scraper.opinions import rating_of, reviews_of
from scraper.price import Price, currency_code, machine_price
from scraper.product import Rating, Review
from scraper.schemaorg import attributes_of
from scraper.text import clean
from scraper.words import availability_of

MAX_STATE_CHARS = 8 * 2**20
MAX_NODES = 300_000
MAX_ASSIGNMENTS = 200
NAME_KEYS = ("title", "name", "productName", "product_name", "displayName")
PRICE_KEYS = ("salePrice", "sale_price", "currentPrice", "current_price", "finalPrice", "final_price", "price",
              "prices", "pricing", "priceAmount", "lowPrice", "minPrice", "priceRange")  # fmt: skip
REGULAR_KEYS = ("compare_at_price", "compareAtPrice", "regularPrice", "regular_price", "listPrice", "list_price",
                "originalPrice", "original_price", "wasPrice", "msrp")  # fmt: skip
AMOUNT_KEYS = ("amount", "value", "price", "current", "sale", "final", "now", "minVariantPrice", "min")
MINOR_KEYS = ("centAmount", "amountInCents", "priceInCents", "price_in_cents", "priceCents", "price_cents")
CURRENCY_KEYS = ("currency", "currencyCode", "currency_code", "priceCurrency", "currencyIso", "isoCode")
_JSON_TYPE = re.compile(r"\s*(?:application|text)/(?:[\w.-]+\+)?(?:x-)?json\b.*", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(r"(?:[\w$\])]\s*=|JSON\.parse\()\s*(?=[{\[\"'])")


def extract(page: Page) -> list[Candidate]:
    """Return the state object about this page's product, the one that says most first."""
    budget = [MAX_NODES]
    found = []
    paths: list[Candidate] = []
    for value in _values(page):
        for item, currency in _objects(value, None, budget, 0):
            if _is_this_product(item, page):
                candidate = _candidate(item, currency, page)
                if candidate.price:
                    found.append(candidate)
            if path := _breadcrumbs(item, page):
                paths.append(Candidate(syntax="state", category_path=path))
    found.sort(key=lambda candidate: -_num_fields(candidate))
    return found[:3] + paths[:1]


def _breadcrumbs(item: dict[str, Any], page: Page) -> tuple[str, ...]:
    entries = as_list(item.get("breadcrumbs", item.get("breadcrumb")))
    crumbs = [
        (_text(entry, "name", "label", "title", "text"), page.absolute(entry.get("href") or entry.get("url")))
        for entry in entries[:20]
        if isinstance(entry, dict)
    ]
    return breadcrumbs.path_of(crumbs, page) if crumbs else ()


def _num_fields(candidate: Candidate) -> int:
    has_currency = candidate.price is not None and candidate.price.currency is not None
    fields = (candidate.brand, candidate.sku, candidate.gtin, candidate.images, candidate.availability)
    return sum(bool(value) for value in fields) + 10 * has_currency


def _values(page: Page) -> Iterator[Any]:
    """Every JSON value in scripts and data attributes, up to a total size."""
    left = MAX_STATE_CHARS
    for element in page.root.iter("script"):
        text = element.text or ""
        kind = element.get("type") or ""
        left -= len(text)
        if left < 0:
            return
        if "price" not in text.lower() or "ld+json" in kind.lower():
            continue
        yield from _json_value(text) if _JSON_TYPE.fullmatch(kind) else _assigned(text)
    for element in page.root.iter(etree.Element):
        for name, value in element.items():
            if name.startswith("data-") and value[:1] in "{[" and "price" in value.lower():
                left -= len(value)
                if left < 0:
                    return
                yield from _json_value(value)


def _json_value(text: str) -> list[Any]:
    try:
        return [json.loads(text.strip(), strict=False)]
    except (ValueError, RecursionError):
        return []


def _assigned(text: str) -> Iterator[Any]:
    """Values of `name = {…}` and `JSON.parse("…")` in a script; anything that is not JSON is passed over."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    for _ in range(MAX_ASSIGNMENTS):
        match = _ASSIGNMENT.search(text, position)
        if match is None:
            return
        try:
            value, position = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            position = match.end() + 1
            continue
        if isinstance(value, str):
            yield from _json_value(value)
        else:
            yield value


def _objects(
    value: Any, currency: str | None, budget: list[int], depth: int
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every object with the currency that it or its nearest ancestor names."""
    budget[0] -= 1
    if budget[0] < 0 or depth > 40:
        return
    if isinstance(value, dict):
        currency = _currency(value) or currency
        yield value, currency
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list):
                yield from _objects(part, currency, budget, depth + 1)


def _currency(item: dict[str, Any]) -> str | None:
    return next((code for key in CURRENCY_KEYS if (code := currency_code(item.get(key)))), None)


def _is_this_product(item: dict[str, Any], page: Page) -> bool:
    if not any(key in item for key in (*PRICE_KEYS, *MINOR_KEYS, "variants", "offers")):
        return False
    names = {_key(item[name]) for name in NAME_KEYS if isinstance(item.get(name), str)} - {""}
    if not names:
        return False
    if any(_key(text) in names for text in page.headings):
        return True
    slug = unquote(urlsplit(page.url).path.rstrip("/").rsplit("/", 1)[-1])
    handles = [item.get(key) for key in ("handle", "slug", "urlKey", "url_key")]
    urls = [page.absolute(item.get(key)) for key in ("url", "canonicalUrl", "link")]
    return (len(slug) > 3 and slug in handles) or any(url in page.addresses for url in urls if url)


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _candidate(item: dict[str, Any], currency: str | None, page: Page) -> Candidate:
    price = _price(item, PRICE_KEYS, currency, page)
    regular = _price(item, REGULAR_KEYS, price.currency if price else currency, page)
    is_higher = price and regular and regular.currency == price.currency and regular.amount > price.amount
    return Candidate(
        syntax="state",
        is_product=price is not None,
        num_products=1,
        title=clean(next((item[key] for key in NAME_KEYS if isinstance(item.get(key), str)), None), 500),
        description=clean(item.get("description"), 5000),
        brand=_text(item, "brand", "vendor", "manufacturer"),
        category_path=breadcrumbs.of_category(_category(item)),
        gtin=next(
            (gtin for key in ("gtin", "gtin13", "ean", "barcode", "upc") if (gtin := normalise_gtin(item.get(key)))),
            None,
        ),
        sku=clean(text_of(item.get("sku")), 100),
        mpn=clean(text_of(item.get("mpn")), 100),
        images=_images(item, page),
        price=price,
        regular_price=regular if is_higher else None,
        availability=_availability(item),
        rating=_rating(item),
        attributes=attributes_of(item),
        reviews=_reviews(item),
    )


def _text(item: dict[str, Any], *keys: str) -> str | None:
    return next((text for key in keys if (text := clean(text_of(item.get(key)), 200))), None)


def _category(item: dict[str, Any]) -> Any:
    return next(
        (item[key] for key in ("categoryPath", "category_path", "category", "productType") if item.get(key)), None
    )


def _is_in_minor_units(item: dict[str, Any]) -> bool:
    """Whether whole numbers here count cents: Shopify's product JSON has all of these keys and only integers."""
    prices = [item.get(key) for key in ("price", "price_min", "compare_at_price_min")]
    return "price_varies" in item and all(isinstance(price, int) for price in prices)


def _price(item: dict[str, Any], keys: tuple[str, ...], currency: str | None, page: Page) -> Price | None:
    own = _currency(item) or currency
    digits = item.get("currency_minor_unit", item.get("fractionDigits"))
    for key in MINOR_KEYS if keys is PRICE_KEYS else ():
        if isinstance(item.get(key), int):
            return _scaled(item[key], own, digits if isinstance(digits, int) else 2)
    for key in keys:
        value = item.get(key)
        if isinstance(value, dict):
            nested = _price(value, (*AMOUNT_KEYS, *keys), own, page) or _minor(value, own)
            if nested:
                return nested
        elif isinstance(digits, int) and isinstance(value, int | str) and str(value).isdigit():
            return _scaled(int(value), own, digits)
        elif isinstance(value, int) and _is_in_minor_units(item):
            return _scaled(value, own, 2)
        elif (price := machine_price(value, own, region=page.region)) and price.amount > 0:
            return price
    return None


def _minor(value: dict[str, Any], currency: str | None) -> Price | None:
    digits = value.get("fractionDigits", 2)
    amount = next((value[key] for key in MINOR_KEYS if isinstance(value.get(key), int)), None)
    return _scaled(amount, _currency(value) or currency, digits) if amount and isinstance(digits, int) else None


def _scaled(amount: int, currency: str | None, digits: int) -> Price | None:
    if isinstance(amount, bool) or amount <= 0 or amount >= 10**15 or not 0 <= digits <= 4:
        return None
    text = f"{amount:0{digits + 1}d}"
    price = machine_price(f"{text[:-digits]}.{text[-digits:]}" if digits else text, currency)
    return Price(price.amount, price.currency) if price else None


def _availability(item: dict[str, Any]) -> str | None:
    for key in (
        "availability",
        "available",
        "availableForSale",
        "inStock",
        "in_stock",
        "isInStock",
        "is_in_stock",
        "stockStatus",
    ):
        if found := availability_of(item.get(key)):
            return found
    return None


def _first(item: dict[str, Any], *keys: str) -> Any:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _rating(item: dict[str, Any]) -> Rating | None:
    part = _first(item, "aggregateRating", "rating", "reviewSummary")
    if not isinstance(part, dict):
        return None
    words = {
        "ratingValue": _first(part, "ratingValue", "average", "value", "score"),
        "bestRating": _first(part, "bestRating", "max", "best", "scale"),
        "ratingCount": _first(part, "ratingCount", "reviewCount", "count", "total"),
    }
    return rating_of(words, counted=True)


def _reviews(item: dict[str, Any]) -> tuple[Review, ...]:
    return reviews_of(
        {
            "reviewBody": _first(part, "text", "body", "reviewBody", "content"),
            "datePublished": _first(part, "date", "datePublished", "createdAt"),
            "reviewRating": {"ratingValue": _first(part, "stars", "rating", "score")},
        }
        for part in as_list(item.get("reviews"))
        if isinstance(part, dict)
    )


def _images(item: dict[str, Any], page: Page) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for key in ("images", "image", "media", "featured_image", "imageUrl"):
        for part in as_list(item.get(key)):
            keys = ("src", "url", "originalSrc", "href")
            target = next((part[name] for name in keys if part.get(name)), None) if isinstance(part, dict) else part
            if url := page.absolute(target):
                found.setdefault(url)
    return tuple(found)[:30]
