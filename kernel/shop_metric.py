"""The shop's metric: items compared by the mean and the covariance of the shop that sells them.

Shops differ by an offset and by the directions in which their goods vary. For a block b of coordinates (one modality)
with the unit direction d of an item, the shop's mean mu and its covariance C with the largest eigenvalue v:

    z = d - mu        M = (C / v + lambda I)^-1
    centred item      c_b = |x_b| z / |z|               (what two items are compared by, and what a user is made of)
    stored item       y_b = |x_b| M z / sqrt(z' M z)    (what a user is compared with, by the inner product)

A block of zeros is a modality that the item lacks: it stays zeros, and so does one whose direction is the mean itself.
Coordinates outside the blocks stay as they are. extension/core/shop-metric.js is the twin of this module, and
contracts/vectors/shop-metric.json holds the cases of both.
"""

import hashlib
import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kernel.contract_types import ShopMetricRule

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

# A block shorter than this is a modality that the item lacks.
LEAST_LENGTH = 1e-6
# A direction nearer to the mean than this is the mean: what is left is rounding, not a direction.
LEAST_OFFSET = 1e-4
_ROWS = 4096
_SYMMETRY_TOLERANCE = 1e-5
_NEGATIVE_TOLERANCE = 1e-5


class ShopMetricError(ValueError):
    """A mean and covariances that no set of items can have; the message names the number that is wrong."""


@dataclass(frozen=True)
class Block:
    """Coordinates `start` to `start + length` of an item vector: one modality."""

    start: int
    length: int

    @property
    def coordinates(self) -> slice:
        """Return the block's coordinates as a slice."""
        return slice(self.start, self.start + self.length)


Blocks = tuple[Block, ...]


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of the items of a shop, block by block.

    Attributes:
        blocks: the coordinates of each modality.
        mean: (dim,), the mean of the unit directions of each block; 0 outside the blocks.
        covariances: (length, length) a block, of the same directions.
        counts: the number of items that know each block.
    """

    blocks: Blocks
    mean: Doubles
    covariances: tuple[Doubles, ...]
    counts: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """Return mean, then covariances, as float32 little-endian: the file of a bundle's `shopMetric`."""
        parts = (self.mean, *self.covariances)
        return b"".join(np.ascontiguousarray(part, dtype="<f4").tobytes() for part in parts)


def blocks_of(rule: ShopMetricRule, dim: int, filler: int | None) -> Blocks:
    """Return the rule's blocks; raises ShopMetricError unless they ascend, are disjoint and lie inside dim."""
    blocks = tuple(Block(block["start"], block["length"]) for block in rule["blocks"])
    for block in blocks:
        if block.start + block.length > dim:
            raise ShopMetricError(f"block {block.start} + {block.length}: expected it inside dim {dim}")
        if filler is not None and block.start <= filler < block.start + block.length:
            raise ShopMetricError(f"block {block.start} + {block.length}: expected it without the filler {filler}")
    for before, after in pairwise(blocks):
        if before.start + before.length > after.start:
            raise ShopMetricError(
                f"blocks at {before.start} and {after.start}: expected them to ascend without overlap"
            )
    return blocks


def moments_from(data: bytes, blocks: Blocks, dim: int, counts: Sequence[int] = ()) -> Moments:
    """Return moments from the bytes of `to_bytes`; raises ShopMetricError where they are not finite or too few.

    counts: of items a block, where known. The moments of a bundle have none: they count as `pseudoItems`.
    """
    expected = 4 * (dim + sum(block.length**2 for block in blocks))
    if len(data) != expected:
        raise ShopMetricError(f"expected {expected} bytes for its blocks and dim {dim}, got {len(data)}")
    values = np.frombuffer(data, dtype="<f4").astype(np.float64)
    if not np.isfinite(values).all():
        raise ShopMetricError("expected finite numbers only")
    covariances, at = [], dim
    for block in blocks:
        covariances.append(values[at : at + block.length**2].reshape(block.length, block.length))
        at += block.length**2
    return Moments(blocks, values[:dim], tuple(covariances), tuple(counts) or (0,) * len(blocks))


