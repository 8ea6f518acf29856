"""Reader of schema.org offers in their many shapes: price, regular price, availability, condition, variants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scraper.extraction.markup.identifiers import code_of, gtin_of
from scraper.extraction.markup.nodes import DataNode, as_list, has_type, text_of, texts_of
from scraper.extraction.page import Page
from scraper.values.price import Price, machine_price
from scraper.values.product import Variant
from scraper.values.vocabulary import vocabulary
from scraper.values.words import availability_of, condition_of

_VOCABULARY = vocabulary("markup", "offers")
REGULAR_PRICE_TYPES = tuple(_VOCABULARY["regularPriceTypes"])
# UN/CEFACT units that mean the thing itself: a price for one of these is the price.
PIECES = tuple(_VOCABULARY["pieceUnits"])
MAX_OFFERS = 250


@dataclass(frozen=True, slots=True)
class Offers:
    """Fields of all offers of a node together."""

    price: Price | None = None
    regular_price: Price | None = None
    availability: str | None = None
    condition: str | None = None
    url: str | None = None
    sku: str | None = None
    mpn: str | None = None
    variants: tuple[Variant, ...] = ()


def read_offers(node: DataNode, page: Page, variant_nodes: list[DataNode]) -> Offers:
    """Return the offer for this page's address, else the first with a price; a product is in stock if any offer is."""
    offers = list(_flat(node.get("offers"), node.get("priceCurrency"), 0))[:MAX_OFFERS]
    if not offers and (node.get("price") is not None or node.get("lowPrice") is not None):
        offers = [node]
    for variant in variant_nodes:
        url = variant.get("url")
        offers += [{"url": url, **offer} if url else offer for offer in _flat(variant.get("offers"), None, 0)]
    if not offers:
        return Offers(availability=_availability(node))
    here = [offer for offer in offers if page.absolute(text_of(offer.get("url"))) in page.addresses]
    is_one = len(here) == 1
    chosen = here[0] if is_one and price_of(here[0], page) else _first_priced(offers, page)
    stock = [found for offer in ([chosen] if is_one else offers) if (found := _availability(offer))]
    price = price_of(chosen, page)
    return Offers(
        price=price,
        regular_price=_regular_price(chosen, price, page),
        availability="InStock" if "InStock" in stock else next(iter(stock), None) or _availability(node),
        condition=next(
            (found for offer in offers if (found := condition_of(text_of(offer.get("itemCondition"))))), None
        ),
        url=page.absolute(text_of(chosen.get("url"))),
        sku=code_of(chosen, "sku"),
        mpn=code_of(chosen, "mpn"),
        variants=_variants(offers, page) if len(offers) > 1 and not variant_nodes else (),
    )


def _availability(offer: DataNode) -> str | None:
    """Return the offer's availability in any spelling, else what its `inventoryLevel` says."""
    for text in texts_of(offer.get("availability")):
        if found := availability_of(text) or availability_of(text.rsplit(":", 1)[-1]):
            return found
    level = text_of(offer.get("inventoryLevel")) or ""
    return (
        ("InStock" if level.strip("0.") else "OutOfStock")
        if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,4})?", level)
        else None
    )


def _flat(value: Any, currency: Any, depth: int) -> Iterator[DataNode]:
    """Yield every single offer; those inside an AggregateOffer inherit its currency and replace it where priced."""
    for offer in as_list(value):
        if not isinstance(offer, dict) or depth > 5:
            continue
        inherited = offer.get("priceCurrency") or currency
        inner = list(_flat(offer.get("offers"), inherited, depth + 1))
        own = {**offer, "priceCurrency": inherited} if inherited else offer
        if inner and any("price" in part or "priceSpecification" in part for part in inner):
            # "From" prices: the aggregate's own lowest price is what the page shows.
            yield from ([own] if offer.get("lowPrice") is not None and offer.get("price") is None else [])
            yield from inner
        else:
            yield own


