"""Breadcrumbs as a person sees them: what is named so, or a `<nav>` whose addresses each go on from the last."""

from itertools import pairwise
from typing import Any

from lxml import etree

from scraper import breadcrumbs
from scraper.candidate import Candidate
from scraper.document import Page
from scraper.text import clean
from scraper.visible import find, is_unseen, text_of

MAX_TRAILS = 20
MAX_LINKS = 20
# Without its first letter, so that "Breadcrumb" and "breadcrumb" are both found: XPath 1.0 folds no case cheaply.
_named = etree.XPath(
    "/html/body//*[contains(@class, 'readcrumb') or contains(@id, 'readcrumb') or contains(@aria-label, 'readcrumb')]"
)


def extract(page: Page) -> list[Candidate]:
    """Return the path of the first breadcrumbs that name one."""
    trails = [*find(_named, page.root)[:MAX_TRAILS], *(nav for nav in page.root.iter("nav") if _is_trail(nav, page))]
    for element in trails[: 2 * MAX_TRAILS]:
        links = [(clean(text_of(a), 200), page.absolute(a.get("href"))) for a in list(element.iter("a"))[:MAX_LINKS]]
        path = breadcrumbs.path_of([link for link in links if link[1]], page)
        if path and not is_unseen(element):
            return [Candidate(syntax="dom", category_path=path)]
    return []


def _is_trail(nav: Any, page: Page) -> bool:
    urls = [page.absolute(a.get("href")) or "" for a in list(nav.iter("a"))[:12]]
    steps = [url.rstrip("/") + "/" for url in urls]
    return len(steps) >= 2 and all(b.startswith(a) and a != b for a, b in pairwise(steps))
