"""Links of a page that a crawl may follow."""

import re
from urllib.parse import urlsplit

from kernel.contracts import contract
from scraper.crawl.settings import origin_of
from scraper.errors import UrlError
from scraper.extraction.page import Page
from scraper.values.identity import canonical_url

MAX_LINKS = 2000
_LINKS = contract("feeds.json")["links"]
_NO_PAGE = re.compile(_LINKS["filePattern"], re.IGNORECASE)
# Addresses that change something or belong to one visitor; they are left out even where robots.txt allows them.
_PRIVATE = re.compile(_LINKS["privatePattern"], re.IGNORECASE)
_ACTION = re.compile(_LINKS["actionPattern"], re.IGNORECASE)


def links_of(page: Page, *, origin: str) -> list[str]:
    """Return the canonical URLs of the page's followable links on the same origin, each once, in document order."""
    if is_told(page, "nofollow"):
        return []
    found: dict[str, None] = {}
    for element in page.root.iter("a", "area"):
        if "nofollow" in (element.get("rel") or "").lower().split() or len(found) >= MAX_LINKS:
            continue
        url = followable(page.absolute(element.get("href")), origin)
        if url:
            found.setdefault(url)
    return list(found)


def followable(url: str | None, origin: str) -> str | None:
    """Return the canonical form of a URL that may hold a product or lead to one, else None."""
    try:
        canonical = canonical_url(url) if url else None
    except UrlError:
        return None
    if canonical is None or origin_of(canonical) != origin:
        return None
    parts = urlsplit(canonical)
    is_page = not (_NO_PAGE.search(parts.path) or _PRIVATE.search(parts.path) or _ACTION.search(parts.query))
    return canonical if is_page else None


def is_told(page: Page, word: str, header: str = "") -> bool:
    """Return whether `<meta name=robots>` or X-Robots-Tag gives `word` ("noindex", "nofollow") to every robot."""
    for text in [*page.meta.get("robots", []), header]:
        words = {part.strip() for part in text.lower().split(",")}
        if word in words or "none" in words:
            return True
    return False
