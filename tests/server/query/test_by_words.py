"""The lexical channel, over an index that is a few sets of words."""

import numpy as np
import pytest

from server.catalogue.terms import query_words, terms_of
from server.query.by_words import match
from server.query.spelling import near_terms

SHOP = "harbor.example"
TITLES = {
    1: "Sony WH-1000XM4 headphones black",
    2: "sony wh1000xm3 headphones silver",
    3: "samsung galaxy s8 64 gb black",
    4: "samsung galaxy s8 128gb black",
    5: "philips steam iron",
    6: "playstation 4 console",
    7: "lunch box blue",
    8: "hand cream 0.5 l",
    9: "lg f4j5tn3w washing machine",
}


class Sets:
    """An index of words that looks at every title; each term weighs 1."""

    def rows_with(self, shop, term, *, is_prefix=False):
        def has(title):
            return any(t.startswith(term) if is_prefix else t == term for t in terms_of(title))

        labels = np.array([label for label, title in TITLES.items() if has(title)], dtype=np.int64)
        return labels, np.ones(len(labels))

    def known(self, shop, start, limit):
        terms = sorted({term for title in TITLES.values() for term in terms_of(title) if term.startswith(start)})
        return [(term, len(self.rows_with(shop, term)[0])) for term in terms[:limit]]


def best(text):
    found = match(Sets(), SHOP, query_words(text), len(TITLES))
    order = np.argsort(-found.scores, kind="stable")
    return found.labels[order].tolist(), found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("wh1000xm4", 1),
        ("WH-1000XM4", 1),
        ("wh 1000 xm4", 1),
        ("wh 1000 xm 3", 2),
        ("galaxy 64GB", 3),
        ("galaxy 0.064 tb", 3),
        ("galaxy 128 gb", 4),
        ("cream 500ml", 8),
        ("cream 50 cl", 8),
        ("samsng galaxy 128gb", 4),
        ("phillips iron", 5),
        ("play station", 6),
        ("lunchbox", 7),
        ("f4j5", 9),
        ("washi", 9),
        ("LG F4J5-TN3W", 9),
        ("headphone", 1),
    ],
)
def test_the_item_that_is_meant_is_first(text, first):
    assert best(text)[0][0] == first


def test_items_with_more_of_the_words_are_before_others():
    labels, found = best("samsung galaxy black 128gb")
    assert labels[:3] == [4, 3, 1]
    assert dict(zip(found.labels.tolist(), found.num_words.tolist(), strict=True)) == {1: 1, 3: 3, 4: 4}


def test_what_a_word_was_taken_for_is_told_and_only_where_no_item_holds_it():
    assert best("samsng galaxy")[1].corrections == {"samsng": "samsung"}
    assert best("lunchbox")[1].corrections == {"lunchbox": "lunch box"}
    assert best("samsung galaxy")[1].corrections == {}
    assert best("zzzzzz")[1].corrections == {}


@pytest.mark.parametrize("text", ["zzzzzz", "qqq 999999"])
def test_words_that_nothing_holds_find_nothing(text):
    labels, found = best(text)
    assert labels == []
    assert found.scores.tolist() == found.num_words.tolist() == []


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("samsng", ["samsung"]),
        ("asmsung", ["samsung"]),
        ("smasung", ["samsung"]),
        ("samzunk", []),
        ("headhpnoes", ["headphone"]),
        ("iron", ["iron"]),
        ("irn", []),
        ("12345678", []),
    ],
)
def test_near_spellings(written, near):
    assert [term for term, _ in near_terms(Sets(), SHOP, query_words(written)[0])] == near
