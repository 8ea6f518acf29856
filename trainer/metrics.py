"""Ranking metrics over the full catalogue, vectorised; each has a slow, obvious twin in tests/trainer/test_metrics.py.

All take the 1-based ranks of the targets, (m,), with `ptr` (n + 1,) saying which belong to which case, and return one
value per case, (n,) float64 in [0, 1]. Every case has at least one target.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainerError

Ranks = NDArray[np.int64]
PerCase = NDArray[np.float64]


def target_ranks(scores: NDArray[np.floating], ptr: Ranks, columns: Ranks, priority: NDArray[np.floating]) -> Ranks:
    """Return the rank of each target among all columns of its case's row, best 1.

    scores (n, c): higher is better, -inf is ranked last; `columns` (m,): the targets' columns. Of equal scores the one
    with the smaller `priority` (n, c) comes first: random priorities make a tie worth what chance would make of it.
    """
    if np.isnan(scores).any():
        raise TrainerError("scores hold NaN, which has no rank")
    ranks = np.empty(len(columns), dtype=np.int64)
    for case in range(len(ptr) - 1):
        mine = columns[ptr[case] : ptr[case + 1], None]  # (targets of this case, 1)
        score, order = scores[case], priority[case]
        is_before = (score > score[mine]) | ((score == score[mine]) & (order < order[mine]))
        ranks[ptr[case] : ptr[case + 1]] = 1 + is_before.sum(axis=1)
    return ranks


def recall_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return the share of a case's targets that are among its first k."""
    recall: PerCase = _sum(ranks <= k, ptr) / np.diff(ptr)
    return recall


def hit_rate_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return 1 where any target is among the first k, else 0."""
    return (_sum(ranks <= k, ptr) > 0).astype(np.float64)


def mrr_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return 1 / rank of the first target, or 0 where that is beyond k."""
    first = np.minimum.reduceat(ranks, ptr[:-1])
    return np.where(first <= k, 1 / first, 0.0)


def ndcg_at_k(ranks: Ranks, ptr: Ranks, k: int) -> PerCase:
    """Return normalised discounted cumulative gain; the ideal order is of all targets, found or not."""
    gains = np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0)
    ideal = np.cumsum(1 / np.log2(1 + np.arange(1, k + 1)))  # ideal[i]: i + 1 targets on top
    ndcg: PerCase = _sum(gains, ptr) / ideal[np.minimum(np.diff(ptr), k) - 1]
    return ndcg


METRICS: dict[str, Callable[[Ranks, Ranks, int], PerCase]] = {
    "ndcg": ndcg_at_k,
    "recall": recall_at_k,
    "mrr": mrr_at_k,
    "hit_rate": hit_rate_at_k,
}


def _sum(values: NDArray[np.generic], ptr: Ranks) -> PerCase:
    sums: PerCase = np.add.reduceat(values.astype(np.float64), ptr[:-1])
    return sums
