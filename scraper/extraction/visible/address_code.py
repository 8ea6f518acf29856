"""Product codes: the one in the page's own address, and the rank of a text as a code."""

import re
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

from scraper.extraction.candidate import Candidate
from scraper.extraction.page import Page
from scraper.values.gtin import normalise_gtin
from scraper.values.vocabulary import vocabulary

MAX_PARAMETERS = 100
# Path steps and parameters behind which shops put a product's own code.
_VOCABULARY = vocabulary("visible", "addressCode")
_STEPS = frozenset(_VOCABULARY["steps"])
_PARAMETERS = frozenset(_VOCABULARY["parameters"])
_CODE = re.compile("|".join(_VOCABULARY["codePatterns"]))
_PARAMETER_CODE = re.compile(r"(?=.*[0-9])[\w.-]{2,40}")
_WORDS = re.compile(r"[^\W_]+")
CODE, GTIN, WORDS = 2, 1, 0


def extract(page: Page) -> list[Candidate]:
    """Return the code in the page's address as its sku, for pages that name no other."""
    code = page_code(page)
    return [Candidate(syntax="url", sku=code)] if code else []


def page_code(page: Page) -> str | None:
    """Return the product's code in the page's or the canonical address; a parameter wins over a path."""
    return query_code(page.url) or path_code(page.item_url[0]) or path_code(page.url)


def query_code(url: str) -> str | None:
    """Return the code that a parameter of the URL names.

    >>> query_code("https://shop.example/jugs/?sku=A-17&page=2")
    'A-17'
    """
    pairs = parse_qsl("&".join(urlsplit(url).query.split("&")[:MAX_PARAMETERS]))
    return next(
        (value for name, value in pairs if name.lower() in _PARAMETERS and _PARAMETER_CODE.fullmatch(value)), None
    )


def path_code(url: str) -> str | None:
    """Return the code behind a step such as `/dp/`, else the last long number of the path's last two steps.

    >>> path_code("https://shop.example/dp/B0756B4GVG"), path_code("https://shop.example/red-jug-144432.html")
    ('B0756B4GVG', '144432')
    >>> path_code("https://shop.example/news/2020") is None
    True
    """
    steps = [unquote(step) for step in urlsplit(url).path.split("/") if step]
    named = [step for before, step in pairwise(steps) if before.lower() in _STEPS and _CODE.fullmatch(step)]
    last = [word for step in steps[-2:] for word in _WORDS.findall(step) if _CODE.fullmatch(word)]
    return next(iter([*named, *reversed(last)]), None)


def rank(sku: str) -> int:
    """Return the rank of a text as a sku: `CODE`, then `GTIN`, then `WORDS`."""
    if any(char.isspace() for char in sku) or not any(char.isdigit() for char in sku):
        return WORDS
    return GTIN if normalise_gtin(sku) else CODE
