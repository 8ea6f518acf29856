"""Bootstrap statistics of means over users: intervals, paired differences, seeds and multiple comparisons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
DRAWS_PER_BLOCK = 4_000_000
# Means of the same values summed in another order differ by about 1e-16. If all redraws differed to the same side, the
# difference would look certain. One user's metric changes the mean by more than this, even among a million users.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Interval:
    """A mean and its bootstrap percentile interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference(Interval):
    """A mean difference, its interval, and the probability that chance alone gives one as far from 0."""

    p_value: float


class IntervalEntry(TypedDict):
    """An interval in a report."""

    mean: float
    low: float
    high: float


class DifferenceEntry(IntervalEntry):
    """A mean difference in a report. `holm_p_value`: its p-value with Holm's correction."""

    p_value: float
    holm_p_value: NotRequired[float]


def bootstrap_means(values: Values, generator: np.random.Generator, samples: int) -> Values:
    """Return the mean of each column under `samples` redraws of the users, (samples, m), from values (n, m).

    All columns use the same redraws, so differences of columns are paired.
    """
    return np.concatenate([counts @ values / len(values) for counts in _redraws(len(values), generator, samples)])


def bootstrap_interval(
    values: Values, generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> Interval:
    """Return the mean of one value per user, (n,), and its interval over users redrawn with replacement."""
    return bootstrap_intervals(values[:, None], generator, confidence=confidence, samples=samples)[0]


def bootstrap_intervals(
    values: Values, generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> list[Interval]:
    """Return the interval of each column of values (n, m); all columns use the same redraws."""
    means = bootstrap_means(values, generator, samples)
    low, high = np.quantile(means, _tails(confidence), axis=0)
    return [Interval(*map(float, found)) for found in zip(values.mean(axis=0), low, high, strict=True)]


def paired_bootstrap(
    ours: Values,
    theirs: Values,
    generator: np.random.Generator,
    *,
    confidence: float = 0.95,
    samples: int = 1000,
) -> Difference:
    """Return the mean of ours - theirs, its interval and p-value; both are (n,) over the same users in the same order.

    Pairing removes the part of a user's difficulty that all models share. It therefore shows differences that two
    separate intervals hide. Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"expected paired values of the same users, got {ours.shape} and {theirs.shape}")
    values = (ours - theirs)[:, None]
    return paired_differences(values, generator, confidence=confidence, samples=samples)[0]


def paired_differences(
    differences: Values, generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> list[Difference]:
    """Return the mean, interval and p-value of each column of per-user differences, (n, m)."""
    means = bootstrap_means(differences, generator, samples)
    return [_difference(mean, drawn, confidence) for mean, drawn in zip(differences.mean(axis=0), means.T, strict=True)]


def seeds_interval(
    values: Values, generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> Difference:
    """Return the mean of values (seeds, users), with an interval over users *and* seeds.

    Users and seeds are redrawn independently (the crossed bootstrap: Owen, "The pigeonhole bootstrap", 2007). Redrawing
    S seeds shrinks their variance by the factor (S - 1) / S, for three seeds by a third. Their deviations are therefore
    multiplied by sqrt(S / (S - 1)). With one seed the variance over seeds is unknown, so the interval is over users
    alone. Give differences of paired models to get the interval and p-value of a difference.
    """
    of_seed = bootstrap_means(values.T, generator, samples)  # (samples, seeds)
    return _difference(values.mean(), _with_other_seeds(of_seed, generator), confidence)


def unpaired_seeds_interval(
    values: Sequence[Values], generator: np.random.Generator, *, confidence: float = 0.95, samples: int = 1000
) -> Interval:
    """Return the mean over seeds of values, (n_s,) each, with an interval over cases and seeds.

    Unlike :func:`seeds_interval`, every seed has its own cases, which are redrawn seed by seed.
    """
    of_seed = np.concatenate([bootstrap_means(each[:, None], generator, samples) for each in values], axis=1)
    mean = float(np.mean([each.mean() for each in values]))
    low, high = np.quantile(_with_other_seeds(of_seed, generator), _tails(confidence))
    return Interval(mean, float(low), float(high))


def _with_other_seeds(of_seed: Values, generator: np.random.Generator) -> Values:
    """Return the mean over redrawn seeds of each sample's means, (samples,), from (samples, seeds)."""
    samples, num_seeds = of_seed.shape
    means: Values = of_seed.mean(axis=1)
    if num_seeds > 1:
        drawn = generator.integers(num_seeds, size=(samples, num_seeds))
        deviations = np.take_along_axis(of_seed - means[:, None], drawn, axis=1).mean(axis=1)
        means = means + np.sqrt(num_seeds / (num_seeds - 1)) * deviations
    return means


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values corrected for multiple comparisons with Holm's method, in the order given.

    Among claims with a corrected value below 0.05, the probability of even one false claim is below 5 %. Holm, "A
    simple sequentially rejective multiple test procedure", 1979.
    """
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


def _redraws(num_users: int, generator: np.random.Generator, samples: int) -> Iterator[Values]:
    """Yield blocks (b, n) of how often each user is drawn, `samples` rows in all."""
    block = max(1, DRAWS_PER_BLOCK // num_users)
    for start in range(0, samples, block):
        rows = min(block, samples - start)
        drawn = generator.integers(num_users, size=(rows, num_users)) + num_users * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * num_users).reshape(rows, num_users)
        yield counts.astype(np.float64)


def _difference(mean: np.floating, drawn: Values, confidence: float) -> Difference:
    middle = 0.0 if abs(mean) < ROUNDING else float(mean)
    drawn = np.where(np.abs(drawn) < ROUNDING, 0.0, drawn)
    low, high = np.quantile(drawn, _tails(confidence))
    # Two-sided and never 0: no redraw of 1000 on the other side means a probability below 1 in 500, not 0.
    side = 1 + min(np.count_nonzero(drawn <= 0), np.count_nonzero(drawn >= 0))
    return Difference(middle, float(low), float(high), min(1.0, 2 * side / (len(drawn) + 1)))


def _tails(confidence: float) -> list[float]:
    return [(1 - confidence) / 2, (1 + confidence) / 2]
