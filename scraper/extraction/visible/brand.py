"""Reader of the visible brand: a short text in an element named for it, or in a link to a brand's page."""

import re
from typing import Any

from lxml import etree

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page
from scraper.extraction.visible.elements import find, is_aside, is_in_card, is_unseen, names_of, text_of
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import brand_name, label_kind

MAX_ELEMENTS = 200
MAX_LENGTH = 40
_VOCABULARY = vocabulary("visible", "brand")
# Without first letters, so that "Brand" and "brand" are both found without folding every name.
_WORDS = re.compile("|".join(_VOCABULARY["nameStems"]))
_NAME = re.compile(_VOCABULARY["namePattern"], re.IGNORECASE)
_HREF = re.compile(rf"/(?:{'|'.join(_VOCABULARY['stepPatterns'])})/[^/?#]+")
_attributes = etree.XPath(" | ".join(f"//@{name}" for name in _VOCABULARY["attributes"]))


def extract(page: Page) -> list[Candidate]:
    """Return the first visible brand, else the one that every `data-brand` attribute of the page names."""
    brand = _visible(page) or _attribute(page)
    return [Candidate(syntax="dom", brand=brand)] if brand else []


def _visible(page: Page) -> str | None:
    named = [element for element, names in page.named if _WORDS.search(names) and _NAME.search(names_of(element))]
    linked = [element for element in page.root.iter("a") if _HREF.search(element.get("href") or "")]
    for element in [*named, *linked][:MAX_ELEMENTS]:
        brand = _brand(element)
        if brand and not (is_unseen(element) or is_aside(element) or is_in_card(element)):
            return brand
    return None


def _brand(element: Any) -> str | None:
    image = next(element.iter("img"), None)
    text = clean(text_of(element), 200) or (clean(image.get("alt"), 200) if image is not None else None)
    text = brand_name(text)
    is_name = text and len(text) <= MAX_LENGTH and label_kind(text) is None and any(map(str.isalpha, text))
    return text if is_name else None


def _attribute(page: Page) -> str | None:
    names = {name for value in find(_attributes, page.root)[:MAX_ELEMENTS] if (name := clean(value, MAX_LENGTH))}
    return names.pop() if len(names) == 1 else None
