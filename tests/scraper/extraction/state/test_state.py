"""Tests of embedded state: formats round-trip, only this page's product counts, hostile scripts end."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.extract import extract_product
from scraper.extraction.markup.json_repair import mend_value
from scraper.extraction.page import parse_page
from scraper.extraction.state import analytics
from scraper.extraction.state import reader as state
from scraper.extraction.state.formats import FlatArray, flight_values, nuxt_function_values, resolved
from scraper.extraction.state.sources import sources

URL = "https://shop.example/p/jug"
JUG = '{"name": "Jug", "sku": "J-17", "price": 12.5, "currency": "EUR"}'
KEYS = st.text(alphabet="abcdefgh", min_size=1, max_size=4)
TEXTS = st.text(max_size=12).filter(lambda text: not text.startswith("$"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def read(script: str, heading: str = "Jug", url: str = URL, kind: str = "") -> list[Any]:
    html = f"<h1>{heading}</h1><script{kind}>{script}</script>"
    return [candidate for candidate in state.extract(parse_page(html, url)) if candidate.price]


def flattened(value: Any) -> list[Any]:
    """Return a value as devalue writes it: every part has its own place in one list."""
    entries: list[Any] = []

    def place(part: Any) -> int:
        index = len(entries)
        entries.append(None)
        if isinstance(part, dict):
            entries[index] = {key: place(inner) for key, inner in part.items()}
        elif isinstance(part, list):
            entries[index] = [place(inner) for inner in part]
        else:
            entries[index] = part
        return index

    place(value)
    return entries


def as_javascript(value: Any) -> str:
    """Return a value as JavaScript by hand: bare keys, single quotes, an extra comma, a comment."""
    if isinstance(value, dict):
        return "{" + "".join(f"{key}: {as_javascript(part)}, " for key, part in value.items()) + "/* end */}"
    if isinstance(value, list):
        return "[" + "".join(f"{as_javascript(part)}, " for part in value) + "]"
    if isinstance(value, str):
        return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    return json.dumps(value)


@given(OBJECTS)
def test_a_flat_array_gives_back_what_was_flattened(value):
    assert FlatArray(flattened(value)).value() == value


def test_a_circle_and_special_places_of_a_flat_array_end():
    assert FlatArray([{"self": 0, "gone": -1, "far": 99}]).value() == {"self": None, "gone": None, "far": None}
    assert FlatArray([["Reactive", 1], {"day": 2, "all": 3}, ["Date", "2026-01-02"], ["Set", 4], 7]).value() == {
        "day": "2026-01-02",
        "all": [7],
    }


@given(st.lists(OBJECTS, min_size=1, max_size=4), st.lists(st.integers(0, 400), max_size=4))
def test_flight_rows_are_read_across_any_cuts(values, cuts):
    text = 'Grüße:\n1:{"not": "a row"}'
    rows = [f"{index:x}:{json.dumps(value)}\n" for index, value in enumerate(values, 1)]
    stream = (
        f"a0:T{len(text.encode()):x},{text}" + "".join(rows) + 'ff:I["a.js"]\nfe:{"text":"$a0","none":"$undefined"}\n'
    )
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pushes = [f"self.__next_f.push([1,{json.dumps(stream[start:end])}])" for start, end in itertools.pairwise(edges)]
    assert flight_values(["(self.__next_f=self.__next_f||[]).push([0])", *pushes]) == [
        *values,
        {"text": text, "none": None},
    ]


@given(OBJECTS)
def test_javascript_literal_is_read_by_its_meaning(value):
    text = as_javascript(value) + "; var next = {"
    assert mend_value(text, 0, len(text))[0] == (value,)


@given(st.lists(VALUES, min_size=1, max_size=5))
def test_arguments_of_a_nuxt_function_replace_their_names(values):
    names = [f"a{index}" for index in range(len(values))]
    body = ",".join(f"k{index}:{name}" for index, name in enumerate(names))
    script = f"window.__NUXT__=(function({','.join(names)}){{return {{{body}}}}}({','.join(map(json.dumps, values))}));"
    assert nuxt_function_values(script, 10_000) == [{f"k{index}": value for index, value in enumerate(values)}]


def test_long_argument_named_often_stays_within_the_limit():
    body = ",".join(f"k{index}:a" for index in range(20_000))
    script = f"__NUXT__=(function(a){{return {{{body}}}}}({json.dumps('x' * 7000)}))"
    (found,) = nuxt_function_values(script, 2**19)
    assert sum(len(value or "") for value in found.values()) <= 4 * 2**20


def test_references_in_a_circle_of_apollos_cache_end():
    cache = {"ROOT_QUERY": {}, "A": {"b": {"__ref": "B"}}, "B": {"a": {"__ref": "A"}}}
    assert "a" in resolved(cache["A"], cache)["b"]


@pytest.mark.parametrize(
    "script",
    [
        f"var product = {JUG};",
        f"window.app = {{init: function() {{ return 1; }}, x: 2}}; var product = {JUG};",
        f"var a = {{b: {{c: [{JUG}]}}}};",
        "x({name: 'Jug', sku: 'J-17', buy: function(e) { if (e) { go(e); } }, price: 12.50, currency: 'EUR'})",
        "x({name: 'Jug', sku: 'J-17', note: 'a function => b', at: () => { now(); }, price: 12.5, currency: 'EUR'})",
        f"self.x = JSON.parse({json.dumps(JUG)});",
        f"self.x = JSON.parse('{JUG}');",
        "x({name: 'Jug', 'sku': \"J-17\", price: 12.50, currency: 'EUR'})",
    ],
)
def test_literals_are_found_in_a_script(script):
    assert [(found.sku, str(found.price.amount), found.price.currency) for found in read(script)] == [
        ("J-17", "12.5", "EUR")
    ]


@pytest.mark.parametrize(
    "script",
    [
        f"var product = {JUG};".replace("Jug", "Cup"),
        'dataLayer.push({"ecommerce": {"detail": {"products": [{"name":"A","price":1},{"name":"B","price":2}]}}})',
        'dataLayer.push({"event": "add_to_cart", "ecommerce": {"items": [{"item_name":"A","price":1}]}})',
        'gtag("event", "view_item_list", {"items": [{"item_name": "A", "price": 1}]})',
        'gtag("event", "view_item", {"other": {"items": [{"item_name": "A", "price": 1}]}})',
        'fbq("track", "AddToCart", {"content_name": "A", "content_ids": ["1"], "value": 1, "currency": "EUR"})',
        'utag_data = {"page_type": "category", "product_name": ["A"], "product_price": ["1"]}',
        'digitalData = {"product": [{"productInfo": {"productName": "A"}}, {"productInfo": {"productName": "B"}}]}',
        'var meta = {"product": {"id": 1, "variants": [{"price": 100}]}, "page": {"pageType": "collection"}}',
    ],
)
def test_another_product_of_the_page_is_ignored(script):
    assert read(script) == []


def test_price_box_of_another_product_is_ignored():
    box = '{"priceConfig": {"productId": "%s", "prices": {"finalPrice": {"amount": 9}}}}'
    form = '<form><input type="hidden" name="product" value="12"></form>'
    for identity, num_found in (("12", 1), ("13", 0)):
        html = f'{form}<script type="text/x-magento-init">{box % identity}</script>'
        assert len(state.extract(parse_page(html, URL))) == num_found


def test_two_forms_of_variations_are_both_ignored():
    form = "<form data-product_variations='[{\"display_price\": 5}]'></form>"
    assert len(state.extract(parse_page(form, URL))) == 1
    assert state.extract(parse_page(form * 2, URL)) == []


def test_id_is_the_sku_only_without_any_other():
    script = f"<script>var product = {JUG.replace('sku', 'productId').replace('J-17', '80417')}</script>"
    assert extract_product(f"<h1>Jug</h1>{script}", URL).sku == "80417"
    tag = '<meta property="product:retailer_item_id" content="J-17">'
    assert extract_product(f"{tag}<h1>Jug</h1>{script}", URL).sku == "J-17"
    unique = script.replace("80417", "0b5e7f2e-4d51-4a41-8c8e-1a2b3c4d5e6f")
    assert extract_product(f"<h1>Jug</h1>{unique}", URL).sku is None


def test_a_view_of_one_product_names_its_currency_at_the_event():
    event = {"event": "view_item", "ecommerce": {"currency": "SEK", "items": [{"item_name": "A", "price": 5}]}}
    assert analytics.product_of(event) == {"currency": "SEK", "item_name": "A", "price": 5}


def test_a_page_without_candidates_gives_no_source():
    html = "<h1>Jug</h1><script>var a = {b: 1};</script><p data-x='{\"a\":1}'>x</p>"
    assert list(sources(parse_page(html, URL))) == []


MANY = 2**16


@pytest.mark.parametrize(
    "script",
    [
        "a=" + "{}" * MANY,
        "a=" + '{"a":' * MANY,
        "a={" * MANY,
        'a="{' * MANY,
        "'a',{" * MANY,
        "a={b:function(){}};" * (MANY // 4),
        "a" + " " * MANY,
        "__NUXT__=(function(a){return " + "{a:" * MANY,
        "self.__next_f.push([1," * MANY,
        'self.__next_f.push([1,"1:Tffffffff,x"])' * (MANY // 16),
        "JSON.parse('{" * MANY,
        "a={/*" * MANY,
        ("a={b:'" + "x" * 130_000 + "'};") * 10,
    ],
    ids=[
        "pairs",
        "nested",
        "open",
        "texts",
        "events",
        "code",
        "space",
        "nuxt",
        "pushes",
        "rows",
        "parse",
        "comments",
        "literals",
    ],
)
def test_a_script_made_to_take_forever_ends_and_the_next_is_read(script):
    literal = "{name: 'Jug', sku: 'J-17', price: 12.5, currency: 'EUR'}"
    html = f"<h1>Jug</h1><script>var price; {script}</script><script>var product = {literal}</script>"
    assert isinstance(state.extract(parse_page(html, URL)), list)
    assert extract_product(html, URL).title == "Jug"