def _check_mean(mean: Doubles, blocks: Blocks) -> None:
    outside = mean.copy()
    for block in blocks:
        length = float(np.linalg.norm(mean[block.coordinates]))
        if length > 1 + LEAST_OFFSET:
            raise ShopMetricError(f"block {block.start}: the mean has the length {length:.4g}, expected at most 1")
        outside[block.coordinates] = 0
    if outside.any():
        raise ShopMetricError(f"mean: expected 0 outside the blocks, got it not at {int(np.argmax(outside != 0))}")


def _check_covariance(block: Block, covariance: Doubles) -> None:
    largest = float(np.abs(covariance).max())
    if float(np.abs(covariance - covariance.T).max()) > _SYMMETRY_TOLERANCE * largest:
        raise ShopMetricError(f"block {block.start}: expected a symmetric covariance")
    spread = np.linalg.eigvalsh(covariance)
    if spread[-1] <= 0 or spread[0] < -_NEGATIVE_TOLERANCE * spread[-1]:
        raise ShopMetricError(
            f"block {block.start}: expected a positive covariance, its eigenvalues go from {spread[0]:.3g} "
            f"to {spread[-1]:.3g}"
        )


def estimate(vectors: Floats, blocks: Blocks) -> Moments:
    """Return the moments of item vectors (n, dim); a block that no item knows has zeros and the count 0."""
    mean = np.zeros(vectors.shape[1])
    covariances, counts = [], []
    for block in blocks:
        total, count = np.zeros(block.length), 0
        for directions in _directions(vectors, block):
            total += directions.sum(axis=0)
            count += len(directions)
        block_mean = total / max(count, 1)
        products = np.zeros((block.length, block.length))
        for directions in _directions(vectors, block):
            centred = directions - block_mean
            products += centred.T @ centred
        mean[block.coordinates] = block_mean
        covariances.append((products + products.T) / (2 * max(count, 1)))
        counts.append(count)
    return Moments(blocks, mean, tuple(covariances), tuple(counts))


def _directions(vectors: Floats, block: Block) -> Iterator[Doubles]:
    """Yield the unit directions (m, length) of the items that know a block, a few thousand rows at a time."""
    for start in range(0, len(vectors), _ROWS):
        part = vectors[start : start + _ROWS, block.coordinates].astype(np.float64)
        lengths = np.linalg.norm(part, axis=1)
        known = lengths > LEAST_LENGTH
        yield part[known] / lengths[known, None]


def shrink(shop: Moments, base: Moments, pseudo_items: int, covariance_pseudo_items: int | None = None) -> Moments:
    """Return (n · shop + p · base) / (n + p) a block, with n items of the shop and p = `pseudo_items`.

    covariance_pseudo_items: p of the covariances, where another. A covariance has so many numbers that a shop of some
    hundred items says little of it, while its mean is known after a few.
    """
    of_covariances = pseudo_items if covariance_pseudo_items is None else covariance_pseudo_items
    mean, covariances = base.mean.copy(), []
    for i, block in enumerate(shop.blocks):
        weight = shop.counts[i] / (shop.counts[i] + pseudo_items)
        at = block.coordinates
        mean[at] = weight * shop.mean[at] + (1 - weight) * base.mean[at]
        share = shop.counts[i] / (shop.counts[i] + of_covariances)
        covariances.append(share * shop.covariances[i] + (1 - share) * base.covariances[i])
    return Moments(shop.blocks, mean, tuple(covariances), shop.counts)


