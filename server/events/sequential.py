"""Tests of an experiment that stay valid however often somebody looks.

Each screen gets its arm by a fair coin. So if arms do not matter, the arm of each *clicked* screen is a fair coin, too,
whatever else clicks depend on. The e-value of n clicked screens, s of them in arm b, is a Beta-Binomial mixture over
the binomial likelihood at a share of 1/2 (Robbins 1970). It is a nonnegative martingale that starts at 1, so it ever
reaches 1/alpha with a probability of at most alpha (Ville 1939). The shares at which it stays below 1/alpha form a
confidence sequence. Nothing of this is asymptotic. Screens without a click are not used beyond their number, which
costs precision where most screens are clicked (docs/decisions/0034-feedback.md).
"""

import math
from dataclasses import dataclass
from typing import Literal

ALPHA = 0.05
# How the mixture expects the share of arm b to lie about 1/2: Beta(50, 50) has a standard deviation of 0.05, which a
# lift of 22 % gives. It decides how soon a test ends, never how often it errs.
PRIOR = 50.0
# Fair coins make arms this uneven, at any time, in one experiment of a thousand. So events are lost, or made.
_UNEVEN_ALPHA = 0.001
_STEPS = 60

Outcome = Literal["a", "b", "equal", "inconclusive", "uneven"]


@dataclass(frozen=True)
class Finding:
    """What an experiment says now. ratio: clicked screens of b over those of a; e_value: evidence against equality.

    low, high: the confidence sequence of the ratio at 1 - ALPHA, valid at every look. outcome: why to stop, None to
    continue. Arms are equally likely, so clicked screens of b over those of a estimate the ratio of their rates.
    """

    ratio: float | None
    low: float
    high: float
    e_value: float
    outcome: Outcome | None


def log_e_value(successes: int, trials: int, share: float = 0.5) -> float:
    """Return the logarithm of the e-value against `share` (between 0 and 1), after `trials` of which some succeeded."""
    failures = trials - successes
    mixture = _log_beta(PRIOR + successes, PRIOR + failures) - _log_beta(PRIOR, PRIOR)
    return mixture - successes * math.log(share) - failures * math.log1p(-share)


def share_interval(successes: int, trials: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Return the confidence sequence of the share of successes, (0, 1) at the start."""
    if trials == 0:
        return 0.0, 1.0
    limit = -math.log(alpha)
    best = successes / trials

    def edge(outside: float) -> float:
        inside = best
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            if log_e_value(successes, trials, middle) < limit:
                inside = middle
            else:
                outside = middle
        return outside

    return (edge(0.0) if successes else 0.0), (edge(1.0) if successes < trials else 1.0)


def find(screens: tuple[int, int], clicked: tuple[int, int], margin: float, max_screens: int | None) -> Finding:
    """Return what the counts of arms (a, b) say: screens, and screens with a click."""
    total = clicked[0] + clicked[1]
    low, high = share_interval(clicked[1], total)
    ratios = low / (1 - low), (high / (1 - high) if high < 1 else math.inf)
    log_e = log_e_value(clicked[1], total)
    outcome: Outcome | None = None
    if log_e_value(screens[1], sum(screens)) >= -math.log(_UNEVEN_ALPHA):
        outcome = "uneven"
    elif log_e >= -math.log(ALPHA):
        outcome = "b" if 2 * clicked[1] > total else "a"
    elif 1 / (1 + margin) <= ratios[0] and ratios[1] <= 1 + margin:
        outcome = "equal"
    elif max_screens is not None and sum(screens) >= max_screens:
        outcome = "inconclusive"
    ratio = clicked[1] / clicked[0] if clicked[0] else None
    return Finding(ratio, *ratios, math.exp(min(log_e, 700.0)), outcome)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
