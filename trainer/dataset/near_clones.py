"""Near-clone accounts: users whose history nearly equals another's, as a second account or a copied history does.

With one of the two in training and the other in the test, memorising looks like predicting.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from trainer.dataset.dataset import Interactions

SHARE = 0.7  # of the shorter history, counted in distinct items
MIN_ITEMS = 5  # shorter histories share a few popular items by chance
_USERS_PER_BLOCK = 2000
_PAIRS_PER_CHUNK = 200_000
_ROUNDING = 1e-9  # 0.7 × 10 is a little more than 7


def near_clone_pairs(interactions: Interactions, share: float = SHARE, min_items: int = MIN_ITEMS) -> NDArray[np.int64]:
    """Return the pairs of users, (p, 2) user_idx ascending, who share at least `share` of the shorter history.

    Only histories of at least `min_items` distinct items count. The result is exact: two users who share k of n items
    share one of the rarest n - k + 1 (prefix filtering: Chaudhuri et al., "A Primitive Operator for Similarity Joins",
    2006). So only pairs with a rare item in common are compared; a bestseller alone makes no pair.
    """
    touched = _touched(interactions)
    lengths = np.diff(touched.indptr)
    rare = _rarest(touched, share, min_items)
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, touched.shape[0], _USERS_PER_BLOCK):
        together = (rare[start : start + _USERS_PER_BLOCK] @ touched.T).tocoo()
        one, other = together.coords[0].astype(np.int64) + start, together.coords[1].astype(np.int64)
        is_shorter = (lengths[one] < lengths[other]) | ((lengths[one] == lengths[other]) & (one < other))
        one, other = one[is_shorter], other[is_shorter]
        for part in range(0, len(one), _PAIRS_PER_CHUNK):
            short, long = one[part : part + _PAIRS_PER_CHUNK], other[part : part + _PAIRS_PER_CHUNK]
            shared = touched[short].multiply(touched[long]).sum(axis=1)
            is_near = shared >= share * lengths[short] - _ROUNDING
            pairs.append(np.stack([short[is_near], long[is_near]], axis=1))
    found = np.sort(np.concatenate(pairs), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def redundant_users(interactions: Interactions, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the user_idx, ascending, of the shorter history of each pair; without these users no pair is left.

    Of equally long histories the later name is redundant. A longest account of a group of clones always stays.
    """
    lengths = np.diff(_touched(interactions).indptr)
    leaves_first = lengths[pairs[:, 0]] < lengths[pairs[:, 1]]  # user_ids are sorted: the second name is the later
    return np.unique(np.where(leaves_first, pairs[:, 0], pairs[:, 1]))


def _rarest(touched: csr_array, share: float, min_items: int) -> csr_array:
    """Return each history cut to its rarest items, just so many that any near clone shares at least one."""
    users = np.repeat(np.arange(touched.shape[0]), np.diff(touched.indptr))
    num_users = np.bincount(touched.indices, minlength=touched.shape[1])
    order = np.lexsort((touched.indices, num_users[touched.indices], users))
    place = np.arange(len(order)) - touched.indptr[users]  # within the user's history, rarest first
    length = np.diff(touched.indptr)[users]
    must_share = np.ceil(share * length - _ROUNDING)
    stays = order[(place < length - must_share + 1) & (length >= min_items)]
    return csr_array((np.ones(len(stays), dtype=np.int32), (users[stays], touched.indices[stays])), shape=touched.shape)


def _touched(interactions: Interactions) -> csr_array:
    """Return 1 for each item that a user interacted with in any way, (num_users, num_items)."""
    num_items = int(interactions.item_idx.max(initial=-1)) + 1
    pairs = np.unique(interactions.user_idx * num_items + interactions.item_idx)
    ones = np.ones(len(pairs), dtype=np.int32)
    shape = (len(interactions.user_ids), num_items)
    return csr_array((ones, (pairs // max(num_items, 1), pairs % max(num_items, 1))), shape=shape)
