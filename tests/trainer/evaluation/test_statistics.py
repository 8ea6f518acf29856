from dataclasses import asdict

import numpy as np
import pytest

from trainer.evaluation import statistics
from trainer.evaluation.statistics import (
    bootstrap_interval,
    bootstrap_intervals,
    bootstrap_means,
    holm,
    paired_bootstrap,
    paired_differences,
    seeds_interval,
    unpaired_seeds_interval,
)
from trainer.reports.html.verdict import UNCLEAR, outcome


def test_bootstrap_interval_agrees_with_normal_theory():
    values = np.random.default_rng(1).normal(5, 2, size=400)
    interval = bootstrap_interval(values, np.random.default_rng(2), samples=4000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)


def test_bootstrap_intervals_have_their_nominal_coverage():
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        interval = bootstrap_interval(generator.normal(0, 1, 60), generator, confidence=0.9, samples=300)
        covered += interval.low <= 0 <= interval.high
    assert 0.84 < covered / 300 < 0.95


def test_pairing_detects_a_small_difference_among_varied_users():
    theirs = np.random.default_rng(4).uniform(0, 1, 200)
    ours = theirs + np.random.default_rng(5).normal(0.02, 0.01, 200)
    paired = paired_bootstrap(ours, theirs, np.random.default_rng(6))
    assert 0.017 < paired.low < paired.mean < paired.high < 0.023
    alone = [bootstrap_interval(values, np.random.default_rng(6)) for values in (ours, theirs)]
    assert alone[0].low < alone[1].high


def test_same_seed_gives_the_same_interval():
    values = np.random.default_rng(1).random(50)
    one, two, other = (bootstrap_interval(values, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert one == two
    assert one != other


def test_paired_bootstrap_refuses_different_numbers_of_users():
    with pytest.raises(ValueError, match=r"same users, got \(3,\) and \(4,\)"):
        paired_bootstrap(np.zeros(3), np.zeros(4), np.random.default_rng(0))


@pytest.mark.parametrize("draws_per_block", [1, 100, 4_000_000])
def test_bootstrap_means_equal_one_redraw_at_a_time(monkeypatch, draws_per_block):
    """The expected means are drawn one redraw at a time, in blocks of any size."""
    monkeypatch.setattr(statistics, "DRAWS_PER_BLOCK", draws_per_block)
    values = np.random.default_rng(1).random((30, 2))
    generator = np.random.default_rng(9)
    slow = [values[generator.integers(30, size=30)].mean(axis=0) for _ in range(25)]
    np.testing.assert_allclose(bootstrap_means(values, np.random.default_rng(9), 25), slow, atol=1e-12)


def test_bootstrap_intervals_of_columns_equal_those_of_each_alone():
    values = np.random.default_rng(1).random((40, 3))
    together = bootstrap_intervals(values, np.random.default_rng(2), samples=200)
    alone = [bootstrap_interval(column, np.random.default_rng(2), samples=200) for column in values.T]
    for one, other in zip(together, alone, strict=True):
        assert (one.mean, one.low, one.high) == pytest.approx((other.mean, other.low, other.high))


def test_p_values_have_their_nominal_false_positive_rate():
    """Without a difference, p < 0.1 in about a tenth of the trials; with a clear one, p is far lower."""
    generator = np.random.default_rng(8)
    zeros = np.zeros(80)
    p_values = [paired_bootstrap(generator.normal(0, 1, 80), zeros, generator, samples=400).p_value for _ in range(300)]
    assert 0.05 < np.mean(np.array(p_values) < 0.1) < 0.16
    assert paired_bootstrap(generator.normal(1, 1, 80), zeros, generator, samples=1000).p_value == 2 / 1001
    assert paired_bootstrap(zeros, zeros, generator, samples=1000).p_value == 1


def test_rounding_errors_are_not_a_difference():
    noise = -1e-16 * np.random.default_rng(1).random((1, 40))
    for found in (
        seeds_interval(noise, np.random.default_rng(2)),
        paired_differences(noise.T, np.random.default_rng(2))[0],
    ):
        assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1)
        assert not np.signbit([found.mean, found.low, found.high]).any()
        assert outcome(asdict(found)) == UNCLEAR


def test_a_difference_of_one_user_among_many_is_not_rounded_away():
    values = np.zeros(100_000)
    values[0] = 1e-4
    assert paired_bootstrap(values, np.zeros(100_000), np.random.default_rng(1), samples=100).mean == 1e-9


def test_seeds_interval_covers_where_a_user_interval_does_not():
    """Seeds and users have effects of their own on every value; the truth is 0 in every trial."""
    generator = np.random.default_rng(11)
    covered, covered_by_users = 0, 0
    for _ in range(200):
        values = generator.normal(0, 0.3, (4, 1)) + generator.normal(0, 1, (1, 60)) + generator.normal(0, 1, (4, 60))
        both = seeds_interval(values, generator, confidence=0.9, samples=200)
        users = bootstrap_interval(values.mean(axis=0), generator, confidence=0.9, samples=200)
        covered += both.low <= 0 <= both.high
        covered_by_users += users.low <= 0 <= users.high
    assert covered_by_users / 200 < 0.8 < covered / 200


def test_unpaired_seeds_interval_covers_where_a_case_interval_does_not():
    """Each seed has its own cases, and the truth is 0 in every trial."""
    generator = np.random.default_rng(12)
    covered, covered_by_first = 0, 0
    for _ in range(200):
        values = [generator.normal(generator.normal(0, 0.3), 1, size) for size in (40, 60, 80, 60)]
        both = unpaired_seeds_interval(values, generator, confidence=0.9, samples=200)
        assert both.mean == pytest.approx(np.mean([each.mean() for each in values]))
        first = bootstrap_interval(values[0], generator, confidence=0.9, samples=200)
        covered += both.low <= 0 <= both.high
        covered_by_first += first.low <= 0 <= first.high
    assert covered_by_first / 200 < 0.8 < covered / 200


def test_seeds_interval_of_one_seed_is_that_of_its_users():
    values = np.random.default_rng(3).random(50)
    one = seeds_interval(values[None], np.random.default_rng(4), samples=300)
    users = bootstrap_interval(values, np.random.default_rng(4), samples=300)
    assert (one.low, one.high) == pytest.approx((users.low, users.high))
    alone = unpaired_seeds_interval([values], np.random.default_rng(4), samples=300)
    assert (alone.low, alone.high) == pytest.approx((users.low, users.high))


def test_holm_equals_hand_computed_values():
    # Sorted .01 .02 .03 .04 times 4, 3, 2, 1 gives .04 .06 .06 .04, and no p-value may fall below one before it.
    found = holm({"d": 0.04, "a": 0.01, "c": 0.03, "b": 0.02})
    assert list(found) == ["d", "a", "c", "b"]
    assert [found[name] for name in "abcd"] == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm({"x": 0.6, "y": 0.9}) == {"x": 1.0, "y": 1.0}
