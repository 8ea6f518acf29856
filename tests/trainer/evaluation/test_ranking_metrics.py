import math
from itertools import combinations

import numpy as np
import pytest

from trainer.errors import TrainingError
from trainer.evaluation import ranking_metrics
from trainer.evaluation.ranking_metrics import (
    METRICS,
    auc,
    coverage,
    diversity,
    hit_rate_at_k,
    mrr_at_k,
    ndcg_at_k,
    novelty,
    recall_at_k,
    target_ranks,
    top_columns,
)


def slow_order(scores, priority):
    """Sort columns from best to worst, one comparison at a time: higher score first, then smaller priority."""
    order = list(range(len(scores)))
    order.sort(key=lambda column: (-scores[column], priority[column]))
    return order


def slow_metric(name, order, targets, k):
    shown = order[:k]
    hits = sum(1 for column in shown if column in targets)
    if name in ("recall", "precision"):
        return hits / (len(targets) if name == "recall" else k)
    if name == "f1":
        precision, recall = hits / k, hits / len(targets)
        return 0.0 if hits == 0 else 2 * precision * recall / (precision + recall)
    if name == "map":
        found = [place for place, column in enumerate(shown, 1) if column in targets]
        return sum(sum(1 for c in shown[:place] if c in targets) / place for place in found) / min(k, len(targets))
    if name == "hit_rate":
        return 1.0 if any(column in targets for column in shown) else 0.0
    if name == "mrr":
        return next((1 / place for place, column in enumerate(shown, 1) if column in targets), 0.0)
    found = sum(1 / math.log2(place + 2) for place, column in enumerate(shown) if column in targets)
    best = sum(1 / math.log2(place + 2) for place in range(min(k, len(targets))))
    return found / best


def problem(seed, num_cases=23, num_candidates=17):
    """Return a rectangular problem with many ties: scores have one of five values."""
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 5, size=(num_cases, num_candidates)).astype(np.float32)
    scores[generator.random(scores.shape) < 0.1] = -np.inf
    targets = [set(generator.choice(num_candidates, generator.integers(1, 7), replace=False).tolist()) for _ in scores]
    ptr = np.concatenate([[0], np.cumsum([len(t) for t in targets])])
    columns = np.concatenate([sorted(t) for t in targets])
    return scores, targets, ptr, columns, generator.random(scores.shape)


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize("k", [1, 3, 10, 17, 40])
def test_metric_equals_its_slow_version(name, k):
    for seed in range(5):
        scores, targets, ptr, columns, priority = problem(seed)
        fast = METRICS[name](target_ranks(scores, ptr, columns, priority), ptr, k)
        slow = [slow_metric(name, slow_order(s, p), t, k) for s, p, t in zip(scores, priority, targets, strict=True)]
        np.testing.assert_allclose(fast, slow, atol=1e-12)


@pytest.mark.parametrize("scores_per_block", [1, 60, 1_000_000])
def test_block_size_does_not_change_ranks(monkeypatch, scores_per_block):
    scores, targets, ptr, columns, priority = problem(3)
    monkeypatch.setattr(ranking_metrics, "SCORES_PER_BLOCK", scores_per_block)
    slow = [
        slow_order(s, p).index(column) + 1
        for s, p, mine in zip(scores, priority, targets, strict=True)
        for column in sorted(mine)
    ]
    assert target_ranks(scores, ptr, columns, priority).tolist() == slow


def test_auc_is_the_share_of_correctly_ordered_pairs():
    for seed in range(5):
        scores, targets, ptr, columns, priority = problem(seed)
        fast = auc(target_ranks(scores, ptr, columns, priority), ptr, np.full(len(scores), scores.shape[1]))
        for value, s, p, mine in zip(fast, scores, priority, targets, strict=True):
            order = slow_order(s, p)
            pairs = [(order.index(a), order.index(b)) for a in mine for b in order if b not in mine]
            assert value == pytest.approx(sum(a < b for a, b in pairs) / len(pairs))
    assert auc(np.array([1, 2]), np.array([0, 2]), np.array([2])).tolist() == [0.5]


