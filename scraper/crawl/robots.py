"""Rules of robots.txt (RFC 9309): what an origin allows, how fast, and where its sitemaps are.

An answer is valid for 24 hours (2.4) and is kept in the crawl folder; the next run asks again after a refusal or an
unreachable site.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

from kernel.contracts import contract
from scraper.crawl.fetch import Fetcher
from scraper.crawl.settings import ROBOTS_TOKEN
from scraper.crawl.store import Store
from scraper.errors import FetchError
from scraper.values.identity import absolute_url

_RULES = contract("feeds.json")["robots"]
MAX_ROBOTS_BYTES: int = _RULES["maxBytes"]
MAX_SITEMAPS: int = _RULES["maxSitemaps"]
MAX_AGE_S: float = _RULES["maxAgeHours"] * 3600.0


@dataclass(frozen=True)
class Robots:
    """The rules of one origin, and the `body` they were read from; empty where every path is allowed.

    `reason` tells why everything is disallowed, where that is so.
    """

    rules: Protego | None = None
    reason: str | None = None
    body: bytes = b""

    def allows(self, url: str) -> bool:
        """Return whether this crawler may fetch `url`; robots.txt itself may always be fetched."""
        if self.reason is not None:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, ROBOTS_TOKEN))

    @property
    def crawl_delay_s(self) -> float | None:
        """Return the seconds between requests that the site asks for, or None."""
        delay = self.rules.crawl_delay(ROBOTS_TOKEN) if self.rules else None
        return None if delay is None else max(0.0, float(delay))

    def sitemaps(self, origin: str) -> list[str]:
        """Return the absolute sitemap URLs that robots.txt lists."""
        listed = list(self.rules.sitemaps)[:MAX_SITEMAPS] if self.rules else []
        return [url for text in listed if (url := absolute_url(text, origin + "/"))]


def fetch_robots(fetcher: Fetcher, origin: str) -> Robots:
    """Return the origin's rules: 4xx allows everything; 429, 5xx and an unreachable site disallow everything."""
    try:
        response = fetcher.get_following(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, cut=True)
    except FetchError as error:
        # RFC 9309, 2.3.1.2: too many redirects count as unavailable, which allows.
        if error.reason == "redirects":
            return Robots()
        label = error.reason if error.reason == "refused_address" else "robots_unreachable"
        return Robots(reason=f"{label}: {error}")
    if response.status == 429 or response.status >= 500:
        return Robots(reason=f"robots_status_{response.status}")
    if not 200 <= response.status < 300:
        return Robots()
    return parse_robots(response.body)


def parse_robots(body: bytes) -> Robots:
    """Return the rules of a robots.txt, cut at 500 KiB to a whole line."""
    if len(body) >= MAX_ROBOTS_BYTES:
        body = body[:MAX_ROBOTS_BYTES].rpartition(b"\n")[0]
    return Robots(rules=Protego.parse(body.decode("utf-8-sig", errors="replace")), body=body)


class RobotsCache:
    """Rules of the origins of one crawl, fetched when needed and kept in the store for a day."""

    def __init__(self, store: Store, fetch: Callable[[str], Robots]) -> None:
        self._store = store
        self._fetch = fetch
        self._known: dict[str, tuple[Robots, float]] = {}

    def of(self, origin: str) -> Robots:
        """Return an origin's rules, at most a day old."""
        robots, read_at = self._known.get(origin) or self._stored(origin)
        # A clock that was set back makes an age negative: such an answer does not count as fresh either.
        if not 0 <= time.time() - read_at < MAX_AGE_S:
            robots, read_at = self._fetch(origin), time.time()
            if robots.reason is None:
                self._store.set_robots(origin, robots.body, read_at)
        self._known[origin] = (robots, read_at)
        return robots

    def _stored(self, origin: str) -> tuple[Robots, float]:
        body, read_at = self._store.robots(origin) or (b"", float("-inf"))
        return parse_robots(body), read_at
