"""Choice of an image's address: pages name several, for several widths and for lazy loading."""

import re
from collections.abc import Iterator

from bs4 import Tag

from scraper.extraction.page import Page
from scraper.values.vocabulary import vocabulary

MAX_SRCSET = 20_000
_VOCABULARY = vocabulary("visible", "imageUrl")
_DRAWING = re.compile(_VOCABULARY["drawingPattern"])
_DESCRIPTOR = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)[wx]")


def image_url(image: Tag, page: Page) -> str | None:
    """Return the best address of an `<img>`: widest of srcset, lazy address, then `src`; no drawing (.svg)."""
    for name in _VOCABULARY["attributes"]:
        value = str(image.get(name) or "").strip()
        url = page.absolute(_widest(value) if name.endswith("srcset") else value)
        if url and not _DRAWING.search(url):
            return url
    return None


def _widest(srcset: str) -> str | None:
    widest = max(_candidates(srcset), key=lambda candidate: candidate[1], default=None)
    return widest[0] if widest else None


def _candidates(srcset: str) -> Iterator[tuple[str, float]]:
    """Yield each address with its width or density, 1 where none is named (WHATWG HTML, "parse a srcset attribute")."""
    url, width = "", 1.0
    for token in srcset[:MAX_SRCSET].split():
        descriptor, comma, rest = token.partition(",") if url else ("", "", token)
        if number := _DESCRIPTOR.fullmatch(descriptor):
            width = float(number.group(1))
        if comma:
            yield url, width
        if comma or not url:
            url, width = rest, 1.0
        if url.endswith(","):
            yield url.rstrip(","), 1.0
            url = ""
    if url:
        yield url, width
