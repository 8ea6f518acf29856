"""Accounts that are nearly the same as another one: a second account of one person, or a copied history.

With one of the two in training and the other in the test, remembering looks like predicting.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from trainer.data import Interactions

SHARE = 0.7  # of the shorter history, counted in distinct items
MIN_ITEMS = 5  # in shorter ones, the same few popular items are chance
_USERS_PER_BLOCK = 2000


def near_clone_pairs(interactions: Interactions, share: float = SHARE, min_items: int = MIN_ITEMS) -> NDArray[np.int64]:
    """Return the pairs of users, (p, 2) user_idx ascending, who share at least `share` of the shorter history.

    Only histories of at least `min_items` distinct items count. Time grows with the pairs of users who have any item
    in common, memory with those of 2,000 users.
    """
    touched = _touched(interactions)
    lengths = np.diff(touched.indptr)
    pairs = []
    for start in range(0, touched.shape[0], _USERS_PER_BLOCK):
        shared = (touched[start : start + _USERS_PER_BLOCK] @ touched.T).tocoo()
        one, other = shared.coords[0].astype(np.int64) + start, shared.coords[1].astype(np.int64)
        shorter = np.minimum(lengths[one], lengths[other])
        is_near = (one < other) & (shorter >= min_items) & (shared.data >= share * shorter - 1e-9)
        pairs.append(np.stack([one[is_near], other[is_near]], axis=1))
    found = np.concatenate(pairs) if pairs else np.empty((0, 2), dtype=np.int64)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def redundant_users(interactions: Interactions, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the user_idx, ascending, whose leaving leaves none of these pairs: of each pair the shorter history.

    Of equally long histories the later name leaves. A longest account of a group of clones always stays.
    """
    lengths = np.diff(_touched(interactions).indptr)
    leaves_first = lengths[pairs[:, 0]] < lengths[pairs[:, 1]]  # user_ids are sorted: the second name is the later
    return np.unique(np.where(leaves_first, pairs[:, 0], pairs[:, 1]))


def _touched(interactions: Interactions) -> csr_array:
    """Return 1 for each item that a user had anything to do with, (num_users, num_items)."""
    num_items = int(interactions.item_idx.max(initial=-1)) + 1
    pairs = np.unique(interactions.user_idx * num_items + interactions.item_idx)
    ones = np.ones(len(pairs), dtype=np.int32)
    shape = (len(interactions.user_ids), num_items)
    return csr_array((ones, (pairs // max(num_items, 1), pairs % max(num_items, 1))), shape=shape)
