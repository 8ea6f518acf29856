"""Training examples of a visit: a shopper's history elsewhere, and the items chosen in one shop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Interactions


@dataclass(frozen=True)
class Visits:
    """Visits of n users: their history outside a shop and their liked items inside it."""

    # What was done outside, padded on the left, most recent last.
    item_idx: NDArray[np.int64]  # (n, L)
    kinds: NDArray[np.int64]  # (n, L)
    ages_days: NDArray[np.float32]  # (n, L), before the last one
    item_mask: NDArray[np.float32]  # (n, L)
    # What was liked inside.
    target_user: NDArray[np.int64]  # (m,) position in 0..n-1
    target_item: NDArray[np.int64]  # (m,) item_idx
    target_weight: NDArray[np.float32]  # (m,), summing to 1 for each user

    def __len__(self) -> int:
        return len(self.item_idx)


def visit_shop(
    train: Interactions,
    users: NDArray[np.int64],
    in_shop: NDArray[np.bool_],
    is_kept: NDArray[np.bool_],
    *,
    max_items: int,
    proximity: float,
) -> Visits:
    r"""Return the visits of `users` (b,) to the shop with items `in_shop` (num_items,); the others are left out.

    A target's share is :math:`\sum_h |p_t - p_h|^{-\gamma}` over the history, p being places in the order of what the
    user did and :math:`\gamma` `proximity`: a choice near the rest of a history is more related to it.
    `is_kept` (rows of train,) drops parts of histories.
    """
    who, at = _rows_of(train, users)
    inside = in_shop[train.item_idx[at]]
    is_target, is_past = inside & train.is_liked[at], ~inside & is_kept[at]
    is_liked_past = is_past & train.is_liked[at]
    can = (np.bincount(who[is_target], minlength=len(users)) > 0) & (
        np.bincount(who[is_liked_past], minlength=len(users)) > 0
    )
    number = np.cumsum(can) - 1  # of each user among those that can be used
    is_target, is_past = is_target & can[who], is_past & can[who]
    past = _padded(number[who[is_past]], at[is_past], int(can.sum()), max_items)
    mask = past >= 0
    rows = np.where(mask, past, 0)
    last = train.time_days[rows].max(axis=1, where=mask, initial=-np.inf)[:, None]
    targets = number[who[is_target]]
    return Visits(
        item_idx=np.where(mask, train.item_idx[rows], 0),
        kinds=np.where(mask, train.kind[rows], 0),
        ages_days=np.where(mask, last - train.time_days[rows], 0).astype(np.float32),
        item_mask=mask.astype(np.float32),
        target_user=targets,
        target_item=train.item_idx[at[is_target]],
        target_weight=_shares(targets, at[is_target], past, proximity),
    )


def _rows_of(train: Interactions, users: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (position in users, row of train) of everything these users did, in their order."""
    lengths = train.ptr[users + 1] - train.ptr[users]
    who = np.repeat(np.arange(len(users)), lengths)
    within = np.arange(len(who)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return who, train.ptr[users][who] + within


def _padded(who: NDArray[np.int64], rows: NDArray[np.int64], size: int, max_items: int) -> NDArray[np.int64]:
    """Return the last `max_items` rows of each of `size` users, right-aligned, -1 where there is none."""
    counts = np.bincount(who, minlength=size)
    length = min(max_items, int(counts.max(initial=1)))
    from_end = np.cumsum(counts)[who] - 1 - np.arange(len(who))  # 0: the last of its user
    is_recent = from_end < length
    padded = np.full((size, length), -1, dtype=np.int64)
    padded[who[is_recent], length - 1 - from_end[is_recent]] = rows[is_recent]
    return padded


def _shares(
    who: NDArray[np.int64], rows: NDArray[np.int64], past: NDArray[np.int64], proximity: float
) -> NDArray[np.float32]:
    # Two rows of one user are as far apart in the file as in the user's order. Target and history rows always differ.
    apart = np.abs(rows[:, None] - past[who]).astype(np.float64)
    near = np.where(past[who] >= 0, np.maximum(apart, 1) ** -proximity, 0).sum(axis=1)
    total = np.bincount(who, weights=near, minlength=len(past))
    shares: NDArray[np.float32] = (near / total[who]).astype(np.float32)
    return shares
