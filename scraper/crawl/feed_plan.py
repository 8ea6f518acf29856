"""Plan of the feeds that a site is tried for, and whether they covered the whole shop; all read from the queue.

A feed that the operator names is the only one; else Shopify's is tried, then WooCommerce's. The first page of each is
its own test, so a trial costs one request and nothing is fetched twice. Every answer is a row of the queue, so a
killed crawl resumes in the middle of a feed.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from scraper.crawl.settings import ShopSettings, origin_of
from scraper.crawl.store import FEED, STANDING_FAILURES, Outcome, Queued, Store
from scraper.errors import InputError
from scraper.feeds.adapter import Adapter
from scraper.feeds.merchant import Merchant
from scraper.feeds.shopify import Shopify
from scraper.feeds.woocommerce import WooCommerce
from scraper.work.files import read_page

PRIORITY = 0
NO_CURRENCY = "no_currency"


class FeedPlan:
    """The feeds of one site; `origin` is where its pages are served."""

    def __init__(self, shop: ShopSettings, store: Store) -> None:
        self._shop = shop
        self._store = store
        self.site = origin_of(shop.url)
        self.adapters: tuple[Adapter, ...] = ()
        if shop.feed is not None:
            self.adapters = (Merchant(address_of(shop.feed)),)
        elif shop.feeds == "auto":
            self.adapters = (Shopify(), WooCommerce())

    def take_file(self, max_bytes: int) -> None:
        """Store the operator's feed file as an answer, where one is named; raises InputError if it is not a feed."""
        if self._shop.feed is None or is_remote(self._shop.feed):
            return
        url, body = address_of(self._shop.feed), read_page(Path(self._shop.feed), max_bytes)
        etag = hashlib.sha256(body).hexdigest()
        row = self._store.row(url)
        if row is not None and row["etag"] == etag and row["state"] == "done" and row["has_body"]:
            return
        self._store.add(self.site, FEED, [url], priority=PRIORITY, depth=0)
        if self.adapters[0].next_urls(url, body, {}) is None:
            self._store.finish(self.site, url, Outcome("skipped", "no_feed"))
            raise InputError(f"{self._shop.feed}: expected a product feed in RSS, Atom or a table with title and link")
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        self._store.finish(self.site, url, Outcome("done", etag=etag, fetched_at=moment, body=body))

    def next(self, origin: str) -> Queued | None:
        """Return the next feed address to fetch, or None when none is left."""
        for adapter in self.adapters:
            for url in (adapter.first_url(origin), *self._currency_urls(adapter, origin)):
                self._store.add(self.site, FEED, [url], priority=PRIORITY, depth=0)
                if queued := self._store.next(self.site, is_feed=True):
                    return queued
            if self._stands(adapter.first_url(origin)):
                return None
        return None

    def _currency_urls(self, adapter: Adapter, origin: str) -> tuple[str, ...]:
        """Return the addresses to read the currency from, up to the first that names it."""
        if not self._stands(adapter.first_url(origin)):
            return ()
        urls = adapter.currency_urls(origin)
        named = [self._is_done(url) for url in urls]
        return urls[: named.index(True) + 1] if True in named else urls

    def working(self, origin: str) -> Adapter | None:
        """Return the adapter whose feed the shop has."""
        return next((one for one in self.adapters if self._stands(one.first_url(origin))), None)

    def is_whole(self, origin: str) -> bool:
        """Return whether every answer of the feed is stored."""
        return self.working(origin) is not None and not self.failures(origin)

    def failures(self, origin: str) -> list[sqlite3.Row]:
        """Return the answers of the working feed that could not be fetched in this run."""
        return [row for row in self.rows(origin) if row["state"] != "done"]

    def rows(self, origin: str) -> list[sqlite3.Row]:
        """Return the answers of the working feed, page by page."""
        adapter = self.working(origin)
        if adapter is None:
            return []
        first = adapter.first_url(origin)
        rows = [row for row in self._store.rows(self.site, FEED) if _owns(adapter, first, row["url"])]
        return sorted(rows, key=lambda row: (row["depth"], row["url"]))

    def currency(self, origin: str, max_bytes: int) -> str | None:
        """Return the currency that the shop names apart from its feed."""
        adapter = self.working(origin)
        for url in adapter.currency_urls(origin) if adapter else ():
            row = self._store.row(url)
            body = read_page(self._store.body_path(url), max_bytes) if row is not None and row["has_body"] else b""
            if adapter and (found := adapter.currency(body)):
                return found
        return None

    def next_urls(self, url: str, origin: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the addresses that follow an answer; None where the answer is of another kind."""
        for adapter in self.adapters:
            if url in adapter.currency_urls(origin):
                return () if adapter.currency(body) else None
            if _owns(adapter, adapter.first_url(origin), url):
                return adapter.next_urls(url, body, headers)
        return None

    def _stands(self, url: str) -> bool:
        row = self._store.row(url)
        if row is None or not row["has_body"]:
            return False
        return row["state"] in ("done", "queued") or row["reason"] in STANDING_FAILURES

    def _is_done(self, url: str) -> bool:
        row = self._store.row(url)
        return row is not None and row["state"] == "done" and row["reason"] != NO_CURRENCY


def is_remote(feed: str) -> bool:
    """Return whether the operator's feed is a URL and not a file."""
    return feed.startswith(("http://", "https://"))


def address_of(feed: str) -> str:
    """Return the address under which the operator's feed is stored: its own URL, or the file's."""
    return feed if is_remote(feed) else Path(feed).absolute().as_uri()


def _owns(adapter: Adapter, first_url: str, url: str) -> bool:
    """Return whether an address is one of the feed's pages; an operator's feed has only one."""
    return url == first_url if isinstance(adapter, Merchant) else url.partition("?")[0] == first_url.partition("?")[0]
