"""Reader of embedded state, the JSON that pages carry for their own scripts, into Candidates.

Only data about the page's own product is read, never a carousel's: an object that names the page (by title, handle or
address) and has a price, the one product whose view is reported to analytics, and the price box of the page's form.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import breadcrumbs
from scraper.extraction.markup.nodes import DataNode, as_list, text_of
from scraper.extraction.page import Page
from scraper.extraction.state import analytics, platforms
from scraper.extraction.state.formats import resolved
from scraper.extraction.state.price import MINOR_KEYS, PRICE_KEYS, currency_in, is_in_minor_units
from scraper.extraction.state.product_object import NAME_KEYS, candidate_of, weak_sku_of
from scraper.extraction.state.sources import Source, sources
from scraper.values.text import clean, key_of
from scraper.values.vocabulary import vocabulary

MAX_NODES = 300_000
MAX_DEPTH = 40
MAX_CANDIDATES = 3
MAX_NAME = 500
_LONG_WORD = re.compile(r"\w{4,}")
_VOCABULARY = vocabulary("state", "reader")
_MARKS = frozenset((*PRICE_KEYS, *MINOR_KEYS, *_VOCABULARY["productKeys"]))
_NAME_MARKS = frozenset(NAME_KEYS)


def extract(page: Page) -> list[Candidate]:
    """Return the Candidates for this page's product, the fullest object first, bare ids last."""
    found = list(sources(page))
    if not found:
        return []
    reader = _Reader(page)
    for source in found:
        reader.read(source)
    named = sorted(reader.named, key=lambda candidate: -_num_fields(candidate))[:MAX_CANDIDATES]
    woocommerce = platforms.woocommerce_candidate(found, reader.currency)
    others = [*reader.boxes[:1], *([woocommerce] if woocommerce else []), *reader.viewed[:MAX_CANDIDATES]]
    weak = [Candidate("state", sku=sku, is_weak=True) for sku in reader.weak_skus[:1]]
    return [*named, *others, *reader.paths[:1], *weak]


def _num_fields(candidate: Candidate) -> int:
    has_currency = candidate.price is not None and candidate.price.currency is not None
    fields = (candidate.brand, candidate.sku, candidate.gtin, candidate.images, candidate.availability)
    return sum(bool(value) for value in fields) + 10 * has_currency


@dataclass(frozen=True, slots=True)
class _Context:
    """Context that an object inherits: its currency, Apollo's cache around it, the event of its source."""

    currency: str | None = None
    cache: DataNode = field(default_factory=dict)
    event: str = ""


class _Reader:
    """Walk over every object, once, that keeps the Candidates for this page's product."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._num_left = MAX_NODES
        self._headings = {key for text in page.headings if (key := key_of(text))}
        slug = unquote(urlsplit(page.url).path.rstrip("/").rsplit("/", 1)[-1])
        self._slug = slug if len(slug) > 3 else None
        self.currency = platforms.shop_currency(page)
        self.named: list[Candidate] = []
        self.viewed: list[Candidate] = []
        self.boxes: list[Candidate] = []
        self.paths: list[Candidate] = []
        self.weak_skus: list[str] = []

    def read(self, source: Source) -> None:
        """Read all objects in one value."""
        self._walk(source.value, _Context(event=source.event), 0)

    def _walk(self, value: Any, context: _Context, depth: int) -> None:
        """Read every object, with the currency that it or its nearest ancestor names."""
        self._num_left -= 1
        if self._num_left < 0 or depth > MAX_DEPTH:
            return
        if isinstance(value, dict):
            cache = value if _VOCABULARY["apolloRoot"] in value else context.cache
            context = _Context(currency_in(value) or context.currency, cache, context.event)
            if self._reads_whole(value, context):
                return
            context = _Context(context.currency, cache)
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                if isinstance(part, dict | list):
                    self._walk(part, context, depth + 1)

    def _reads_whole(self, node: DataNode, context: _Context) -> bool:
        """Keep an object's Candidates; return whether it is read as a whole, so that its parts are not products."""
        if context.cache and not _NAME_MARKS.isdisjoint(node):
            node = resolved(node, context.cache)
        if _is_product_like(node) and self._is_this_product(node):
            self._add(self.named, node, context.currency or (self.currency if is_in_minor_units(node) else None))
        elif viewed := analytics.product_of(node, context.event):
            if self._is_spoken_of(viewed):
                self._add(self.viewed, viewed, self.currency if viewed.get("price_varies") else context.currency)
            return True
        elif box := platforms.magento_candidate(node, self._page):
            self.boxes.append(box)
        if path := _breadcrumbs(node, self._page):
            self.paths.append(Candidate(syntax="state", category_path=path))
        return False

    def _add(self, found: list[Candidate], node: DataNode, currency: str | None) -> None:
        candidate = candidate_of(node, currency, self._page)
        if candidate.price:
            found.append(candidate)
            if sku := weak_sku_of(node):
                self.weak_skus.append(sku)

    def _is_spoken_of(self, node: DataNode) -> bool:
        """Return whether the page's headings share a longer word with the object's name, where it has one."""
        names = [node[name] for name in NAME_KEYS if isinstance(node.get(name), str)]
        words = {word for name in names for word in _LONG_WORD.findall(name[:MAX_NAME].lower())}
        return not words or any(not words.isdisjoint(_LONG_WORD.findall(text.lower())) for text in self._page.headings)

    def _is_this_product(self, node: DataNode) -> bool:
        names = {key_of(node[name]) for name in NAME_KEYS if isinstance(node.get(name), str)} - {""}
        if not names:
            return False
        if not names.isdisjoint(self._headings):
            return True
        handles = [node.get(key) for key in _VOCABULARY["handleKeys"]]
        urls = [self._page.absolute(node.get(key)) for key in _VOCABULARY["addressKeys"]]
        is_named = self._slug is not None and self._slug in handles
        return is_named or any(url in self._page.addresses for url in urls if url)


def _is_product_like(node: DataNode) -> bool:
    return not _MARKS.isdisjoint(node) and not _NAME_MARKS.isdisjoint(node)


def _breadcrumbs(node: DataNode, page: Page) -> tuple[str, ...]:
    entries = as_list(node.get("breadcrumbs", node.get("breadcrumb")))
    crumbs = [(_name(entry), page.absolute(entry.get("href") or entry.get("url")))
              for entry in entries[:20] if isinstance(entry, dict)]  # fmt: skip
    return breadcrumbs.path_of(crumbs, page) if crumbs else ()


def _name(entry: DataNode) -> str | None:
    return next((text for key in _VOCABULARY["crumbNameKeys"] if (text := clean(text_of(entry.get(key)), 200))), None)
