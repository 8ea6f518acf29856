"""robots.txt as RFC 9309 says: what an origin allows, how fast, and where its sitemaps are."""

from dataclasses import dataclass

from protego import Protego

from scraper.crawl.fetch import Fetcher
from scraper.crawl.settings import ROBOTS_TOKEN
from scraper.errors import FetchError
from scraper.identity import absolute_url

MAX_ROBOTS_BYTES = 500 * 1024
MAX_SITEMAPS = 50


@dataclass(frozen=True)
class Robots:
    """The rules of one origin. `reason` says why everything is disallowed, where it is."""

    rules: Protego | None = None
    reason: str | None = None

    def allows(self, url: str) -> bool:
        """Whether this crawler may fetch `url`; robots.txt itself always may be fetched."""
        if self.reason is not None:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, ROBOTS_TOKEN))

    @property
    def crawl_delay_s(self) -> float | None:
        """Seconds between requests that the site asks for."""
        delay = self.rules.crawl_delay(ROBOTS_TOKEN) if self.rules else None
        return None if delay is None else max(0.0, float(delay))

    def sitemaps(self, origin: str) -> list[str]:
        """Absolute sitemap URLs that robots.txt lists."""
        listed = list(self.rules.sitemaps)[:MAX_SITEMAPS] if self.rules else []
        return [url for text in listed if (url := absolute_url(text, origin + "/"))]


def fetch_robots(fetcher: Fetcher, origin: str) -> Robots:
    """Return the origin's rules: 4xx allows everything; 429, 5xx and an unreachable site disallow everything."""
    try:
        response = fetcher.get_following(f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, cut=True)
    except FetchError as error:
        # RFC 9309, 2.3.1.2: too many redirects count as unavailable, which allows.
        return Robots() if error.reason == "redirects" else Robots(reason=f"robots_unreachable: {error}")
    if response.status == 429 or response.status >= 500:
        return Robots(reason=f"robots_status_{response.status}")
    if not 200 <= response.status < 300:
        return Robots()
    return parse_robots(response.body)


def parse_robots(body: bytes) -> Robots:
    """Return the rules of a robots.txt, cut at 500 KiB to a whole line."""
    if len(body) >= MAX_ROBOTS_BYTES:
        body = body[:MAX_ROBOTS_BYTES].rpartition(b"\n")[0]
    return Robots(rules=Protego.parse(body.decode("utf-8-sig", errors="replace")))
