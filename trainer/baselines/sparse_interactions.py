"""Interactions as sparse matrices: who liked what, once, whatever the number of times."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.data import Interactions
from trainer.evaluation import history_rows
from trainer.splits import Cases

Matrix = Any  # a scipy.sparse.csr_matrix of float32; scipy has no types to give
Vector = NDArray[np.float32]


def user_items(train: Interactions, num_items: int) -> Matrix:
    """Return (num_users, num_items) float32 with 1 where a user liked an item; users who liked nothing have no row."""
    liked = train.is_liked
    users, rows = np.unique(train.user_idx[liked], return_inverse=True)
    matrix = sp.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, train.item_idx[liked])), shape=(len(users), num_items)
    )
    matrix.data[:] = 1  # a repeated pair was summed
    return matrix


def num_users_per_item(matrix: Matrix) -> Vector:
    """Return how many users liked each item, (num_items,)."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float32)


def liked_history(cases: Cases, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], Vector]:
    """Return (index into positions, item_idx, how many liked rows ago), each (m,): the most recent is 0 rows ago."""
    index, rows = history_rows(cases, positions)
    liked = cases.history.is_liked[rows]
    index, rows = index[liked], rows[liked]
    ends = np.searchsorted(index, index, side="right")
    return index, cases.history.item_idx[rows], (ends - 1 - np.arange(len(index))).astype(np.float32)


def history_matrix(
    cases: Cases, positions: NDArray[np.int64], num_items: int, half_life_items: float | None = None
) -> Matrix:
    """Return (positions, num_items): what each case liked, halved every `half_life_items` further back, else 1."""
    index, items, ago = liked_history(cases, positions)
    weights = np.ones(len(index), dtype=np.float32) if half_life_items is None else np.exp2(-ago / half_life_items)
    matrix = sp.csr_matrix((weights, (index, items)), shape=(len(positions), num_items))
    if half_life_items is None:
        matrix.data[:] = 1
    return matrix


def keep_largest(matrix: Matrix, k: int) -> Matrix:
    """Return the matrix with only the k largest entries of each row; of equal ones the first columns."""
    matrix = matrix.sorted_indices()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((-matrix.data, rows))
    kept = order[np.arange(len(rows)) - matrix.indptr[rows] < k]
    return sp.csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)
