"""Verdict on a page: its kind, decided before any of its fields are used.

In this order: the HTTP status (404 and 410), a product in markup or state, a refusal or a missing page by its title,
a product by its visible price, a list of products, a page that only scripts would fill. `empty` is every other page: it
has nothing for sale.
"""

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page
from scraper.values.product import Verdict
from scraper.values.words import opens_with

BLOCKED_STATUSES = frozenset((401, 403, 407, 429, 503))
# With less visible text than this, a page with scripts is one that its scripts would have filled.
MIN_VISIBLE_CHARS = 200


def verdict_of(candidates: list[Candidate], page: Page, status: int | None) -> Verdict:
    """Return the page's verdict; `status` is the HTTP status where it is known."""
    has_title = any(candidate.title for candidate in candidates)
    claims = {candidate.syntax for candidate in candidates if candidate.is_product} if has_title else set()
    if status in (404, 410):
        return "not_found"
    if claims - {"dom"}:
        return "product"
    return _refusal(page, status) or ("product" if claims else _without_product(candidates, page))


def _refusal(page: Page, status: int | None) -> Verdict | None:
    if status in BLOCKED_STATUSES or any(opens_with("blocked", text) for text in page.headings):
        return "blocked"
    return "not_found" if any(opens_with("notFound", text) for text in page.headings) else None


def _without_product(candidates: list[Candidate], page: Page) -> Verdict:
    if any(candidate.num_products for candidate in candidates):
        return "listing"
    return "needs_js" if _needs_js(page) else "empty"


def _needs_js(page: Page) -> bool:
    has_scripts = bool(page.tagged["script"])
    return has_scripts and _num_visible_chars(page) < MIN_VISIBLE_CHARS


def _num_visible_chars(page: Page) -> int:
    """Return the number of visible characters, counted up to MIN_VISIBLE_CHARS."""
    total = 0
    for text in page.texts:
        total += len(text.text.replace(" ", ""))
        if total >= MIN_VISIBLE_CHARS:
            break
    return total
