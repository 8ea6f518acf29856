"""Reader of the visible availability: the buy button first, then elements named as a stock line."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page
from scraper.extraction.visible.elements import find, is_aside, is_in_card, is_unseen, text_of
from scraper.values.vocabulary import vocabulary
from scraper.values.words import availability_in, is_phrase

MAX_TEXT = 60
MAX_SENTENCE = 160
MAX_BUTTONS = 500
MAX_LINES = 200
MAX_OWN_BUTTONS = 2
_VOCABULARY = vocabulary("visible", "stock")
SOLD_OUT = tuple(_VOCABULARY["soldOut"])
_buttons = etree.XPath("//button | //input[@type='submit' or @type='button'] | //a[@role='button' or @role='submit']")
# Without their first letters, so that "Stock" and "stock" are both found.
_STOCK_NAMES = re.compile("|".join(_VOCABULARY["nameStems"]))


def extract(page: Page) -> list[Candidate]:
    """Return the availability of the buy button or a stock line.

    A page with a heading and one buy button, or two ("Add to cart", "Buy now"), sells a product, even without a price;
    more of them make a list.
    """
    said = list(islice(_button_availabilities(page), MAX_OWN_BUTTONS + 1))
    found = said[0] if said else _line_availability(page)
    is_product = 0 < len(said) <= MAX_OWN_BUTTONS and bool(page.tagged["h1"])
    num_products = len(said) if len(said) > MAX_OWN_BUTTONS else 0
    return [Candidate("dom", is_product, num_products, availability=found)] if found else []


def contradiction(page: Page, availability: str | None) -> str | None:
    """Return the buy button's availability where markup has the opposite: the button is made anew for every view."""
    if availability != "InStock" and availability not in SOLD_OUT:
        return None
    said = next(_button_availabilities(page), None)
    is_opposite = said in SOLD_OUT if availability == "InStock" else said == "InStock"
    return said if is_opposite else None


def _button_availabilities(page: Page) -> Iterator[str]:
    """Yield the availability of each buy button outside of other products: in stock, sold out, or pre-order.

    A disabled button counts as enabled: many wait for the choice of a size, or for their script.
    """
    for element in find(_buttons, page.root)[:MAX_BUTTONS]:
        text = _text(element)
        if not text or len(text) > MAX_TEXT:
            continue
        found = availability_in(text)
        is_sold_out = found in SOLD_OUT or found == "PreOrder"
        if (is_sold_out or is_phrase("addToCart", text)) and not _is_elsewhere(element):
            yield found if found and is_sold_out else "InStock"


def _line_availability(page: Page) -> str | None:
    lines = (element for element, names in page.named if _STOCK_NAMES.search(names))
    for element in islice(lines, MAX_LINES):
        text = _text(element)
        found = availability_in(text) if len(text) <= MAX_SENTENCE else None
        if found and not _is_elsewhere(element):
            return found
    return None


def _is_elsewhere(element: Any) -> bool:
    return is_unseen(element) or is_aside(element) or is_in_card(element)


def _text(element: Any) -> str:
    if element.tag == "input":
        return element.get("value") or ""
    return text_of(element)
