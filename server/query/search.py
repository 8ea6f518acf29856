"""Search of one shop: candidates by words and by vector, fused, filtered, with an optional taste."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from server.catalogue.columns import Booleans, Floats, Integers
from server.catalogue.terms import Word
from server.catalogue.words import WordIndex
from server.query.by_words import match
from server.query.fusion import Ranked, fused, shared_ranks
from server.query.rows import rows_of
from server.search.filters import Filters, kept_rows
from server.search.retrieval import recommend
from server.search.shop_state import ShopState

Strategy = Literal["vector", "words_and_vector"]

# Candidates of the vector.
_POOL = 200
# Tuned on one half of the queries of benchmarks/search, which reports the other half. A model number is exact: with one
# the vector only orders what words leave equal.
_SHARED_STEP = 0.02
_VECTOR_CONSTANT = 60.0
_WORDS_CONSTANT, _VECTOR_WEIGHT = 20.0, 1.5
_WORDS_CONSTANT_WITH_CODE, _VECTOR_WEIGHT_WITH_CODE = 10.0, 0.3
_NUM_FEEDBACK, _FEEDBACK_POWER = 10, 2
_TASTE_CONSTANT, _TASTE_WEIGHT = 60.0, 0.5


@dataclass(frozen=True)
class Wanted:
    """A search.

    Attributes:
        words: of the query; may be empty.
        vector: the query as an item's vector: of its words, its image, or both.
        taste: a user vector of unit length, by which candidates are re-ranked.
    """

    words: Sequence[Word]
    vector: Floats
    taste: Floats | None
    k: int
    filters: Filters


@dataclass(frozen=True)
class Result:
    """What a search found.

    Attributes:
        rows: (≤ k,) best first; scores: of them, 1 for one that is first in every list.
        by_words, by_vector: whether each channel found each row.
        matching: rows that match, best first: facets and the total are of these.
        corrections: word -> what it was taken for.
    """

    rows: Integers
    scores: Floats
    by_words: Booleans
    by_vector: Booleans
    matching: Integers
    strategy: Strategy
    corrections: dict[str, str]


@dataclass(frozen=True)
class ByWords:
    """What a query's words find.

    Attributes:
        rows: that pass the filters, best first; scores: of them.
        with_all: those of them that hold the most words.
        corrections: word -> what it was taken for.
    """

    rows: Integers
    scores: Floats
    with_all: Integers
    corrections: dict[str, str]


def search(state: ShopState, index: WordIndex, wanted: Wanted) -> Result:
    """Return what a search finds in a shop."""
    words = by_words(state, index, wanted.words, wanted.filters)
    near = by_vector(state, wanted.vector, words, wanted.filters)
    lists = _lists(wanted.words, words, near)
    rows, scores = fused(lists)
    if wanted.taste is not None:
        rows, scores = fused([*lists, _by_taste(state, rows[:_POOL], wanted.taste)])
    shown = rows[: wanted.k]
    return Result(
        rows=shown,
        scores=scores[: wanted.k],
        by_words=np.isin(shown, words.rows),
        by_vector=np.isin(shown, near),
        matching=_matching(rows, shown, words),
        strategy="words_and_vector" if wanted.words else "vector",
        corrections=words.corrections,
    )


def by_words(state: ShopState, index: WordIndex, words: Sequence[Word], filters: Filters) -> ByWords:
    """Return what a query's words find; nothing without words."""
    matches = match(index, state.shop, words, len(state))
    rows = rows_of(state, matches.labels)
    is_kept = rows >= 0
    is_kept[is_kept] = kept_rows(state, filters)[rows[is_kept]]
    rows, scores, num_words = rows[is_kept], matches.scores[is_kept], matches.num_words[is_kept]
    order = np.lexsort((rows, -scores))
    rows, num_words = rows[order], num_words[order]
    with_all = rows[num_words == num_words.max(initial=0)]
    return ByWords(rows, scores[order].astype(np.float32), with_all, matches.corrections)


def by_vector(state: ShopState, vector: Floats, words: ByWords | None, filters: Filters) -> Integers:
    """Return the rows nearest to a query and to what its words find first (Rocchio, 1971), best first.

    vector: the query as an item's. The items that the words find know what the query means in this shop: they bring
    their images, and the words beside those that were typed.
    """
    query = vector if state.metric is None else state.metric.centred(vector[None])[0]
    if words is not None and len(words.rows):
        shares = (words.scores[:_NUM_FEEDBACK] / words.scores[0]) ** _FEEDBACK_POWER
        query = query + shares @ state.compared_of(words.rows[:_NUM_FEEDBACK]) / shares.sum()
    query = (query / max(float(np.linalg.norm(query)), 1e-6)).astype(np.float32)
    return recommend(state, query, _POOL, filters, 0.0).rows


def _lists(words: Sequence[Word], found: ByWords, near: Integers) -> list[Ranked]:
    if not words:
        return [Ranked(near)]
    has_code = any(word.is_code for word in words)
    constant = _WORDS_CONSTANT_WITH_CODE if has_code else _WORDS_CONSTANT
    weight = _VECTOR_WEIGHT_WITH_CODE if has_code else _VECTOR_WEIGHT
    ranks = shared_ranks(found.scores, _SHARED_STEP)
    return [Ranked(found.rows, 1.0, constant, ranks), Ranked(near, weight, _VECTOR_CONSTANT)]


def _by_taste(state: ShopState, rows: Integers, taste: Floats) -> Ranked:
    order = np.argsort(-np.vecdot(state.stored_of(rows), taste), kind="stable")
    return Ranked(rows[order], _TASTE_WEIGHT, _TASTE_CONSTANT)


def _matching(rows: Integers, shown: Integers, words: ByWords) -> Integers:
    """Return what counts as matching: with words, the items that hold the most of them, and what is shown."""
    if len(words.rows) == 0:
        return rows
    return rows[np.isin(rows, np.union1d(words.with_all, shown))]
