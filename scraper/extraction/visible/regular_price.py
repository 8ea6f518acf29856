"""Reader of the visible regular price: higher, in the same currency, struck through or named so, beside the price."""

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from scraper.extraction.page import Page
from scraper.extraction.visible.elements import find, is_aside, is_in_card, is_unseen, lineage, names_of, text_of
from scraper.values.price import Price, parse_price
from scraper.values.vocabulary import any_of, vocabulary

MAX_ELEMENTS = 60
MAX_TEXT = 80
MAX_LINE = 200
MAX_LEVELS = 4
_VOCABULARY = vocabulary("visible", "regularPrice")
STRUCK = tuple(_VOCABULARY["struckTags"])
OLD_PRICE = any_of(_VOCABULARY["oldPricePatterns"])
# Names of the old price beside a new one, and of the only price where there is no other.
REGULAR_PRICE = any_of(_VOCABULARY["regularPricePatterns"])
_PRICE = re.compile("|".join(_VOCABULARY["priceStems"]))
_struck = etree.XPath(" | ".join(f"/html/body//{tag}" for tag in STRUCK))


def regular_price(page: Page, price: Price) -> Price | None:
    """Return the regular price, or None."""
    named = [element for element, names in page.named if _PRICE.search(names) and _is_named_old(element)]
    for element in [*find(_struck, page.root)[:MAX_ELEMENTS], *named[:MAX_ELEMENTS]]:
        text = text_of(element)
        before = parse_price(text, region=page.region) if 0 < len(text) <= MAX_TEXT else None
        if before is None or before.currency != price.currency or before.amount <= price.amount:
            continue
        is_own = not (is_unseen(element) or is_aside(element) or is_in_card(element))
        if is_own and _is_beside(element, text, price.amount, page):
            return before
    return None


def _is_named_old(element: Any) -> bool:
    names = names_of(element)
    return bool(OLD_PRICE.search(names) or REGULAR_PRICE.search(names))


def _is_beside(element: Any, text: str, amount: Decimal, page: Page) -> bool:
    """Return whether a line around the element has the price `amount` once the old price is removed."""
    for container in lineage(element)[1 : MAX_LEVELS + 1]:
        line = text_of(container)
        if len(line) > MAX_LINE:
            return False
        rest = parse_price(line.replace(text, " ", 1), region=page.region)
        if rest and rest.currency:
            return rest.amount == amount
    return False
