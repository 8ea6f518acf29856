"""Ranking metrics over the full catalogue, vectorised; tests compare each with a slow, obvious version.

Rank metrics take the 1-based ranks of the targets, (m,), and `ptr`, (n + 1,): the targets of case i are
`ptr[i]:ptr[i + 1]`. They return one value per case, (n,) float64 in [0, 1]. Every case has at least one target.
List metrics take the shown lists, (n, k) item_idx with -1 where a list is shorter.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainingError

Ranks = NDArray[np.int64]
PerCase = NDArray[np.float64]
Lists = NDArray[np.int64]

SCORES_PER_BLOCK = 1_000_000


def target_ranks(scores: NDArray[np.floating], ptr: Ranks, columns: Ranks, priority: NDArray[np.floating]) -> Ranks:
    """Return the rank of each target among all columns of its case's row, best 1.

    scores (n, c): higher is better, -inf is ranked last; `columns` (m,): the targets' columns. Of equal scores, the one
    with the smaller `priority` (n, c) comes first. With random priorities, a tie has the value expected by chance.
    """
    if np.isnan(scores).any():
        raise TrainingError(
            "scores hold NaN, which has no rank, because training diverged; try a lower training.learning_rate"
        )
    rows = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    ranks = np.empty(len(columns), dtype=np.int64)
    block = max(1, SCORES_PER_BLOCK // scores.shape[1])
    for start in range(0, len(columns), block):
        part = slice(start, start + block)
        row, column = rows[part], columns[part]
        theirs, mine = scores[row], scores[row, column][:, None]  # (b, c), (b, 1)
        ranks[part] = 1 + np.count_nonzero(theirs > mine, axis=1)
        is_tied = theirs == mine
        tied = np.flatnonzero(np.count_nonzero(is_tied, axis=1) > 1)
        if len(tied):
            order = priority[row[tied]]
            is_before = is_tied[tied] & (order < order[np.arange(len(tied)), column[tied]][:, None])
            ranks[start + tied] += np.count_nonzero(is_before, axis=1)
    return ranks


def top_columns(scores: NDArray[np.floating], priority: NDArray[np.floating], k: int) -> Lists:
    """Return the columns of each row's k best scores, best first, (n, k); ties as in `target_ranks`.

    A column with score -inf is never listed. Where fewer than k columns are left, the rest is -1.
    """
    k = min(k, scores.shape[1])
    worst = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]  # (n, 1) the k-th best score
    is_tied = scores == worst
    # Of the columns that tie for the last places, only the k first by priority are needed.
    crowded = np.flatnonzero(np.count_nonzero(is_tied, axis=1) > k)
    if len(crowded):
        order = np.where(is_tied[crowded], priority[crowded], np.inf)
        is_tied[crowded] &= order <= np.partition(order, k - 1, axis=1)[:, k - 1 : k]
    row, column = np.nonzero((is_tied | (scores > worst)) & (scores > -np.inf))
    by_rank = np.lexsort((priority[row, column], -scores[row, column], row))
    row, column = row[by_rank], column[by_rank]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    top = np.full((len(scores), k), -1, dtype=np.int64)
    top[row[place < k], place[place < k]] = column[place < k]
    return top


def recall_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return the share of a case's targets that are among the first k items."""
    recall: PerCase = _sum(ranks <= k, ptr) / np.diff(ptr)
    return recall


def precision_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return the share of the first k items that are targets."""
    precision: PerCase = _sum(ranks <= k, ptr) / k
    return precision


def f1_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return the harmonic mean of precision and recall at k, 0 where both are 0."""
    f1: PerCase = 2 * _sum(ranks <= k, ptr) / (k + np.diff(ptr))
    return f1


def hit_rate_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return 1 where any target is among the first k items, else 0."""
    return (_sum(ranks <= k, ptr) > 0).astype(np.float64)


def mrr_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return the reciprocal rank of the first target, or 0 where that rank is above k."""
    first = np.minimum.reduceat(ranks, ptr[:-1])
    return np.where(first <= k, 1 / first, 0.0)


