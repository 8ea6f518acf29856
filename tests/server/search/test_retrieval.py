"""Retrieval against a slow twin written here, and the index's recall against brute force on clustered data."""

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.database import Change
from server.search.filters import Filters
from server.search.index import build_index
from server.search.ranking import mmr
from server.search.retrieval import best, pool_size, recommend
from server.search.shop_state import empty_state

BUYABLE_WORDS = {"InStock", "LimitedAvailability", "OnlineOnly", "InStoreOnly", "MadeToOrder"}
# Unit vectors whose products are exact in binary, so that the twin's sums cannot differ in the last digit.
EXACT = np.array(
    [[*np.eye(5)[i]] for i in range(5)]
    + [[0.5, 0.5, 0.5, 0.5, 0], [0.5, -0.5, 0.5, 0, 0.5], [0, 0.5, 0.5, 0.5, -0.5], [0.5, 0, -0.5, 0.5, 0.5]],
    np.float32,
)


def change(label, vector, item_id=None, rating_count=0, **card):
    card = {"itemId": item_id or f"{label:016x}", "url": "https://h.example/", "title": "t", **card}
    raw = None if vector is None else np.asarray(vector, "<f4").tobytes()
    return Change(label, label, "h.example", card["itemId"], "s", rating_count, orjson.dumps(card), raw)


def state_of(changes, dim):
    return empty_state("h.example", dim).with_changes(changes, 1)


cards = st.fixed_dictionaries(
    {"vector": st.integers(0, len(EXACT) - 1)},
    optional={
        "brand": st.sampled_from(["Kelp", "KELP", "Grain", "straße"]),
        "categoryPath": st.lists(st.sampled_from(["a", "b"]), max_size=3),
        "availability": st.sampled_from(["InStock", "OutOfStock", "PreOrder", "OnlineOnly", "SoldOut"]),
        "price": st.fixed_dictionaries(
            {"amount": st.sampled_from(["1", "2.50", "10"])}, optional={"currency": st.sampled_from(["EUR", "USD"])}
        ),
    },
)
filters = st.builds(
    Filters,
    in_stock=st.booleans(),
    price_min=st.sampled_from([None, 2.0, 2.5]),
    price_max=st.sampled_from([None, 2.5, 9.99]),
    currency=st.sampled_from([None, "EUR", "USD"]),
    brands=st.sampled_from([None, ("kelp",), ("STRASSE", "Grain"), ()]),
    category=st.sampled_from([(), ("a",), ("a", "b")]),
    exclude=st.sampled_from([(), (f"{1:016x}", f"{3:016x}")]),
)


def passes(card, item_id, wanted):
    """Filter one item and one rule at a time."""
    price = card.get("price", {})
    amount = float(price.get("amount", "nan"))
    rules = [
        not wanted.in_stock or card.get("availability", "InStock") in BUYABLE_WORDS,
        not wanted.currency or price.get("currency") == wanted.currency,
        wanted.price_min is None or amount >= wanted.price_min,
        wanted.price_max is None or amount <= wanted.price_max,
        wanted.brands is None or card.get("brand", "").casefold() in [brand.casefold() for brand in wanted.brands],
        list(wanted.category) == list(card.get("categoryPath", []))[: len(wanted.category)],
        item_id not in wanted.exclude,
    ]
    return all(rules)


def slow_recommend(items, query, k, wanted, diversity):
    """Brute force: [(label, card)] -> labels."""
    kept = [(label, card) for label, card in items if passes(card, f"{label:016x}", wanted)]
    scored = sorted((-float(EXACT[card["vector"]] @ query), label, card["vector"]) for label, card in kept)
    pool = scored[: k if diversity == 0 else min(max(4 * k, 64), k + 256)]
    taken = []
    while pool and len(taken) < k:
        worths = []
        for minus_score, _, vector in pool:
            closest = max((float(EXACT[vector] @ EXACT[other]) for _, _, other in taken), default=0.0)
            worth = -minus_score if not taken else (1 - diversity) * -minus_score - diversity * closest
            worths.append(worth)
        taken.append(pool.pop(worths.index(max(worths))))
    return [label for _, label, _ in taken]


