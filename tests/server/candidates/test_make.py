"""server/candidates/make.py: clusters of items, their file, and what is refused."""

import json

import numpy as np
import pytest

from kernel.shop_metric import Block, Moments, ShopMetric
from server.candidates.make import FILE, as_tastes, make, read, write
from server.errors import InputError

SPACE = "ab" * 32
DIM = 6


def groups(seed, per_group=40):
    """Return items (120, DIM) of unit length around three axes, group by group."""
    random = np.random.default_rng(seed)
    items = np.repeat(np.eye(DIM, dtype=np.float32)[:3], per_group, axis=0)
    items = items + 0.05 * random.normal(size=items.shape).astype(np.float32)
    return (items / np.linalg.norm(items, axis=1, keepdims=True)).astype(np.float32)


def test_groups_that_lie_apart_are_the_clusters():
    items = groups(1)
    clusters = make([as_tastes(items, None, None)], SPACE, 3)
    found = clusters.of_tastes(items).reshape(3, -1)
    assert (found == found[:, :1]).all()
    assert len(set(found[:, 0].tolist())) == 3
    np.testing.assert_allclose(np.linalg.norm(clusters.centres, axis=1), 1, atol=1e-5)


def test_a_shop_metric_decides_what_lies_apart():
    """Two directions of great spread and one of little: the metric makes the little one count as much."""
    random = np.random.default_rng(3)
    side = np.where(np.arange(400) % 2 == 0, 0.15, -0.15)
    items = np.stack([random.normal(size=400), random.normal(size=400), side], axis=1).astype(np.float32)
    covariance = np.diag([1.0, 1.0, 0.0225])
    metric = ShopMetric(Moments((Block(0, 3),), np.zeros(3), (covariance,), (400,)), 1e-4)
    plain, turned = (make([as_tastes(items, own, None)], SPACE, 2) for own in (None, metric))

    def agreement(clusters):
        same = (clusters.of_tastes(as_tastes(items, metric, None)[0]) == (side > 0)).mean()
        return max(same, 1 - same)

    assert agreement(turned) > agreement(plain)


def test_a_filler_describes_nothing():
    items = groups(2)
    items[:, 5] = 0.5
    tastes, turned = as_tastes(items, None, 5)
    assert not tastes[:, 5].any()
    assert not turned[:, 5].any()
    np.testing.assert_allclose(np.linalg.norm(tastes, axis=1), 1, atol=1e-5)


def test_the_same_items_give_the_same_clusters():
    made = [make([as_tastes(groups(1), None, None)], SPACE, 3) for _ in range(2)]
    assert made[0].sha256 == made[1].sha256
    assert made[0].sha256 != make([as_tastes(groups(4), None, None)], SPACE, 3).sha256


def test_a_file_is_read_as_it_was_written(tmp_path):
    clusters = make([as_tastes(groups(1), None, None)], SPACE, 3)
    write(clusters, tmp_path)
    found = read(tmp_path, SPACE, DIM)
    np.testing.assert_array_equal(found.centroids, clusters.centroids)
    np.testing.assert_array_equal(found.centres, clusters.centres)
    assert found.sha256 == clusters.sha256
    assert read(tmp_path, "cd" * 32, DIM) is None


def test_without_a_file_there_are_none(tmp_path):
    assert read(tmp_path, SPACE, DIM) is None


@pytest.mark.parametrize("change", [{"count": 4}, {"count": 1}, {"centroids": "!"}, {"centres": None}, {"count": "3"}])
def test_a_file_of_another_form_is_refused(tmp_path, change):
    path = write(make([as_tastes(groups(1), None, None)], SPACE, 3), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=f"{FILE}: expected interest clusters"):
        read(tmp_path, SPACE, DIM)
