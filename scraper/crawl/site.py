"""Crawl of one site: robots.txt, feeds, then where needed sitemaps and links; one request at a time, at its pace."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scraper.crawl.feed_plan import NO_CURRENCY, FeedPlan
from scraper.crawl.feed_plan import PRIORITY as FEED_PRIORITY
from scraper.crawl.fetch import Fetcher, Response, Traffic
from scraper.crawl.links import followable, links_of
from scraper.crawl.pace import Pace, retry_after_s
from scraper.crawl.patterns import is_wanted
from scraper.crawl.robots import Robots, RobotsCache, fetch_robots
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.sitemap import SITEMAP_PATH, parse_sitemap
from scraper.crawl.store import FEED, PAGE, SITEMAP, Outcome, Queued, Store
from scraper.errors import FetchError
from scraper.extraction.page import parse_page
from scraper.values.identity import shop_of
from scraper.work.files import read_page

MAX_ATTEMPTS, MAX_GUESS_ATTEMPTS = 4, 2
MAX_REFUSALS_IN_A_ROW = 5
MAX_FAILURES_IN_A_ROW = 5
MAX_SITEMAP_DEPTH = 3
MAX_FEED_REDIRECTS = 5
START, FROM_SITEMAP, FROM_LINK = 1, 2, 3
PAGE_TYPES = ("text/html", "application/xhtml+xml")
Found = tuple[str, Iterable[str], int, int]  # kind, URLs, priority, depth


class SiteCrawl:
    """Crawl of one site to its end, its page limit, or `stop`; every result is stored at once."""

    def __init__(
        self, start_url: str, settings: CrawlSettings, store: Store, stop: threading.Event,
        on_answer: Callable[[str | None], None],
    ) -> None:  # fmt: skip
        self.site = origin_of(start_url)
        self.traffic = Traffic()
        self._settings = settings
        self._shop = settings.shop(start_url)
        self._store = store
        self._stop = stop
        self._on_answer = on_answer
        self._origin = store.open_site(self.site)
        self._feeds = FeedPlan(self._shop, store)
        self._pace = Pace.of_rate(self._shop.rate)
        self._has_begun_pages = False

    def run(self) -> None:
        """Crawl until nothing is left to fetch."""
        fetcher = Fetcher(self._settings, self.traffic)
        robots = RobotsCache(self._store, lambda origin: self._fetch_robots(fetcher, origin))
        started = time.monotonic()
        self._feeds.take_file(self._settings.max_feed_bytes)
        try:
            # Decided before any request: a feed that is a file needs none at all, not even for robots.txt.
            while self._is_going() and (queued := self._next(robots)) and self._is_allowed(robots):
                self._obey_crawl_delay(robots)
                self._visit(queued, fetcher, robots)
        finally:
            self.traffic.seconds = time.monotonic() - started
            fetcher.close()

    def _is_going(self) -> bool:
        return not self._stop.is_set() and self._store.stopped(self.site) is None

    def _is_allowed(self, robots: RobotsCache) -> bool:
        """Return whether the site's robots.txt, at most a day old, allows the crawl; stop the site otherwise."""
        reason = robots.of(self._origin).reason
        if reason:
            self._store.stop_site(self.site, reason)
        return not reason

    def _obey_crawl_delay(self, robots: RobotsCache) -> None:
        """Apply the site's Crawl-delay to the pace."""
        self._pace.obey(robots.of(self._origin).crawl_delay_s, self._settings.max_crawl_delay_s)

    def _fetch_robots(self, fetcher: Fetcher, origin: str) -> Robots:
        self._wait()
        found = fetch_robots(fetcher, origin)
        self._pace.succeed()
        return found

    def _next(self, robots: RobotsCache) -> Queued | None:
        """Return the next address: feeds first, then pages where they are wanted and the limit is not reached."""
        if not self._has_begun_pages:
            if queued := self._feeds.next(self._origin):
                return queued
            is_told = self._feeds.is_whole(self._origin)
            if self._shop.pages == "never" or (self._shop.pages == "auto" and is_told):
                self._store.set_pages_aside(self.site)
                if not is_told:
                    self._store.stop_site(self.site, "no_feed: no feed tells the whole shop, and pages are not wanted")
                return None
            self._begin_pages(robots.of(self._origin))
        if self._store.num_fetched(self.site) >= self._shop.max_pages:
            return None
        return self._store.next(self.site)

    def _begin_pages(self, rules: Robots) -> None:
        """Queue the start page and the sitemaps; a page that was fetched to learn the currency is not fetched again."""
        self._store.take_pages_back(self.site)
        start = self._shop.url
        if self._origin != self.site and self._store.row(start) is None:
            start = self._origin + start.removeprefix(self.site)
        for url in dict.fromkeys((f"{self._origin}/", start)):
            row = self._store.row(url)
            if row is not None and row["kind"] == FEED:
                body = read_page(self._store.body_path(url), self._settings.max_page_bytes) if row["has_body"] else None
                links = self._links(url, body, row["content_type"], row["robots_tag"]) if body else []
                self._store.adopt(self.site, url, links, priority=FROM_LINK, is_read=body is not None)
        self._store.add(self.site, PAGE, [start], priority=START, depth=0)
        sitemaps = rules.sitemaps(self._origin) or [self._origin + SITEMAP_PATH]
        self._store.add(self.site, SITEMAP, sitemaps, priority=0, depth=0)
        self._has_begun_pages = True

    def _visit(self, queued: Queued, fetcher: Fetcher, robots: RobotsCache) -> None:
        refusal = self._refusal(queued, robots)
        if refusal:
            self._store.finish(self.site, queued.url, Outcome("skipped", refusal))
            return
        self._wait()
        if self._stop.is_set():
            return
        reason = self._fetch(queued, fetcher, robots)
        if queued.kind != SITEMAP:
            # A trial that finds no feed is not an error.
            self._on_answer(reason if queued.kind == PAGE or self._is_operators(queued) else None)

    def _refusal(self, queued: Queued, robots: RobotsCache) -> str | None:
        """Return why a URL must not be fetched: another origin, robots.txt, or the operator's patterns; else None."""
        if origin_of(queued.url) != self._origin:
            if self._is_operators(queued):
                return None if robots.of(origin_of(queued.url)).allows(queued.url) else "robots"
            # robots.txt may name a sitemap on another host of the same shop (RFC 9309, 2.2.4).
            is_own = queued.kind == SITEMAP and shop_of(queued.url) == shop_of(self._origin + "/")
            return None if is_own else "other_origin"
        if not robots.of(self._origin).allows(queued.url):
            return "robots"
        is_free = queued.kind != PAGE or queued.url == self._shop.url
        return None if is_free or is_wanted(queued.url, self._shop.include, self._shop.exclude) else "pattern"

    def _is_operators(self, queued: Queued) -> bool:
        return queued.kind == FEED and queued.url == self._shop.feed

    def _fetch(self, queued: Queued, fetcher: Fetcher, robots: RobotsCache) -> str | None:
        """Fetch one URL and store the outcome; return the reason of a failure, else None."""
        try:
            response = self._get(queued, fetcher, robots)
        except FetchError as error:
            self._pace.slow_down(0.0)
            return self._fail(queued, error.reason)
        if response.status in (429, 503):
            return self._put_off(queued, response)
        if response.status >= 500:
            self._pace.slow_down(0.0)
            return self._fail(queued, "status_5xx", response.status)
        self._pace.succeed()
        self._pace.refusals = self._pace.refusals + 1 if response.status in (401, 403) else 0
        if self._pace.refusals >= MAX_REFUSALS_IN_A_ROW:
            self._store.stop_site(self.site, f"refused: status {response.status}, {self._pace.refusals} times in a row")
        if response.location:
            return self._redirect(queued, response)
        return self._read_sitemap(queued, response) if queued.kind == SITEMAP else self._keep(queued, response)

    def _get(self, queued: Queued, fetcher: Fetcher, robots: RobotsCache) -> Response:
        """Return the answer to a URL; redirects are followed for the operator's own feed only."""
        settings = self._settings
        limits = {PAGE: settings.max_page_bytes, SITEMAP: settings.max_sitemap_bytes, FEED: settings.max_feed_bytes}
        headers = None if queued.kind == SITEMAP else _validators(queued)
        response = fetcher.get(queued.url, max_bytes=limits[queued.kind], headers=headers)
        for _ in range(MAX_FEED_REDIRECTS if self._is_operators(queued) else 0):
            target = response.location
            if target is None or not robots.of(origin_of(target)).allows(target):
                break
            self._pace.succeed()
            self._wait()
            response = fetcher.get(target, max_bytes=limits[queued.kind], headers=headers)
        return response

    def _keep(self, queued: Queued, response: Response) -> str | None:
        """Store the answer of a page or a feed, and queue its links."""
        outcome = Outcome(
            state="done", status=response.status, content_type=response.headers.get("content-type"),
            etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified"),
            robots_tag=response.headers.get("x-robots-tag"), fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        if response.status == 304 and queued.has_body:
            outcome = replace(outcome, status=200, content_type=None, reason="unchanged")
            self._store.finish(self.site, queued.url, outcome)
            return None
        if not 200 <= response.status < 300:
            reason = f"status_{response.status}"
            self._store.finish(self.site, queued.url, replace(outcome, state="failed", reason=reason))
            return reason
        if queued.kind == FEED:
            return self._keep_feed(queued, response, outcome)
        media_type = (outcome.content_type or "text/html").partition(";")[0].strip().lower()
        if media_type not in PAGE_TYPES:
            self._store.finish(self.site, queued.url, replace(outcome, state="skipped", reason="no_page"))
            return None
        links = self._links(queued.url, response.body, outcome.content_type, outcome.robots_tag)
        found = [(PAGE, links, FROM_LINK, queued.depth + 1)]
        self._store.finish(self.site, queued.url, replace(outcome, body=response.body), found)
        return None

    def _keep_feed(self, queued: Queued, response: Response, outcome: Outcome) -> str | None:
        """Store a feed's answer with the page that follows; another kind of answer is not a failure."""
        urls = self._feeds.next_urls(queued.url, self._origin, response.body, response.headers)
        found: list[Found] = [(FEED, urls or (), FEED_PRIORITY, queued.depth + 1)]
        outcome = replace(outcome, body=response.body)
        if urls is None and queued.url == f"{self._origin}/":
            outcome = replace(outcome, reason=NO_CURRENCY)
        elif urls is None:
            outcome = replace(outcome, state="skipped", reason="no_feed", body=None)
        self._store.finish(self.site, queued.url, outcome, found)
        return None

    def _links(self, url: str, body: bytes, content_type: str | None, robots_tag: str | None) -> list[str]:
        if _tells(robots_tag, "nofollow"):
            return []
        return links_of(parse_page(body, url, content_type), origin=self._origin)

    def _read_sitemap(self, queued: Queued, response: Response) -> str | None:
        if response.status != 200:
            self._store.finish(self.site, queued.url, Outcome("failed", f"status_{response.status}", response.status))
            return f"status_{response.status}"
        sitemap = parse_sitemap(response.body, queued.url, max_bytes=self._settings.max_sitemap_bytes)
        pages = [page for url in sitemap.pages if (page := followable(url, self._origin))]
        inner = sitemap.sitemaps if queued.depth < MAX_SITEMAP_DEPTH else ()
        found: list[Found] = [(PAGE, pages, FROM_SITEMAP, 0), (SITEMAP, inner, 0, queued.depth + 1)]
        self._store.finish(self.site, queued.url, Outcome("done", None, response.status), found)
        return None

    def _redirect(self, queued: Queued, response: Response) -> str | None:
        """Queue a redirect's target; the start page or a feed may move the crawl to another origin of the same shop."""
        target = response.location or ""
        outcome = Outcome("skipped", "redirect", response.status)
        is_moved_feed = queued.kind == FEED and _path_of(target) == _path_of(queued.url)
        may_move = is_moved_feed or queued.url == self._shop.url
        if origin_of(target) != self._origin and may_move and shop_of(target) == shop_of(queued.url):
            self._origin = origin_of(target)
            self._store.move_site(self.site, self._origin)
        is_elsewhere = origin_of(target) != self._origin
        if is_elsewhere or (queued.kind == FEED and not is_moved_feed):
            reason = "redirect_elsewhere" if is_elsewhere else "redirect"
            self._store.finish(self.site, queued.url, replace(outcome, reason=reason))
            return None
        # A chain of redirects grows the depth, so that it ends.
        found = [(queued.kind, [target], START, queued.depth + 1)] if queued.depth < 10 else []
        self._store.finish(self.site, queued.url, outcome, found)
        return None

    def _put_off(self, queued: Queued, response: Response) -> str | None:
        """Slow down as a busy site asks; give the site up for this run where the wait exceeds the limit."""
        wait_s = retry_after_s(response.headers.get("retry-after"))
        self._pace.slow_down(wait_s)
        if wait_s > self._settings.max_retry_after_s:
            self._store.stop_site(self.site, f"asked_to_wait: {wait_s:.0f} s; run the same command again later")
            return "too_busy"
        return self._fail(queued, "too_busy", response.status)

    def _fail(self, queued: Queued, reason: str, status: int | None = None) -> str | None:
        """Queue a failed URL again while attempts are left; give the site up after many failures in a row.

        A feed that is only tried does not count: many servers answer 500 to an unknown address.
        """
        is_guess = queued.kind == FEED and not self._is_operators(queued) and not queued.has_body and not queued.depth
        self._pace.failures += not is_guess
        max_attempts = MAX_GUESS_ATTEMPTS if is_guess else MAX_ATTEMPTS
        is_last = queued.attempts + 1 >= max_attempts or reason in ("too_large", "refused_address", "tls")
        state = "failed" if is_last else "queued"
        self._store.finish(self.site, queued.url, Outcome(state, reason, status))
        if reason == "refused_address":
            self._store.stop_site(self.site, "refused_address: the host is not public; see --resolve")
        elif self._pace.failures >= MAX_FAILURES_IN_A_ROW and reason != "too_busy":
            self._store.stop_site(self.site, f"unreachable: {reason}, {self._pace.failures} times in a row")
        return reason if is_last else None

    def _wait(self) -> None:
        self._stop.wait(self._pace.wait_s)


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _validators(queued: Queued) -> dict[str, str]:
    """Return the headers that let a server answer 304 for a body that is already stored."""
    if not queued.has_body:
        return {}
    pairs = (("If-None-Match", queued.etag), ("If-Modified-Since", queued.last_modified))
    return {name: value for name, value in pairs if value}


def _tells(robots_tag: str | None, word: str) -> bool:
    words = {part.strip() for part in (robots_tag or "").lower().split(",")}
    return word in words or "none" in words
