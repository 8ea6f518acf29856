"""benchmarks/clusters/measures.py on a world of two kinds, where every number can be worked out."""

import numpy as np
import pytest

from benchmarks.clusters.measures import named_by_context, of_context, re_identified, recalls, truth
from benchmarks.clusters.worlds import NUM_PROFILES, NUM_USERS, Catalogue, World
from kernel.interest_clusters import InterestClusters

PER_KIND = 20
TASTES = np.eye(2, dtype=np.float32)[np.arange(NUM_PROFILES) % 2]


def kinds_world():
    """Return a shop with twenty items of each of two kinds, in which no shopper likes the other's."""
    along = np.linspace(1, 2, PER_KIND, dtype=np.float32)
    items = np.concatenate([np.outer(along, axis) for axis in np.eye(2, dtype=np.float32)]).astype(np.float32)
    shop = Catalogue(items, items, items, items)
    scores = TASTES[:NUM_USERS] @ items.T
    best = np.argsort(-scores, axis=1)[:, :10]
    return World([shop], TASTES, np.zeros(NUM_USERS, dtype=np.intp), best, [scores], best[:, 0])


CLUSTERS = InterestClusters("0" * 64, np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32))


def test_a_lie_finds_nothing_and_the_truth_all():
    found = recalls(kinds_world(), CLUSTERS, (5, PER_KIND, 2 * PER_KIND))
    assert found[5] == pytest.approx((0.5, 0.5 * truth(2)))
    assert found[PER_KIND] == pytest.approx((1, truth(2)))
    assert found[2 * PER_KIND] == pytest.approx((1, 1))


def test_truth_is_told_so_often_as_the_mechanism_says():
    assert truth(16) == pytest.approx(0.7845, abs=1e-4)
    assert truth(32) == pytest.approx(0.6378, abs=1e-4)


def test_an_attacker_names_one_of_a_cluster():
    """A true report leaves a thousand profiles, a lie names somebody else."""
    random = np.random.default_rng(1)
    assert re_identified(kinds_world(), [CLUSTERS], random) == pytest.approx(truth(2) / 1000, rel=0.02)
    assert re_identified(kinds_world(), [CLUSTERS] * 9, random) == pytest.approx(1 / 1000, rel=1e-6)


def test_independent_clusters_add_up():
    """Eleven clusterings by the bits of a number that each profile has alone name nearly everybody."""
    numbers = np.arange(NUM_PROFILES)
    tastes = np.stack([(numbers >> bit) & 1 for bit in range(11)], axis=1).astype(np.float32) * 2 - 1
    world = kinds_world()
    told = World(world.shops, tastes, world.shop_of, world.best, world.scores, world.on_screen)
    clusterings = []
    for bit in range(11):
        axis = np.zeros((2, 11), dtype=np.float32)
        axis[:, bit] = (-1, 1)
        clusterings.append(InterestClusters("0" * 64, axis, axis))
    share = re_identified(told, clusterings, np.random.default_rng(2))
    assert share == pytest.approx(truth(2) ** 11, abs=0.05)


def test_the_product_on_screen_finds_its_kind_and_names_the_nearest_profile():
    world = kinds_world()
    assert of_context(world, (5, PER_KIND)) == pytest.approx({5: 0.5, PER_KIND: 1.0})
    own = np.random.default_rng(3).normal(size=(NUM_PROFILES, 8)).astype(np.float32)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    shop = Catalogue(own, own, own, own)
    alone = World([shop], own, world.shop_of, world.best, world.scores, np.arange(NUM_USERS))
    assert named_by_context(alone) == 1.0
