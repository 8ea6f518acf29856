"""Image hosts: one image at a time from each, within its robots.txt and answers, through every redirect."""

import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scraper.crawl.fetch import Fetcher, Response
from scraper.crawl.pace import Pace, retry_after_s
from scraper.crawl.robots import MAX_AGE_S, Robots, fetch_robots
from scraper.crawl.settings import ROBOTS_TOKEN, CrawlSettings, origin_of
from scraper.errors import FetchError

MAX_IMAGE_BYTES = 20 * 2**20
MAX_REDIRECTS = 5
MAX_FAILURES_IN_A_ROW = 5
# Google's directives, and those that sites write against training sets; each of them excludes the image.
REFUSING_WORDS = frozenset(("none", "noindex", "noimageindex", "noai", "noimageai"))


@dataclass
class _Host:
    pace: Pace
    lock: threading.Lock = field(default_factory=threading.Lock)
    robots: dict[str, tuple[Robots, float]] = field(default_factory=dict)
    stopped: str | None = None


class Hosts:
    """State of every image host of one run, shared by its threads, each with its own Fetcher."""

    def __init__(self, settings: CrawlSettings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def stopped(self) -> dict[str, str]:
        """Return the hosts that were given up, and why."""
        return {name: host.stopped for name, host in sorted(self._hosts.items()) if host.stopped}

    def get(self, url: str, fetcher: Fetcher) -> bytes:
        """Return an image's bytes; raises FetchError with the reason where they cannot or may not be fetched."""
        for _ in range(MAX_REDIRECTS + 1):
            response = self._ask(url, fetcher)
            if response.location is None:
                return _body(response)
            url = response.location
        raise FetchError("redirects", f"{url}: more than {MAX_REDIRECTS} redirects")

    def _ask(self, url: str, fetcher: Fetcher) -> Response:
        """Send one request to a host, one at a time and at its pace; redirects pass here too."""
        host = self._host(url)
        with host.lock:
            if host.stopped:
                raise FetchError("host_stopped", f"{url}: the host was given up: {host.stopped}")
            robots = self._robots(host, url, fetcher)
            if robots.reason:
                raise FetchError("robots_unknown", f"{url}: {robots.reason}")
            if not robots.allows(url):
                raise FetchError("robots", f"{url}: robots.txt disallows it")
            self._wait(host)
            try:
                response = fetcher.get(url, max_bytes=MAX_IMAGE_BYTES, headers={"Accept": "image/*"})
            except FetchError as error:
                self._count_failure(host, error.reason, 0.0)
                raise
            if response.status in (429, 503):
                self._count_failure(host, "too_busy", retry_after_s(response.headers.get("retry-after")))
                raise FetchError("too_busy", f"{url}: status {response.status}")
            if response.status >= 500:
                self._count_failure(host, "status_5xx", 0.0)
                raise FetchError("status_5xx", f"{url}: status {response.status}")
            host.pace.succeed()
            return response

    def _host(self, url: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(urlsplit(url).hostname or "", _Host(Pace.of_rate(self._settings.rate)))

    def _robots(self, host: _Host, url: str, fetcher: Fetcher) -> Robots:
        origin = origin_of(url)
        robots, read_at = host.robots.get(origin, (Robots(), float("-inf")))
        if time.monotonic() - read_at > MAX_AGE_S:
            self._wait(host)
            robots = fetch_robots(fetcher, origin)
            host.pace.obey(robots.crawl_delay_s, self._settings.max_crawl_delay_s)
            host.pace.succeed()
            host.robots[origin] = (robots, time.monotonic())
        return robots

    def _count_failure(self, host: _Host, reason: str, wait_s: float) -> None:
        """Slow down; give a host up that fails repeatedly or asks for a wait longer than the limit."""
        if reason in ("too_large", "refused_address"):
            return
        host.pace.failures += 1
        host.pace.slow_down(wait_s)
        if wait_s > self._settings.max_retry_after_s:
            host.stopped = f"asked_to_wait: {wait_s:.0f} s"
        elif host.pace.failures >= MAX_FAILURES_IN_A_ROW:
            host.stopped = f"{reason}, {host.pace.failures} times in a row"

    def _wait(self, host: _Host) -> None:
        if self._stop.wait(host.pace.wait_s):
            raise FetchError("host_stopped", "the run was interrupted")


def _body(response: Response) -> bytes:
    if not 200 <= response.status < 300:
        raise FetchError(f"status_{response.status}", f"{response.url}: status {response.status}")
    if refuses(response.headers.get("x-robots-tag", "")):
        raise FetchError("x_robots_tag", f"{response.url}: its X-Robots-Tag asks to be left alone")
    return response.body


def refuses(robots_tag: str) -> bool:
    """Return whether an X-Robots-Tag header asks this robot to leave an image alone.

    A directive with another robot's name before it is that robot's; several headers arrive joined by commas.

    >>> [refuses(tag) for tag in ("noai", "max-snippet:5, NoImageIndex", "otherbot: noindex", "carryoverbot: noindex")]
    [True, True, False, True]
    """
    for part in robots_tag.lower().split(","):
        agent, colon, directive = part.strip().rpartition(":")
        if directive.strip() in REFUSING_WORDS and (not colon or agent.strip() == ROBOTS_TOKEN.lower()):
            return True
    return False
