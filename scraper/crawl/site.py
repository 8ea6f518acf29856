"""One site's crawl: robots.txt, then sitemaps, then links; one request at a time, never faster than asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scraper.crawl.fetch import Fetcher, Response, Traffic
from scraper.crawl.links import followable, links_of
from scraper.crawl.robots import Robots, fetch_robots
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.sitemap import parse_sitemap
from scraper.crawl.store import PAGE, SITEMAP, Outcome, Queued, Store
from scraper.document import parse_page
from scraper.errors import FetchError
from scraper.identity import shop_of

MAX_ATTEMPTS = 4
MAX_REFUSALS_IN_A_ROW = 5
MAX_FAILURES_IN_A_ROW = 5
MAX_SITEMAP_DEPTH = 3
ROBOTS_MAX_AGE_S = 24 * 3600.0
START, FROM_SITEMAP, FROM_LINK = 1, 2, 3
PAGE_TYPES = ("text/html", "application/xhtml+xml")


@dataclass
class _Pace:
    """When the next request may go out: `usual_s` between requests, longer for a while after trouble."""

    usual_s: float
    interval_s: float
    next_at: float = 0.0
    refusals: int = 0
    failures: int = 0

    def slow_down(self, wait_s: float) -> None:
        self.interval_s = min(max(self.interval_s * 2, 0.1), 60.0)
        self.next_at = time.monotonic() + max(wait_s, self.interval_s)

    def go_on(self) -> None:
        """Count from a request that went well; the usual pace comes back little by little."""
        self.failures = 0
        self.interval_s = max(self.usual_s, self.interval_s * 0.8)
        self.next_at = time.monotonic() + self.interval_s


class SiteCrawl:
    """Crawls one site to its end, its page limit, or `stop`; everything it learns is in the store at once."""

    def __init__(
        self, start_url: str, settings: CrawlSettings, store: Store, stop: threading.Event,
        on_page: Callable[[str | None], None],
    ) -> None:  # fmt: skip
        self.site = origin_of(start_url)
        self.traffic = Traffic()
        self._start_url = start_url
        self._settings = settings
        self._store = store
        self._stop = stop
        self._on_page = on_page
        self._origin = store.open_site(self.site)
        self._pace = _Pace(1.0 / settings.rate, 1.0 / settings.rate)
        self._robots = Robots()
        self._robots_at = float("-inf")

    def run(self) -> None:
        """Crawl until nothing is left to fetch."""
        fetcher = Fetcher(self._settings, self.traffic)
        started = time.monotonic()
        try:
            self._store.add(self.site, PAGE, [self._start_url], priority=START, depth=0)
            while not self._stop.is_set() and self._read_robots(fetcher):
                if self._store.num_fetched(self.site) >= self._settings.max_pages:
                    return
                queued = self._store.next(self.site)
                if queued is None:
                    return
                self._visit(queued, fetcher)
        finally:
            self.traffic.seconds = time.monotonic() - started
            fetcher.close()

    def _read_robots(self, fetcher: Fetcher) -> bool:
        """Read robots.txt at first and again after a day; False gives the site up for now."""
        if time.monotonic() - self._robots_at < ROBOTS_MAX_AGE_S:
            return self._store.stopped(self.site) is None
        self._wait()
        self._robots = fetch_robots(fetcher, self._origin)
        self._robots_at = time.monotonic()
        self._pace.go_on()
        if self._robots.reason:
            self._store.stop_site(self.site, self._robots.reason)
            return False
        delay = self._robots.crawl_delay_s
        if delay is not None:
            self._pace.usual_s = max(self._pace.usual_s, min(delay, self._settings.max_crawl_delay_s))
            self._pace.go_on()
        sitemaps = self._robots.sitemaps(self._origin) or [f"{self._origin}/sitemap.xml"]
        self._store.add(self.site, SITEMAP, sitemaps, priority=0, depth=0)
        return True

    def _visit(self, queued: Queued, fetcher: Fetcher) -> None:
        if origin_of(queued.url) == self._origin and not self._robots.allows(queued.url):
            self._store.finish(self.site, queued.url, Outcome("skipped", "robots"))
            return
        if origin_of(queued.url) != self._origin and not self._is_own_sitemap(queued):
            self._store.finish(self.site, queued.url, Outcome("skipped", "other_origin"))
            return
        self._wait()
        if self._stop.is_set():
            return
        reason = self._fetch(queued, fetcher)
        if queued.kind == PAGE:
            self._on_page(reason)

    def _is_own_sitemap(self, queued: Queued) -> bool:
        """Whether a sitemap lies on another host of the same shop, which robots.txt may name (RFC 9309, 2.2.4)."""
        return queued.kind == SITEMAP and shop_of(queued.url) == shop_of(self._origin + "/")

    def _fetch(self, queued: Queued, fetcher: Fetcher) -> str | None:
        """Fetch one URL and store what came of it; return the reason where that is a failure."""
        is_page = queued.kind == PAGE
        limit = self._settings.max_page_bytes if is_page else self._settings.max_sitemap_bytes
        try:
            response = fetcher.get(queued.url, max_bytes=limit, headers=_validators(queued) if is_page else None)
        except FetchError as error:
            self._pace.slow_down(0.0)
            return self._fail(queued, error.reason)
        if response.status in (429, 503):
            return self._put_off(queued, response)
        if response.status >= 500:
            self._pace.slow_down(0.0)
            return self._fail(queued, "status_5xx", response.status)
        self._pace.go_on()
        self._pace.refusals = self._pace.refusals + 1 if response.status in (401, 403) else 0
        if self._pace.refusals >= MAX_REFUSALS_IN_A_ROW:
            self._store.stop_site(self.site, f"refused: status {response.status}, {self._pace.refusals} times in a row")
        if response.location:
            return self._redirect(queued, response)
        if not is_page:
            return self._read_sitemap(queued, response)
        return self._keep(queued, response)

    def _keep(self, queued: Queued, response: Response) -> str | None:
        """Store a page's answer and queue its links."""
        outcome = Outcome(
            state="done", status=response.status, content_type=response.headers.get("content-type"),
            etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified"),
            robots_tag=response.headers.get("x-robots-tag"), fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        if response.status == 304 and queued.has_body:
            self._store.finish(
                self.site, queued.url, replace(outcome, status=200, content_type=None, reason="unchanged")
            )
            return None
        media_type = (outcome.content_type or "text/html").partition(";")[0].strip().lower()
        if not 200 <= response.status < 300:
            reason = f"status_{response.status}"
            self._store.finish(self.site, queued.url, replace(outcome, state="failed", reason=reason))
            return reason
        if media_type not in PAGE_TYPES:
            self._store.finish(self.site, queued.url, replace(outcome, state="skipped", reason="no_page"))
            return None
        links: list[str] = []
        if not _tells(outcome.robots_tag, "nofollow"):
            links = links_of(parse_page(response.body, queued.url, outcome.content_type), origin=self._origin)
        found = [(PAGE, links, FROM_LINK, queued.depth + 1)]
        self._store.finish(self.site, queued.url, replace(outcome, body=response.body), found)
        return None

    def _read_sitemap(self, queued: Queued, response: Response) -> str | None:
        if response.status != 200:
            self._store.finish(self.site, queued.url, Outcome("failed", f"status_{response.status}", response.status))
            return f"status_{response.status}"
        sitemap = parse_sitemap(response.body, queued.url, max_bytes=self._settings.max_sitemap_bytes)
        pages = [page for url in sitemap.pages if (page := followable(url, self._origin))]
        inner = sitemap.sitemaps if queued.depth < MAX_SITEMAP_DEPTH else ()
        found = [(PAGE, pages, FROM_SITEMAP, 0), (SITEMAP, inner, 0, queued.depth + 1)]
        self._store.finish(self.site, queued.url, Outcome("done", None, response.status), found)
        return None

    def _redirect(self, queued: Queued, response: Response) -> str | None:
        """Queue a redirect's target; a start page may move the whole crawl to another origin of the same shop."""
        target = response.location or ""
        outcome = Outcome("skipped", "redirect", response.status)
        is_same_shop = shop_of(target) == shop_of(queued.url)
        if origin_of(target) != self._origin and is_same_shop and queued.url == self._start_url:
            self._origin = origin_of(target)
            self._store.move_site(self.site, self._origin)
            self._robots_at = float("-inf")
        if origin_of(target) != self._origin:
            outcome = replace(outcome, reason="redirect_elsewhere")
            self._store.finish(self.site, queued.url, outcome)
            return None
        # A chain of redirects grows the depth, so that it ends.
        found = [(queued.kind, [target], START, queued.depth + 1)] if queued.depth < 10 else []
        self._store.finish(self.site, queued.url, outcome, found)
        return None

    def _put_off(self, queued: Queued, response: Response) -> str | None:
        """Slow down as a busy site asks; a wait longer than the limit gives it up for this run."""
        wait_s = retry_after_s(response.headers.get("retry-after"))
        self._pace.slow_down(wait_s)
        if wait_s > self._settings.max_retry_after_s:
            self._store.stop_site(self.site, f"asked_to_wait: {wait_s:.0f} s; run the same command again later")
            return "too_busy"
        return self._fail(queued, "too_busy", response.status)

    def _fail(self, queued: Queued, reason: str, status: int | None = None) -> str | None:
        """Queue a failed URL again while attempts are left; many failures in a row give the site up."""
        self._pace.failures += 1
        is_last = queued.attempts + 1 >= MAX_ATTEMPTS or reason in ("too_large", "refused_address", "tls")
        state = "failed" if is_last else "queued"
        self._store.finish(self.site, queued.url, Outcome(state, reason, status))
        if reason == "refused_address":
            self._store.stop_site(self.site, "refused_address: the host is not public; see --resolve")
        elif self._pace.failures >= MAX_FAILURES_IN_A_ROW and reason != "too_busy":
            self._store.stop_site(self.site, f"unreachable: {reason}, {self._pace.failures} times in a row")
        return reason if is_last else None

    def _wait(self) -> None:
        self._stop.wait(max(0.0, self._pace.next_at - time.monotonic()))


def _validators(queued: Queued) -> dict[str, str]:
    """Headers that let a server answer 304 for a body which is already here."""
    if not queued.has_body:
        return {}
    pairs = (("If-None-Match", queued.etag), ("If-Modified-Since", queued.last_modified))
    return {name: value for name, value in pairs if value}


def _tells(robots_tag: str | None, word: str) -> bool:
    words = {part.strip() for part in (robots_tag or "").lower().split(",")}
    return word in words or "none" in words


def retry_after_s(value: str | None) -> float:
    """Return the seconds a Retry-After header asks for, in either of its forms; 0 without one."""
    text = (value or "").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
