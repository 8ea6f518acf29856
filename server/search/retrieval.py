"""Finds a shop's items for one request: which strategy, which candidates, which order."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from server.catalogue.columns import Booleans, Floats, Integers
from server.search.filters import Filters, kept_rows
from server.search.ranking import first_screen, mmr
from server.search.shop_state import ShopState

Strategy = Literal["exact", "hnsw", "exact_filtered", "first_screen"]

# Measured on one core at dim 256 (benchmarks/serving): what one row costs when scanned in order, when gathered
# first, and when it is one step of an HNSW search. Only their ratios matter.
SCAN_NS = 10.0
GATHER_NS = 30.0
HNSW_STEP_NS = 1000.0
# Room for candidates that turn out to be deleted.
_SPARE = 16
_COLUMNS_OF_A_ROW = 32


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
    keep = None if filters.is_empty else kept_rows(state, filters)
    if query is None:
        rows = first_screen(state, state.alive if keep is None else keep, k, diversity, filler)
        return Found(rows, np.zeros(len(rows), dtype=np.float32), "first_screen")
    if state.metric is not None:
        # One factor for all items makes their inner products cosines, so that scores of all shops have one scale.
        query = query / np.float32(max(state.metric.length(query), 1e-6))
    num_kept = len(state) if keep is None else int(np.count_nonzero(keep))
    num_candidates = min(num_kept, k if diversity == 0 else pool_size(k))
    strategy: Strategy = "hnsw"
    found = _search_index(state, query, num_candidates, keep, num_kept)
    if found is None:
        found = _scan(state, query, k, num_candidates, keep)
        strategy = "exact" if keep is None else "exact_filtered"
    rows, scores = found
    order = mmr(scores, state.compared_of(rows), k, diversity, filler) if diversity else slice(k)
    return Found(rows[order], scores[order], strategy)


def pool_size(k: int) -> int:
    """Return the number of candidates from which re-ranking chooses k."""
    return min(max(4 * k, 64), k + 256)


def _search_index(
    state: ShopState, query: Floats, num_candidates: int, keep: Booleans | None, num_kept: int
) -> tuple[Integers, Floats] | None:
    """Return candidates from index and delta; None if scanning is cheaper or the index returned too few."""
    if state.index is None or num_kept == 0:
        return None
    # Enough rows for `num_candidates` to survive the filters, were what they keep spread evenly.
    num_rows = int(1.5 * num_candidates * state.num_rows / num_kept) + _SPARE
    if HNSW_STEP_NS * max(state.index.ef, num_rows) > min(SCAN_NS * state.num_rows, GATHER_NS * num_kept):
        return None
    rows = state.index.search(query, num_rows)
    rows = rows[state.base_alive[rows] if keep is None else keep[rows]]
    delta_rows = np.arange(len(state.base), state.num_rows)
    if keep is not None:
        delta_rows = delta_rows[keep[len(state.base) :]]
    # Too few only where the kept items are far from the query as a group: the exact scan is then the honest answer.
    if len(rows) < min(num_candidates, num_kept - len(delta_rows)):
        return None
    if len(delta_rows) > 2 * num_candidates:
        approximate, margin = state.scan(query, delta_rows)
        delta_rows = delta_rows[highest(approximate, num_candidates, num_candidates, margin)]
    rows = np.concatenate([rows, delta_rows])
    return best(rows, state.scores_of(rows, query), num_candidates)


def _scan(
    state: ShopState, query: Floats, k: int, num_candidates: int, keep: Booleans | None
) -> tuple[Integers, Floats]:
    """Return candidates, of which the k best are the best of all.

    A scan of eight bits a number finds them, and whatever its error could hide; those are then compared exactly.
    """
    kept = None if keep is None else np.flatnonzero(keep)
    if kept is not None and GATHER_NS * len(kept) < SCAN_NS * state.num_rows:
        approximate, margin = state.scan(query, kept)
        rows = kept[highest(approximate, min(k, num_candidates), num_candidates, margin)]
    else:
        approximate, margin = state.scan(query)
        if keep is not None:
            approximate[~keep] = -np.inf
        elif len(state.dead_rows):
            approximate[state.dead_rows] = -np.inf
        rows = highest(approximate, min(k, num_candidates), num_candidates, margin)
    return best(rows, state.scores_of(rows, query), num_candidates)


def highest(scores: NDArray[np.float64], k: int, count: int, margin: float) -> Integers:
    """Return the positions of the `count` highest scores, and of all that are within `margin` of the k-th, ascending.

    The highest of each of many columns are few, and the `count`-th of them is at most the `count`-th of all: most
    scores are only compared with it, which costs a tenth of partitioning them.
    """
    if count == 0:
        return np.empty(0, dtype=np.int64)
    width = len(scores) // _COLUMNS_OF_A_ROW
    floor = -np.inf
    reaching, reached = np.arange(len(scores)), scores
    if width > 2 * count:
        highest = scores[: width * _COLUMNS_OF_A_ROW].reshape(_COLUMNS_OF_A_ROW, width).max(axis=0)
        floor = np.partition(highest, width - count)[width - count]
        reaching = np.flatnonzero(scores >= floor)
        reached = scores[reaching]
    ordered = np.partition(reached, (len(reached) - count, len(reached) - k))
    threshold = min(ordered[-count], ordered[-k] - margin)
    if threshold < floor:
        return np.flatnonzero(scores >= threshold)
    found: Integers = reaching[(reached >= threshold) & (reached > -np.inf)]
    return found


def best(rows: Integers, scores: Floats, num_candidates: int) -> tuple[Integers, Floats]:
    """Return the `num_candidates` highest scores, highest first; of equals the lower row, in any input order."""
    if 0 < num_candidates < len(rows):
        threshold = np.partition(scores, len(scores) - num_candidates)[len(scores) - num_candidates]
        reaching = np.flatnonzero(scores >= threshold)
        rows, scores = rows[reaching], scores[reaching]
    order = np.lexsort((rows, -scores))[:num_candidates]
    return rows[order], scores[order]
