import os

import numpy as np
import pytest
import torch

from trainer.dataset.dataset import make_interactions
from trainer.errors import TrainingError
from trainer.features.cache import FeatureCache
from trainer.features.item_features import ItemFeatures
from trainer.learning.negatives import NegativeSampler, nearest_items
from trainer.recipes.two_tower import TwoTowerConfig

CPU = torch.device("cpu")
NUM_ITEMS = 9


def interactions(rows):
    users, items = zip(*rows, strict=True)
    return make_interactions(users, items, [0] * len(rows), [float(n) for n in range(len(rows))], [1.0] * len(rows))


# a had 0 and 1, b had 1 and 2, c had 2, 3, 4; items 5 to 8 nobody had. Likes: 1, 2, 2, 1, 1.
TRAIN = interactions([("a", 0), ("a", 1), ("b", 1), ("b", 2), ("c", 2), ("c", 3), ("c", 4)])


def sampler(train=TRAIN, neighbours=None, **settings):
    return NegativeSampler(train, NUM_ITEMS, TwoTowerConfig(**settings), neighbours)


def drawn(some, num=4000, user=0, target=1, seed=0, **how):
    users, targets = np.full(1, user), np.full(1, target)
    return some.draw(users, targets, num, torch.Generator().manual_seed(seed), **how)


def shares(items):
    return (np.bincount(items.ravel(), minlength=NUM_ITEMS) / items.size).tolist()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"negatives": "uniform"}, [0, 0, 1, 1, 1]),
        ({"negatives": "popularity", "popularity_alpha": 1.0}, [0, 0, 2, 1, 1]),
        ({"negatives": "popularity", "popularity_alpha": 0.5}, [0, 0, 2**0.5, 1, 1]),
        ({"negatives": "popularity", "popularity_alpha": 0.0}, [0, 0, 1, 1, 1]),
    ],
)
def test_items_are_drawn_in_proportion_without_the_users_own_or_unseen(settings, expected):
    found = drawn(sampler(**settings))
    kept = found.items[found.is_fair]
    assert len(kept) > 0.95 * found.items.size  # a few find nothing else in all their redraws
    expected = np.array([*expected, 0, 0, 0, 0]) / sum(expected)
    np.testing.assert_allclose(shares(kept), expected, atol=0.03)
    assert not np.isin(found.items[~found.is_fair], [2, 3, 4]).any()


def test_q_equals_the_drawing_probabilities():
    q = sampler(negatives="popularity", popularity_alpha=1.0).q
    np.testing.assert_allclose(q[:5], np.array([1, 2, 2, 1, 1]) / 7)
    np.testing.assert_allclose(q[5:], 1 / 7)  # never drawn: as the rarest


def test_fair_are_neither_the_target_nor_what_the_user_had_before_or_after():
    users, targets = np.array([0, 1, 2]), np.array([1, 2, 3])  # a chose 1, b chose 2, c chose 3
    fair = sampler().is_fair(users, targets, targets)
    assert fair.tolist() == [
        [False, True, True],
        [False, False, True],  # b had 1 before
        [True, False, False],  # c had 2 before
    ]
    before = np.array([0, 1, 2])  # a chose 0 and 1 after it, b chose 1 and 2 after it, c chose 2 and 4 after it
    assert sampler().is_fair(users, before, np.array([1, 2, 4])).tolist() == [
        [False, True, True],
        [False, False, True],
        [True, False, False],
    ]
    own = np.array([[5, 0], [0, 2], [1, 3]])  # of each row alone
    assert sampler().is_fair(users, targets, own).tolist() == [[True, False], [True, False], [True, False]]