@settings(max_examples=150, deadline=None)
@given(
    items=st.lists(cards, max_size=13),
    num_in_base=st.integers(0, 13),
    removed=st.sets(st.integers(1, 13), max_size=5),
    query=st.integers(0, len(EXACT) - 1),
    k=st.integers(1, 7),
    wanted=filters,
    diversity=st.sampled_from([0.0, 0.25, 0.5]),
)
def test_ranking_filters_and_mmr_agree_with_brute_force(items, num_in_base, removed, query, k, wanted, diversity):
    labelled = list(enumerate(items, 1))
    changes = [
        change(label, EXACT[card["vector"]], **{name: value for name, value in card.items() if name != "vector"})
        for label, card in labelled
    ]
    state = state_of(changes[:num_in_base], 5).folded(0)
    state = state.with_changes(changes[num_in_base:], 2)
    gone = [change(label, None) for label in sorted(removed) if label <= len(items)]
    state = state.with_changes(gone, 3)
    found = recommend(state, EXACT[query], k, wanted, diversity)
    live = [(label, card) for label, card in labelled if label not in removed]
    labels = [orjson.loads(state.card(int(row)) + b"}")["itemId"] for row in found.rows]
    assert labels == [f"{label:016x}" for label in slow_recommend(live, EXACT[query], k, wanted, diversity)]
    assert len(state) == len(live)


def test_mmr_prefers_a_different_item_to_a_near_copy_of_what_is_taken():
    embeddings = np.array([[1, 0], [0.999, 0.0447], [0.6, 0.8]], np.float32)
    relevance = embeddings @ np.array([1, 0], np.float32)
    assert list(mmr(relevance, embeddings, 2, 0.0)) == [0, 1]
    assert list(mmr(relevance, embeddings, 2, 0.7)) == [0, 2]


def test_mmr_does_not_prefer_an_item_for_lacking_an_image():
    """Blocks [text text | image image | filler]: c repeats a's text and has no image, b differs in text a little."""
    half = 0.5**0.5
    a, b = [half, 0, half, 0, 0], [half * 0.8, half * 0.6, half * 0.8, half * 0.6, 0]
    c = [half, 0, 0, 0, half]
    embeddings = np.array([a, b, c], np.float32)
    relevance = np.array([0.9, 0.85, 0.89], np.float32)
    assert list(mmr(relevance, embeddings, 2, 0.3, filler=4)) == [0, 1]
    assert list(mmr(relevance, embeddings, 2, 0.3)) == [0, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(1, 25), st.randoms(use_true_random=False))
def test_best_breaks_ties_by_row_whatever_the_order(values, k, random):
    pairs = [(row, float(value)) for row, value in enumerate(values)]
    expected = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]
    random.shuffle(pairs)
    rows, scores = best(np.array([row for row, _ in pairs]), np.array([score for _, score in pairs], np.float32), k)
    assert list(zip(rows.tolist(), scores.tolist(), strict=True)) == expected


# HNSW


