"""What the benchmark of images reports of its rounds and neighbours."""

import numpy as np
import pytest

from benchmarks.browser.images import shared_neighbours, side


def test_shared_neighbours_are_those_that_both_find():
    """Twelve directions around a circle: a browser whose items are turned by half the circle finds the far ones."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    full = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert shared_neighbours(full, full) == 1.0
    assert shared_neighbours(full, -full) == 0.0


def measured(times, turned=0.0, grown=50.0):
    vectors = [[float(np.cos(turned)), float(np.sin(turned))], [0.0, 1.0]]
    return {
        "towerMs": 300.0,
        "probesMs": 200.0,
        "times": times,
        "vectors": vectors,
        "grownPrivateMb": grown,
        "version": "X",
    }


def test_side_takes_medians_of_every_step_and_the_least_cosine():
    expected = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    found = side([measured([[1, 2, 30], [3, 4, 50]], turned=0.1), measured([[2, 3, 40]], grown=70.0)], expected)
    assert found["decodeMs"] == {"median": 2, "min": 1, "max": 3}
    assert found["towerMs"] == {"median": 40, "min": 30, "max": 50}
    assert found["imageMs"] == {"median": 45, "min": 33, "max": 57}
    assert found["grownPrivateMb"] == {"median": 60.0, "min": 50.0, "max": 70.0}
    assert found["cosineToPython"]["min"] == pytest.approx(np.cos(0.1), abs=1e-4)
