"""The page-to-Product function: pure, no network, no clock."""

from collections.abc import Callable
from types import MappingProxyType

from scraper import dom, jsonld, microdata, opengraph, state
from scraper.candidate import Candidate
from scraper.combine import combine
from scraper.document import Page, parse_page
from scraper.identity import item_id_of, shop_of
from scraper.product import Product
from scraper.verdict import verdict_of

# One extractor per syntax, one signature; the combiner decides between them.
EXTRACTORS: tuple[Callable[[Page], list[Candidate]], ...] = (
    jsonld.extract, microdata.extract, opengraph.extract, state.extract, dom.extract,
)  # fmt: skip


def extract_product(
    source: bytes | str,
    url: str,
    *,
    content_type: str | None = None,
    status: int | None = None,
    fetched_at: str | None = None,
) -> Product:
    """Return the Product of one page; raises UrlError where `url` is no http(s) URL, and nothing else.

    A page whose verdict is not "product" gives its identity and verdict only: what a refusal or a list says about
    itself is no product's title. `content_type` and `status` are the HTTP response's, where there was one.
    """
    page = parse_page(source, url, content_type)
    item_url, named_by = page.item_url
    candidates = [candidate for extractor in EXTRACTORS for candidate in extractor(page)]
    verdict = verdict_of(candidates, page, status)
    values, provenance = combine(candidates) if verdict == "product" else ({}, {})
    return Product(
        shop=shop_of(item_url),
        item_id=item_id_of(item_url),
        url=item_url,
        verdict=verdict,
        fetched_at=fetched_at,
        provenance=MappingProxyType({**provenance, "url": named_by}),
        **values,
    )
