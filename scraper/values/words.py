"""Words of pages for availability, condition, home and refusals, compared by their letters alone."""

from functools import cache

from kernel.contracts import contract
from scraper.values.vocabulary import any_of, vocabulary

_CLAUSE_END = any_of(vocabulary("values", "words")["clauseEndPatterns"])


def fold(text: str) -> str:
    """Return only the letters of `text`, in lower case."""
    return "".join(char for char in text.lower() if char.isalpha())


@cache
def _folded(name: str) -> dict[str, str]:
    groups = contract("page-words.json")[name]
    pairs = groups.items() if isinstance(groups, dict) else [(name, groups)]
    return {fold(word): str(value) for value, words in pairs for word in words if fold(word)}


def availability_of(value: object) -> str | None:
    """Return schema.org's ItemAvailability for a URL, a code or a phrase in any of the known spellings.

    >>> availability_of("http://schema.org/OutOfStock"), availability_of("in_stock"), availability_of("Auf Lager")
    ('OutOfStock', 'InStock', 'InStock')
    """
    return _named("availability", value)


def availability_in(text: str) -> str | None:
    """Return the availability that a line states first, with filler words around it ignored.

    >>> availability_in("Sorry, this item is currently out of stock. Try these"), availability_in("Picture unavailable")
    ('OutOfStock', None)
    """
    clause = _CLAUSE_END.split(text.replace(", ", " "), maxsplit=1)[0]
    words = [word for word in clause.split() if fold(word) not in _folded("fillers")]
    return availability_of(text) or availability_of(clause) or availability_of(" ".join(words))


def condition_of(value: object) -> str | None:
    """Return schema.org's OfferItemCondition for a URL, a code or a phrase."""
    return _named("condition", value)


def _named(group: str, value: object) -> str | None:
    if isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    return _folded(group).get(fold(value.strip().rstrip("/").replace("#", "/").rsplit("/", 1)[-1][:100]))


def label_kind(text: str) -> str | None:
    """Return which field ("sku", "mpn", "gtin", "brand") a label names, or None.

    >>> label_kind("Art.-Nr."), label_kind("Производитель"), label_kind("Weight")
    ('sku', 'brand', None)
    """
    return _folded("labels").get(fold(text))


def brand_name(text: str | None) -> str | None:
    """Return a brand without the label before it in the same text.

    >>> brand_name("More of the brand: Acme"), brand_name("Acme")
    ('Acme', 'Acme')
    """
    head, colon, tail = (text or "").partition(":")
    is_label = colon and any(label_kind(word) == "brand" for word in (head, *head.split()[-1:]))
    return (tail.strip() if is_label else text) or None


def is_home(text: str) -> bool:
    """Return whether a breadcrumb's text names the home page."""
    return fold(text) in _folded("home")


def is_phrase(group: str, text: str) -> bool:
    """Return whether the whole text is one of the group's phrases ("addToCart", "notFound", "blocked")."""
    return fold(text) in _folded(group)


def opens_with(group: str, text: str) -> bool:
    """Return whether the text begins with one of the group's phrases of at least eight letters, or is one of them."""
    folded = fold(text[:200])
    return any(folded == phrase or (len(phrase) >= 8 and folded.startswith(phrase)) for phrase in _folded(group))
