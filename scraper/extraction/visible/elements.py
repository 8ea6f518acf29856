"""Position of an element on the visible page: its names, its ancestors, and the areas around it."""

from typing import Any, cast

from lxml import etree

from scraper.values.vocabulary import any_of, vocabulary

_PAGE = vocabulary("page")
_VOCABULARY = vocabulary("visible", "elements")
_UNSEEN = frozenset(_PAGE["unseenTags"])
_visible_texts = etree.XPath(
    "descendant::text()[not(" + " or ".join(f"ancestor::{tag}" for tag in sorted(_UNSEEN)) + ")]"
)
_linked_image = etree.XPath("boolean(.//a[@href]//img)")
# Class names and ids; shops with generated class names write names for their own tests.
NAME_ATTRIBUTES = tuple(_PAGE["nameAttributes"])
ASIDE = any_of(_VOCABULARY["asidePatterns"])
CARD = any_of(_VOCABULARY["cardPatterns"])
ASIDE_TAGS = frozenset(_VOCABULARY["asideTags"])
# Entries of a list, which are cards where they hold a linked image.
ENTRY_TAGS = frozenset(_VOCABULARY["entryTags"])


def find(path: etree.XPath, root: Any) -> list[Any]:
    """Return the elements or attribute values that a compiled XPath selects."""
    return cast(list[Any], path(root))


def lineage(element: Any) -> list[Any]:
    """Return the element and its ancestors below `<body>`."""
    found = []
    while element is not None and element.tag not in ("html", "body"):
        found.append(element)
        element = element.getparent()
    return found


def names_of(element: Any) -> str:
    """Return the class, id and test names of an element, as one text."""
    return " ".join(value for name in NAME_ATTRIBUTES if (value := element.get(name)))


def text_of(element: Any) -> str:
    """Return the visible text of the element, in one line."""
    return " ".join(" ".join(find(_visible_texts, element)).split())


def is_in_card(element: Any) -> bool:
    """Return whether the element is part of a product card: an element named so, or a list entry with a linked image.

    An element that holds an `<h1>` is not a card.
    """
    for part in lineage(element):
        is_card = CARD.search(names_of(part)) or (part.tag in ENTRY_TAGS and _linked_image(part))
        if is_card:
            return next(part.iter("h1"), None) is None
    return False


def is_unseen(element: Any) -> bool:
    """Return whether a person never sees the element's text."""
    return any(part.tag in _UNSEEN for part in lineage(element))


def is_aside(element: Any) -> bool:
    """Return whether the element is in navigation, header, footer, or among other products or reviews."""
    return any(part.tag in ASIDE_TAGS or ASIDE.search(names_of(part)) for part in lineage(element))
