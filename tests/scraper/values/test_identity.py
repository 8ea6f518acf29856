"""Tests of identity: the shared vectors, and ambiguous addresses."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import UrlError
from scraper.values.gtin import normalise_gtin
from scraper.values.identity import absolute_url, canonical_url, item_id_of, shop_of

VECTORS = json.loads((Path(__file__).parents[3] / "contracts/vectors/identity.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["url"])
def test_identity_vector(case):
    url = canonical_url(case["url"])
    assert (url, shop_of(url), item_id_of(url)) == (case["canonicalUrl"], case["shop"], case["itemId"])


@pytest.mark.parametrize("url", [*VECTORS["refused"], "https://exa mple.org/", "http://a:99999/", "https://[::g]/p"])
def test_text_that_is_not_an_item_address_is_refused(url):
    with pytest.raises(UrlError):
        canonical_url(url)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://0x7f.1/p", "http://127.0.0.1/p"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("https://example.org/a/../b/./c/", "https://example.org/b/c/"),
        ("https:\\\\example.org\\p", "https://example.org/p"),
        ("  https://example.org/p\n", "https://example.org/p"),
        ("https://example.org/p?utm_a=1", "https://example.org/p"),
    ],
)
def test_spellings_of_one_address_become_one(url, canonical):
    assert canonical_url(url) == canonical


@given(st.text(max_size=200))
def test_canonical_form_is_stable(text):
    try:
        once = canonical_url("https://example.org/" + text)
    except UrlError:
        return
    assert canonical_url(once) == once


def test_references_become_absolute_and_other_schemes_nothing():
    base = "https://example.org/a/b"
    assert absolute_url("../c d.jpg#x", base) == "https://example.org/c%20d.jpg"
    assert absolute_url("//cdn.example.org/x", base) == "https://cdn.example.org/x"
    assert [absolute_url(text, base) for text in ("javascript:alert(1)", "data:x", "#top", "", "http://[")] == [
        None
    ] * 5


@pytest.mark.parametrize(
    ("value", "gtin"),
    [
        ("4006381333931", "04006381333931"),
        ("400-6381 333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("gtin13:4006381333931", "04006381333931"),
        (9780306406157, "09780306406157"),
        ("4006381333932", None),
        ("2000000000008", None),
        ("0200000000004", None),
        ("0000000000000", None),
        ("12345", None),
        ("abc", None),
        (None, None),
    ],
)
def test_gtin_needs_a_valid_length_check_digit_and_prefix(value, gtin):
    assert normalise_gtin(value) == gtin


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("https://CDN.Example.com:443/A.jpg", "https://cdn.example.com/A.jpg"),
        ("http://cdn.example.com:80/a", "http://cdn.example.com/a"),
        ("http://cdn.example.com:443/a", "http://cdn.example.com:443/a"),
        ("//Img.example/B.png?X=1", "https://img.example/B.png?X=1"),
    ],
)
def test_references_are_written_as_a_browser_writes_them(reference, absolute):
    assert absolute_url(reference, "https://shop.example/p/1") == absolute
