"""Interest clusters: public groups of tastes, of which a device reports one by k-ary randomised response.

A device finds the cluster of its taste t as the k that maximises t · centroids[k], and reports it through `reported`:
the true cluster with the probability p = e^ε / (e^ε + K - 1), else one of the others, all alike. For any two tastes
and any report the probabilities differ at most by the factor e^ε, whatever the centroids are.

extension/core/randomised-response.js is the twin; contracts/vectors/randomised-response.json holds the cases of both.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Of one report. DESIGN: randomised answers state their epsilon; it is no setting, so that no server can ask for more.
EPSILON = 4.0
FEWEST, MOST = 2, 256
_WORDS = 2**32
_WORD_BYTES = 4


@dataclass(frozen=True)
class InterestClusters:
    """Public clusters of one space.

    Attributes:
        space: of the bundle whose tastes they group.
        centroids: float32 (K, dim): the cluster of a taste t is the first k with the largest t · centroids[k].
        centres: float32 (K, dim), the mean taste of each cluster, of unit length; stays on the server.
    """

    space: str
    centroids: Floats
    centres: Floats

    @property
    def sha256(self) -> str:
        """Return the name of these clusters: SHA-256 of the space and the centroids, float32 little-endian."""
        content = np.ascontiguousarray(self.centroids, dtype="<f4").tobytes()
        return hashlib.sha256(self.space.encode("ascii") + content).hexdigest()

    def of_tastes(self, tastes: Floats) -> NDArray[np.intp]:
        """Return the cluster of each taste (n, dim) as (n,)."""
        return np.asarray(np.argmax(tastes @ self.centroids.T, axis=1))


def truth_threshold(count: int) -> int:
    """Return how many of 2^32 equally likely words make a device report its true cluster, rounded down."""
    if not FEWEST <= count <= MOST:
        raise ValueError(f"expected {FEWEST} to {MOST} clusters, got {count}")
    odds = math.exp(EPSILON)
    return math.floor(odds / (odds + count - 1) * _WORDS)


def real_epsilon(count: int) -> float:
    """Return the largest log-ratio of two tastes' probabilities of a report, as words make it; at most EPSILON."""
    threshold = truth_threshold(count)
    return math.log(threshold * (count - 1) / (_WORDS - threshold))


def reported(cluster: int, count: int, random_bytes: bytes) -> int | None:
    """Return the cluster to report for a true one, or None where there are too few random bytes.

    The first word, 4 bytes little-endian, decides whether the truth is told. Otherwise each further word below the
    largest multiple of count - 1 gives one of the others by its remainder; larger words are passed over, so that no
    cluster is likelier than another.
    """
    if not 0 <= cluster < count:
        raise ValueError(f"expected a cluster from 0 to {count - 1}, got {cluster}")
    words = _words(random_bytes)
    first = next(words, None)
    if first is None:
        return None
    if first < truth_threshold(count):
        return cluster
    others = count - 1
    for word in words:
        if word < _WORDS - _WORDS % others:
            other = word % others
            return other + (other >= cluster)
    return None


def _words(data: bytes) -> Iterator[int]:
    for start in range(0, len(data) - _WORD_BYTES + 1, _WORD_BYTES):
        yield int.from_bytes(data[start : start + _WORD_BYTES], "little")
