"""Readers of state without product names: Magento's price boxes, WooCommerce's variations, and shop currencies."""

import re
from typing import Any

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup.nodes import DataNode, as_list, text_of
from scraper.extraction.markup.schemaorg import attribute_key
from scraper.extraction.page import Page
from scraper.extraction.state.sources import Source
from scraper.values.identity import absolute_url
from scraper.values.price import Price, currency_code, machine_price
from scraper.values.product import Variant
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary

MAX_VARIANTS = 250
_VOCABULARY = vocabulary("state", "platforms")
_CURRENCIES = re.compile("|".join(_VOCABULARY["currencyPatterns"]))
_VARIATION_PREFIX = re.compile(_VOCABULARY["variationPrefixPattern"])


def shop_currency(page: Page) -> str | None:
    """Return the currency that Shopify's or WooCommerce's own scripts name for the whole shop."""
    if not any(mark in page.html for mark in _VOCABULARY["currencyMarks"]):
        return None
    match = _CURRENCIES.search(page.html)
    return currency_code(next(filter(None, match.groups()), None)) if match else None


def magento_candidate(node: DataNode, page: Page) -> Candidate | None:
    """Return the price of a Magento price box where its product is the one that the page's form buys."""
    prices = node.get("prices")
    if isinstance(prices, dict) and isinstance(prices.get("finalPrice"), dict):
        final, old = (_amount(prices.get(key)) for key in ("finalPrice", "oldPrice"))
    elif "productPrice" in node and "priceFormat" in node:
        final, old = node.get("productPrice"), node.get("productOldPrice")
    else:
        return None
    identity = text_of(node.get("productId"))
    if identity is None or identity not in _bought_ids(page):
        return None
    currency = _currency_of_pattern(node, page)
    price, regular = _positive(final, currency), _positive(old, currency)
    is_higher = price and regular and regular.amount > price.amount
    if price is None:
        return None
    return Candidate(
        "state", is_product=True, num_products=1, price=price, regular_price=regular if is_higher else None
    )


def _amount(part: Any) -> Any:
    return part.get("amount") if isinstance(part, dict) else None


def _positive(value: Any, currency: str | None) -> Price | None:
    price = machine_price(value, currency)
    return price if price and price.amount > 0 else None


def _bought_ids(page: Page) -> set[str]:
    """Return the product id of the page's own form: Magento's by its name, else the only one there is."""
    own = page.root.xpath("//form[@id='product_addtocart_form']//input[@name='product']/@value")
    found = {str(value) for value in own or page.root.xpath("//form//input[@name='product']/@value")}
    return found if len(found) == 1 else set()


def _currency_of_pattern(node: DataNode, page: Page) -> str | None:
    """Return the currency of a pattern such as "€%s"."""
    form = node.get("priceFormat")
    pattern = form.get("pattern") if isinstance(form, dict) else node.get("currencyFormat")
    symbol = pattern.replace("%s", "").strip() if isinstance(pattern, str) else None
    return currency_code(symbol, region=page.region)


def woocommerce_candidate(found: list[Source], currency: str | None) -> Candidate | None:
    """Return the Candidate of the page's one form of variations: the lowest price, in stock if any variation is."""
    forms = [source.value for source in found if source.attribute == _VOCABULARY["variationsAttribute"]]
    if len(forms) != 1 or not isinstance(forms[0], list):
        return None
    parts = [part for part in forms[0][:MAX_VARIANTS] if isinstance(part, dict)]
    variants = [_variation(part, currency) for part in parts]
    priced = [(variant.price, part) for variant, part in zip(variants, parts, strict=True) if variant.price]
    if not priced:
        return None
    price, part = min(priced, key=lambda pair: pair[0].amount)
    regular = _positive(part.get("display_regular_price"), currency)
    skus = {variant.sku for variant in variants}
    return Candidate(
        "state",
        is_product=True,
        num_products=1,
        price=price,
        regular_price=regular if regular and regular.amount > price.amount else None,
        sku=next(iter(skus)) if len(skus) == 1 else None,
        availability="InStock" if any(one.availability == "InStock" for one in variants) else variants[0].availability,
        variants=tuple(variants) if len(variants) > 1 else (),
    )


def _variation(part: DataNode, currency: str | None) -> Variant:
    names = part.get("attributes")
    pairs = names.items() if isinstance(names, dict) else ()
    attributes = ((attribute_key(_VARIATION_PREFIX.sub("", name)), clean(value, 200)) for name, value in pairs)
    stock = part.get("is_in_stock")
    image = next((one.get("src") for one in as_list(part.get("image")) if isinstance(one, dict)), None)
    return Variant(
        sku=clean(text_of(part.get("sku")), 100),
        image=absolute_url(image, image) if isinstance(image, str) else None,
        price=_positive(part.get("display_price"), currency),
        availability=("InStock" if stock else "OutOfStock") if isinstance(stock, bool) else None,
        attributes={key: value for key, value in attributes if key and value},
    )
