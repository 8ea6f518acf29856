"""Reader of prices in a page's state: under many keys, nested, in minor units, in the nearest object's currency."""

from typing import Any, TypeGuard

from scraper.extraction.markup.nodes import DataNode
from scraper.extraction.page import Page
from scraper.values.price import Price, currency_code, machine_price
from scraper.values.vocabulary import vocabulary

# Prices are a few objects deep; each further level multiplies the cost of a hostile object.
MAX_DEPTH = 3
_VOCABULARY = vocabulary("state", "price")
PRICE_KEYS = tuple(_VOCABULARY["priceKeys"])
REGULAR_KEYS = tuple(_VOCABULARY["regularPriceKeys"])
AMOUNT_KEYS = tuple(_VOCABULARY["amountKeys"])
MINOR_KEYS = tuple(_VOCABULARY["minorKeys"])
CURRENCY_KEYS = tuple(_VOCABULARY["currencyKeys"])


def currency_in(node: DataNode) -> str | None:
    """Return the ISO 4217 code that an object names."""
    return next((code for key in CURRENCY_KEYS if (code := currency_code(node.get(key)))), None)


def is_in_minor_units(node: DataNode) -> bool:
    """Return whether whole numbers here count cents: Shopify's product JSON has all of these keys and only integers."""
    prices = [node.get(key) for key in ("price", "price_min", "compare_at_price_min")]
    return "price_varies" in node and all(price is None or _is_whole(price) for price in prices)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def price_in(
    node: DataNode,
    keys: tuple[str, ...],
    currency: str | None,
    page: Page,
    *,
    is_minor: bool = False,
    depth: int = 0,
) -> Price | None:
    """Return the first price above zero under `keys`; with `is_minor`, whole numbers count cents."""
    own = currency_in(node) or currency
    digits = node.get("currency_minor_unit", node.get("fractionDigits"))
    for key in MINOR_KEYS if keys is PRICE_KEYS else ():
        if _is_whole(node.get(key)):
            return _scaled(node[key], own, digits if isinstance(digits, int) else 2)
    is_minor = is_minor or is_in_minor_units(node)
    for key in keys:
        value = node.get(key)
        if isinstance(value, dict):
            inner = tuple(dict.fromkeys((*AMOUNT_KEYS, *keys)))
            price = price_in(value, inner, own, page, depth=depth + 1) if depth < MAX_DEPTH else None
            if price := price or _minor(value, own):
                return price
        elif isinstance(digits, int) and isinstance(value, int | str) and str(value).isdigit():
            return _scaled(int(value), own, digits)
        elif is_minor and _is_whole(value):
            if price := _scaled(value, own, 2):
                return price
        elif (price := machine_price(value, own, region=page.region)) and price.amount > 0:
            return price
    return None


def _minor(value: DataNode, currency: str | None) -> Price | None:
    digits = value.get("fractionDigits", 2)
    amount: int = next((value[key] for key in MINOR_KEYS if _is_whole(value.get(key))), 0)
    return _scaled(amount, currency_in(value) or currency, digits) if isinstance(digits, int) else None


def _scaled(amount: int, currency: str | None, digits: int) -> Price | None:
    if isinstance(amount, bool) or amount <= 0 or amount >= 10**15 or not 0 <= digits <= 4:
        return None
    text = f"{amount:0{digits + 1}d}"
    price = machine_price(f"{text[:-digits]}.{text[-digits:]}" if digits else text, currency)
    return Price(price.amount, price.currency) if price else None