def test_fair_agrees_with_sets_on_random_data():
    draw = np.random.default_rng(3)
    train = interactions([(str(draw.integers(20)), int(draw.integers(NUM_ITEMS))) for _ in range(60)])
    some = sampler(train)
    users, targets = draw.integers(0, len(train.user_ids), 40), draw.integers(0, NUM_ITEMS, 40)
    had = [{int(i) for i in train.item_idx[train.user_idx == user]} for user in users]
    for items in (draw.integers(0, NUM_ITEMS, 7), draw.integers(0, NUM_ITEMS, (40, 7))):
        rows = np.broadcast_to(items, (40, 7)).tolist()
        expected = [
            [i not in mine and i != t for i in row] for row, mine, t in zip(rows, had, targets.tolist(), strict=True)
        ]
        assert some.is_fair(users, targets, items).tolist() == expected


@pytest.mark.parametrize("negatives", ["uniform", "popularity"])
def test_hard_draws_follow_their_stated_probability(negatives):
    """One of the neighbours, or an item by chance where a neighbour is missing; counted from draws."""
    neighbours = np.full((NUM_ITEMS, 3), -1)
    neighbours[1], neighbours[2] = [4, 7, 8], [3, -1, -1]
    some = sampler(neighbours=neighbours, negatives=negatives, hard_share=0.5)
    targets, everything = np.array([1, 2, 0]), np.arange(NUM_ITEMS)
    is_hard = np.ones((3, 30_000), dtype=np.bool_)
    drawn = some._candidates(targets, is_hard, torch.Generator().manual_seed(0))
    counted = [np.bincount(row, minlength=NUM_ITEMS) / drawn.shape[1] for row in drawn]
    chances = np.zeros(NUM_ITEMS)
    chances[some.catalogue] = some.chances
    np.testing.assert_allclose(counted, some.hard_q(targets, everything, chances), atol=0.01)
    np.testing.assert_allclose(
        some.hard_q(targets, np.array([[4, 0, 8], [3, 1, 2], [5, 6, 7]]), np.full(NUM_ITEMS, 0.3)),
        [[1 / 3, 0, 1 / 3], [1 / 3 + 0.2, 0.2, 0.2], [0.3, 0.3, 0.3]],
    )


def test_in_batch_draws_what_others_of_the_batch_chose():
    users, targets = np.array([0, 1, 2, 2]), np.array([1, 2, 3, 4])
    found = sampler(negatives="in_batch").draw(users, targets, 500, torch.Generator().manual_seed(0))
    allowed = [{2, 3, 4}, {3, 4}, {1}, {1}]  # b had 1 and chose 2; c had 2, 3 and 4
    for items, is_fair, mine in zip(found.items, found.is_fair, allowed, strict=True):
        assert set(items[is_fair].tolist()) == mine


def test_a_user_who_had_every_item_gets_no_fair_negative():
    train = interactions([("a", 0), ("a", 1), ("a", 2)])
    assert not drawn(sampler(train, negatives="uniform"), num=20).is_fair.any()


def test_hard_ones_are_neighbours_of_the_positive_in_their_share():
    neighbours = np.array([[3, 4]] * NUM_ITEMS)
    some = sampler(neighbours=neighbours, negatives="uniform", hard_share=0.5)
    found = drawn(some)
    # Half are 3 or 4, and so are two thirds of the other half, which leaves one sixth for item 2.
    np.testing.assert_allclose(shares(found.items[found.is_fair])[2], 1 / 6, atol=0.03)
    only = drawn(some, hard_share=1.0)
    assert set(only.items.ravel().tolist()) == {3, 4}


def test_other_items_replace_neighbours_that_the_user_had():
    neighbours = np.array([[0, 1]] * NUM_ITEMS)
    found = drawn(sampler(neighbours=neighbours, negatives="uniform", hard_share=1.0))
    assert set(found.items[found.is_fair].tolist()) == {2, 3, 4}
    assert found.is_fair.mean() > 0.9


def test_an_item_without_neighbours_gets_ordinary_negatives():
    neighbours = np.full((NUM_ITEMS, 2), -1)
    found = drawn(sampler(neighbours=neighbours, negatives="uniform", hard_share=1.0))
    assert set(found.items[found.is_fair].tolist()) == {2, 3, 4}


