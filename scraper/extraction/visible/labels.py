"""Reader of labelled values on the visible page: "SKU: 123", a row "Brand | Acme", "Item number" above its value.

Layouts differ (tables, definition lists, spans) and are ignored. A label is a text node with one of the known words,
in any of the languages of `page-words.json`; its value is the rest of that node, else the next text close by.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page, Text
from scraper.extraction.visible.elements import is_aside, lineage
from scraper.values.gtin import normalise_gtin
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import availability_in, label_kind

MAX_LABEL = 40
MAX_VALUE = 80
MAX_STEPS = 3
MAX_DISTANCE = 4
_SEPARATORS = vocabulary("visible", "labels")["separators"]
_SEPARATOR = re.compile(rf"\s*[{_SEPARATORS}]+\s*")
_CODE = re.compile(r"[\w./+-]{3,40}")


def extract(page: Page) -> list[Candidate]:
    """Return the first plausible value of each kind of label.

    A page with exactly one code and a value of another kind is about one product, even without a price.
    """
    found: dict[str, Any] = {}
    codes: set[str] = set()
    texts = page.texts
    for index, text in enumerate(texts):
        if len(text.text) > MAX_LABEL + MAX_VALUE:
            continue
        for kind, value in _values(texts, index):
            read = _READERS[kind](value)
            if read and not is_aside(text.element):
                found.setdefault(kind, read)
                codes |= {read} if kind == "sku" else set()
    is_product = len(codes) == 1 and len(found) > 1 and bool(page.headings)
    return [Candidate(syntax="dom", is_product=is_product, **found)] if found else []


def _values(texts: list[Text], index: int) -> Iterator[tuple[str, str]]:
    """Yield the values that the text labels, as (kind, value)."""
    text = texts[index].text
    separator = _SEPARATOR.search(text)
    head = text[: separator.start()] if separator else text
    kind = _kind(head)
    if kind is None:
        head, _, value = text.rpartition(" ")
        kind = _kind(head) if any(char.isdigit() for char in value) else None
        if kind and kind != "brand":
            yield kind, value
        return
    value = text[separator.end() :] if separator else ""
    yield from ((kind, value) for value in ([value] if value else _following(texts, index)))


def _following(texts: list[Text], index: int) -> Iterator[str]:
    """Yield the next text with a letter or digit, where it is close to the label and not a label itself."""
    near = lineage(texts[index].element)[: MAX_DISTANCE + 1]
    for text in texts[index + 1 : index + 1 + MAX_STEPS]:
        value = text.text.lstrip(f"{_SEPARATORS} ")
        if not any(char.isalnum() for char in value):
            continue
        is_near = any(part in near for part in lineage(text.element)[: MAX_DISTANCE + 1])
        if is_near and not _kind(_SEPARATOR.split(value, maxsplit=1)[0]):
            yield value
        return


@lru_cache(maxsize=100_000)
def _kind(text: str) -> str | None:
    return label_kind(text) if len(text) <= MAX_LABEL else None


def _code(value: str) -> str | None:
    """Return the code a value begins with; it has a digit and is alone or before more words."""
    match = _CODE.match(value)
    code = match.group().strip("./+-") if match else ""
    return code if any(char.isdigit() for char in code) and _stands_alone(value, len(code)) else None


def _stands_alone(value: str, length: int) -> bool:
    return len(value) <= MAX_VALUE and (length == len(value) or not value[length].isalnum())


def _name(value: str) -> str | None:
    """Return a short name, or None for a sentence."""
    text = clean(value, 200)
    return text if text and len(text) <= 60 and any(char.isalpha() for char in text) else None


_READERS = {"sku": _code, "mpn": lambda value: clean(value, 100) if _code(value) else None, "gtin": normalise_gtin,
            "brand": _name, "availability": availability_in}  # fmt: skip
