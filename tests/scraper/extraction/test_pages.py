"""Tests of whole pages: each vector gives exactly its Product, which fits the schema and survives a round trip."""

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from scraper import Product, extract_product
from scraper.errors import UrlError
from scraper.extraction.candidate import Candidate
from scraper.extraction.combine import combine
from scraper.values.price import Price

CONTRACTS = Path(__file__).parents[3] / "contracts"
SCHEMA = jsonschema.Draft202012Validator(json.loads((CONTRACTS / "product.schema.json").read_text(encoding="utf-8")))
PAGES = sorted((CONTRACTS / "vectors/pages").glob("*.json"))


def test_there_are_at_least_thirty_pages_and_each_has_its_html():
    assert len(PAGES) >= 30
    assert {path.stem for path in PAGES} == {path.stem for path in (CONTRACTS / "vectors/pages").glob("*.html")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_vector(path):
    vector = json.loads(path.read_text(encoding="utf-8"))
    product = extract_product(path.with_suffix(".html").read_bytes(), vector["url"])
    assert product.to_wire() == vector["product"]
    SCHEMA.validate(product.to_wire())
    assert Product.from_wire(json.loads(json.dumps(product.to_wire()))) == product


def test_extraction_refuses_only_a_bad_address():
    with pytest.raises(UrlError):
        extract_product("<p>x", "ftp://shop.example/")
    assert extract_product(b"", "https://shop.example/p").verdict == "empty"


@pytest.mark.parametrize(
    "source",
    [b"\x00" * 100, b"\xff\xfe", b"<" * 5000, "<div>" * 5000, "\ud800 <p>x", "<!-- " + "x" * 5000, b"\x1f\x8b junk"],
)
def test_any_bytes_give_a_verdict(source):
    assert extract_product(source, "https://shop.example/p").verdict in ("empty", "needs_js")


JUG = '<meta charset="{}"><h1>Krug für €</h1><p class="price">12,50 €</p>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (JUG.format("utf-8").encode("utf-8"), None),
        (JUG.format("windows-1252").encode("cp1252"), None),
        (JUG.format("iso-8859-1").encode("cp1252"), None),
        (JUG.format("x").encode("utf-8-sig"), "text/html; charset=windows-1252"),
        (JUG.format("utf-8").encode("cp1252"), "text/html; charset=windows-1252"),
        (JUG.format("utf-16").encode("utf-8"), None),
        (JUG.format("nonsense").encode("cp1252"), None),
        (b"\xff\xfe" + JUG.format("x").encode("utf-16-le"), None),
    ],
)
def test_charset_comes_from_mark_then_header_then_meta_then_guess(body, content_type):
    product = extract_product(body, "https://shop.de/p", content_type=content_type)
    assert (product.title, product.price.currency) == ("Krug für €", "EUR")


def priced(syntax, amount, currency=None, regular=None):
    price = Price(Decimal(amount), currency)
    return Candidate(
        syntax, title="x", price=price, regular_price=Price(Decimal(regular), currency) if regular else None
    )


def test_price_and_currency_never_mix_two_sources():
    values, provenance = combine([priced("opengraph", "48", "USD"), priced("json-ld", "43.90")])
    assert (values["price"], provenance["price"]) == (Price(Decimal("43.90"), None), "json-ld")


def test_regular_price_belongs_to_the_same_price():
    values, _ = combine([priced("json-ld", "10", "EUR"), priced("dom", "9", "EUR", regular="12")])
    assert "regular_price" not in values
    values, provenance = combine([priced("json-ld", "9", "EUR"), priced("dom", "9", "EUR", regular="12")])
    assert (values["regular_price"].amount, provenance["regular_price"]) == (12, "dom")


@pytest.mark.parametrize(
    ("status", "verdict"), [(404, "not_found"), (410, "not_found"), (403, "blocked"), (429, "blocked"), (200, "empty")]
)
def test_status_decides_the_verdict_without_a_product(status, verdict):
    html = "<h1>Hello</h1><p>" + "words " * 100
    assert extract_product(html, "https://shop.example/p", status=status).verdict == verdict


def test_page_of_one_card_is_a_listing():
    html = '<h1>Jugs</h1><ul><li><a href="/p/1"><img src="/1.jpg">Jug</a><b class="price">€5</b></li></ul>'
    assert extract_product(html, "https://shop.example/c").verdict == "listing"


def test_repeated_cards_are_recognised_even_with_one_marked_sold():
    card = '<div class="thing {}"><a href="/p/{}">x</a><b class="price">€{}</b></div>'
    html = "<h1>Jugs</h1><main>" + "".join(card.format("sold" if n == 2 else "", n, n) for n in range(1, 4))
    assert extract_product(html, "https://shop.example/c").verdict == "listing"


@pytest.mark.parametrize(
    ("hostile", "verdict"),
    [
        ("<div class='price'>€5" * 3000, "product"),
        (("<div class='price'>" * 190 + "€5" + "</div>" * 190) * 50, "product"),
        ("<div class=c><a href=/x>x</a><p class='price'>€5</p></div>" * 5000, "listing"),
        ("<div class='breadcrumb gallery stock'><a href=/x><img src=/y>" * 3000, "empty"),
        ("<div itemscope itemref='z'></div>" * 3000 + "<div id=z>" + "<b itemprop=name>x</b>" * 3000, "empty"),
        ("<script>var price;" + 'a = {"b":' * 20_000, "needs_js"),
        ('<script type="application/ld+json">{"a":"' + '" ' * 100_000, "needs_js"),
    ],
    ids=["nested prices", "deep prices", "many cards", "nested names", "shared itemref", "open state", "quotes"],
)
def test_a_page_made_to_take_forever_ends(hostile, verdict):
    assert extract_product("<h1>a</h1>" + hostile, "https://shop.example/p").verdict == verdict


def test_deeply_nested_text_is_read_to_a_depth_and_no_further():
    html = "<h1>Jug</h1><p class='price'>€5</p>" + "<div>" * 5000 + "<p class='price'>€1</p>"
    assert str(extract_product(html, "https://shop.example/p").price.amount) == "5"
