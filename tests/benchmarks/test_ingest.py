"""Ratios and differences that the ingest benchmark reports."""

import numpy as np
import pytest

from benchmarks.ingest import differences, ratios


def test_ratio_compares_each_run_with_those_beside_it():
    """The machine becomes twice as slow in the middle: neighbours still tell the true 2.0 in most pairs."""
    found = ratios([10.0, 20.0, 20.0], [5.0, 10.0, 10.0])
    assert found == {"median": 2.0, "min": 2.0, "max": 4.0}


def test_differences_are_the_worst_of_any_item():
    one = {"a": np.array([1.0, 0.0], np.float32), "b": np.array([0.6, 0.8], np.float32)}
    other = {"b": np.array([0.8, 0.6], np.float32), "a": np.array([1.0, 0.0], np.float32)}
    assert differences(one, other) == {"maxAbsDiff": pytest.approx(0.2), "minCosine": pytest.approx(0.96)}


def test_other_items_are_refused():
    with pytest.raises(RuntimeError, match="same items"):
        differences({"a": np.zeros(2, np.float32)}, {"b": np.zeros(2, np.float32)})
