"""The stopping rule: its e-values against SciPy's, and how often it errs when somebody looks all the time."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from server.events.sequential import ALPHA, PRIOR, find, log_e_value, share_interval


@pytest.mark.parametrize(
    ("successes", "trials", "share"), [(0, 0, 0.5), (3, 7, 0.5), (0, 40, 0.2), (612, 1100, 0.5), (40, 40, 0.9)]
)
def test_the_e_value_is_a_ratio_of_likelihoods(successes, trials, share):
    expected = betabinom.logpmf(successes, trials, PRIOR, PRIOR) - binom.logpmf(successes, trials, share)
    assert log_e_value(successes, trials, share) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("share", [0.5, 0.3])
@pytest.mark.parametrize("trials", [1, 10, 400])
def test_the_e_value_of_one_more_screen_is_fair(trials, share):
    """A martingale: whatever came before, its mean after one more screen is what it was."""
    for successes in range(0, trials + 1, max(1, trials // 7)):
        now = math.exp(log_e_value(successes, trials, share))
        then = share * math.exp(log_e_value(successes + 1, trials + 1, share))
        then += (1 - share) * math.exp(log_e_value(successes, trials + 1, share))
        assert then == pytest.approx(now, rel=1e-9)


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (5, 5), (55, 100), (480, 1000), (9000, 20000)])
def test_the_interval_holds_the_shares_that_are_not_refused(successes, trials):
    low, high = share_interval(successes, trials)
    limit = math.log(1 / ALPHA)
    for share in np.linspace(0.001, 0.999, 400):
        assert (low < share < high) == (log_e_value(successes, trials, float(share)) < limit)


def test_before_the_first_click_nothing_is_known():
    found = find((3, 4), (0, 0), margin=0.1, max_screens=None)
    assert (found.ratio, found.low, found.high, found.e_value, found.outcome) == (None, 0, math.inf, 1, None)


@pytest.mark.parametrize(
    ("screens", "clicked", "outcome"),
    [
        ((500, 500), (50, 50), None),
        ((5000, 5000), (500, 600), None),
        ((5000, 5000), (500, 700), "b"),
        ((5000, 5000), (700, 500), "a"),
        ((90_000, 90_000), (9000, 9030), "equal"),
        ((100_001, 100_000), (5000, 5300), "inconclusive"),
        ((5000, 4000), (700, 500), "uneven"),
    ],
)
def test_outcomes(screens, clicked, outcome):
    assert find(screens, clicked, margin=0.1, max_screens=200_000).outcome == outcome


def looks(rng, runs, num_looks, rates, step=100):
    """Return screens and clicked screens, (runs, looks) for arms a and b, summed up every `step` screens."""
    of_b = rng.binomial(step, 0.5, (runs, num_looks))
    clicks = [rng.binomial(step - of_b, rates[0]), rng.binomial(of_b, rates[1])]
    return [np.cumsum(x, axis=1) for x in (step - of_b, of_b, *clicks)]


def stops(clicks_a, clicks_b):
    """Return (runs, looks): whether the rule would stop there."""
    e_value = np.vectorize(lambda a, b: log_e_value(int(b), int(a + b)))
    return e_value(clicks_a, clicks_b) >= math.log(1 / ALPHA)


def naive_stops(screens_a, screens_b, clicks_a, clicks_b):
    """Return (runs, looks): whether the usual test of two shares is significant at 5 % there."""
    pooled = (clicks_a + clicks_b) / (screens_a + screens_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / screens_a + 1 / screens_b))
    difference = clicks_b / screens_b - clicks_a / screens_a
    return np.abs(difference) > NormalDist().inv_cdf(0.975) * np.maximum(error, 1e-12)


def test_equal_arms_are_seldom_told_apart_however_often_somebody_looks():
    """2,000 experiments without a difference, a look every 100 screens, 100 looks: at most 5 % and binomial slack."""
    runs = 2000
    screens_a, screens_b, clicks_a, clicks_b = looks(np.random.default_rng(11), runs, 100, (0.1, 0.1))
    most = binom.ppf(0.999, runs, ALPHA)
    assert stops(clicks_a, clicks_b).any(axis=1).sum() <= most
    assert naive_stops(screens_a, screens_b, clicks_a, clicks_b).any(axis=1).mean() > 0.25


def test_a_lift_of_half_is_found():
    """10 % against 15 %: at least 80 % within 4,000 screens, and always in favour of the better arm."""
    _, _, clicks_a, clicks_b = looks(np.random.default_rng(12), 300, 40, (0.10, 0.15))
    stopped = stops(clicks_a, clicks_b)
    assert stopped.any(axis=1).mean() > 0.8
    first = stopped.argmax(axis=1)[stopped.any(axis=1)]
    rows = np.flatnonzero(stopped.any(axis=1))
    assert (clicks_b[rows, first] > clicks_a[rows, first]).all()


def test_shoppers_who_click_in_streaks_do_not_mislead():
    """Arms are drawn by screen, so whoever clicks everything for a while does so in both."""
    rng = np.random.default_rng(13)
    errors = 0
    for _ in range(400):
        rate = np.repeat(rng.choice([0.0, 0.6], 60), 50)  # shoppers of 50 screens each
        clicked = rng.random(len(rate)) < rate
        in_b = np.cumsum(rng.random(int(clicked.sum())) < 0.5)
        errors += any(log_e_value(int(b), n + 1) >= math.log(1 / ALPHA) for n, b in enumerate(in_b))
    assert errors <= binom.ppf(0.999, 400, ALPHA)
