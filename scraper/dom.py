"""What a person sees: heading, price, breadcrumbs, pictures and the buy button, where markup says nothing.

The rules name no shop: they look for the words that shops everywhere put into class names, near the page's `<h1>`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from bs4 import Tag

from scraper import breadcrumbs
from scraper.candidate import Candidate
from scraper.document import Page, names_of
from scraper.price import Price, parse_price
from scraper.text import clean
from scraper.words import availability_of, says

MAX_PRICE_TEXT = 80
MAX_ELEMENTS = 2000
_PRICE = re.compile(r"price|preis|\bprix\b|precio|prezzo", re.IGNORECASE)
_OLD_PRICE = re.compile(
    r"old|was\b|regular|list[-_]?price|compare|original|cross|strike|through|rrp|msrp|uvp|before|previous",
    re.IGNORECASE,
)
_NOT_PRICE = re.compile(
    r"unit|per[-_]|instal|shipping|delivery|sav(?:e|ing)|discount|filter|range|slider|coupon|points", re.IGNORECASE
)
_ASIDE = re.compile(
    r"related|recommend|similar|upsell|cross-?sell|carousel|also[-_]|recently|mini-?cart|cart[-_]drawer|"
    r"compar(?:e[-_]|ison)|wishlist|sponsor|footer|newsletter|mega-?menu|review",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?:product|item|goods)s?[-_]{0,2}(?:card|tile|item|teaser|box|miniature|thumb|list|grid|block)", re.IGNORECASE
)
_GALLERY = re.compile(r"gallery|product[-_]{0,2}(?:image|img|media|photo|picture|slide)|main[-_]?image", re.IGNORECASE)
_STOCK = re.compile(r"stock|availab|sold[-_]?out|verf[uü]gbar", re.IGNORECASE)
_DESCRIPTION = re.compile(r"product-{1,2}description|product__description|(?:^|\s)description$", re.IGNORECASE)
_BREADCRUMBS = re.compile(r"breadcrumb", re.IGNORECASE)
_SKU = re.compile(r"(?:^|\s|product[-_]{1,2})sku(?:\s|$)", re.IGNORECASE)
_ASIDE_TAGS = frozenset(("nav", "footer", "aside", "header"))


def extract(page: Page) -> list[Candidate]:
    """Return what the visible page says."""
    soup = page.soup
    heading = next((tag for tag in soup.find_all("h1") if tag.get_text(strip=True)), None)
    prices = _prices(page, heading)
    own = next((found for found in prices if found.card is None), None)
    return [
        Candidate(
            syntax="dom",
            is_product=heading is not None and own is not None,
            num_products=len({id(found.card) for found in prices if found.card is not None}),
            title=_title(page, heading),
            description=_description(page),
            category_path=_category_path(page),
            images=_images(page),
            price=own.price if own else None,
            regular_price=_regular_price(own, prices, page) if own else None,
            availability=_availability(page),
            sku=_sku(page),
        )
    ]


@dataclass(frozen=True)
class _Found:
    price: Price
    element: Tag
    card: Tag | None


def _lineage(tag: Tag) -> Iterator[Tag]:
    yield tag
    yield from (
        parent
        for parent in tag.parents
        if isinstance(parent, Tag) and parent.name not in ("html", "body", "[document]")
    )


def _is_aside(tag: Tag) -> bool:
    return any(part.name in _ASIDE_TAGS or _ASIDE.search(names_of(part)) for part in _lineage(tag))


def _elements(page: Page, pattern: re.Pattern[str]) -> list[Tag]:
    return list(islice((tag for tag, names in page.named_elements if pattern.search(names)), MAX_ELEMENTS))


def _prices(page: Page, heading: Tag | None) -> list[_Found]:
    """Return the prices people pay: those after the heading first, each with the product card around it."""
    following = {id(tag) for tag in heading.find_all_next(True)} if heading else set()
    found = []
    for tag in _elements(page, _PRICE):
        if _is_old(tag) or _NOT_PRICE.search(names_of(tag)) or _is_aside(tag):
            continue
        price = _visible_price(tag, page)
        if price and price.amount > 0:
            found.append((price, tag))
    found.sort(key=lambda pair: id(pair[1]) not in following)
    kinds = _kinds([tag for _, tag in found])
    return [_Found(price, tag, _card(tag, kinds, heading)) for price, tag in found]


def _kinds(priced: list[Tag]) -> Counter[tuple[int, str, str]]:
    """Count, under each parent, the elements around a price by tag name and by each of their class names."""
    around = {id(part): part for tag in priced for part in _lineage(tag)}
    return Counter(kind for part in around.values() for kind in _kinds_of(part))


def _kinds_of(part: Tag) -> list[tuple[int, str, str]]:
    # A sold-out card may bear one class name more than its neighbours, so each name counts on its own.
    return [(id(part.parent), part.name, name) for name in names_of(part).split() or [""]]


def _card(tag: Tag, kinds: Counter[tuple[int, str, str]], heading: Tag | None) -> Tag | None:
    """Return the product card around a price, if it is in one.

    That is an element named like a card, one that leads elsewhere by a link and stands among siblings of its kind
    which have prices too, or a list entry with a linked picture; an element around the page's heading is none.
    """
    for part in _lineage(tag):
        if _holds(part, heading):
            return None
        if _CARD.search(names_of(part)):
            return part
        is_repeated = any(kinds[kind] > 1 for kind in _kinds_of(part))
        if is_repeated and (part.name == "a" or part.find("a", href=True)):
            return part
        if part.name in ("li", "article") and part.select_one("a[href] img"):
            return part
    return None


def _holds(tag: Tag, heading: Tag | None) -> bool:
    return heading is not None and any(parent is tag for parent in heading.parents)


def _is_old(tag: Tag) -> bool:
    return any(part.name in ("del", "s", "strike") for part in _lineage(tag)) or bool(_OLD_PRICE.search(names_of(tag)))


def _is_struck(tag: Tag) -> bool:
    return tag.name in ("del", "s", "strike") or bool(_OLD_PRICE.search(names_of(tag)))


def _visible_price(tag: Tag, page: Page) -> Price | None:
    """Return the price in the element's own text, without what is struck through; a bare number is no price."""
    pieces: list[str] = []
    for text in tag.find_all(string=True):
        parts = [part for part in text.parents if isinstance(part, Tag)]
        inner = parts[: next((index for index, part in enumerate(parts) if part is tag), 0)]
        if not any(_is_struck(part) or _NOT_PRICE.search(names_of(part)) for part in inner):
            pieces += str(text).split()
        if sum(map(len, pieces)) > MAX_PRICE_TEXT:
            return None
    visible = " ".join(pieces)
    if not visible or len(visible) > MAX_PRICE_TEXT:
        return None
    price = parse_price(visible, region=page.region)
    return price if price and price.currency else None


