"""Shopify's public `/products.json`: up to 250 products a page, prices as decimal text, no page count, no currency.

Many shops switch it off. The currency is the shop's own, from `/meta.json`, else `/cart.js`, else the start page.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urlsplit

from kernel.contracts import contract
from kernel.json_object import JsonObject
from scraper.extraction.markup.schemaorg import attribute_key
from scraper.feeds.adapter import (
    MAX_CATEGORIES,
    MAX_FEED_PAGES,
    MAX_VARIANTS,
    FeedContext,
    FeedTally,
    addresses_of,
    description_of,
    feed_url,
    json_of,
    objects,
    product_of,
    shared_attributes,
)
from scraper.values.gtin import normalise_gtin
from scraper.values.price import Price, currency_code, machine_price
from scraper.values.product import Fields, Product, Variant
from scraper.values.text import clean

_FEED = contract("feeds.json")["shopify"]
LIMIT: int = _FEED["limit"]
# The page size of a shop that ignores `limit`; such a page is full too.
DEFAULT_LIMIT: int = _FEED["defaultLimit"]
PATH: str = _FEED["path"]
MAX_ID = 10**18
_HANDLE = re.compile(_FEED["handlePattern"])
_SEPARATOR = re.compile(f"[{_FEED['categorySeparators']}]")
_ACTIVE_CURRENCY = re.compile(_FEED["activeCurrencyPattern"].encode())


class Shopify:
    """Adapter for `/products.json`."""

    name = "shopify"

    def first_url(self, origin: str) -> str:
        """Return the address of the first page."""
        return f"{origin}{PATH}?limit={LIMIT}&page=1"

    def currency_urls(self, origin: str) -> tuple[str, ...]:
        """Return the addresses that may name the shop's currency."""
        return tuple(f"{origin}{path}" for path in _FEED["currencyPaths"])

    def currency(self, body: bytes) -> str | None:
        """Return the currency of meta.json, cart.js, or the theme's own script on the start page."""
        data = json_of(body)
        if isinstance(data, dict):
            return currency_code(data.get("currency"))
        match = _ACTIVE_CURRENCY.search(body[: _FEED["startPageChars"]])
        return currency_code(match.group(1).decode()) if match else None

    def next_urls(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the next page after a full one; an empty first page is not a feed."""
        data = json_of(body)
        page = int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])
        if not isinstance(data, dict) or not isinstance(data.get("products"), list):
            return None
        rows = objects(data["products"])
        if page == 1 and not any("handle" in row and "variants" in row for row in rows):
            return None
        is_full = len(rows) in (LIMIT, DEFAULT_LIMIT)
        origin = url.partition(PATH)[0]
        return (f"{origin}{PATH}?limit={LIMIT}&page={page + 1}",) if is_full and page < MAX_FEED_PAGES else ()

    def products(self, body: bytes, context: FeedContext, tally: FeedTally) -> Iterator[Product]:
        """Yield the products of one page."""
        data = json_of(body)
        for row in objects(data.get("products") if isinstance(data, dict) else None):
            handle = row.get("handle")
            title = clean(row.get("title"), 500)
            if not title:
                tally.skip("no_title")
            elif not isinstance(handle, str) or not _HANDLE.fullmatch(handle):
                tally.skip("no_address")
            elif url := feed_url(f"{_FEED['productPath']}{handle}", context, tally):
                yield product_of(url, _fields(row, url, title, context), context)


def _fields(row: JsonObject, url: str, title: str, context: FeedContext) -> Fields:
    rows = objects(row.get("variants"))[:MAX_VARIANTS]
    images = addresses_of((image.get("src") for image in objects(row.get("images"))), context)
    names = [attribute_key(str(option.get("name") or "")) for option in objects(row.get("options"))]
    # What a shopper gets on opening the page: the first variant that can be bought.
    chosen = next((part for part in rows if part.get("available") is True), rows[0] if rows else {})
    price, regular = _price(chosen, "price", context), _price(chosen, "compare_at_price", context)
    variants = tuple(_variant(part, names, url, images, context) for part in rows)
    stock = {variant.availability for variant in variants} - {None}
    only = variants[0] if len(variants) == 1 else Variant()
    return {
        "title": title,
        "description": description_of(row.get("body_html")),
        "brand": clean(row.get("vendor"), 200),
        "category_path": _category_path(row.get("product_type")),
        "gtin": only.gtin,
        "sku": only.sku,
        "images": images,
        "price": price,
        "regular_price": regular if price and regular and regular.amount > price.amount else None,
        "availability": "InStock" if "InStock" in stock else next(iter(stock), None),
        "attributes": shared_attributes([variant.attributes for variant in variants]),
        "variants": variants if len(variants) > 1 else (),
    }


def _category_path(product_type: object) -> tuple[str, ...]:
    """Return the merchant's own classification; unlike in a breadcrumb, "Home" in it is a department."""
    parts = _SEPARATOR.split(product_type[: _FEED["categoryChars"]]) if isinstance(product_type, str) else []
    return tuple(name for part in parts if (name := clean(part, 200)))[:MAX_CATEGORIES]


def _price(part: JsonObject, key: str, context: FeedContext) -> Price | None:
    price = machine_price(part.get(key), context.currency)
    return price if price and price.amount > 0 else None


def _variant(part: JsonObject, names: list[str], url: str, images: tuple[str, ...], context: FeedContext) -> Variant:
    image = part.get("featured_image")
    own = addresses_of([image.get("src")] if isinstance(image, dict) else [], context)
    identifier = part.get("id")
    available = part.get("available")
    values = (clean(part.get(f"option{place}"), 200) for place in range(1, 4))
    pairs = ((name, value) for name, value in zip(names, values, strict=False) if name and value)
    return Variant(
        sku=clean(part.get("sku"), 100),
        gtin=normalise_gtin(part.get("barcode")),
        url=f"{url}?variant={identifier}" if isinstance(identifier, int) and 0 < identifier < MAX_ID else None,
        image=next(iter(own or images), None),
        price=_price(part, "price", context),
        availability=("InStock" if available else "OutOfStock") if isinstance(available, bool) else None,
        attributes={name: value for name, value in pairs if value != _FEED["noChoice"]},
    )
