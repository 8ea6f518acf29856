"""Where on the visible page an element stands."""

import re
from typing import Any, cast

from lxml import etree

_UNSEEN = frozenset(("script", "style", "noscript", "template", "svg", "head", "title", "textarea", "option", "object"))
_visible_texts = etree.XPath(
    "descendant::text()[not(" + " or ".join(f"ancestor::{tag}" for tag in sorted(_UNSEEN)) + ")]"
)
_linked_image = etree.XPath("boolean(.//a[@href]//img)")
# Class names, and what shops whose class names are generated write for their own tests.
NAME_ATTRIBUTES = ("class", "id", "data-testid", "data-test", "data-qa", "data-auto")
ASIDE = re.compile(
    r"related|recommend|similar|upsell|cross-?sell|carousel|also[-_]|recently|mini-?cart|cart[-_]drawer|"
    r"compar(?:e[-_]|ison)|wishlist|sponsor|footer|newsletter|mega-?menu|(?<!p)review",
    re.IGNORECASE,
)
CARD = re.compile(
    r"(?:product|item|goods)s?[-_]{0,2}(?:card|tile|item|teaser|box|miniature|thumb|list|grid|block)", re.IGNORECASE
)
ASIDE_TAGS = frozenset(("nav", "footer", "aside", "header"))


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
    """Return what an element is named by, as one text."""
    return " ".join(value for name in NAME_ATTRIBUTES if (value := element.get(name)))


def text_of(element: Any) -> str:
    """Return what a person reads in the element, in one line."""
    return " ".join(" ".join(find(_visible_texts, element)).split())


def is_in_card(element: Any) -> bool:
    """Whether the element is part of some product's teaser: named like a card, or a list entry with a linked image.

    What holds an `<h1>` is no card.
    """
    for part in lineage(element):
        is_card = CARD.search(names_of(part)) or (part.tag in ("li", "article") and _linked_image(part))
        if is_card:
            return next(part.iter("h1"), None) is None
    return False


def is_unseen(element: Any) -> bool:
    """Whether a person never sees the element's text."""
    return any(part.tag in _UNSEEN for part in lineage(element))


def is_aside(element: Any) -> bool:
    """Whether the element stands in navigation, footer, or among other products, reviews and the like."""
    return any(part.tag in ASIDE_TAGS or ASIDE.search(names_of(part)) for part in lineage(element))
