"""How sure a mean over users is: bootstrap intervals, and paired ones for the difference of two models."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A mean and the bootstrap percentile interval around it."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: NDArray[np.float64], generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> Interval:
    """Return the mean of one value per user, (n,), and its interval over users drawn again with replacement."""
    num_users = len(values)
    means = np.array([values[generator.integers(num_users, size=num_users)].mean() for _ in range(samples)])
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(values.mean()), float(low), float(high))


def paired_bootstrap(
    ours: NDArray[np.float64],
    theirs: NDArray[np.float64],
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    samples: int = 1000,
) -> Interval:
    """Return the mean of ours - theirs and its interval; both are (n,) over the same users in the same order.

    Pairing removes what makes a user easy or hard for everybody, so it sees differences that two separate intervals
    hide. Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"paired values must be of the same users, got {ours.shape} and {theirs.shape}")
    return bootstrap_interval(ours - theirs, generator, confidence=confidence, samples=samples)
