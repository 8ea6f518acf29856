import numpy as np
import pytest

from trainer.statistics import bootstrap_interval, paired_bootstrap


def test_interval_agrees_with_the_normal_theory_it_should_converge_to():
    values = np.random.default_rng(1).normal(5, 2, size=400)
    interval = bootstrap_interval(values, np.random.default_rng(2), samples=4000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        interval = bootstrap_interval(generator.normal(0, 1, 60), generator, confidence=0.9, samples=300)
        covered += interval.low <= 0 <= interval.high
    assert 0.84 < covered / 300 < 0.95


def test_pairing_sees_a_small_steady_difference_between_users_who_differ_a_lot():
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


def test_pairs_of_different_users_are_refused():
    with pytest.raises(ValueError, match=r"same users, got \(3,\) and \(4,\)"):
        paired_bootstrap(np.zeros(3), np.zeros(4), np.random.default_rng(0))
