"""Item text follows the shared cases and survives what products leave out."""

import json

import pytest

from kernel.contracts import CONTRACTS
from kernel.item_text import item_text

VECTORS = json.loads((CONTRACTS / "vectors" / "item-text.json").read_text())
RULE = {"fields": ["title", "categoryPath", "attributes.color"], "separator": ". ", "maxChars": 20}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["text"] or "empty")
def test_item_text_follows_the_shared_cases(case):
    assert item_text(case["product"], VECTORS["itemText"]) == case["text"]


@pytest.mark.parametrize(
    ("product", "text"),
    [
        ({}, ""),
        ({"title": None, "attributes": None}, ""),
        ({"title": " a\n b ", "attributes": {"color": "red"}}, "a b. red"),
        ({"categoryPath": ("Men", "Shoes")}, "Men Shoes"),
        ({"title": "x" * 30}, "x" * 20),
    ],
)
def test_item_text_skips_what_is_missing(product, text):
    assert item_text(product, RULE) == text
