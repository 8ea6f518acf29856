"""WooCommerce's public Store API: up to 100 products a page, prices in minor units, pages counted in a header.

WordPress sends `X-Robots-Tag: noindex` with every REST answer. It keeps the JSON out of search results and does not
concern the products, so it does not count as a refusal; robots.txt does.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from kernel.contracts import contract
from kernel.json_object import JsonObject
from scraper.extraction.markup.ratings import rating_of
from scraper.extraction.markup.schemaorg import attribute_key
from scraper.feeds.adapter import (
    MAX_ATTRIBUTES,
    MAX_CATEGORIES,
    MAX_FEED_PAGES,
    MAX_VARIANTS,
    FeedContext,
    FeedTally,
    addresses_of,
    are_of_product,
    description_of,
    feed_url,
    joined,
    json_of,
    objects,
    product_of,
)
from scraper.values.gtin import normalise_gtin
from scraper.values.price import Price, currency_code, machine_price
from scraper.values.product import Fields, Product, Variant
from scraper.values.text import clean

_FEED = contract("feeds.json")["woocommerce"]
LIMIT: int = _FEED["limit"]
PATH: str = _FEED["path"]


class WooCommerce:
    """Adapter for the product collection of the Store API."""

    name = "woocommerce"

    def first_url(self, origin: str) -> str:
        """Return the address of the first page."""
        return f"{origin}{PATH}?per_page={LIMIT}&page=1"

    def currency_urls(self, origin: str) -> tuple[str, ...]:
        """Return nothing: every price names its currency."""
        return ()

    def currency(self, body: bytes) -> str | None:
        """Return None: every price names its currency."""
        return None

    def next_urls(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the next page by the header's count, else after a full page; an empty first page is not a feed."""
        data = json_of(body)
        page = int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])
        if not isinstance(data, list):
            return None
        rows = objects(data)
        if page == 1 and not any("permalink" in row and "prices" in row for row in rows):
            return None
        total = headers.get(_FEED["totalPagesHeader"], "")
        has_more = page < int(total) if total.isdecimal() and len(total) < 8 else len(rows) == LIMIT
        origin = url.partition(PATH)[0]
        return (f"{origin}{PATH}?per_page={LIMIT}&page={page + 1}",) if has_more and page < MAX_FEED_PAGES else ()

    def products(self, body: bytes, context: FeedContext, tally: FeedTally) -> Iterator[Product]:
        """Yield the products of one page."""
        for row in objects(json_of(body)):
            title = clean(row.get("name"), 500)
            if not title:
                tally.skip("no_title")
            elif url := feed_url(row.get("permalink"), context, tally):
                yield product_of(url, _fields(row, title, context), context)


def _fields(row: JsonObject, title: str, context: FeedContext) -> Fields:
    prices = row.get("prices")
    prices = prices if isinstance(prices, dict) else {}
    price, regular = _price(prices, "price"), _price(prices, "regular_price")
    attributes = objects(row.get("attributes"))
    brands = [*objects(row.get("brands")), *_terms_of(attributes, "brand")]
    return {
        "title": title,
        # The short one first, as WooCommerce's own structured data does.
        "description": description_of(row.get("short_description")) or description_of(row.get("description")),
        "brand": next((name for brand in brands if (name := clean(brand.get("name"), 200))), None),
        "category_path": _category_path(objects(row.get("categories")), context),
        "gtin": normalise_gtin(row.get("global_unique_id")),
        "sku": clean(row.get("sku"), 100),
        "images": addresses_of((image.get("src") for image in objects(row.get("images"))), context),
        "price": price,
        "regular_price": regular if price and regular and regular.amount > price.amount else None,
        "availability": _availability(row),
        "rating": rating_of(
            {"ratingValue": row.get("average_rating"), "reviewCount": row.get("review_count")}, counted=True
        ),
        "attributes": _attributes(attributes),
        "variants": _variants(row, attributes),
    }


def _price(prices: JsonObject, key: str) -> Price | None:
    """Return an amount of minor units as a price: "1999" of unit 2 is 19.99."""
    value, unit = prices.get(key), prices.get("currency_minor_unit")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not isinstance(unit, int) or not 0 <= unit <= _FEED["maxMinorUnit"]:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text)):
        return None
    found = machine_price(format(Decimal(text).scaleb(-unit), "f"), currency_code(prices.get("currency_code")))
    return Price(found.amount, found.currency) if found else None


def _availability(row: JsonObject) -> str | None:
    if row.get("is_on_backorder") is True:
        return "BackOrder"
    if row.get("is_in_stock") is True:
        return "LimitedAvailability" if isinstance(row.get("low_stock_remaining"), int) else "InStock"
    return "OutOfStock" if row.get("is_in_stock") is False else None


def _category_path(categories: list[JsonObject], context: FeedContext) -> tuple[str, ...]:
    """Return the deepest category with those above it, found by their addresses, because the list has no order."""
    paths = {}
    for category in categories[:100]:
        name = clean(category.get("name"), 200)
        link = next(iter(addresses_of([category.get("link")], context)), None)
        if name and link:
            paths[urlsplit(link).path.rstrip("/") + "/"] = name
    deepest = max(paths, key=lambda path: (path.count("/"), path), default="")
    return tuple(paths[path] for path in sorted(paths, key=len) if deepest.startswith(path))[:MAX_CATEGORIES]


def _terms_of(attributes: list[JsonObject], key: str) -> list[JsonObject]:
    return [term for part in attributes if _key(part) == key for term in objects(part.get("terms"))]


def _key(attribute: JsonObject) -> str:
    return attribute_key(str(attribute.get("name") or ""))


def _attributes(attributes: list[JsonObject]) -> dict[str, str]:
    """Return the attributes of the whole product; what a shopper chooses is none, unless it is one of few colours."""
    found: dict[str, str] = {}
    for part in attributes:
        names = [name for term in objects(part.get("terms")) if (name := clean(term.get("name"), 200))]
        key = _key(part)
        is_choice = part.get("has_variations") and not are_of_product(key, len(names))
        if key and key != "brand" and names and not is_choice:
            found.setdefault(key, joined(key, names))
    return dict(sorted(found.items())[:MAX_ATTRIBUTES])


def _variants(row: JsonObject, attributes: list[JsonObject]) -> tuple[Variant, ...]:
    """Return the variants; a variation names its choices by slugs, and `attributes` has their names."""
    names = {
        (str(part.get("name")), str(term.get("slug"))): term.get("name")
        for part in attributes
        for term in objects(part.get("terms"))
    }
    found = []
    for variation in objects(row.get("variations"))[:MAX_VARIANTS]:
        values = {}
        for part in objects(variation.get("attributes"))[:MAX_ATTRIBUTES]:
            value = clean(names.get((str(part.get("name")), str(part.get("value"))), part.get("value")), 200)
            if (key := _key(part)) and value:
                values[key] = value
        if values:
            found.append(Variant(attributes=values))
    return tuple(found)
