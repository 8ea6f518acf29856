import numpy as np
import pytest

from benchmarks.serving.catalogue import NUM_SHOPS, K, Truth, make_queries, make_shops, shop_sizes
from benchmarks.serving.contestants import Contestant, Round, ratios


@pytest.mark.parametrize("num_items", [100_000, 1_000_000])
def test_shops_add_up_to_the_catalogue_and_grow(num_items):
    sizes = shop_sizes(num_items)
    assert len(sizes) == NUM_SHOPS
    assert sizes.sum() == num_items
    assert sizes.max() == round(0.15323 * num_items)


@pytest.fixture(scope="module")
def asked():
    rng = np.random.default_rng(1)
    shops = make_shops(10_000, 16, rng)
    return shops, make_queries(shops, rng, 5)


def nearest(vectors, query):
    return sorted(range(len(vectors)), key=lambda row: -float(vectors[row] @ query))


def test_recall_is_one_of_brute_force_and_falls_by_each_row_that_is_not_among_the_nearest(asked):
    shops, queries = asked
    found = [nearest(shops[shop], query)[:K] for shop, query in queries]
    truth = Truth(shops, queries)
    assert truth.recall(found) == 1
    shop, query = queries[2]
    found[2][3] = nearest(shops[shop], query)[-1]
    assert truth.recall(found) == pytest.approx(1 - 1 / (K * len(queries)))
    found[0] = found[0][:1] * K
    assert truth.recall(found) == pytest.approx(1 - K / (K * len(queries)))


class Doubled:
    """A metric in which the first number counts alone."""

    def stored(self, vectors):
        return vectors * np.eye(1, vectors.shape[1], dtype=np.float32)


def test_recall_in_a_metric_is_that_of_brute_force_in_it(asked):
    shops, queries = asked
    truth = Truth(shops, queries, dict.fromkeys(shops, Doubled()))
    found = [
        sorted(range(len(shops[shop])), key=lambda row: -float(shops[shop][row, 0] * query[0]))[:K]
        for shop, query in queries
    ]
    assert truth.recall(found) == 1
    assert truth.recall([nearest(shops[shop], query)[:K] for shop, query in queries]) < 1


def test_a_ratio_is_of_figures_of_one_round():
    one, other = Contestant("one", None), Contestant("other", None)
    one.rounds = [Round(1, 2, 3, 100), Round(4, 8, 3, 50), Round(1, 2, 3, 100)]
    other.rounds = [Round(2, 2, 3, 50), Round(8, 8, 3, 25), Round(1, 4, 3, 50)]
    found = ratios(one, other)
    assert found["p50"] == {"median": 0.5, "min": 0.5, "max": 1}
    assert found["p99"] == {"median": 1, "min": 0.5, "max": 1}
    assert found["requestsPerSecond"] == {"median": 2, "min": 2, "max": 2}