@pytest.mark.parametrize("k", [1, 3, 10, 17, 40])
def test_top_columns_equal_a_full_sort_with_ties(k):
    for seed in range(8):
        scores, _, _, _, priority = problem(seed)
        scores[:5] = scores[:5] > 3  # rows with almost only ties
        scores[5] = -np.inf
        slow = [
            [column for column in slow_order(s, p)[:k] if s[column] > -np.inf]
            for s, p in zip(scores, priority, strict=True)
        ]
        found = [[column for column in row if column >= 0] for row in top_columns(scores, priority, k).tolist()]
        assert found == slow


def test_ranks_and_metrics_equal_hand_computed_values():
    # Four candidates scored .9 .1 .5 .7 rank 1, 4, 3, 2; the targets are the second and the fourth.
    ptr = np.array([0, 2])
    ranks = target_ranks(np.array([[0.9, 0.1, 0.5, 0.7]]), ptr, np.array([1, 3]), np.zeros((1, 4)))
    assert ranks.tolist() == [4, 2]
    assert recall_at_k(ranks, ptr, 3).tolist() == [0.5]
    assert hit_rate_at_k(ranks, ptr, 1).tolist() == [0.0]
    assert mrr_at_k(ranks, ptr, 3).tolist() == [0.5]
    assert mrr_at_k(ranks, ptr, 1).tolist() == [0.0]
    assert METRICS["map"](ranks, ptr, 4).tolist() == [(1 / 2 + 2 / 4) / 2]
    assert auc(ranks, ptr, np.array([4])).tolist() == [0.25]  # of four pairs only .7 over .5 is right
    expected = (1 / math.log2(3)) / (1 + 1 / math.log2(3))  # the ideal order has both targets, though one is not shown
    assert ndcg_at_k(ranks, ptr, 3)[0] == pytest.approx(expected)


def test_a_tie_has_the_expected_value_of_chance():
    """With equal scores and 1 target of 20, Recall@5 must be 1/4 on average, not 0 or 1 by the order of the columns."""
    num_cases = 4000
    ptr = np.arange(num_cases + 1)
    priority = np.random.default_rng(0).random((num_cases, 20))
    for column in (0, 19):
        ranks = target_ranks(np.zeros((num_cases, 20)), ptr, np.full(num_cases, column), priority)
        assert recall_at_k(ranks, ptr, 5).mean() == pytest.approx(0.25, abs=0.03)


def test_nan_scores_are_refused_as_diverged_training():
    with pytest.raises(TrainingError, match=r"NaN.*try a lower training\.learning_rate"):
        target_ranks(np.array([[0.0, np.nan]]), np.array([0, 1]), np.array([0]), np.zeros((1, 2)))


def some_lists():
    return np.array([[0, 4, 2], [4, 1, -1], [3, -1, -1], [-1, -1, -1]])


def test_diversity_equals_the_mean_over_pairs():
    embeddings = np.random.default_rng(1).normal(size=(6, 4))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    embeddings[2] = 0  # an unknown item, with cosine 0 to every other
    slow = []
    for row in some_lists():
        shown = [embeddings[item] for item in row if item >= 0]
        cosines = [float(a @ b) for a, b in combinations(shown, 2)]
        slow.append(1 - sum(cosines) / len(cosines) if cosines else 0.0)
    # The zero row has length 0, so its pairs count as cosine 0.
    np.testing.assert_allclose(diversity(some_lists(), embeddings), slow, atol=1e-12)


def test_novelty_and_coverage_equal_hand_computed_values():
    counts = np.array([7, 3, 1, 0, 0, 0])  # of 7 users
    expected = [(0 + 3 + 2) / 3, (3 + 1) / 2, 3, 0]
    np.testing.assert_allclose(novelty(some_lists(), counts, 7), expected)
    assert coverage(some_lists(), 10) == 0.5  # items 0 to 4
