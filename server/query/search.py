"""Search of one shop: candidates by words and by vector, fused, filtered, with an optional taste."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from server.catalogue.columns import Booleans, Floats, Integers
from server.catalogue.terms import Word
from server.catalogue.words import WordIndex
from server.query.by_words import Matches, match
from server.query.fusion import Ranked, fused, shared_ranks
from server.query.rows import rows_of
from server.search.filters import Filters, kept_rows
from server.search.retrieval import recommend
from server.search.shop_state import ShopState

Strategy = Literal["vector", "words_and_vector"]

# Candidates of the vector: of 8,576 and 24,588 items the ten best of a fused list never came from beyond.
_POOL = 200
# Tuned on one half of the queries of benchmarks/search, which reports the other half.
_WORDS_CONSTANT, _VECTOR_CONSTANT, _VECTOR_WEIGHT, _SHARED_STEP = 10.0, 60.0, 1.0, 0.02
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


def search(state: ShopState, index: WordIndex, wanted: Wanted) -> Result:
    """Return what a search finds in a shop."""
    lists: list[Ranked] = []
    rows_by_words, all_words, corrections = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), {}
    if wanted.words:
        matches = match(index, state.shop, wanted.words, len(state))
        rows_by_words, ranks, num_words = _by_words(state, matches, wanted.filters)
        all_words = rows_by_words[num_words == num_words.max(initial=0)]
        corrections = matches.corrections
        lists.append(Ranked(rows_by_words, 1.0, _WORDS_CONSTANT, ranks))
    rows_by_vector = recommend(state, as_user(state, wanted.vector), _POOL, wanted.filters, 0.0).rows
    lists.append(Ranked(rows_by_vector, _VECTOR_WEIGHT, _VECTOR_CONSTANT))
    rows, scores = fused(lists)
    if wanted.taste is not None and len(rows):
        rows, scores = fused([*lists, _by_taste(state, rows[:_POOL], wanted.taste)])
    shown = rows[: wanted.k]
    return Result(
        rows=shown,
        scores=scores[: wanted.k],
        by_words=np.isin(shown, rows_by_words),
        by_vector=np.isin(shown, rows_by_vector),
        matching=_matching(rows, shown, all_words, rows_by_words),
        strategy="words_and_vector" if wanted.words else "vector",
        corrections=corrections,
    )


def as_user(state: ShopState, vector: Floats) -> Floats:
    """Return an item's vector as the one of a shopper who has seen nothing but this item."""
    return vector if state.metric is None else state.metric.centred(vector[None])[0]


def _by_words(state: ShopState, matches: Matches, filters: Filters) -> tuple[Integers, Integers, Integers]:
    """Return the rows that pass the filters, best first, their ranks, and how many words each holds."""
    rows = rows_of(state, matches.labels)
    is_kept = rows >= 0
    is_kept[is_kept] = kept_rows(state, filters)[rows[is_kept]]
    rows, scores, num_words = rows[is_kept], matches.scores[is_kept], matches.num_words[is_kept]
    order = np.lexsort((rows, -scores))
    return rows[order], shared_ranks(scores[order].astype(np.float32), _SHARED_STEP), num_words[order]


def _by_taste(state: ShopState, rows: Integers, taste: Floats) -> Ranked:
    order = np.argsort(-np.vecdot(state.stored_of(rows), taste), kind="stable")
    return Ranked(rows[order], _TASTE_WEIGHT, _TASTE_CONSTANT)


def _matching(rows: Integers, shown: Integers, all_words: Integers, any_word: Integers) -> Integers:
    """Return what counts as matching: with words, the items that hold the most of them, and what is shown."""
    if len(any_word) == 0:
        return rows
    matching = np.union1d(all_words, shown)
    return rows[np.isin(rows, matching)]
