"""Interactions as sparse binary matrices: which user liked which item; repeats count once."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import history_rows
from trainer.splits.cases import Cases

Matrix = Any  # a scipy.sparse.csr_matrix of float32; scipy ships no types
Vector = NDArray[np.float32]


def user_items(train: Interactions, num_items: int) -> Matrix:
    """Return (num_users, num_items) float32, 1 where a user liked an item; users without a liked item have no row."""
    liked = train.is_liked
    users, rows = np.unique(train.user_idx[liked], return_inverse=True)
    matrix = sp.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, train.item_idx[liked])), shape=(len(users), num_items)
    )
    matrix.data[:] = 1  # csr_matrix sums repeated pairs
    return matrix


def liked_together(train: Interactions, num_items: int, proximity: float) -> Matrix:
    r"""Return (num_items, num_items): for each pair of items the sum over users who liked both of :math:`d^{-\gamma}`.

    d is the distance of the two items in the order in which the user first liked items. :math:`\gamma` is `proximity`:
    0 counts users; above 0, items liked one after the other weigh more. The diagonal is empty.
    """
    users, items = _first_likes(train, num_items)
    total = sp.csr_matrix((num_items, num_items), dtype=np.float32)
    for apart in range(1, int(np.bincount(users).max(initial=1))):
        is_pair = users[apart:] == users[:-apart]
        pairs = (items[:-apart][is_pair], items[apart:][is_pair])
        weights = np.full(len(pairs[0]), apart**-proximity, dtype=np.float32)
        total = total + sp.csr_matrix((weights, pairs), shape=total.shape)
    return (total + total.T).tocsr()


def _first_likes(train: Interactions, num_items: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (user_idx, item_idx) of each user's first like of each item, by user and then in time order."""
    liked = np.flatnonzero(train.is_liked)
    pairs = train.user_idx[liked] * num_items + train.item_idx[liked]
    rows = liked[np.sort(np.unique(pairs, return_index=True)[1])]
    return train.user_idx[rows], train.item_idx[rows]


def num_users_per_item(matrix: Matrix) -> Vector:
    """Return the number of users who liked each item, (num_items,) float32."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float32)


def liked_history(cases: Cases, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], Vector]:
    """Return (index into positions, item_idx, age in liked rows), each (m,); the most recent row has age 0."""
    index, rows = history_rows(cases, positions)
    liked = cases.history.is_liked[rows]
    index, rows = index[liked], rows[liked]
    ends = np.searchsorted(index, index, side="right")
    return index, cases.history.item_idx[rows], (ends - 1 - np.arange(len(index))).astype(np.float32)


def history_matrix(
    cases: Cases, positions: NDArray[np.int64], num_items: int, half_life_items: float | None = None
) -> Matrix:
    """Return each case's liked items as weights, (positions, num_items).

    A weight is 1 without a half-life, else it halves every `half_life_items` liked rows further back.
    """
    index, items, ago = liked_history(cases, positions)
    weights = np.ones(len(index), dtype=np.float32) if half_life_items is None else np.exp2(-ago / half_life_items)
    matrix = sp.csr_matrix((weights, (index, items)), shape=(len(positions), num_items))
    if half_life_items is None:
        matrix.data[:] = 1
    return matrix


def keep_largest(matrix: Matrix, k: int) -> Matrix:
    """Return the matrix with only the k largest entries of each row; of equal entries, the first columns."""
    matrix = matrix.sorted_indices()
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((-matrix.data, rows))
    kept = order[np.arange(len(rows)) - matrix.indptr[rows] < k]
    return sp.csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)