def clustered(num_items, dim, seed, num_clusters=40):
    """Points around centres, as catalogues are: random directions have no neighbours worth finding."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(num_clusters, dim))
    points = centres[rng.integers(num_clusters, size=num_items)] + 0.6 * rng.normal(size=(num_items, dim))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), rng


@pytest.fixture(autouse=True)
def _small_shops_are_searched_by_their_index(monkeypatch):
    """At this size a scan is cheaper, and the index would never be asked."""
    monkeypatch.setattr("server.search.retrieval.HNSW_STEP_NS", 100.0)


@pytest.fixture(scope="module")
def indexed():
    """9,000 items of which 8,400 are in the index, 600 came later, and 500 of the indexed are gone."""
    vectors, rng = clustered(9000, 32, seed=3)
    brands = ["rare" if i % 100 == 0 else "half" if i % 2 else "other" for i in range(9000)]
    changes = [change(i + 1, vectors[i], brand=brands[i]) for i in range(9000)]
    state = state_of(changes[:8400], 32)
    state = state.folded(0)
    index = build_index(state.base.vectors.stored(slice(None)), ef=128)
    state = replace(state, index=index, has_snapshot=True).with_changes(changes[8400:], 2)
    removed = rng.choice(8400, 500, replace=False)
    state = state.with_changes([change(int(i) + 1, None) for i in removed], 3)
    alive = np.ones(9000, bool)
    alive[removed] = False
    near = vectors[rng.integers(9000, size=(60, 4))].mean(axis=1) + 0.05 * rng.normal(size=(60, 32))
    queries = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    return state, vectors, alive, np.array(brands), queries


def recall(state, vectors, keep, queries, wanted):
    """Share of answers as good as the tenth best, distances recomputed from what came back; ties count."""
    hits, strategies = 0, set()
    for query in queries:
        found = recommend(state, query, 10, wanted, 0.0)
        strategies.add(found.strategy)
        ids = [int(orjson.loads(state.card(int(row)) + b"}")["itemId"], 16) - 1 for row in found.rows]
        assert len(set(ids)) == 10
        assert keep[ids].all()
        tenth = np.sort((vectors @ query)[keep])[-10]
        hits += np.count_nonzero(vectors[ids] @ query >= tenth - 1e-6)
    return hits / (10 * len(queries)), strategies


def test_the_index_finds_nearly_everything_on_clustered_data(indexed):
    state, vectors, alive, _, queries = indexed
    measured, strategies = recall(state, vectors, alive, queries, Filters())
    assert strategies == {"hnsw"}
    assert measured >= 0.97


def test_a_filter_that_keeps_little_is_scanned_exactly(indexed):
    state, vectors, alive, brands, queries = indexed
    keep = alive & (brands == "rare")
    assert recall(state, vectors, keep, queries, Filters(brands=("rare",))) == (1.0, {"exact_filtered"})


def test_a_filter_that_keeps_half_still_finds_nearly_everything(indexed):
    state, vectors, alive, brands, queries = indexed
    measured, _ = recall(state, vectors, alive & (brands == "half"), queries, Filters(brands=("half",)))
    assert measured >= 0.97


def test_what_the_index_misses_because_the_filter_is_far_away_is_scanned(indexed):
    """A filter may keep only items unlike the query: the index then gives too few, and the answer must not be short."""
    state, vectors, alive, _, queries = indexed
    query = queries[0]
    nearest = np.argsort(-(vectors @ query))[:1000]
    exclude = tuple(f"{i + 1:016x}" for i in nearest)
    found = recommend(state, query, 10, Filters(exclude=exclude), 0.0)
    keep = alive.copy()
    keep[nearest] = False
    expected = np.sort((vectors @ query)[keep])[::-1][:10]
    assert found.scores == pytest.approx(expected, abs=1e-5)


def test_every_item_comes_back_when_k_exceeds_what_is_left(indexed):
    state, _, alive, brands, queries = indexed
    wanted = Filters(brands=("rare",))
    found = recommend(state, queries[0], 1000, wanted, 0.3)
    assert len(found.rows) == np.count_nonzero(alive & (brands == "rare"))
    assert len(set(found.rows.tolist())) == len(found.rows)


def test_the_same_input_builds_the_same_index(indexed):
    state, _, _, _, queries = indexed
    again = build_index(state.base.vectors.stored(slice(None)), ef=128)
    first = build_index(state.base.vectors.stored(slice(None)), ef=128)
    for query in queries[:10]:
        assert again.search(query, 20).tolist() == first.search(query, 20).tolist()


def test_a_first_screen_spreads_over_the_shop(indexed):
    """Ten items of a clustered shop should lie further apart than ten neighbours do."""
    state, _, _, _, queries = indexed
    spread = state.stored_of(recommend(state, None, 10, Filters(), 0.2).rows)
    near = state.stored_of(recommend(state, queries[0], 10, Filters(), 0.0).rows)
    assert (spread @ spread.T).mean() < (near @ near.T).mean() - 0.3


def test_a_first_screen_shows_what_many_have_rated():
    vectors, _ = clustered(50, 8, seed=1)
    state = state_of([change(i + 1, vectors[i], rating_count=1000 if i == 33 else 0) for i in range(50)], 8)
    assert recommend(state, None, 3, Filters(), 0.2).rows[0] == 33


def test_an_empty_selection_is_an_empty_answer(indexed):
    state = indexed[0]
    for query in (None, indexed[4][0]):
        assert len(recommend(state, query, 5, Filters(brands=("none",)), 0.2).rows) == 0


def test_the_pool_always_holds_k():
    assert all(pool_size(k) >= k for k in range(1, 1001))
