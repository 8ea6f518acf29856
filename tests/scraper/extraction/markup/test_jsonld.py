"""Tests of the JSON-LD reader: equal to extruct where extruct reads, repairs elsewhere, never an exception."""

import json
from pathlib import Path

import extruct
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.extraction.extract import extract_product
from scraper.extraction.markup.json_repair import mend_value, repair
from scraper.extraction.markup.json_values import parse_block
from scraper.extraction.markup.jsonld import read_nodes
from scraper.extraction.page import parse_page

URL = "https://shop.example/p"
BREAKAGES = json.loads((Path(__file__).parents[4] / "contracts/vectors/jsonld-breakages.json").read_text("utf-8"))
GOOD = '{"@type": "Product", "name": "Jug"}'


def page(*blocks: str) -> str:
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    return f"<html><head>{scripts}</head><body></body></html>"


@pytest.mark.parametrize("case", BREAKAGES["cases"], ids=lambda case: case["breakage"])
def test_broken_json_ld_still_names_product_price_and_currency(case):
    html = f"<!doctype html><html><head>{case['page']}</head><body></body></html>"
    product = extract_product(html, BREAKAGES["url"]).to_wire()
    price = product.get("price", {})
    said = {"name": product.get("title"), "price": price.get("amount"), "currency": price.get("currency")}
    assert said == case["expected"]


def test_there_are_at_least_31_breakages_of_different_names():
    assert len({case["breakage"] for case in BREAKAGES["cases"]}) == len(BREAKAGES["cases"]) >= 31


@pytest.mark.parametrize(
    "block",
    [
        GOOD + ";",
        f"<!-- {GOOD} -->",
        f"//<![CDATA[\n{GOOD}\n//]]>",
        f"/* <![CDATA[ */ {GOOD} /* ]]> */",
        f"<![CDATA[{GOOD}]]>",
        '{"@type":"Organization"}' + GOOD,
        GOOD.replace('"', "&quot;"),
        "{'@type': 'Product', 'name': 'Jug'}",
        '{"@type": "Product", name: "Jug"}',
        "\ufeff" + GOOD,
        '{"@type": "Product", "sku": undefined, "name": "Jug"}',
        '{"@type": "Product", "sku": , "name": "Jug"}',
        '{"@type": "Product", "name": "Jug", "sku": "1',
        '{"@type": "Product", "name": "Jug", "sku"',
        '{"@type": "Product", "name": "Jug",}',
        '{"@type": "Product" "name": "Jug"}',
        '{"@type": "Product", /* why */ "name": "Jug"} // end',
        '[{"@type": "Product", "name": "Jug"}',
        '{"@type": "Product", "name": "Jug"}}',
    ],
)
def test_a_block_that_a_strict_reader_loses_still_names_the_product(block):
    found = [node for node in read_nodes(parse_page(page(block), URL)) if node["@type"] == "Product"]
    assert [node["name"] for node in found] == ["Jug"]


def test_a_broken_block_never_costs_the_others():
    nodes = read_nodes(parse_page(page("", "{{{", "nonsense", GOOD, "[1, 2", "null"), URL))
    assert nodes == [json.loads(GOOD)]


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (r'{"@type":"Product","name":"A \d b"}', r"A \d b"),
        ('{"@type":"Product","name":"19" tray"}', '19" tray'),
        ('{"@type":"Product","name":"The "good" jug","sku":"1"}', 'The "good" jug'),
        ('{"@type":"Product","name":"two\nlines"}', "two\nlines"),
        ("{'@type':'Product','name':'say \"hi\"'}", 'say "hi"'),
        (r"{'@type':'Product','name':'it\'s'}", "it's"),
    ],
)
def test_strings_are_repaired_to_their_meaning(broken, text):
    assert [node["name"] for node in read_nodes(parse_page(page(broken), URL))] == [text]


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.text(max_size=20))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_valid_json_survives_the_repair_unchanged(value):
    assert json.loads(repair(json.dumps(value)), strict=False) == value


@given(st.text(max_size=300))
def test_any_text_gives_a_list_of_values(text):
    assert isinstance(parse_block(text), list)


@given(st.text(alphabet="{}[]\":,\\/*'<!->truefalsn01 \n;", max_size=200))
def test_json_like_noise_gives_a_list_of_values(text):
    assert isinstance(parse_block(text), list)


@given(st.integers(0, 400))
def test_a_block_cut_anywhere_never_raises(length):
    block = json.dumps({"@graph": [{"@type": "Product", "name": 'a "b"', "offers": [{"price": 1.5}] * 4}] * 3})
    extract_product(page(block[:length]), URL)


@pytest.mark.parametrize("block", ["[" * 50_000, '{"a":' * 50_000, '"' * 50_000, "\\" * 50_000, "{'" * 20_000])
def test_deep_and_endless_blocks_end(block):
    assert extract_product(page(block, GOOD), URL).title == "Jug"


def test_references_in_a_circle_end():
    names = (("a", "Jug", "b"), ("b", "Cup", "a"))
    graph = [{"@type": "Product", "@id": i, "name": name, "isRelatedTo": {"@id": to}} for i, name, to in names]
    block = json.dumps({"@graph": graph})
    assert extract_product(page(block) + "<h1>Jug</h1>", URL).title == "Jug"


def test_well_formed_blocks_read_as_extruct_reads_them():
    first = {"@context": "https://schema.org", "@type": "Product", "name": "Jug é", "offers": [{"price": 1.25}, None]}
    second = {"@context": "https://schema.org", "@type": ["Thing", "Product"], "name": "a\\b"}
    html = page(json.dumps(first), json.dumps(second, ensure_ascii=False))
    assert read_nodes(parse_page(html, URL)) == extruct.extract(html, URL, syntaxes=["json-ld"])["json-ld"]


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (
            "{x: 1, 'y': \"two\", c: [0, !0, undefined,], /* x */ d: {e: 'it\\'s'},}; next = {",
            ({"x": 1, "y": "two", "c": [0, True, None], "d": {"e": "it's"}},),
        ),
        ("{url: https://shop.example/p, price: 12,50}", ({"url": "https://shop.example/p", "price": "12,50"},)),
        ("{name: a, price: b}", ({"name": "Jug", "price": 12.5},)),
    ],
    ids=["JavaScript", "unquoted", "arguments of a function"],
)
def test_javascript_literal_is_read_to_its_end_only(literal, value):
    found, end = mend_value(literal, 0, 1000, {"a": '"Jug"', "b": "12.5"})
    assert found == value
    assert literal[end - 1] == "}"
    assert "next" not in literal[:end]


def test_variants_are_cut_to_the_limit_of_a_product():
    variants = [{"@type": "Product", "name": f"Jug {n}", "sku": str(n), "isVariantOf": "T"} for n in range(2000)]
    group = {"@type": "ProductGroup", "name": "Jug", "productGroupID": "T"}
    html = f"<h1>Jug</h1><script type='application/ld+json'>{json.dumps([group, *variants])}</script>"
    assert len(extract_product(html, URL).variants) == 250
