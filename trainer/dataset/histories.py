"""Padded histories for the user towers: most recent last, ages counted back from one moment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Interactions


@dataclass(frozen=True)
class Histories:
    """B histories of up to L interactions; padding has item_idx 0, kind 0, age 0 and mask 0."""

    item_idx: NDArray[np.int64]  # (B, L)
    kinds: NDArray[np.int64]  # (B, L)
    ages_days: NDArray[np.float32]  # (B, L)
    item_mask: NDArray[np.float32]  # (B, L)


def pad_histories(
    interactions: Interactions,
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    now_days: NDArray[np.float64],
    max_items: int,
) -> Histories:
    """Return the last `max_items` of rows start[b] to stop[b] - 1 for each b; start, stop, now_days: (B,)."""
    length = int(np.clip((stop - start).max(initial=1), 1, max_items))
    rows = stop[:, None] - np.arange(length, 0, -1)  # (B, L), right-aligned
    is_there = rows >= start[:, None]
    rows = np.where(is_there, rows, 0)
    ages = np.maximum(now_days[:, None] - interactions.time_days[rows], 0)
    return Histories(
        item_idx=np.where(is_there, interactions.item_idx[rows], 0),
        kinds=np.where(is_there, interactions.kind[rows], 0),
        ages_days=np.where(is_there, ages, 0).astype(np.float32),
        item_mask=is_there.astype(np.float32),
    )
