"""Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009), with a weight and a constant for each list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.catalogue.columns import Floats, Integers


@dataclass(frozen=True)
class Ranked:
    """Rows of one channel, best first, and what the channel counts.

    Attributes:
        weight: of the list.
        constant: how little the first places differ; 60 in the paper.
        ranks: (n,) from 0, where some share one; by default 0, 1, 2, …
    """

    rows: Integers
    weight: float = 1.0
    constant: float = 60.0
    ranks: Integers | None = None


def fused(lists: Sequence[Ranked]) -> tuple[Integers, Floats]:
    """Return the rows of all lists, best first, and their scores: the sum of weight / (constant + 1 + rank).

    Of equal scores the lower row comes first. Scores are divided by that of a row that is first everywhere.
    """
    rows = np.unique(np.concatenate([each.rows for each in lists] or [np.empty(0, dtype=np.int64)]))
    scores = np.zeros(len(rows))
    most = 0.0
    for each in lists:
        ranks = np.arange(len(each.rows)) if each.ranks is None else each.ranks
        scores[np.searchsorted(rows, each.rows)] += each.weight / (each.constant + 1 + ranks)
        most += each.weight / (each.constant + 1)
    order = np.lexsort((rows, -scores))
    return rows[order], (scores[order] / max(most, 1e-9)).astype(np.float32)


def shared_ranks(scores: Floats, step: float) -> Integers:
    """Return the ranks of falling scores, (n,); those that differ by rounding to `step` of the highest share one."""
    if len(scores) == 0:
        return np.empty(0, dtype=np.int64)
    rounded = np.rint(scores / (step * max(float(scores[0]), 1e-9)))
    is_first = np.concatenate([[True], rounded[1:] != rounded[:-1]])
    return np.maximum.accumulate(np.where(is_first, np.arange(len(scores)), 0)).astype(np.int64)
