"""The shop's metric: the shared vectors, and what follows from its definition for items of any shop."""

import json

import numpy as np
import pytest

from kernel.contracts import CONTRACTS
from kernel.shop_metric import Block, ShopMetric, ShopMetricError, bundle_metric, estimate, moments_from, shrink

VECTORS = json.loads((CONTRACTS / "vectors" / "shop-metric.json").read_text("utf-8"))
BLOCKS = (Block(0, 6), Block(6, 5))
DIM, FILLER = 12, 11


def near(value):
    return pytest.approx(np.array(value), abs=VECTORS["tolerance"])


def metric_rule(case):
    numbers = [case["own"]["mean"], *case["own"]["covariances"]]
    data = b"".join(np.array(part, "<f4").tobytes() for part in numbers)
    return bundle_metric(case["rule"], data, case["dim"], case.get("filler"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_shared_vectors(case):
    bundle = metric_rule(case)
    items = np.array(case["shop"], np.float32)
    shop = estimate(items, bundle.own.blocks)
    assert list(shop.counts) == case["counts"]
    shrunk = shrink(shop, bundle.own, bundle.pseudo_items, bundle.covariance_pseudo_items)
    assert shrunk.mean == near(case["mean"])
    for covariance, expected in zip(shrunk.covariances, case["covariances"], strict=True):
        assert covariance == near(expected)
    metric = bundle.of_shop(shop)
    assert metric.stored(items) == near(case["stored"])
    assert metric.centred(items) == near(case["centred"])
    for user, length in zip(case["users"], case["lengths"], strict=True):
        assert metric.length(np.array(user, np.float32)) == pytest.approx(length, abs=VECTORS["tolerance"])


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_senseless_moments_are_refused(case):
    with pytest.raises(ShopMetricError, match=case["names"]):
        rule = {"file": "shop_metric.bin", "lambda": 0.3, "pseudoItems": 30, "blocks": case["blocks"]}
        bundle_metric(rule, np.array(case["file"], "<f4").tobytes(), case["dim"], case.get("filler"))


def shop_items(num_items, seed, offset=0.0):
    """Items [text | image | filler] of unit length; every third lacks its image."""
    rng = np.random.default_rng(seed)
    spread = np.linspace(2, 0.2, 11)
    raw = rng.normal(size=(num_items, 11)) * spread + offset
    items = np.zeros((num_items, DIM), np.float32)
    for block in BLOCKS:
        part = raw[:, block.coordinates]
        items[:, block.coordinates] = part / np.linalg.norm(part, axis=1, keepdims=True) * 0.5**0.5
    items[::3, 6:11] = 0
    items[::3, FILLER] = 0.5**0.5
    return items


def metric_of(items, pseudo_items=30):
    own = estimate(shop_items(400, seed=9), BLOCKS)
    return ShopMetric(shrink(estimate(items, BLOCKS), own, pseudo_items), 0.3)


def test_a_missing_image_neither_adds_to_a_score_nor_takes_from_it():
    items = shop_items(60, seed=1, offset=0.4)
    without = items.copy()
    without[:, 6:11] = 0
    without[:, FILLER] = 0.5**0.5
    metric = metric_of(items)
    user = np.zeros(DIM, np.float32)
    user[:6] = metric.centred(items)[4][:6]
    assert metric.stored(items) @ user == pytest.approx(metric.stored(without) @ user, abs=1e-6)


def test_an_offset_of_the_whole_shop_does_not_reach_the_score():
    """Two shops sell the same goods; one writes its own name into every title, which moves every direction."""
    goods, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))
    plain = np.zeros((5, DIM), np.float32)
    plain[:, :6] = goods[:5]
    named = plain.copy()
    named[:, :6] = (goods[:5] + 0.8 * goods[5]) / np.sqrt(1.64)
    own = estimate(shop_items(400, seed=9), BLOCKS)
    centred = [
        ShopMetric(shrink(estimate(items, BLOCKS), own, 1), 0.3).centred(items)[:, :6] for items in (plain, named)
    ]
    across = np.sum(centred[0] * centred[1], axis=1)
    assert across.min() > 0.9
    assert np.sum(plain * named, axis=1).max() < 0.79


def test_scores_over_the_users_length_are_cosines():
    items = shop_items(300, seed=3, offset=0.3)
    metric = metric_of(items)
    users = np.random.default_rng(4).normal(size=(200, DIM)).astype(np.float32)
    users[:, FILLER] = 0
    stored = metric.stored(items)
    scores = np.array([stored @ user / metric.length(user) for user in users])
    assert np.abs(scores).max() <= 1 + 1e-5
    # The bound is reached by the item's own direction, in the metric that the item is stored in.
    whole = stored[1]
    assert metric.stored(items[1:2])[0] == pytest.approx(whole, abs=1e-6)
    towards = metric.centred(items)[1].copy()
    towards[6:11] = 0
    assert np.dot(whole[:6], towards[:6]) / metric.length(towards) == pytest.approx(0.5**0.5, abs=1e-5)


def test_few_items_count_little_and_many_count_alone():
    own = estimate(shop_items(400, seed=9), BLOCKS)
    few, many = (estimate(shop_items(n, seed=5, offset=1.0), BLOCKS) for n in (3, 30_000))
    assert np.linalg.norm(shrink(few, own, 30).mean - own.mean) < 0.15 * np.linalg.norm(few.mean - own.mean)
    assert np.linalg.norm(shrink(many, own, 30).mean - many.mean) < 0.01 * np.linalg.norm(many.mean - own.mean)


def test_counts_are_of_the_items_that_know_a_block():
    assert estimate(shop_items(60, seed=1), BLOCKS).counts == (60, 40)


def test_an_estimate_does_not_depend_on_the_order_or_the_batches():
    items = shop_items(9000, seed=6)
    forward, backward = estimate(items, BLOCKS), estimate(items[::-1], BLOCKS)
    assert forward.mean == pytest.approx(backward.mean, abs=1e-12)
    metric = ShopMetric(forward, 0.3)
    assert metric.stored(items)[5000] == pytest.approx(metric.stored(items[5000:5001])[0], abs=1e-6)


def test_moments_survive_their_file_and_name_their_metric():
    moments = estimate(shop_items(200, seed=7), BLOCKS)
    again = moments_from(moments.to_bytes(), BLOCKS, DIM, moments.counts)
    assert ShopMetric(again, 0.3).metric_id == ShopMetric(moments, 0.3).metric_id
    assert ShopMetric(again, 0.2).metric_id != ShopMetric(moments, 0.3).metric_id
    other = estimate(shop_items(200, seed=8), BLOCKS)
    assert ShopMetric(other, 0.3).metric_id != ShopMetric(moments, 0.3).metric_id


def test_the_input_is_left_as_it_was():
    items = shop_items(10, seed=1)
    before = items.copy()
    metric = metric_of(items)
    metric.stored(items)
    metric.centred(items)
    assert (items == before).all()
