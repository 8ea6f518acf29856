"""Settings of a crawl, checked once where they come in."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from kernel.contracts import contract
from kernel.version import VERSION
from scraper.errors import InputError
from scraper.values.identity import canonical_url

ROBOTS_TOKEN: str = contract("feeds.json")["robots"]["token"]  # the product token of RFC 9309
DEFAULT_MAX_PAGES = 10_000
Feeds = Literal["auto", "off"]
Pages = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """Settings of one shop; a field that is None takes the value of the crawl.

    `feed` is a file or an address the operator named; `include` and `exclude` are patterns (`scraper.crawl.patterns`).
    """

    url: str
    rate: float
    max_pages: int
    feeds: Feeds
    pages: Pages
    feed: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """One crawl. `rate` is requests per second and host; `pins` maps a host to the address the operator named.

    `feeds`: "auto" tries the shop's product feed first. `pages`: "auto" crawls pages where no feed covered the whole
    shop, "always" crawls them too, "never" reads feeds only. `shops` holds the settings of single shops, by origin.
    """

    shop_urls: tuple[str, ...]
    out: Path
    rate: float = 1.0
    max_pages: int = DEFAULT_MAX_PAGES
    pins: Mapping[str, str] = field(default_factory=dict)
    contact: str | None = None
    is_recrawl: bool = False
    num_workers: int = 1
    feeds: Feeds = "auto"
    pages: Pages = "auto"
    shops: Mapping[str, ShopSettings] = field(default_factory=dict)
    keep_raw_days: int | None = None
    with_parquet: bool = False
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 20.0
    page_timeout_s: float = 60.0
    max_page_bytes: int = 16 * 2**20
    max_sitemap_bytes: int = 60 * 2**20
    max_feed_bytes: int = 64 * 2**20
    max_feed_items: int = 200_000
    max_crawl_delay_s: float = 30.0
    max_retry_after_s: float = 300.0
    max_hosts_at_once: int = 32

    @property
    def user_agent(self) -> str:
        """Return the User-Agent of every request."""
        return f"{ROBOTS_TOKEN}/{VERSION}" + (f" (+{self.contact})" if self.contact else "")

    def shop(self, url: str) -> ShopSettings:
        """Return the settings of the shop at a canonical URL."""
        own = self.shops.get(origin_of(url))
        return own or ShopSettings(url, self.rate, self.max_pages, self.feeds, self.pages)


def origin_of(url: str) -> str:
    """Return scheme://host[:port] of a canonical URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def parse_shop_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the canonical shop URLs, each origin once, in the order given; raises UrlError."""
    by_origin: dict[str, str] = {}
    for url in urls:
        canonical = canonical_url(url)
        by_origin.setdefault(origin_of(canonical), canonical)
    return tuple(by_origin.values())


def parse_pins(pins: Sequence[str]) -> dict[str, str]:
    """Return host → address for `--resolve HOST:ADDR`; raises InputError for anything else.

    >>> parse_pins(["shop.localhost:127.0.0.1"])
    {'shop.localhost': '127.0.0.1'}
    """
    found = {}
    for pin in pins:
        host, _, address = pin.partition(":")
        try:
            found[host.lower()] = str(ipaddress.ip_address(address.strip("[]")))
        except ValueError as error:
            raise InputError(f"--resolve: expected HOST:ADDRESS such as shop.test:10.0.0.5, got {pin!r}") from error
        if not host:
            raise InputError(f"--resolve: expected a host before the colon, got {pin!r}")
    return found


def parse_contact(contact: str | None) -> str | None:
    """Return the contact for the User-Agent: an e-mail address or an http(s) URL; raises InputError for others."""
    if contact is None:
        return None
    if not re.fullmatch(r"https?://[!-'*-~]{3,200}|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{3,200}", contact):
        raise InputError(f"--contact: expected an e-mail address or an http(s) URL, got {contact[:80]!r}")
    return contact
