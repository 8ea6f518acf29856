"""Tests of the microdata reader: equal to extruct on well-formed pages, bounded on hostile ones."""

from typing import Any

import extruct
import pytest

from scraper.extraction.extract import extract_product
from scraper.extraction.markup.microdata import read_nodes
from scraper.extraction.page import parse_page

URL = "https://shop.example/p/"
SAMPLES = {
    "nested": """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Jug</h1>
      <img itemprop="image" src="a.jpg"><img itemprop="image" src="/b.jpg"><a itemprop="url" href="?x=1">more</a>
      <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="12.50">
      <link itemprop="availability" href="http://schema.org/InStock">
      <time itemprop="priceValidUntil" datetime="2030-01-01">x</time></div>
      <p itemprop="description">Holds  <b>a litre</b>.</p></div>""",
    "two names on one property": """<div itemscope itemtype="http://schema.org/Product">
      <span itemprop="name sku">J1</span></div>""",
    "itemref": """<p id="n" itemprop="name">Jug</p><div id="o"><i itemprop="sku">J1</i></div>
      <div itemscope itemtype="http://schema.org/Product" itemref="n o"><b itemprop="mpn">7</b></div>""",
    "two nodes": """<div itemscope itemtype="http://schema.org/Product"><i itemprop="name">A</i></div>
      <div itemscope itemtype="http://schema.org/Product"><i itemprop="name">B</i></div>""",
}


def _as_extruct(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return extruct's answer in our shape: properties beside the type, every value in a list."""

    def node(value: Any) -> Any:
        if not isinstance(value, dict):
            return " ".join(value.split()) if isinstance(value, str) else value
        properties = value.get("properties", {})
        plain = {k: [node(v) for v in (vs if isinstance(vs, list) else [vs])] for k, vs in properties.items()}
        return {"@type": [value["type"]], **plain}

    return [node(value) for value in found]


@pytest.mark.parametrize("name", SAMPLES)
def test_well_formed_microdata_reads_as_extruct_reads_it(name):
    html = f"<html><body>{SAMPLES[name]}</body></html>"
    expected = _as_extruct(extruct.extract(html, base_url=URL, syntaxes=["microdata"])["microdata"])
    assert read_nodes(parse_page(html, URL)) == expected


def test_nodes_that_refer_to_each_other_end():
    html = """<div id="a" itemscope itemtype="http://schema.org/Product" itemref="b"><i itemprop="name">Jug</i></div>
    <div id="b" itemprop="isRelatedTo" itemscope itemtype="http://schema.org/Product" itemref="c"></div>
    <div id="c" itemprop="isRelatedTo" itemscope itemtype="http://schema.org/Product" itemref="b"></div>"""
    assert extract_product(html, URL).title == "Jug"


def test_endlessly_nested_scopes_are_read_to_a_depth():
    html = '<div itemscope itemprop="a" itemtype="http://schema.org/Product">' * 3000
    assert extract_product("<div itemscope>" + html, URL).verdict == "empty"


def test_properties_of_one_name_keep_document_order():
    inner = '<p><i itemprop="image">1</i></p><i itemprop="image">2</i>'
    html = f'<div itemscope itemtype="http://schema.org/Product">{inner}</div>'
    assert read_nodes(parse_page(html, URL))[0]["image"] == ["1", "2"]


def test_names_of_one_property_are_limited():
    html = f"<div itemscope><b itemprop='{'a ' * 100_000}'>{'text ' * 10_000}</b></div>"
    assert [len(values) for values in read_nodes(parse_page(html, URL))[0].values()] == [10]
