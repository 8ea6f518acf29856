import math

import numpy as np
import pytest

from trainer.errors import TrainerError
from trainer.metrics import METRICS, hit_rate_at_k, mrr_at_k, ndcg_at_k, recall_at_k, target_ranks


def slow_order(scores, priority):
    """Columns from best to worst, one comparison at a time: higher score first, then smaller priority."""
    order = list(range(len(scores)))
    order.sort(key=lambda column: (-scores[column], priority[column]))
    return order


def slow_metric(name, order, targets, k):
    shown = order[:k]
    if name == "recall":
        return sum(1 for column in shown if column in targets) / len(targets)
    if name == "hit_rate":
        return 1.0 if any(column in targets for column in shown) else 0.0
    if name == "mrr":
        for place, column in enumerate(shown):
            if column in targets:
                return 1 / (place + 1)
        return 0.0
    found = sum(1 / math.log2(place + 2) for place, column in enumerate(shown) if column in targets)
    best = sum(1 / math.log2(place + 2) for place in range(min(k, len(targets))))
    return found / best


def problem(seed, num_cases=23, num_candidates=17):
    """Rectangular, with many ties: scores are one of five values."""
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, 5, size=(num_cases, num_candidates)).astype(np.float32)
    scores[generator.random(scores.shape) < 0.1] = -np.inf
    targets = [set(generator.choice(num_candidates, generator.integers(1, 7), replace=False).tolist()) for _ in scores]
    ptr = np.concatenate([[0], np.cumsum([len(t) for t in targets])])
    columns = np.concatenate([sorted(t) for t in targets])
    return scores, targets, ptr, columns, generator.random(scores.shape)


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize("k", [1, 3, 10, 17, 40])
def test_metric_equals_its_slow_twin(name, k):
    for seed in range(5):
        scores, targets, ptr, columns, priority = problem(seed)
        fast = METRICS[name](target_ranks(scores, ptr, columns, priority), ptr, k)
        slow = [slow_metric(name, slow_order(s, p), t, k) for s, p, t in zip(scores, priority, targets, strict=True)]
        np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_ranks_and_metrics_of_a_case_worked_by_hand():
    # Four candidates scored .9 .1 .5 .7 rank 1, 4, 3, 2; the targets are the second and the fourth.
    ptr = np.array([0, 2])
    ranks = target_ranks(np.array([[0.9, 0.1, 0.5, 0.7]]), ptr, np.array([1, 3]), np.zeros((1, 4)))
    assert ranks.tolist() == [4, 2]
    assert recall_at_k(ranks, ptr, 3).tolist() == [0.5]
    assert hit_rate_at_k(ranks, ptr, 1).tolist() == [0.0]
    assert mrr_at_k(ranks, ptr, 3).tolist() == [0.5]
    assert mrr_at_k(ranks, ptr, 1).tolist() == [0.0]
    expected = (1 / math.log2(3)) / (1 + 1 / math.log2(3))  # the ideal order has both targets, though one is not shown
    assert ndcg_at_k(ranks, ptr, 3)[0] == pytest.approx(expected)


def test_a_tie_is_worth_what_chance_would_make_of_it():
    """All scores equal, 1 target of 20: Recall@5 must be 1/4 on average, not 0 or 1 by the order of the columns."""
    num_cases = 4000
    ptr = np.arange(num_cases + 1)
    priority = np.random.default_rng(0).random((num_cases, 20))
    for column in (0, 19):
        ranks = target_ranks(np.zeros((num_cases, 20)), ptr, np.full(num_cases, column), priority)
        assert recall_at_k(ranks, ptr, 5).mean() == pytest.approx(0.25, abs=0.03)


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(TrainerError, match="NaN"):
        target_ranks(np.array([[0.0, np.nan]]), np.array([0, 1]), np.array([0]), np.zeros((1, 2)))
