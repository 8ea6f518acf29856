"""Reader of visible breadcrumbs: elements named so, or a `<nav>` whose addresses each extend the one before."""

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import breadcrumbs
from scraper.extraction.page import Page
from scraper.extraction.visible.elements import is_unseen, text_of
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary

MAX_TRAILS = 20
MAX_LINKS = 20
MAX_NAVS = 100
MAX_STEPS = 12
_VOCABULARY = vocabulary("visible", "breadcrumbTrail")


def extract(page: Page) -> list[Candidate]:
    """Return the path of the first breadcrumbs that name one."""
    navs = islice(page.root.iter("nav"), MAX_NAVS)
    trails = [*islice(_named(page), MAX_TRAILS), *(nav for nav in navs if _is_trail(nav, page))]
    for element in trails[: 2 * MAX_TRAILS]:
        links = [(clean(text_of(a), 200), page.absolute(a.get("href"))) for a in islice(element.iter("a"), MAX_LINKS)]
        path = breadcrumbs.path_of([link for link in links if link[1]], page)
        if path and not is_unseen(element):
            return [Candidate(syntax="dom", category_path=path)]
    return []


def _named(page: Page) -> Iterator[Any]:
    """Yield the elements of the body whose class, id or label is "Breadcrumb" or "breadcrumb" something."""
    body = page.root.find("body")
    for element in () if body is None else body.iterdescendants():
        if any(_VOCABULARY["nameStem"] in (element.get(name) or "") for name in _VOCABULARY["nameAttributes"]):
            yield element


def _is_trail(nav: Any, page: Page) -> bool:
    urls = [page.absolute(a.get("href")) or "" for a in islice(nav.iter("a"), MAX_STEPS)]
    steps = [url.rstrip("/") + "/" for url in urls]
    return len(steps) >= 2 and all(b.startswith(a) and a != b for a, b in pairwise(steps))
