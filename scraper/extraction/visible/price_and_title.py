"""Reader of the visible heading, price, images and description, for pages without markup.

The rules name no shop: they look for words that shops put into class names, near the page's `<h1>`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from bs4 import Tag
from bs4.element import NavigableString

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page, names_of
from scraper.extraction.visible.elements import ASIDE, ASIDE_TAGS, CARD, ENTRY_TAGS
from scraper.extraction.visible.image_url import image_url
from scraper.extraction.visible.regular_price import OLD_PRICE, REGULAR_PRICE, STRUCK
from scraper.values.price import Price, parse_price
from scraper.values.text import clean, key_of
from scraper.values.vocabulary import any_of, vocabulary

MAX_PRICE_TEXT = 80
MAX_PIECES = 60
MAX_IMAGES = 30
MIN_NAME = 4
MAX_ELEMENTS = 2000
MAX_TITLE = 300
MAX_HEADINGS = 20
MAX_TEXTS_AFTER = 200
MAX_PRICE_LINE = 32
MAX_PRICE_LETTERS = 14
_VOCABULARY = vocabulary("visible", "priceAndTitle")
_PRICE = any_of(_VOCABULARY["pricePatterns"])
_NOT_PRICE = any_of(_VOCABULARY["notPricePatterns"])
_NOT_PRICE_WORDS = "|".join(_VOCABULARY["notPriceWords"])
_NOT_PRICE_TEXT = any_of((*_VOCABULARY["notPriceTextPatterns"], rf"\b(?:{_NOT_PRICE_WORDS})\b"))
_GALLERY = any_of(_VOCABULARY["galleryPatterns"])
_DESCRIPTION = any_of(_VOCABULARY["descriptionPatterns"])


def extract(page: Page) -> list[Candidate]:
    """Return the one Candidate of the visible page."""
    heading = _heading(page)
    named = _named_prices(page, heading)
    prices = _with_cards(named, heading)
    if all(found.card is not None for found in prices):
        prices = _with_cards(named + _unnamed_prices(page, heading), heading)
    own = next((found for found in prices if found.card is None), None)
    return [
        Candidate(
            syntax="dom",
            is_product=heading is not None and own is not None,
            num_products=len({id(found.card) for found in prices if found.card is not None}),
            title=_title(page, heading),
            description=_description(page),
            images=_images(page, heading),
            price=own.price if own else None,
        )
    ]


def _heading(page: Page) -> Tag | None:
    """Return the `<h1>` that the page's title contains, else the first, else the element whose text is the title.

    One in the page's header or footer comes last, since it is mostly the shop's own name.
    """
    titles = {key_of(text) for text in page.titles} - {""}
    headings = [tag for tag in page.soup.find_all("h1", limit=MAX_HEADINGS) if tag.get_text(strip=True)]
    headings.sort(key=_is_aside)
    for tag in headings:
        name = key_of(tag.get_text(" ", strip=True))
        if any(name in title or title in name for title in titles):
            return tag
    return headings[0] if headings else _named_like(page, titles)


def _named_like(page: Page, titles: set[str]) -> Tag | None:
    for text in page.soup.body.find_all(string=True) if page.soup.body else ():
        parent = text.parent
        if len(text) > MAX_TITLE or key_of(text) not in titles or parent is None or parent.name == "body":
            continue
        if key_of(parent.get_text(" ", strip=True)) in titles:
            return parent
    return None


@dataclass(frozen=True)
class _Found:
    price: Price
    element: Tag
    card: Tag | None


def _lineage(tag: Tag) -> Iterator[Tag]:
    """Yield the element and its ancestors below `<body>`."""
    for part in (tag, *tag.parents):
        if part.name in ("html", "body", "[document]"):
            return
        yield part


def _is_aside(tag: Tag) -> bool:
    return any(part.name in ASIDE_TAGS or ASIDE.search(names_of(part)) for part in _lineage(tag))


def _elements(page: Page, pattern: re.Pattern[str]) -> list[Tag]:
    return list(islice((tag for tag, names in page.named_elements if pattern.search(names)), MAX_ELEMENTS))


def _named_prices(page: Page, heading: Tag | None) -> list[tuple[Price, Tag]]:
    """Return the prices people pay in elements named "price", those after the heading first."""
    following = {id(tag) for tag in heading.find_all_next(True)} if heading else set()
    found = []
    for tag in _elements(page, _PRICE):
        if _is_old(tag) or _NOT_PRICE.search(names_of(tag)) or _is_aside(tag):
            continue
        price = _visible_price(tag, page)
        if price:
            found.append((price, tag))
    found.sort(key=lambda pair: (id(pair[1]) not in following, _is_regular(pair[1])))
    return found


def _is_regular(tag: Tag) -> bool:
    return any(REGULAR_PRICE.search(names_of(part)) for part in islice(_lineage(tag), 3))


def _with_cards(priced: list[tuple[Price, Tag]], heading: Tag | None) -> list[_Found]:
    """Return each price with the product card around it."""
    kinds = _kinds([tag for _, tag in priced])
    return [_Found(price, tag, _card(tag, kinds, heading)) for price, tag in priced]


def _kinds(priced: list[Tag]) -> Counter[tuple[int, str, str]]:
    """Count, under each parent, the elements around a price by tag name and by each of their class names."""
    around = {id(part): part for tag in priced for part in _lineage(tag)}
    return Counter(kind for part in around.values() for kind in _kinds_of(part))


def _kinds_of(part: Tag) -> list[tuple[int, str, str]]:
    # A sold-out card may have one class name more than its neighbours, so each name counts on its own.
    return [(id(part.parent), part.name, name) for name in set(names_of(part).split()) or ("",)]


def _card(tag: Tag, kinds: Counter[tuple[int, str, str]], heading: Tag | None) -> Tag | None:
    """Return the product card around a price, if it is in one.

    A card is an element named so, one with a link among siblings of its kind that have prices too, or a list entry
    with a linked image. An element around the page's heading is not a card.
    """
    for part in _lineage(tag):
        if _holds(part, heading):
            return None
        if CARD.search(names_of(part)):
            return part
        is_repeated = any(kinds[kind] > 2 for kind in _kinds_of(part))
        if is_repeated and (part.name == "a" or part.find("a", href=True)):
            return part
        if part.name in ENTRY_TAGS and part.select_one("a[href] img"):
            return part
    return None


def _unnamed_prices(page: Page, heading: Tag | None) -> list[tuple[Price, Tag]]:
    """Return the prices of short lines after the heading, whose class names do not matter."""
    found = []
    following = heading.find_all_next(string=True) if heading else ()
    for text in islice((text for text in following if text.strip()), MAX_TEXTS_AFTER):
        if not any(char.isdigit() for char in text) or not isinstance(text.parent, Tag):
            continue
        tag = _short_line(text.parent)
        if tag is None or _says_more(tag) or _is_old(tag) or _NOT_PRICE.search(names_of(tag)) or _is_aside(tag):
            continue
        price = _visible_price(tag, page)
        if price:
            found.append((price, tag))
    return found


def _short_line(tag: Tag) -> Tag | None:
    """Return the widest element around `tag` that is still one short line: the currency may be beside the number.

    An element with a link, an image or a heading is more than a price.
    """
    best = None
    for part in islice(_lineage(tag), 4):
        text = part.get_text(" ", strip=True)
        if len(text) > MAX_PRICE_LINE or (part is not tag and part.find(_VOCABULARY["richTags"])):
            break
        best = part
    return best


def _says_more(tag: Tag) -> bool:
    """Return whether the line is about something other than the price: shipping, savings, a month's instalment."""
    text = tag.get_text(" ", strip=True)
    return sum(map(str.isalpha, text)) > MAX_PRICE_LETTERS or bool(_NOT_PRICE_TEXT.search(text))


