"""Vectors of a shop's items, as the shop's metric gives them: 16 bits a number, of which the upper eight are scanned.

A row is 16-bit integers times a scale of its own: within 1.6e-5 of a float32 in half its memory. The two bytes of a
number lie in planes of their own, so that a scan reads one byte a number; only the best rows are then compared exactly.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import simsimd
from numpy.typing import NDArray

from kernel.shop_metric import ShopMetric

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]

# The largest number whose upper byte, rounded, is at most 127.
_LARGEST = 127 * 256 + 127
_SD_OF_ROUNDING = 1 / math.sqrt(12)  # of a number that is rounded to the nearest whole one


@dataclass(frozen=True)
class Vectors:
    """Vectors of n items. A bundle without a shop metric has what a user is compared with alone.

    Attributes:
        upper, lower: int8 (n, dim); a stored vector is (256 · upper + lower) · scale.
        scale: float32 (n,).
        centred: int8 (n, dim), what items are compared with each other by, × 127.
        typicality: float32 (n,), the inner product with the direction of the shop's mean.
    """

    upper: Bytes
    lower: Bytes
    scale: Floats
    centred: Bytes | None = None
    typicality: Floats | None = None

    def __len__(self) -> int:
        return len(self.scale)

    def take(self, rows: NDArray[np.int64]) -> "Vectors":
        """Return a copy of some rows."""
        return Vectors(
            self.upper[rows],
            self.lower[rows],
            self.scale[rows],
            None if self.centred is None else self.centred[rows],
            None if self.typicality is None else self.typicality[rows],
        )

    def stored(self, rows: NDArray[np.int64] | slice) -> Floats:
        """Return float32 (len(rows), dim), what a user is compared with."""
        return self._integers(rows) * self.scale[rows, None]

    def compared(self, rows: NDArray[np.int64]) -> Floats:
        """Return float32 (len(rows), dim), what items are compared with each other by, of about unit length."""
        if self.centred is None:
            return self.stored(rows)
        compared = self.centred.take(rows, axis=0).astype(np.float32)
        compared *= np.float32(1 / 127)
        return compared

    def scores(self, rows: NDArray[np.int64], query: Floats) -> Floats:
        """Return float32 (len(rows),), the inner products of stored vectors with a query (dim,)."""
        scores: Floats = np.vecdot(self._integers(rows), query) * self.scale[rows]
        return scores

    def scan(self, query: "ScanQuery", rows: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return (n,), about the inner product of every row, or of some, with a query, up to its factor."""
        upper, scale = (self.upper, self.scale) if rows is None else (self.upper[rows], self.scale[rows])
        if len(upper) == 0:
            return np.empty(0)
        products: NDArray[np.float64] = np.asarray(simsimd.cdist(query.codes, upper, metric="dot"))[0]
        return products * scale

    def scan_margin(self, query: "ScanQuery") -> float:
        """Return a difference of two scanned products that rounding alone hardly ever makes, up to the factor.

        Rounding to 256 and to the query's step moves each number by up to half of that, so a product of many by about
        this standard deviation; a difference of two by root two of that; and four of those are exceeded in one of
        30,000.
        """
        if len(self) == 0:
            return 0.0
        row_error = _SD_OF_ROUNDING * self._typical_scale * query.length
        query_error = _SD_OF_ROUNDING * self._typical_length / 256
        return 4 * math.sqrt(2 * (row_error**2 + query_error**2))

    @cached_property
    def _typical_scale(self) -> float:
        return float(np.quantile(self.scale, 0.99))

    @cached_property
    def _typical_length(self) -> float:
        sample = self.stored(np.linspace(0, len(self) - 1, min(len(self), 256)).astype(np.int64))
        return float(np.linalg.norm(sample, axis=1).max())

    def _integers(self, rows: NDArray[np.int64] | slice) -> Floats:
        upper, lower = self.upper, self.lower
        if isinstance(rows, slice):
            upper, lower = upper[rows], lower[rows]
        else:
            upper, lower = upper.take(rows, axis=0), lower.take(rows, axis=0)
        integers = upper.astype(np.float32)
        integers *= 256
        integers += lower
        return integers


@dataclass(frozen=True)
class ScanQuery:
    """A query as a scan reads it: int8 (1, dim), and their length."""

    codes: Bytes
    length: float

    @classmethod
    def of(cls, query: Floats) -> "ScanQuery":
        """Return a query (dim,) with its largest number as 127."""
        scaled = query * np.float32(127 / max(float(np.abs(query).max()), 1e-30))
        return cls(np.rint(scaled).astype(np.int8)[None], math.sqrt(float(np.vecdot(scaled, scaled))))


def vectors_of(items: Floats, metric: ShopMetric | None) -> Vectors:
    """Return the vectors of item vectors (n, dim) in a shop's metric, or as they are."""
    if metric is None:
        return Vectors(*_planes(items))
    length = max(float(np.linalg.norm(metric.mean)), 1e-6)
    planes = _planes(metric.stored(items))
    return Vectors(*planes, to_int8(metric.centred(items)), items @ (metric.mean / np.float32(length)))


def extended(parts: Sequence[Vectors]) -> Vectors:
    """Return the rows of all parts, which have the same metric."""
    upper, lower, scale = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("upper", "lower", "scale")
    )
    centred = [part.centred for part in parts if part.centred is not None]
    typicality = [part.typicality for part in parts if part.typicality is not None]
    if len(centred) < len(parts) or len(typicality) < len(parts):
        return Vectors(upper, lower, scale)
    return Vectors(upper, lower, scale, np.concatenate(centred), np.concatenate(typicality))


def _planes(vectors: Floats) -> tuple[Bytes, Bytes, Floats]:
    largest = np.abs(vectors).max(axis=1, initial=0)
    scale = (np.where(largest > 0, largest, 1) / np.float32(_LARGEST)).astype(np.float32)
    integers = np.rint(vectors / scale[:, None]).clip(-_LARGEST, _LARGEST).astype(np.int16)
    upper = (integers.astype(np.int32) + 128) >> 8
    return upper.astype(np.int8), (integers - (upper << 8)).astype(np.int8), scale


def to_int8(vectors: Floats) -> Bytes:
    """Return vectors × 127, rounded to signed bytes."""
    return np.rint(vectors * 127).clip(-127, 127).astype(np.int8)