def _regular_price(own: _Found, others: list[_Found], page: Page) -> Price | None:
    """Return a higher price in the same currency, struck through beside the price and beside no other price."""
    for container in list(_lineage(own.element))[:4]:
        if any(_holds(container, other.element) and other.price.amount != own.price.amount for other in others):
            return None
        for tag in container.find_all(True):
            if _is_old(tag) and not _NOT_PRICE.search(names_of(tag)) and not _is_aside(tag):
                text = tag.get_text(" ", strip=True)
                price = parse_price(text, region=page.region) if len(text) <= MAX_PRICE_TEXT else None
                if price and price.currency == own.price.currency and price.amount > own.price.amount:
                    return price
    return None


def _title(page: Page, heading: Tag | None) -> str | None:
    if heading:
        return clean(heading.get_text(" ", strip=True), 500)
    return next((title for text in page.headings[:1] if (title := clean(text, 500))), None)


def _description(page: Page) -> str | None:
    for tag in _elements(page, _DESCRIPTION):
        if (text := clean(tag.get_text(" ", strip=True), 5000)) and not _is_aside(tag):
            return text
    return None


def _category_path(page: Page) -> tuple[str, ...]:
    """Return the links of what is named breadcrumbs, else of a `<nav>` whose addresses each go on from the last."""
    navs = page.soup.find_all("nav")
    named = _elements(page, _BREADCRUMBS) + [nav for nav in navs if _BREADCRUMBS.search(str(nav.get("aria-label")))]
    for tag in [*named, *(nav for nav in navs if _is_trail(nav, page))]:
        links = [(clean(a.get_text(" ", strip=True), 200), page.absolute(a.get("href"))) for a in tag.find_all("a")]
        if path := breadcrumbs.path_of([link for link in links if link[1]], page):
            return path
    return ()


