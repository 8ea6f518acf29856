import numpy as np
import pytest
import torch

from trainer.baselines import popularity_scorer, random_scorer, tuned_content_scorer
from trainer.dataset.dataset import make_interactions
from trainer.dataset.histories import pad_histories
from trainer.evaluation import protocol
from trainer.evaluation.protocol import embed_items, evaluate, rank_targets, tower_scorer
from trainer.features.item_features import ItemFeatures
from trainer.splits.cases import Cases
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser

CPU = torch.device("cpu")


def some_cases():
    """Return three users among eight items; items 6 and 7 are not candidates."""
    history = make_interactions(list("aabbbc"), [0, 6, 1, 2, 0, 5], [0, 2, 0, 5, 1, 3], [1.0, 3, 2, 4, 9, 1], [1.0] * 6)
    return Cases(
        users=np.array([0, 1, 2]),
        history=history,
        now_days=np.array([4.0, 9.0, 2.5]),
        target_ptr=np.array([0, 1, 3, 4]),
        target_items=np.array([3, 3, 5, 0]),
        candidates=np.array([0, 1, 2, 3, 5]),
    )


def test_items_of_the_history_rank_last():
    cases = some_cases()
    # Item 0 scores best and item 5 worst for every user; items 0, 1 and 2 are in user b's history.
    scorer = lambda cases, positions: np.tile(-cases.candidates.astype(np.float32), (len(positions), 1))  # noqa: E731
    assert rank_targets(scorer, cases, np.random.default_rng(0)).tolist() == [3, 1, 2, 1]


@pytest.mark.parametrize("scores_per_chunk", [1, 10, 10_000])
def test_chunk_size_does_not_change_ranks_of_ties(monkeypatch, scores_per_chunk):
    expected = rank_targets(random_scorer(), some_cases(), np.random.default_rng(5))
    monkeypatch.setattr(protocol, "SCORES_PER_CHUNK", scores_per_chunk)
    found = rank_targets(random_scorer(), some_cases(), np.random.default_rng(5))
    assert found.tolist() == expected.tolist()
    others = {tuple(rank_targets(random_scorer(), some_cases(), np.random.default_rng(s)).tolist()) for s in range(9)}
    assert len(others) > 3


def test_popularity_counts_users_once_and_ignores_dismissals():
    train = make_interactions(list("aaabc"), [3, 3, 1, 1, 2], [0, 1, 0, 0, 5], [0.0, 1, 2, 3, 4], [1.0, 1, 1, 1, 1])
    scores = popularity_scorer(train, 8)(some_cases(), np.array([0, 2]))
    assert scores.tolist() == [[0, 2, 0, 1, 0]] * 2


def random_features(num_items=8, seed=0):
    generator = np.random.default_rng(seed)
    text, image = (generator.normal(size=(num_items, width)).astype(np.float32) for width in (5, 7))
    mask = np.ones((num_items, 2), dtype=np.float32)
    image[::3], mask[::3, 1] = 0, 0
    return ItemFeatures(text, image, mask)


def test_tower_scores_equal_cosines_computed_user_by_user():
    """Compares the batch with one user at a time without padding: padding and gathering must not leak between users."""
    generator = torch.Generator().manual_seed(0)
    towers = TwoTowerItem(5, 7, 8, 6, generator=generator), TwoTowerUser(8, 6, 4, generator=generator)
    with torch.no_grad():
        for weight in [*towers[0].parameters(), *towers[1].parameters()]:
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.3)
    features, cases = random_features(), some_cases()
    scores = tower_scorer(*towers, features, 2, CPU)(cases, np.arange(3))
    items = embed_items(towers[0], features, CPU)
    last_two = {0: ([0, 6], [0, 2], [3.0, 1.0]), 1: ([2, 0], [5, 1], [5.0, 0.0]), 2: ([5], [3], [1.5])}
    for user, (item_idx, kinds, ages) in last_two.items():
        alone = towers[1](
            items[torch.tensor([item_idx])], torch.tensor([kinds]), torch.tensor([ages]), torch.ones(1, len(kinds))
        )
        expected = (items[cases.candidates] @ alone[0]).detach().numpy()
        np.testing.assert_allclose(scores[user], expected, atol=1e-6)


def test_pad_histories_keeps_recent_items_with_ages():
    some = some_cases().history
    padded = pad_histories(some, np.array([2, 5]), np.array([5, 6]), np.array([9.0, 0.5]), max_items=2)
    assert padded.item_idx.tolist() == [[2, 0], [0, 5]]
    assert padded.item_mask.tolist() == [[1, 1], [0, 1]]
    assert padded.kinds.tolist() == [[5, 1], [0, 3]]
    assert padded.ages_days.tolist() == [[5, 0], [0, 0]]  # an interaction after now is of age 0


def test_an_empty_history_is_only_padding():
    padded = pad_histories(some_cases().history, np.array([0]), np.array([0]), np.array([1.0]), max_items=5)
    assert padded.item_mask.tolist() == [[0]]


def test_content_baseline_is_tuned_and_ranks_similar_items_first():
    """Items are in two clusters; every user's target is the one unseen item of the user's cluster."""
    generator = np.random.default_rng(1)
    centres = generator.normal(size=(2, 9))
    text = np.repeat(centres, 5, axis=0) + 0.05 * generator.normal(size=(10, 9))
    features = ItemFeatures(
        text.astype(np.float32), np.zeros((10, 3), np.float32), np.tile(np.float32([1, 0]), (10, 1))
    )
    history = make_interactions(list("aabb"), [0, 1, 7, 8], [0] * 4, [0.0, 1, 0, 1], [1.0] * 4)
    cases = Cases(
        np.array([0, 1]), history, np.ones(2), np.array([0, 3, 6]), np.array([2, 3, 4, 5, 6, 9]), np.arange(10)
    )
    fitted = tuned_content_scorer(features, cases, seed=0, device=CPU)
    found = evaluate(fitted.scorer, cases, np.random.default_rng(0), (3,))
    assert found["ndcg@3"].tolist() == [1, 1]
    assert fitted.tuned["valid_ndcg@10"] == max(point["ndcg@10"] for point in fitted.tuned["grid"])
    assert fitted.tuned["chosen"].keys() >= {"text_weight", "whitening"}
