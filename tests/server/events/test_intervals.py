"""Intervals: Wilson's against SciPy's, and the one for clusters by how often it holds the true share."""

import numpy as np
import pytest
from scipy.stats import binomtest

from server.events.intervals import Share, clustered, wilson


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 1), (1, 1), (0, 30), (1, 10), (37, 412), (500, 1000), (999, 1000)]
)
def test_wilson_is_scipys(successes, trials):
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    found = wilson(successes, trials)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.value == successes / trials


def test_nothing_counted_is_no_share():
    assert wilson(0, 0) == Share(None, None, None)
    assert clustered(0, 0, 0, (0, 0, 0)) == Share(None, None, None)


def interval(trials, successes):
    """Return the clustered interval of (clusters,) counts."""
    squares = int((trials**2).sum()), int((successes**2).sum()), int((trials * successes).sum())
    return clustered(len(trials), int(trials.sum()), int(successes.sum()), squares)


def test_clusters_of_one_trial_are_wilsons_interval():
    successes = np.array([1] * 30 + [0] * 270)
    found = interval(np.ones(300, int), successes)
    expected = wilson(30, 300)
    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high), abs=2e-4
    )


def test_clusters_that_are_all_alike_count_once():
    """Ten items of a screen that are clicked together know as much as one."""
    clicked = np.array([1] * 20 + [0] * 180)
    found = interval(np.full(200, 10), clicked * 10)
    expected = wilson(20, 200)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=3e-4)


@pytest.mark.parametrize("successes", [0, 10])
def test_without_variance_each_cluster_counts_as_one_trial(successes):
    found = interval(np.full(25, 10), np.full(25, successes))
    expected = wilson(25 * successes // 10, 25)
    assert (found.low, found.high) == (expected.low, expected.high)


def test_the_true_share_is_inside_where_naive_intervals_miss_it():
    """Screens of 12 items, half of the shoppers click often: 95 % of intervals hold the share, of naive ones fewer."""
    rng = np.random.default_rng(3)
    runs, screens, items = 1000, 150, 12
    held = naive_held = 0
    for _ in range(runs):
        rates = np.where(rng.random(screens) < 0.3, 0.3, 0.01)
        clicks = rng.binomial(items, rates)
        found = interval(np.full(screens, items), clicks)
        naive = wilson(int(clicks.sum()), screens * items)
        truth = 0.3 * 0.3 + 0.7 * 0.01
        held += found.low <= truth <= found.high
        naive_held += naive.low <= truth <= naive.high
    assert 0.93 <= held / runs <= 0.97
    assert naive_held / runs < 0.9
