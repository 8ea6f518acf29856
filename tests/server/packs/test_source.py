"""What a pack leaves out because a device makes it of the card's text."""

import pytest

from server.packs.source import vectors_rule

FIELDS = ["title", "brand", "categoryPath", "attributes.color", "attributes.material", "attributes.pattern"]
LITE = {"textBlock": {"start": 0, "share": 0.4}}
TABLE = {"file": "tokens.bin", "dim": 6}
BLOCKS = [{"start": 0, "length": 6}, {"start": 6, "length": 3}]


def manifest(fields=FIELDS, lite=LITE, table=TABLE):
    text = {"itemText": {"fields": fields, "separator": ". ", "maxChars": 512}} | ({"table": table} if table else {})
    return {"dim": 10, "filler": 9, "text": text, "lite": lite, "shopMetric": {"blocks": BLOCKS}}


def bits(found):
    assert [block["start"] for block in found["blocks"]] == [0, 6, 9]
    return [block["bits"] for block in found["blocks"]]


def test_the_numbers_of_a_cards_text_are_left_out():
    assert bits(vectors_rule(manifest(), 4)) == [0, 4, 8]
    assert bits(vectors_rule(manifest(), 8)) == [0, 8, 8]


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ["title", "description"]},
        {"fields": ["title", "attributes.gender"]},
        {"lite": {}},
        {"table": None},
        {"table": {"file": "tokens.bin", "dim": 5}},
        {"lite": {"textBlock": {"start": 1, "share": 0.4}}},
    ],
)
def test_other_numbers_are_kept(changes):
    """Cards lack a field, a network reads texts, or a block holds more than the text."""
    assert bits(vectors_rule(manifest(**changes), 4)) == [4, 4, 8]


def test_a_bundle_without_a_browsers_towers_keeps_all_numbers():
    without = manifest()
    del without["lite"]
    assert bits(vectors_rule(without, 4)) == [4, 4, 8]
