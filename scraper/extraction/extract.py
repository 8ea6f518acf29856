"""Extraction of the Product of a page, from the bytes to the Product. No network and no clock."""

from collections.abc import Callable
from types import MappingProxyType
from typing import cast

from scraper.extraction.candidate import Candidate
from scraper.extraction.combine import combine, missing_fields
from scraper.extraction.markup import jsonld, microdata, opengraph, rdfa
from scraper.extraction.page import Page, parse_page
from scraper.extraction.state import reader
from scraper.extraction.verdict import verdict_of
from scraper.extraction.visible import address_code, brand, breadcrumb_trail, labels, price_and_title, stock
from scraper.extraction.visible.regular_price import regular_price
from scraper.values.identity import item_id_of, shop_of
from scraper.values.product import Product, snake
from scraper.values.text import key_of
from scraper.values.vocabulary import vocabulary

Extractor = Callable[[Page], list[Candidate]]
ALWAYS: frozenset[str] = frozenset()
_VOCABULARY = vocabulary("extract")
WRITTEN_FOR_PEOPLE = tuple(_VOCABULARY["titleSyntaxesWithHiddenWords"])
_FILLS = {name: frozenset(map(snake, fields)) for name, fields in _VOCABULARY["fills"].items()}
MIN_TITLE = 12
# One extractor per syntax, one signature; `combine` decides between them. Those with a set of fields run only while one
# of these is still missing.
EXTRACTORS: tuple[tuple[Extractor, frozenset[str]], ...] = (
    (jsonld.extract, ALWAYS),
    (microdata.extract, ALWAYS),
    (rdfa.extract, ALWAYS),
    (opengraph.extract, ALWAYS),
    (address_code.extract, ALWAYS),
    (reader.extract, ALWAYS),
    (labels.extract, ALWAYS),
    (brand.extract, _FILLS["brand"]),
    (breadcrumb_trail.extract, _FILLS["breadcrumbTrail"]),
    (stock.extract, _FILLS["stock"]),
    (price_and_title.extract, _FILLS["priceAndTitle"]),
)


def _spoken_title(title: str, page: Page) -> str:
    """Return the title as the page's own title has it, without hidden words before it ("Details about").

    Text on the page may hold words for screen readers. The page's title replaces it only where it is most of it.
    """
    key = key_of(title)

    def fits(part: str) -> bool:
        return part != key and key.endswith(part) and len(part) * 5 >= len(key) * 3

    return next((text for text in page.titles if len(text) >= MIN_TITLE and fits(key_of(text))), title)


def extract_product(
    source: bytes | str,
    url: str,
    *,
    content_type: str | None = None,
    status: int | None = None,
    fetched_at: str | None = None,
) -> Product:
    """Return the Product of one page; raises UrlError where `url` is not an http(s) URL, and nothing else.

    A page whose verdict is not "product" gives its identity and verdict only: the title of a refusal or a list is not
    a product's. `content_type` and `status` are the HTTP response's, where there was one.
    """
    page = parse_page(source, url, content_type)
    item_url, named_by = page.item_url
    candidates: list[Candidate] = []
    for extract, fills in EXTRACTORS:
        if not fills or fills & missing_fields(candidates):
            candidates += extract(page)
    verdict = verdict_of(candidates, page, status)
    values, provenance = combine(candidates) if verdict == "product" else ({}, {})
    if provenance.get("title") in WRITTEN_FOR_PEOPLE:
        values["title"] = _spoken_title(cast(str, values["title"]), page)
    if (price := values.get("price")) and "regular_price" not in values and (before := regular_price(page, price)):
        values["regular_price"], provenance["regular_price"] = before, "dom"
    if contrary := stock.contradiction(page, values.get("availability")):
        values["availability"], provenance["availability"] = contrary, "dom"
    return Product(
        shop=shop_of(item_url),
        item_id=item_id_of(item_url),
        url=item_url,
        verdict=verdict,
        fetched_at=fetched_at,
        provenance=MappingProxyType({**provenance, "url": named_by}),
        **values,
    )
