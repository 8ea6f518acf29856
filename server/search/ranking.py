"""Ranking of candidates: maximal marginal relevance, and the first screen for a shopper without history."""

import numpy as np
from numpy.typing import NDArray

from server.catalogue.columns import Booleans, Floats, Integers
from server.search.shop_state import ShopState

# A first screen must show the shop's breadth, regardless of the diversity requested for personal results.
FIRST_SCREEN_DIVERSITY = 0.6
_FIRST_SCREEN_POOL = 1000
# A smaller known share is a rounding error, not a modality.
_LEAST_SHARE = np.float32(1e-3)


def mmr(relevance: Floats, embeddings: Floats, k: int, diversity: float, filler: int | None = None) -> Integers:
    """Return (min(k, n),) positions, best first, by maximal marginal relevance (Carbonell and Goldstein, 1998).

    relevance: (n,); embeddings: (n, dim), unit length. Each step takes the position with the highest
    (1 - diversity) · relevance - diversity · (greatest cosine to what is already taken); of equals the first.
    With a `filler` coordinate two items are compared by the modalities known of both. Otherwise an item without an
    image would look unlike every other item, and so be preferred.
    """
    num_items = len(relevance)
    k = min(k, num_items)
    if diversity == 0:
        return np.argsort(-relevance, kind="stable")[:k]
    taken = np.empty(k, dtype=np.int64)
    base = (1 - diversity) * relevance
    similarities = _Similarities(embeddings, filler, np.float32(diversity))
    closest = np.full(num_items, -np.inf, dtype=np.float32)
    position = int(np.argmax(relevance)) if k else 0
    worth = np.empty_like(base)
    for step in range(k):
        taken[step] = position
        np.maximum(closest, similarities.to(position), out=closest)
        base[position] = -np.inf
        np.subtract(base, closest, out=worth)
        position = int(worth.argmax())
    return taken


class _Similarities:
    """Cosines of n items times a factor, one row at a time: k rows are wanted of n.

    With a `filler` coordinate two items are compared by the modalities known of both.
    """

    def __init__(self, embeddings: Floats, filler: int | None, factor: np.float32) -> None:
        self._known, self._factor = embeddings, factor
        self._shares: Floats | None = None
        if filler is not None and embeddings[:, filler].any():
            self._known = embeddings.copy()
            self._known[:, filler] = 0
            self._shares = np.maximum(1 - np.square(embeddings[:, filler]), _LEAST_SHARE)

    def to(self, position: int) -> Floats:
        """Return (n,): the cosines with one item, times the factor."""
        cosines: Floats = self._known @ self._known[position]
        cosines *= self._factor
        if self._shares is not None:
            cosines /= np.minimum(self._shares, self._shares[position])
        return cosines


def first_screen(state: ShopState, keep: Booleans, k: int, diversity: float, filler: int | None = None) -> Integers:
    """Return (≤ k,) rows for a shopper without history: in stock first, popular where ratings exist, diverse."""
    available = keep & state.column("buyable")
    rows = _diverse(state, np.flatnonzero(available), k, diversity, filler)
    if len(rows) < k:
        rest = _diverse(state, np.flatnonzero(keep & ~available), k - len(rows), diversity, filler)
        rows = np.concatenate([rows, rest])
    return rows


def _diverse(state: ShopState, rows: Integers, k: int, diversity: float, filler: int | None) -> Integers:
    rows = _pool(rows, state.column("rating_counts")[rows], max(k, _FIRST_SCREEN_POOL))
    if len(rows) == 0:
        return rows
    compared = state.compared_of(rows)
    # Typical of the shop before odd; popularity, where ratings exist, counts as much.
    relevance = state.typicality_of(rows)
    if relevance is None:
        centroid = compared.mean(axis=0)
        relevance = np.vecdot(compared, centroid / max(float(np.linalg.norm(centroid)), 1e-6))
    popularity = np.log1p(state.column("rating_counts")[rows]).astype(np.float32)
    if popularity.max() > 0:
        relevance = (relevance + popularity / popularity.max()) / 2
    order = mmr(relevance.astype(np.float32), compared, k, max(diversity, FIRST_SCREEN_DIVERSITY), filler)
    return rows[order]


def _pool(rows: Integers, rating_counts: NDArray[np.int64], size: int) -> Integers:
    """Return at most about 2 · `size` of `rows`: the most rated, and an even sample of the others."""
    if len(rows) <= 2 * size:
        return rows
    popular = np.argsort(-rating_counts, kind="stable")[:size]
    popular = popular[rating_counts[popular] > 0]
    spread = np.linspace(0, len(rows) - 1, 2 * size - len(popular)).astype(np.int64)
    chosen: Integers = rows[np.union1d(popular, spread)]
    return chosen
