"""Values that elements give to properties, for microdata and RDFa."""

from typing import Any

from scraper.values.vocabulary import vocabulary

MAX_TEXT = 20_000
# Names on one element: each would hold the element's whole text.
MAX_NAMES = 10
# Properties whose value is text: from a link or an image its words are read, not its address.
TEXT_PROPERTIES = frozenset(vocabulary("markup", "elementValues")["textProperties"])


def element_text(element: Any) -> str:
    """Return the element's text in one line, cut: nested properties would repeat a long page at each level."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        pieces.append(piece[:MAX_TEXT])
        size += len(piece)
        if size > MAX_TEXT:
            break
    return " ".join("".join(pieces).split())


def linked_text(element: Any) -> str:
    """Return the words of a link or an image: its text, else its `alt` or `title`."""
    return element_text(element) or (element.get("alt") or element.get("title") or "").strip()