def _first_priced(offers: list[DataNode], page: Page) -> DataNode:
    return next((offer for offer in offers if price_of(offer, page)), offers[0])


def price_of(offer: DataNode, page: Page) -> Price | None:
    """Return the offer's price above zero, with the currency that the same object names."""
    currency = text_of(offer.get("priceCurrency"))
    for key in _VOCABULARY["priceKeys"]:
        if price := _priced(offer.get(key), currency, page):
            return price
    for part in sorted(_specifications(offer), key=_is_second_choice):
        if _price_type(part) in REGULAR_PRICE_TYPES or part.get("validForMemberTier") or _is_per_unit(part):
            continue
        own_currency = text_of(part.get("priceCurrency")) or currency
        for value in (part.get("price", part.get("minPrice")), _component_price(part)):
            if price := _priced(value, own_currency, page):
                return price
    return None


def _component_price(part: DataNode) -> Any:
    """Return the first component's price of a CompoundPriceSpecification."""
    component = next((one for one in as_list(part.get("priceComponent")) if isinstance(one, dict)), {})
    return component.get("price")


def _is_per_unit(part: DataNode) -> bool:
    """Return whether this is a price for a litre, a metre or a month of the thing, not for the thing."""
    for quantity in as_list(part.get("referenceQuantity")):
        code = text_of(quantity.get("unitCode")) if isinstance(quantity, dict) else None
        if code is None or code.upper() not in PIECES or text_of(quantity.get("value")) not in (None, "1"):
            return True
    return any(key in part for key in _VOCABULARY["billingKeys"])


def _is_second_choice(part: DataNode) -> bool:
    """Return whether this is a price without tax, or for more than one."""
    quantity = next((one for one in as_list(part.get("eligibleQuantity")) if isinstance(one, dict)), {})
    is_for_many = text_of(quantity.get("minValue")) not in (None, "0", "1")
    return text_of(part.get("valueAddedTaxIncluded")) in ("false", "False") or is_for_many


def _priced(value: Any, currency: str | None, page: Page) -> Price | None:
    for part in as_list(value):
        # microdata and MonetaryAmount wrap the number in an object.
        amount = part.get("@value", part.get("value")) if isinstance(part, dict) else part
        code = text_of(part.get("currency")) or currency if isinstance(part, dict) else currency
        price = machine_price(amount, code, region=page.region)
        if price and price.amount > 0:
            return price
    return None


def _specifications(offer: DataNode) -> list[DataNode]:
    return [part for part in as_list(offer.get("priceSpecification")) if isinstance(part, dict)]


def _price_type(part: DataNode) -> str:
    name = text_of(part.get("priceType")) or ""
    return name.rstrip("/").rsplit("/", 1)[-1].rsplit("#", 1)[-1].lower()


def _regular_price(offer: DataNode, price: Price | None, page: Page) -> Price | None:
    """Return the list price where it is higher, in the same currency."""
    if price is None:
        return None
    for part in _specifications(offer):
        if _price_type(part) in REGULAR_PRICE_TYPES:
            currency = text_of(part.get("priceCurrency")) or text_of(offer.get("priceCurrency"))
            regular = _priced(part.get("price"), currency, page)
            if regular and regular.currency == price.currency and regular.amount > price.amount:
                return regular
    return None


def _variants(offers: list[DataNode], page: Page) -> tuple[Variant, ...]:
    """Offers that differ in sku or address are the product's variants."""
    found: dict[tuple[str | None, str | None], Variant] = {}
    for offer in offers:
        if has_type(offer, "AggregateOffer"):
            continue
        variant = Variant(
            sku=code_of(offer, "sku"),
            gtin=gtin_of(offer),
            url=page.absolute(text_of(offer.get("url"))),
            price=price_of(offer, page),
            availability=_availability(offer),
        )
        found.setdefault((variant.sku, variant.url), variant)
    return tuple(found.values()) if len(found) > 1 else ()
