"""Confidence intervals of shares, at 95 %."""

import math
from dataclasses import dataclass
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval; all three are None where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None


def wilson(successes: float, trials: float) -> Share:
    """Return the share of successes with Wilson's score interval (1927), which stays within 0 and 1."""
    if trials <= 0:
        return Share(None, None, None)
    value = successes / trials
    scale = 1 + Z**2 / trials
    middle = (value + Z**2 / (2 * trials)) / scale
    half = Z * math.sqrt(value * (1 - value) / trials + Z**2 / (4 * trials**2)) / scale
    # At the ends the two are equal but for rounding.
    return Share(value, max(0.0, middle - half) if successes else 0.0, min(1.0, middle + half) if value < 1 else 1.0)


def clustered(clusters: int, trials: int, successes: int, squares: tuple[int, int, int]) -> Share:
    """Return the share of successes among trials that come in clusters, with Wilson's interval.

    The variance is that of a ratio of two means over clusters, linearised (Cochran 1977, 6.4). It gives the number of
    independent trials that would know as much, at most `trials`, and Wilson's interval takes that number (Korn and
    Graubard 1998). Where it is not known, because of one cluster or because no trial or every trial succeeded, each
    cluster counts as one trial.

    squares: sums over clusters of trials², successes² and trials · successes.
    """
    if trials == 0:
        return Share(None, None, None)
    share = successes / trials
    effective = float(clusters)
    spread = squares[1] - 2 * share * squares[2] + share**2 * squares[0]
    if clusters > 1 and 0 < share < 1 and spread > 0:
        variance = clusters / (clusters - 1) * spread / trials**2
        effective = min(float(trials), share * (1 - share) / variance)
    return wilson(share * effective, effective)