def _holds(tag: Tag, heading: Tag | None) -> bool:
    return heading is not None and any(parent is tag for parent in heading.parents)


def _is_old(tag: Tag) -> bool:
    return any(part.name in STRUCK for part in _lineage(tag)) or bool(OLD_PRICE.search(names_of(tag)))


def _kind(tag: Tag, page: Page) -> str:
    """Return "price", "regular" or "other" for an element within a price; the answer is cached."""
    kind = page.price_kinds.get(id(tag))
    if kind is None:
        names = names_of(tag)
        is_other = tag.name in STRUCK or OLD_PRICE.search(names) or _NOT_PRICE.search(names)
        kind = "other" if is_other else "regular" if REGULAR_PRICE.search(names) else "price"
        page.price_kinds[id(tag)] = kind
    return kind


def _visible_price(tag: Tag, page: Page) -> Price | None:
    """Return the price in the element's own text, without struck-through text; a bare number is not a price.

    Text named a regular price counts only where nothing else is a price.
    """
    asked: list[str] = []
    regular: list[str] = []
    texts = (part for part in tag.descendants if isinstance(part, NavigableString) and not part.isspace())
    for text in islice(texts, MAX_PIECES):
        inner = takewhile(lambda part: part is not tag, (part for part in text.parents if isinstance(part, Tag)))
        kinds = {_kind(part, page) for part in inner}
        if "other" in kinds:
            continue
        (regular if "regular" in kinds else asked).extend(str(text).split())
        if sum(map(len, (*asked, *regular))) > MAX_PRICE_TEXT:
            return None
    return _price_in(asked, page) or _price_in([*asked, *regular], page)


def _price_in(pieces: list[str], page: Page) -> Price | None:
    visible = " ".join(pieces)
    price = parse_price(visible, region=page.region) if 0 < len(visible) <= MAX_PRICE_TEXT else None
    return price if price and price.currency and price.amount > 0 else None


def _title(page: Page, heading: Tag | None) -> str | None:
    if heading:
        return clean(heading.get_text(" ", strip=True), 500)
    return next((title for text in page.headings[:1] if (title := clean(text, 500))), None)


def _description(page: Page) -> str | None:
    for tag in _elements(page, _DESCRIPTION):
        if (text := clean(tag.get_text(" ", strip=True), 5000)) and not _is_aside(tag):
            return text
    return None


def _images(page: Page, heading: Tag | None) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for gallery in _elements(page, _GALLERY):
        if _is_aside(gallery) or any(CARD.search(names_of(part)) for part in list(_lineage(gallery))[1:]):
            continue
        for image in [gallery] if gallery.name == "img" else gallery.find_all("img"):
            if url := image_url(image, page):
                found.setdefault(url)
    return tuple(found)[:MAX_IMAGES] or _images_named_like(page, heading)


def _images_named_like(page: Page, heading: Tag | None) -> tuple[str, ...]:
    """Return the images whose `alt` text begins with the heading."""
    name = key_of(heading.get_text(" ", strip=True)) if heading else ""
    found: dict[str, None] = {}
    for image in page.soup.find_all("img", alt=True) if len(name) >= MIN_NAME else ():
        is_named = key_of(str(image["alt"])[:MAX_TITLE]).startswith(name)
        is_card = any(CARD.search(names_of(part)) for part in _lineage(image))
        if is_named and not is_card and not _is_aside(image) and (url := image_url(image, page)):
            found.setdefault(url)
    return tuple(found)[:MAX_IMAGES]
