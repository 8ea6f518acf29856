"""Vectors of a shop's items, as the shop's metric gives them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.shop_metric import ShopMetric

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Vectors:
    """Vectors of n items. A bundle without a shop metric has `stored` alone: the item vectors as they are.

    Attributes:
        stored: float32 (n, dim), what a user is compared with.
        centred: int8 (n, dim), what items are compared with each other by, × 127.
        typicality: float32 (n,), the inner product with the direction of the shop's mean.
    """

    stored: Floats
    centred: NDArray[np.int8] | None = None
    typicality: Floats | None = None

    def __len__(self) -> int:
        return len(self.stored)

    def take(self, rows: NDArray[np.int64]) -> "Vectors":
        """Return a copy of some rows."""
        return Vectors(
            self.stored[rows],
            None if self.centred is None else self.centred[rows],
            None if self.typicality is None else self.typicality[rows],
        )

    def compared(self, rows: NDArray[np.int64]) -> Floats:
        """Return float32 (len(rows), dim), what items are compared with each other by, of about unit length."""
        if self.centred is None:
            return self.stored[rows]
        return self.centred[rows].astype(np.float32) / np.float32(127)

    def extended(self, later: "Vectors") -> "Vectors":
        """Return the rows of both, which have the same metric."""
        stored = np.concatenate([self.stored, later.stored])
        if self.centred is None or later.centred is None or self.typicality is None or later.typicality is None:
            return Vectors(stored)
        centred = np.concatenate([self.centred, later.centred])
        return Vectors(stored, centred, np.concatenate([self.typicality, later.typicality]))


def vectors_of(items: Floats, metric: ShopMetric | None) -> Vectors:
    """Return the vectors of item vectors (n, dim) in a shop's metric, or as they are."""
    if metric is None:
        return Vectors(items)
    length = max(float(np.linalg.norm(metric.mean)), 1e-6)
    return Vectors(metric.stored(items), to_int8(metric.centred(items)), items @ (metric.mean / np.float32(length)))


def to_int8(vectors: Floats) -> NDArray[np.int8]:
    """Return vectors × 127, rounded to signed bytes."""
    return np.rint(vectors * 127).clip(-127, 127).astype(np.int8)
