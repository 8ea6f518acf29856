"""K-ary randomised response: the shared vectors, exact probabilities, and its real epsilon from samples."""

import json
import math
import secrets

import numpy as np
import pytest

from kernel.contracts import CONTRACTS
from kernel.interest_clusters import EPSILON, InterestClusters, real_epsilon, reported, truth_threshold

VECTORS = json.loads((CONTRACTS / "vectors" / "randomised-response.json").read_text("utf-8"))
NUM_SAMPLES = 200_000
COUNT = 16


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_shared_vectors(case):
    assert reported(case["cluster"], case["count"], bytes.fromhex(case["random"])) == case["reported"]


@pytest.mark.parametrize("case", VECTORS["thresholds"], ids=lambda case: str(case["count"]))
def test_thresholds_are_those_of_fifty_digits(case):
    assert truth_threshold(case["count"]) == case["threshold"]
    assert VECTORS["epsilon"] == EPSILON


@pytest.mark.parametrize("count", [2, 3, 16, 32, 100, 256])
def test_no_rounding_raises_epsilon(count):
    """The probabilities of the words themselves, as whole numbers: truth against any one lie."""
    threshold = truth_threshold(count)
    assert threshold * (count - 1) <= math.exp(EPSILON) * (2**32 - threshold)
    assert EPSILON - 1e-6 < real_epsilon(count) <= EPSILON


@pytest.mark.parametrize(("cluster", "count"), [(-1, 4), (4, 4)])
def test_a_cluster_outside_is_refused(cluster, count):
    with pytest.raises(ValueError, match="expected a cluster from 0 to 3"):
        reported(cluster, count, bytes(8))


@pytest.mark.parametrize("count", [1, 257])
def test_a_count_outside_is_refused(count):
    with pytest.raises(ValueError, match="expected 2 to 256 clusters"):
        truth_threshold(count)


def frequencies(cluster):
    """Return how often each cluster is reported for a true one, (COUNT,)."""
    drawn = secrets.token_bytes(64 * NUM_SAMPLES)
    reports = [reported(cluster, COUNT, drawn[64 * row : 64 * row + 64]) for row in range(NUM_SAMPLES)]
    return np.bincount(reports, minlength=COUNT)


def test_real_epsilon_of_200_000_samples():
    """The log-ratio of two tastes' frequencies of each report, within six standard errors of epsilon."""
    one, other = frequencies(3), frequencies(11)
    ratios = np.abs(np.log(one / other))
    slack = 6 * np.sqrt(1 / one + 1 / other)
    assert (ratios <= EPSILON + slack).all(), ratios
    # Not merely bounded: where it matters the ratio is epsilon, and all lies are alike.
    assert ratios[3] >= EPSILON - slack[3]
    assert ratios[11] >= EPSILON - slack[11]
    lies = np.delete(one, 3)
    assert np.abs(lies - lies.mean()).max() < 6 * math.sqrt(lies.mean())


def test_a_taste_belongs_to_the_first_of_the_largest_products():
    centroids = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    clusters = InterestClusters("0" * 64, centroids, centroids)
    tastes = np.array([[1, 0], [0.1, 0.9], [0.5, 0.5]], np.float32)
    assert clusters.of_tastes(tastes).tolist() == [0, 1, 0]
