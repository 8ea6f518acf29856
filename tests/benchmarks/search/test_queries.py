"""Queries of the search benchmark and its metric, against answers worked out by hand."""

import numpy as np
import pytest

from benchmarks.search.__main__ import ndcg
from benchmarks.search.data import Entry
from benchmarks.search.queries import _CHANGES, fashion_queries, halves, offer_queries


def fashion(key, kind, colour, *, is_indexed=True):
    facts = {"gender": "Men", "type": kind, "colour": colour, "usage": "Casual"}
    return Entry(key, f"{colour} {kind} {key}", facts, is_indexed)


def offer(key, product, shop, *, is_indexed=True):
    return Entry(
        key, f"offer {key}", {"product": product, "shop": shop, "label": f"Acme KX99{product} 64GB"}, is_indexed
    )


def test_ndcg_of_known_rankings():
    gains = np.array([3.0, 1.0, 0.0, *[0.0] * 10])
    assert ndcg(gains, np.array([0, 1])) == pytest.approx(1)
    best = 7 + 1 / np.log2(3)
    assert ndcg(gains, np.array([2, 0, 1])) == pytest.approx((7 / np.log2(3) + 1 / 2) / best)
    assert ndcg(gains, np.array([2, 3])) == 0


def test_fashion_items_of_the_type_are_worth_their_share_of_the_other_attributes():
    entries = [fashion("1", "Shirts", "Red"), fashion("2", "Shirts", "Blue"), fashion("3", "Shoes", "Red")]
    entries.append(fashion("4", "Shirts", "Red", is_indexed=False))
    queries = fashion_queries(entries, {"attributes": 3, "title": 1}, 1)
    title = next(query for query in queries if query.kind == "title")
    assert title.text == "red shirts 4"
    assert title.gains.tolist() == [3, 2, 0]  # gender and colour, gender alone, another type


def test_offers_of_the_querys_own_shop_are_no_answers_to_its_title():
    entries = [offer("1", "1", "a"), offer("2", "1", "b"), offer("3", "2", "b"), offer("4", "1", "a", is_indexed=False)]
    title = next(query for query in offer_queries(entries, 2, 1) if query.kind == "title")
    assert title.gains.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("kind", "label", "changed"),
    [
        ("other unit", "Acme 64GB", {"Acme 64 GB"}),
        ("other unit", "Acme 64 GB", {"Acme 64GB"}),
        ("other unit", "Acme", {None}),
        ("split number", "Acme KX99B", {"Acme KX 99 B", "Acme KX-99-B"}),
        ("split number", "Acme 64GB", {None}),
    ],
)
def test_labels_are_written_otherwise(kind, label, changed):
    assert {_CHANGES[kind](label, np.random.default_rng(seed)) for seed in range(20)} == changed


def test_halves_share_no_query_and_hold_every_kind():
    entries = [offer(str(i), str(i // 2), "ab"[i % 2]) for i in range(80)]
    tuning, reporting = halves(offer_queries(entries, 10, 1), 1)
    assert not {id(query) for query in tuning} & {id(query) for query in reporting}
    assert {query.kind for query in tuning} == {query.kind for query in reporting}