class ShopMetric:
    """Metric of one shop.

    Args:
        moments: of the shop, shrunk towards the bundle's.
        ridge: lambda; the smaller, the more alike all directions count.
    """

    def __init__(self, moments: Moments, ridge: float) -> None:
        self.blocks = moments.blocks
        self.mean: Floats = moments.mean.astype(np.float32)
        self.count = max(moments.counts, default=0)
        self._matrices = tuple(_precision(covariance, ridge) for covariance in moments.covariances)
        self.metric_id = hashlib.sha256(struct.pack("<d", ridge) + moments.to_bytes()).hexdigest()

    def stored(self, vectors: Floats) -> Floats:
        """Return what a user is compared with, float32 (n, dim), of item vectors (n, dim)."""
        stored = np.array(vectors, dtype=np.float32)
        for rows in _row_slices(len(stored)):
            for block, matrix in zip(self.blocks, self._matrices, strict=True):
                offsets, lengths = self._offsets(vectors[rows, block.coordinates], block)
                turned = offsets @ matrix
                norms = np.sqrt(np.maximum(np.vecdot(offsets, turned), np.float32(1e-30)))
                stored[rows, block.coordinates] = turned * (lengths / norms)[:, None]
        return stored

    def centred(self, vectors: Floats) -> Floats:
        """Return what two items are compared by, float32 (n, dim), of item vectors (n, dim)."""
        centred = np.array(vectors, dtype=np.float32)
        for rows in _row_slices(len(centred)):
            for block in self.blocks:
                offsets, lengths = self._offsets(vectors[rows, block.coordinates], block)
                norms = np.maximum(np.linalg.norm(offsets, axis=1), np.float32(LEAST_OFFSET))
                centred[rows, block.coordinates] = offsets * (lengths / norms)[:, None]
        return centred

    def _offsets(self, part: Floats, block: Block) -> tuple[Floats, Floats]:
        """Return z (n, length), zeros where there is none, and the lengths |x_b| (n,)."""
        lengths = np.linalg.norm(part, axis=1)
        offsets = part / np.maximum(lengths, np.float32(LEAST_LENGTH))[:, None] - self.mean[block.coordinates]
        is_known = (lengths > LEAST_LENGTH) & (np.linalg.norm(offsets, axis=1) > LEAST_OFFSET)
        offsets[~is_known] = 0
        return offsets, lengths

    def length(self, user: Floats) -> float:
        """Return the length of a user vector (dim,) in this metric: its inner products over it are cosines."""
        return math.sqrt(max(float(np.vecdot(user, self._whole @ user)), 0.0))

    @cached_property
    def _whole(self) -> Floats:
        """Return (dim, dim), the matrices of all blocks in one, 1 on the diagonal outside of them."""
        whole = np.eye(len(self.mean), dtype=np.float32)
        for block, matrix in zip(self.blocks, self._matrices, strict=True):
            whole[block.coordinates, block.coordinates] = matrix
        return whole


@dataclass(frozen=True)
class BundleMetric:
    """Rule of a bundle: its own moments, the ridge (`lambda`), and the weights of its own moments in items."""

    own: Moments
    ridge: float
    pseudo_items: int
    covariance_pseudo_items: int | None = None  # None: as `pseudo_items`

    def of_shop(self, shop: Moments | None) -> ShopMetric:
        """Return the metric of a shop; without moments it is the bundle's own."""
        if shop is None:
            return ShopMetric(self.own, self.ridge)
        return ShopMetric(shrink(shop, self.own, self.pseudo_items, self.covariance_pseudo_items), self.ridge)


def bundle_metric(rule: ShopMetricRule, data: bytes, dim: int, filler: int | None) -> BundleMetric:
    """Return a manifest's rule with the moments in its file; raises ShopMetricError that names what is senseless."""
    own = moments_from(data, blocks_of(rule, dim, filler), dim)
    _check_mean(own.mean, own.blocks)
    for block, covariance in zip(own.blocks, own.covariances, strict=True):
        _check_covariance(block, covariance)
    return BundleMetric(own, rule["lambda"], rule["pseudoItems"], rule.get("covariancePseudoItems"))


def _row_slices(num_rows: int) -> Iterator[slice]:
    for start in range(0, num_rows, _ROWS):
        yield slice(start, start + _ROWS)


def _precision(covariance: Doubles, ridge: float) -> Floats:
    """Return M = (C / v + ridge I)^-1 as float32, computed in float64; v is the largest eigenvalue of C."""
    largest = float(np.linalg.eigvalsh(covariance)[-1])
    inverse = np.linalg.inv(covariance / largest + ridge * np.eye(len(covariance)))
    return ((inverse + inverse.T) / 2).astype(np.float32)