def map_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return average precision: the sum of the precision at each found target's rank / min(number of targets, k)."""
    row = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    found = ranks[np.lexsort((ranks, row))]  # ascending within each case
    place = np.arange(len(ranks)) - ptr[row] + 1
    average: PerCase = _sum(np.where(found <= k, place / found, 0.0), ptr) / np.minimum(np.diff(ptr), k)
    return average


def ndcg_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return normalised discounted cumulative gain; the ideal order has all targets, found or not."""
    gains = np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0)
    ideal = np.cumsum(1 / np.log2(1 + np.arange(1, k + 1)))  # ideal[i]: i + 1 targets on top
    ndcg: PerCase = _sum(gains, ptr) / ideal[np.minimum(np.diff(ptr), k) - 1]
    return ndcg


METRICS: dict[str, Callable[[Ranks, Ranks, int], PerCase]] = {
    "ndcg": ndcg_at_k,
    "recall": recall_at_k,
    "mrr": mrr_at_k,
    "hit_rate": hit_rate_at_k,
    "map": map_at_k,
    "precision": precision_at_k,
    "f1": f1_at_k,
}


def auc(ranks: Ranks, ptr: Ranks, num_ranked: Ranks) -> PerCase:
    """Return the area under the ROC curve: the share of (target, other item) pairs of a case in the right order.

    `num_ranked` (n,): the number of candidates that the case ranks, including targets. 0.5 is chance, and the value of
    a case whose candidates are all targets.
    """
    num_targets = np.diff(ptr)
    others = num_ranked - num_targets
    before = _sum(ranks, ptr) - num_targets * (num_targets + 1) / 2  # pairs in the wrong order
    pairs = others * num_targets
    return np.where(pairs > 0, 1 - before / np.maximum(pairs, 1), 0.5)


def coverage(lists: Lists, num_candidates: int) -> float:
    """Return the share of the candidates that are in any list: one number per model, in [0, 1]."""
    return len(np.unique(lists[lists >= 0])) / num_candidates


def diversity(lists: Lists, embeddings: NDArray[np.floating]) -> PerCase:
    """Return 1 - the mean cosine of a list's pairs, in [0, 2]; 0 for a list of fewer than two items.

    embeddings (num_items, dim): one row per item_idx, of unit length, or zero for an item without text and image.
    """
    shown = embeddings[lists] * (lists >= 0)[:, :, None]  # (n, k, dim)
    size = (lists >= 0).sum(axis=1)
    # |sum of vectors|^2 is the sum over all ordered pairs; the squares are the pairs of an item with itself.
    same = np.square(shown.sum(axis=1, dtype=np.float64)).sum(axis=1) - np.square(shown).sum(axis=(1, 2))
    pairs = size * (size - 1)
    return np.where(pairs > 0, 1 - same / np.maximum(pairs, 1), 0.0)


def novelty(lists: Lists, counts: NDArray[np.integer], num_users: int) -> PerCase:
    """Return the mean -log2 of the shown items' popularity, in bits; 0 for an empty list.

    counts (num_items,): how many of `num_users` training users liked an item. Popularity is (count + 1) /
    (num_users + 1), so that the novelty of an unliked item is the highest and still finite. Castells, Vargas & Wang,
    "Novelty and diversity metrics for recommender systems", 2011.
    """
    surprise = -np.log2((counts + 1) / (num_users + 1))
    is_shown = lists >= 0
    total = (surprise[lists] * is_shown).sum(axis=1)
    mean: PerCase = total / np.maximum(is_shown.sum(axis=1), 1)
    return mean


def _sum(values: NDArray[np.generic], ptr: Ranks) -> PerCase:
    sums: PerCase = np.add.reduceat(values.astype(np.float64), ptr[:-1])
    return sums