def test_same_generator_draws_the_same_and_another_does_not():
    some = sampler(negatives="uniform")
    assert drawn(some, seed=3).items.tolist() == drawn(some, seed=3).items.tolist()
    assert drawn(some, seed=3).items.tolist() != drawn(some, seed=4).items.tolist()


def features(seed=0, num=60):
    draw = np.random.default_rng(seed)
    text, image = draw.normal(size=(num, 5)).astype(np.float32), draw.normal(size=(num, 3)).astype(np.float32)
    mask = np.ones((num, 2), dtype=np.float32)
    image[::7], mask[::7, 1] = 0, 0
    return ItemFeatures(text, image, mask)


def slow_neighbours(vectors, item, catalogue, k):
    """One cosine at a time, sorted."""
    others = [j for j in catalogue if j != item and np.linalg.norm(vectors[j]) > 0]
    cosine = {
        j: vectors[item] @ vectors[j] / np.linalg.norm(vectors[item]) / np.linalg.norm(vectors[j]) for j in others
    }
    return sorted(others, key=lambda j: -cosine[j])[:k]


@pytest.mark.parametrize("which", ["text", "image", "both"])
def test_neighbours_equal_those_of_brute_force(which, monkeypatch):
    monkeypatch.setattr("trainer.learning.negatives.ROWS_PER_CHUNK", 17)
    some, catalogue = features(), np.arange(3, 50)
    found = nearest_items(some, which, catalogue, 4, CPU)
    unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in (some.text, some.image)]
    vectors = {"text": unit[0], "image": unit[1], "both": np.concatenate(unit, axis=1)}[which]
    for item in range(60):
        if which == "image" and item % 7 == 0:
            assert found[item].tolist() == [-1] * 4  # no image, no neighbours
        else:
            assert found[item].tolist() == slow_neighbours(vectors, item, catalogue.tolist(), 4)


def test_more_neighbours_than_there_are_leave_places_empty():
    found = nearest_items(features(), "text", np.array([4, 8, 9]), 5, CPU)
    assert (found[:, 2:] == -1)[[4, 8, 9]].all()
    assert sorted(found[4, :2].tolist()) == [8, 9]


def test_neighbours_are_searched_once_for_the_same_features(tmp_path, monkeypatch):
    first = nearest_items(features(), "text", np.arange(60), 4, CPU, tmp_path)
    monkeypatch.setattr("trainer.learning.negatives._nearest", lambda *_: pytest.fail("searched again"))
    assert nearest_items(features(), "text", np.arange(60), 4, CPU, tmp_path).tolist() == first.tolist()
    monkeypatch.undo()
    nearest_items(features(1), "text", np.arange(60), 4, CPU, tmp_path)
    nearest_items(features(), "text", np.arange(59), 4, CPU, tmp_path)
    assert len(FeatureCache(tmp_path).entries()) == 3  # where they can be listed and cleared


def test_used_neighbours_stay_in_the_cache_and_damaged_ones_are_redone(tmp_path):
    first = nearest_items(features(), "text", np.arange(60), 4, CPU, tmp_path)
    (entry,) = FeatureCache(tmp_path).entries()
    assert entry.metadata["what"] == "neighbours by text"
    os.utime(entry.path.with_suffix(".json"), (0, 0))
    nearest_items(features(), "text", np.arange(60), 4, CPU, tmp_path)
    assert FeatureCache(tmp_path).entries()[0].last_used > 0
    entry.path.write_bytes(b"")
    assert nearest_items(features(), "text", np.arange(60), 4, CPU, tmp_path).tolist() == first.tolist()


def test_features_that_no_item_has_are_named():
    some = features()
    some.modality_mask[:, 1] = 0
    with pytest.raises(TrainingError, match="two training items with image features"):
        nearest_items(some, "image", np.arange(60), 4, CPU)
