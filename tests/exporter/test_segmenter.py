"""What turns a draft's texts into inputs, and the names of what an image shows."""

import copy

import numpy as np
import pytest
from tokenizers import Tokenizer

from encoders.token_table import TokenTable, table_file_from
from exporter import image_words
from exporter.errors import ExportError
from exporter.segmenter import segmenter
from tests.exporter import tiny_table
from trainer.pretrained.colour_shares import COLOURS


@pytest.fixture(scope="module")
def table():
    return TokenTable(table_file_from(tiny_table.DATA))


def with_fields(draft, **fields):
    changed = copy.copy(draft)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def test_a_draft_with_a_table_is_read_by_its_table(tiny_draft, table):
    found = segmenter(with_fields(tiny_draft, table=tiny_table.DATA))
    assert isinstance(found, TokenTable)
    np.testing.assert_array_equal(found.encode(["red shirt"]), table.encode(["red shirt"]))


def test_a_draft_with_a_tokenizer_is_read_by_it(tiny_draft):
    found = segmenter(tiny_draft)
    assert isinstance(found, Tokenizer)
    assert found.to_str() == Tokenizer.from_buffer(tiny_draft.tokenizer).to_str()


def test_a_draft_with_neither_is_refused_by_its_name(tiny_draft):
    with pytest.raises(ExportError, match=rf"^{tiny_draft.name}: expected a tokenizer or a token table"):
        segmenter(with_fields(tiny_draft, tokenizer=None, table=None))


def test_class_names_are_in_the_order_of_the_classifier(table):
    features = image_words.of_classes(table).numpy()
    assert features.shape == (1000, table.dim)
    known = {0: "tench", 1: "goldfish", 610: "jersey", 999: "toilet tissue"}  # rows of ImageNet's 1,000 classes
    for place, name in known.items():
        first = table.encode([name])[0]
        assert features[place] @ first >= 0.5 * (first @ first), name


def test_colour_names_are_in_the_order_of_their_shares(table):
    features = image_words.of_colours(table).numpy()
    assert features.shape == (len(COLOURS), table.dim)
    for row, name in zip(features, COLOURS, strict=True):
        np.testing.assert_array_equal(row, table.encode([name])[0])