def _is_trail(nav: Tag, page: Page) -> bool:
    urls = [page.absolute(a.get("href")) or "" for a in nav.find_all("a")[:12]]
    steps = [url.rstrip("/") + "/" for url in urls]
    return len(steps) >= 2 and all(b.startswith(a) and a != b for a, b in pairwise(steps))


def _images(page: Page) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for gallery in _elements(page, _GALLERY):
        if _is_aside(gallery) or any(_CARD.search(names_of(part)) for part in list(_lineage(gallery))[1:]):
            continue
        for image in [gallery] if gallery.name == "img" else gallery.find_all("img"):
            if url := image_url(image, page):
                found.setdefault(url)
    return tuple(found)[:30]


def image_url(image: Tag, page: Page) -> str | None:
    """Return the best address of an `<img>`: the widest of its srcset, a lazy address, then `src`."""
    for name in (
        "data-zoom-image",
        "data-large_image",
        "srcset",
        "data-srcset",
        "data-src",
        "data-original",
        "data-lazy-src",
        "src",
    ):
        value = str(image.get(name) or "").strip()
        url = page.absolute(_widest(value) if name.endswith("srcset") else value)
        if url and not re.search(r"\.svg(?:$|\?)", url):
            return url
    return None


def _widest(srcset: str) -> str | None:
    best: tuple[float, str | None] = (-1.0, None)
    for match in re.finditer(r"(\S*[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|$)", srcset[:20_000]):
        width = float(match.group(2) or 1)
        best = max(best, (width, match.group(1)), key=lambda pair: pair[0])
    return best[1]


def _availability(page: Page) -> str | None:
    for tag in _elements(page, _STOCK):
        text = tag.get_text(" ", strip=True)
        if len(text) <= 60 and not _is_aside(tag) and (found := availability_of(text)):
            return found
    for tag in page.soup.find_all(_is_button):
        text = str(tag.get("value") or "") if tag.name == "input" else tag.get_text(" ", strip=True)
        if not text or len(text) > 60 or _is_aside(tag):
            continue
        is_disabled = tag.has_attr("disabled") or tag.get("aria-disabled") == "true"
        found = availability_of(text)
        if found in ("SoldOut", "OutOfStock", "PreOrder"):
            return found
        if says("addToCart", text):
            return "OutOfStock" if is_disabled else "InStock"
    return None


def _is_button(tag: Tag) -> bool:
    kind = {"input": "type", "a": "role"}.get(tag.name)
    return tag.name == "button" or (kind is not None and tag.get(kind) in ("submit", "button"))


def _sku(page: Page) -> str | None:
    for tag in _elements(page, _SKU):
        text: Any = tag.get("data-sku") or tag.get_text(" ", strip=True)
        match = re.fullmatch(
            r"(?:(?:sku|art(?:ikel|icle)?[-. ]?(?:nr|no)\.?)\s*[:#]?\s*)?([\w./-]{2,40})",
            str(text).strip(),
            re.IGNORECASE,
        )
        if match and not _is_aside(tag):
            return match.group(1)
    return None
