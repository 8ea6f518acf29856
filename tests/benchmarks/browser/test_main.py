"""What the browser benchmark reports of its rounds."""

import numpy as np

from benchmarks.browser.__main__ import side, spread


def measured(start_ms, product_ms):
    times = {"modulesMs": 1.0, "openMs": 2.0, "towersMs": 3.0, "probesMs": 4.0, "userMs": 0.5}
    memory = {"residentMb": 100.0, "privateMb": 40.0, "grownPrivateMb": 15.0}
    return {
        "round": {**times, **memory, "startMs": start_ms, "productMs": product_ms},
        "vectors": np.array([[0.6, 0.8], [1.0, 0.0]], np.float32),
        "downloads": {"tokens.bin": 1000, "manifest.json": 50, "shop_metric.bin": 24},
        "runtimeFiles": [],
        "compilations": 0,
    }


def test_spread_is_median_least_and_greatest():
    assert spread([3.0, 1.0, 2.0, 10.0]) == {"median": 2.5, "min": 1.0, "max": 10.0}


def test_side_takes_medians_over_rounds_and_groups():
    expected = np.array([[0.6, 0.8], [0.8, 0.6]], np.float32)
    found = side([measured(50.0, [0.1, 0.3]), measured(90.0, [0.2, 0.2])], expected)
    assert found["startMs"] == {"median": 70.0, "min": 50.0, "max": 90.0}
    assert found["productMs"] == {"median": 0.2, "min": 0.1, "max": 0.3}
    assert found["downloadBytes"] == 1024  # all files but the manifest
    assert (round(found["maxAbsDiff"], 6), found["minCosine"]) == (0.6, 0.8)
