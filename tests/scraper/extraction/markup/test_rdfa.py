"""Tests of the RDFa reader: equal to extruct on well-formed pages, bounded on hostile ones."""

import json
from typing import Any

import extruct
import pytest

from scraper.extraction.extract import extract_product
from scraper.extraction.markup.rdfa import read_nodes
from scraper.extraction.page import parse_page

URL = "https://shop.example/p/"
SAMPLES = {
    "lite": """<div vocab="http://schema.org/" typeof="Product"><h1 property="name">Jug</h1>
      <img property="image" src="/a.jpg"><a property="url" href="?x=1">more</a>
      <div property="offers" typeof="Offer"><meta property="price" content="12.50">
      <link property="availability" href="http://schema.org/InStock"></div></div>""",
    "prefixes": """<div prefix="s: http://schema.org/" typeof="s:Product"><h1 property="s:name">Jug</h1>
      <div rel="s:offers"><p typeof="s:Offer"><b property="s:price" content="12.50">x</b></p></div></div>""",
    "about": """<div vocab="http://schema.org/"><div about="/p/jug" typeof="Product"><i property="name">Jug</i>
      <i rel="isRelatedTo" resource="/p/cup"></i></div></div>""",
    "two nodes": """<div vocab="http://schema.org/"><p typeof="Product"><i property="name">A</i></p>
      <p typeof="Product"><i property="name">B</i></p></div>""",
}


def statements(nodes: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Return (type of the subject, property, value), with the type in place of a nested object."""
    found: set[tuple[str, str, str]] = set()
    for node in nodes:
        kind = "+".join(node.get("@type", []))
        for name, values in node.items():
            if name not in ("@type", "@id"):
                parts = [value for value in values if isinstance(value, dict) and "@type" in value]
                found |= statements(parts)
                texts = {"+".join(v["@type"]) if "@type" in v else v["@id"] for v in values if isinstance(v, dict)}
                found |= {(kind, name, text) for text in texts | {v for v in values if isinstance(v, str)}}
    return found


def as_statements(expanded: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Return the same triples of extruct's expanded JSON-LD."""
    kinds = {node["@id"]: "+".join(kind.rsplit("/", 1)[-1] for kind in node.get("@type", [])) for node in expanded}
    return {
        (
            kinds[node["@id"]],
            name.rsplit("/", 1)[-1],
            kinds.get(value.get("@id")) or value.get("@value") or value["@id"],
        )
        for node in expanded
        for name, values in node.items()
        if name.startswith("http://schema.org/")  # not rdfa:usesVocabulary
        for value in values
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", SAMPLES)
def test_well_formed_rdfa_reads_as_extruct_reads_it(name):
    html = f"<html><body>{SAMPLES[name]}</body></html>"
    expected = as_statements(extruct.extract(html, base_url=URL, syntaxes=["rdfa"])["rdfa"])
    found = read_nodes(parse_page(html, URL))
    assert expected
    assert statements(found) == expected, json.dumps(found)


def test_resource_that_is_anothers_property_is_not_a_node_of_its_own():
    assert [node["@type"] for node in read_nodes(parse_page(SAMPLES["lite"], URL))] == [["Product"]]


def test_open_graph_is_not_an_rdfa_node():
    html = '<html prefix="og: https://ogp.me/ns#"><head typeof="og:website"><meta property="og:title" content="Jug">'
    assert read_nodes(parse_page(html, URL)) == []


def test_property_without_a_vocabulary_is_skipped():
    html = '<div typeof="Product"><i property="name">Jug</i></div>'
    assert read_nodes(parse_page(html, URL)) == []


@pytest.mark.parametrize(
    "hostile",
    [
        '<div typeof="Product" property="offers">' * 3000,
        '<div rel="offers" property="name">' * 3000,
        '<div about="#a" typeof="Product" rel="isRelatedTo"><div about="#b" rel="isRelatedTo"><i about="#a">' * 60,
        "<p prefix='" + "a: b " * 50_000 + "' typeof='a:x'>",
        "<p property='" + "a " * 100_000 + "'>" + "text " * 10_000,
    ],
    ids=["nested", "waiting", "circle", "prefixes", "names"],
)
def test_hostile_rdfa_ends(hostile):
    html = '<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Jug</h1>' + hostile
    assert extract_product(html, URL).title == "Jug"
