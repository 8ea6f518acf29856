"""Google Merchant product data (RSS, Atom or a table), which nearly every shop system exports.

Source: Google's product data specification. Items of one `item_group_id`, or with one address, are one Product with
variants, as its page shows them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scraper.errors import InputError
from scraper.extraction.markup.breadcrumbs import path_of_category
from scraper.extraction.page import language_tag
from scraper.feeds.adapter import MAX_VARIANTS, FeedContext, FeedTally, addresses_of, feed_url, product_of
from scraper.feeds.records import Record, read_records
from scraper.values.gtin import normalise_gtin
from scraper.values.identity import absolute_url
from scraper.values.price import Price, machine_price
from scraper.values.product import Fields, Product, Variant
from scraper.values.text import clean
from scraper.values.words import availability_of, condition_of

ATTRIBUTES = {"color": "color", "size": "size", "material": "material", "pattern": "pattern", "gender": "gender",
              "age_group": "ageGroup"}  # fmt: skip


class Merchant:
    """Adapter for the feed that an operator names; it is one answer."""

    name = "merchant"

    def __init__(self, address: str) -> None:
        self._address = address

    def first_url(self, origin: str) -> str:
        """Return the address that the operator named."""
        return self._address

    def currency_urls(self, origin: str) -> tuple[str, ...]:
        """Return nothing: every price names its currency."""
        return ()

    def currency(self, body: bytes) -> str | None:
        """Return None: every price names its currency."""
        return None

    def next_urls(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return no further address; None where the answer holds no record."""
        try:
            return () if next(read_records(body), None) else None
        except InputError:
            return None

    def products(self, body: bytes, context: FeedContext, tally: FeedTally) -> Iterator[Product]:
        """Yield the products, variants together; a truncated file gives those before the break."""
        groups: dict[str, list[tuple[str, Record]]] = {}
        num_items = 0
        try:
            for record in read_records(body):
                num_items += 1
                if num_items > context.max_items:
                    raise InputError(f"only the first {context.max_items} items were read")
                link = feed_url(_first(record, "canonical_link") or _first(record, "link"), context, tally)
                if link:
                    groups.setdefault(_first(record, "item_group_id") or link, []).append((link, record))
        except InputError as error:
            tally.problem = str(error)
        for items in groups.values():
            for url, records in _by_address(items):
                if product := _product(url, records, context):
                    yield product
                else:
                    tally.skip("no_title")


def _by_address(items: list[tuple[str, Record]]) -> Iterator[tuple[str, list[Record]]]:
    """Yield a group's records by their page: one page where only the query tells the variants apart."""
    bare = {urlsplit(url)._replace(query="").geturl() for url, _ in items}
    if len(items) > 1 and len(bare) == 1:
        addresses = {url for url, _ in items}
        yield (addresses if len(addresses) == 1 else bare).pop(), [record for _, record in items]
        return
    by_url: dict[str, list[Record]] = {}
    for url, record in items:
        by_url.setdefault(url, []).append(record)
    yield from by_url.items()


def _first(record: Record, name: str) -> str | None:
    return next(iter(record.get(name, [])), None)


def _product(url: str, records: list[Record], context: FeedContext) -> Product | None:
    """Return the Product of one page's records, described by the first that can be bought; None without a title."""
    chosen = next((one for one in records if _stock(one) == "InStock"), records[0])
    title = clean(_first(chosen, "title"), 500)
    if not title:
        return None
    price, regular = _prices(chosen, context)
    variants = tuple(_variant(record, context) for record in records[:MAX_VARIANTS]) if len(records) > 1 else ()
    stock = [found for record in records if (found := _stock(record))]
    is_one = not variants
    fields: Fields = {
        "title": title,
        "description": clean(_first(chosen, "description") or _first(chosen, "summary"), 5000),
        "brand": clean(_first(chosen, "brand"), 200),
        "category_path": path_of_category(_first(chosen, "product_type"))
        or path_of_category(_first(chosen, "google_product_category")),
        "gtin": normalise_gtin(_first(chosen, "gtin")) if is_one else None,
        "sku": clean(_first(chosen, "id"), 100) if is_one else None,
        "mpn": clean(_first(chosen, "mpn"), 100) if is_one else None,
        "images": _images(chosen, context),
        "price": price,
        "regular_price": regular,
        "availability": "InStock" if "InStock" in stock else next(iter(stock), None),
        "condition": condition_of(_first(chosen, "condition")),
        "attributes": _attributes(chosen) if is_one else {},
        "variants": variants,
        "language": language_tag(_first(chosen, "content_language")),
    }
    return product_of(url, fields, context)


def _variant(record: Record, context: FeedContext) -> Variant:
    link = _first(record, "link")
    return Variant(
        sku=clean(_first(record, "id"), 100),
        gtin=normalise_gtin(_first(record, "gtin")),
        url=absolute_url(link, context.origin + "/") if link else None,
        image=next(iter(_images(record, context)), None),
        price=_prices(record, context)[0],
        availability=_stock(record),
        attributes=_attributes(record),
    )


def _stock(record: Record) -> str | None:
    return availability_of(_first(record, "availability"))


def _attributes(record: Record) -> dict[str, str]:
    pairs = ((key, clean(_first(record, name), 200)) for name, key in ATTRIBUTES.items())
    return dict(sorted((key, value) for key, value in pairs if value))


def _images(record: Record, context: FeedContext) -> tuple[str, ...]:
    more = (part for text in record.get("additional_image_link", []) for part in re.split(r"\s*,\s*(?=https?:)", text))
    return addresses_of([*record.get("image_link", [])[:1], *more], context)


def _prices(record: Record, context: FeedContext) -> tuple[Price | None, Price | None]:
    """Return the price of an item and, during a sale, its regular price."""
    price = _price(_first(record, "price"))
    sale = _price(_first(record, "sale_price"))
    if price and sale and sale.currency is None:
        sale = replace(sale, currency=price.currency)
    is_on = sale and price and sale.currency == price.currency and sale.amount < price.amount
    if not is_on or not _is_within(_first(record, "sale_price_effective_date"), context.fetched_at):
        return price, None
    return sale, price


def _price(text: str | None) -> Price | None:
    price = machine_price(text)
    return price if price and price.amount > 0 else None


def _is_within(period: str | None, moment: str | None) -> bool:
    """Return whether a sale is on at a moment: always without dates, never with unreadable ones."""
    if not period:
        return True
    try:
        start, end = (datetime.fromisoformat(part.strip()) for part in period.split("/"))
        now = datetime.fromisoformat(moment or "")
        start, end = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in (start, end))
    except ValueError:
        return False
    return start <= now <= end
