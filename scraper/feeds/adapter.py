"""Interface of a feed adapter: it names addresses, recognises answers and turns them into Products."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, cast

from kernel.contracts import contract
from kernel.json_object import JsonObject
from scraper.errors import UrlError
from scraper.values.identity import absolute_url, canonical_url, item_id_of, shop_of
from scraper.values.product import FIELDS, Fields, Product
from scraper.values.text import clean

_FEEDS = contract("feeds.json")
MAX_IMAGES: int = _FEEDS["limits"]["images"]
MAX_VARIANTS: int = _FEEDS["limits"]["variants"]
MAX_CATEGORIES: int = _FEEDS["limits"]["categories"]
MAX_ATTRIBUTES: int = _FEEDS["limits"]["attributes"]
MAX_FEED_PAGES: int = _FEEDS["limits"]["pages"]
MAX_MARKUP: int = _FEEDS["limits"]["markupChars"]
_JOINED = _FEEDS["joinedAttributes"]
_UNSHOWN = re.compile(rf"<({'|'.join(_FEEDS['unshownTags'])})\b")


@dataclass(frozen=True, slots=True)
class FeedContext:
    """Context of an answer: the shop's origin, its currency, and the time of the fetch."""

    origin: str
    currency: str | None = None
    fetched_at: str | None = None
    max_items: int = 200_000


@dataclass(slots=True)
class FeedTally:
    """Count of unusable items by reason; `problem` tells why reading ended early."""

    skipped: dict[str, int] = field(default_factory=dict)
    problem: str | None = None

    def skip(self, reason: str) -> None:
        """Count one item without a Product."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


class Adapter(Protocol):
    """One kind of feed. Answers are stored raw; every method is a pure function of them."""

    @property
    def name(self) -> str:
        """Return the name of this kind in summaries."""

    def first_url(self, origin: str) -> str:
        """Return the address whose answer tells whether the shop has such a feed."""

    def currency_urls(self, origin: str) -> tuple[str, ...]:
        """Return addresses that may name the currency where the feed does not, best first."""

    def currency(self, body: bytes) -> str | None:
        """Return the ISO 4217 code that an answer of `currency_urls` names."""

    def next_urls(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the addresses that follow an answer; None where the answer is not such a feed."""

    def products(self, body: bytes, context: FeedContext, tally: FeedTally) -> Iterator[Product]:
        """Yield the Products of one answer."""


def json_of(body: bytes) -> Any:
    """Return the parsed JSON of an answer, or None for anything else (such as an HTML page with status 200)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def objects(value: Any) -> list[JsonObject]:
    """Return the objects of a list; anything else is left out."""
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def description_of(markup: object) -> str | None:
    """Return the text of a description, without that of its scripts and styles."""
    if not isinstance(markup, str):
        return None
    text = markup[:MAX_MARKUP]
    lowered = text.lower()
    pieces, position = [], 0
    while match := _UNSHOWN.search(lowered, position):
        pieces.append(text[position : match.start()])
        end = lowered.find(f"</{match.group(1)}", match.end())
        close = lowered.find(">", end) if end >= 0 else -1
        if close < 0:
            return clean("".join(pieces), 5000)
        position = close + 1
    return clean("".join([*pieces, text[position:]]), 5000)


def feed_url(link: object, context: FeedContext, tally: FeedTally) -> str | None:
    """Return an item's canonical URL, identical to its page's own; count a link to another shop and return None."""
    absolute = absolute_url(link, context.origin + "/") if isinstance(link, str) else None
    try:
        url = canonical_url(absolute) if absolute else None
    except UrlError:
        url = None
    if url is None:
        tally.skip("no_address")
    elif shop_of(url) != shop_of(context.origin + "/"):
        tally.skip("other_shop")
    else:
        return url
    return None


def addresses_of(sources: Iterable[object], context: FeedContext) -> tuple[str, ...]:
    """Return absolute http(s) addresses, each once, in order; at most as many as a Product may have images."""
    found = (absolute_url(source, context.origin + "/") for source in sources if isinstance(source, str))
    return tuple(dict.fromkeys(url for url in found if url))[:MAX_IMAGES]


def shared_attributes(variants: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the attributes of a whole product: those with one value in all variants, and few colours or materials.

    Several colours are joined as in Google's data, navy/white. A product in many colours has none of its own.
    """
    found: dict[str, str] = {}
    for name in sorted({name for variant in variants for name in variant}):
        values = dict.fromkeys(variant.get(name, "") for variant in variants)
        if "" not in values and are_of_product(name, len(values)):
            found[name] = joined(name, list(values))
    return dict(list(found.items())[:MAX_ATTRIBUTES])


def are_of_product(name: str, count: int) -> bool:
    """Return whether `count` values of an attribute that variants have describe the product, and are no choice."""
    return count <= (_JOINED["mostOfVariants"] if name in _JOINED["names"] else 1)


def joined(name: str, values: Sequence[str]) -> str:
    """Return the values of one attribute as one text."""
    return ("/" if name in _JOINED["names"] else ", ").join(values)[:200]


def product_of(url: str, fields: Fields, context: FeedContext) -> Product:
    """Return the Product of a feed item; `fields` are Product's own, absent ones None or empty."""
    given: Mapping[str, object] = fields
    known = cast(Fields, {name: given[name] for name in FIELDS if given.get(name)})
    return Product(
        shop=shop_of(url),
        item_id=item_id_of(url),
        url=url,
        verdict="product",
        fetched_at=context.fetched_at,
        provenance=MappingProxyType(dict.fromkeys((*known, "url"), "feed")),
        **known,
    )
