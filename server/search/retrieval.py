"""Finds a shop's items for one request: which strategy, which candidates, which order."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from server.catalogue.columns import Booleans, Floats, Integers
from server.search.filters import Filters, kept_rows
from server.search.ranking import first_screen, mmr
from server.search.shop_state import ShopState

Strategy = Literal["exact", "hnsw", "exact_filtered", "first_screen"]

# Measured on one core at dim 256 (benchmarks/serving.py): what one row costs when scanned in order, when gathered
# first, and when it is one step of an HNSW search. Only their ratios matter.
SCAN_NS = 40.0
GATHER_NS = 150.0
HNSW_STEP_NS = 400.0
# Room for candidates that turn out to be deleted.
_SPARE = 16


@dataclass(frozen=True)
class Found:
    """Rows of a state, best first, with their scores (cosine in the shop's metric; 0 on a first screen)."""

    rows: Integers
    scores: Floats
    strategy: Strategy


def recommend(
    state: ShopState, query: Floats | None, k: int, filters: Filters, diversity: float, filler: int | None = None
) -> Found:
    """Return the k best rows for `query` (unit length) or, without one, a first screen. Small shops return fewer.

    filler: the bundle's coordinate that stands for what is not known of an item (contracts/bundle.schema.json).
    """
    keep = kept_rows(state, filters)
    if query is None:
        rows = first_screen(state, keep, k, diversity, filler)
        return Found(rows, np.zeros(len(rows), dtype=np.float32), "first_screen")
    if state.metric is not None:
        # One factor for all items makes their inner products cosines, so that scores of all shops have one scale.
        query = query / np.float32(max(state.metric.length(query), 1e-6))
    num_kept = int(np.count_nonzero(keep))
    num_candidates = min(num_kept, k if diversity == 0 else pool_size(k))
    strategy: Strategy = "hnsw"
    found = _search_index(state, query, num_candidates, keep, num_kept)
    if found is None:
        found = _scan(state, query, num_candidates, keep, num_kept)
        strategy = "exact" if filters.is_empty else "exact_filtered"
    rows, scores = found
    order = mmr(scores, state.compared_of(rows), k, diversity, filler)
    return Found(rows[order], scores[order], strategy)


def pool_size(k: int) -> int:
    """Return the number of candidates from which re-ranking chooses k."""
    return min(max(4 * k, 64), k + 256)


def _search_index(
    state: ShopState, query: Floats, num_candidates: int, keep: Booleans, num_kept: int
) -> tuple[Integers, Floats] | None:
    """Return candidates from index and delta; None if scanning is cheaper or the index returned too few."""
    if state.index is None or num_kept == 0:
        return None
    # Enough labels for `num_candidates` to survive the filters, were what they keep spread evenly.
    num_labels = int(1.5 * num_candidates * (len(state.index) + len(state.delta)) / num_kept) + _SPARE
    if HNSW_STEP_NS * max(state.index.ef, num_labels) > min(SCAN_NS * state.num_rows, GATHER_NS * num_kept):
        return None
    rows = state.base.find(state.index.search(query, num_labels))
    rows = rows[rows >= 0]
    rows = rows[keep[rows]]
    delta_rows = len(state.base) + np.flatnonzero(keep[len(state.base) :])
    # Too few only where the kept items are far from the query as a group: the exact scan is then the honest answer.
    if len(rows) < min(num_candidates, num_kept - len(delta_rows)):
        return None
    rows = np.concatenate([rows, delta_rows])
    return best(rows, np.vecdot(state.stored_of(rows), query), num_candidates)


def _scan(
    state: ShopState, query: Floats, num_candidates: int, keep: Booleans, num_kept: int
) -> tuple[Integers, Floats]:
    rows = np.flatnonzero(keep)
    if GATHER_NS * num_kept < SCAN_NS * state.num_rows:
        return best(rows, np.vecdot(state.stored_of(rows), query), num_candidates)
    scores = np.concatenate([np.vecdot(state.base.vectors.stored, query), np.vecdot(state.delta.vectors.stored, query)])
    return best(rows, scores[rows], num_candidates)


def best(rows: Integers, scores: Floats, num_candidates: int) -> tuple[Integers, Floats]:
    """Return the `num_candidates` highest scores, highest first; of equals the lower row, in any input order."""
    if 0 < num_candidates < len(rows):
        threshold = np.partition(scores, len(scores) - num_candidates)[len(scores) - num_candidates]
        reaching = np.flatnonzero(scores >= threshold)
        rows, scores = rows[reaching], scores[reaching]
    order = np.lexsort((rows, -scores))[:num_candidates]
    return rows[order], scores[order]
