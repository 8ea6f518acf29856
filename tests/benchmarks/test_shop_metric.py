"""benchmarks/shop_metric.py and precision.py: items, and how repeats are told."""

import numpy as np

from benchmarks import precision, shop_metric


def test_items_are_clusters_beside_a_common_offset(monkeypatch):
    monkeypatch.setattr(shop_metric, "NUM_ITEMS", 3000)
    monkeypatch.setattr(shop_metric, "NUM_CLUSTERS", 5)
    items = shop_metric.make_items(32, np.random.default_rng(1))
    assert items.shape == (3000, 32)
    np.testing.assert_allclose(np.linalg.norm(items, axis=1), 1, atol=1e-5)
    cosines = items[:300] @ items[300:600].T
    assert cosines.mean() > 0.1, "the offset is what a shop's mean removes"
    assert (cosines > 0.6).mean() > 0.1, "a fifth of the pairs are of one cluster"
    np.testing.assert_array_equal(items, shop_metric.make_items(32, np.random.default_rng(1)))


def test_repeats_are_told_by_median_and_extremes():
    runs = [{"a": 3.0, "b": 0.1234}, {"a": 1.0, "b": 0.2}, {"a": 8.0, "b": 0.3}]
    assert shop_metric._spreads(runs) == {
        "a": {"median": 3.0, "min": 1.0, "max": 8.0},
        "b": {"median": 0.2, "min": 0.123, "max": 0.3},
    }


def test_times_leave_the_warm_runs_out_and_keep_cpu_apart_from_wall(monkeypatch):
    clock = iter([0.0, 0.010, 1.0, 1.030, 2.0, 2.020])
    busy = iter([0.0, 0.001, 1.0, 1.002, 2.0, 2.009])
    monkeypatch.setattr(precision.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(precision.time, "process_time", lambda: next(busy))
    calls = []
    found = precision._times(lambda: calls.append(1), 3)
    assert len(calls) == 3 + precision.NUM_WARM
    assert found == {
        "wallMs": {"median": 20.0, "min": 10.0, "max": 30.0},
        "cpuMs": {"median": 2.0, "min": 1.0, "max": 9.0},
    }
