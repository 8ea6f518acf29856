import math

import numpy as np
import pytest
import torch

from trainer.learning.ranking_losses import (
    bayesian_personalised_ranking,
    binary_cross_entropy,
    sampled_softmax,
    softmax_over_negatives,
)


def problem(batch=5, dim=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    unit = torch.nn.functional.normalize
    users, items = (unit(torch.randn(batch, dim, generator=generator), dim=1) for _ in range(2))
    log_q = torch.log(torch.tensor([0.4, 0.3, 0.1, 0.15, 0.05]))
    is_negative = torch.rand(batch, batch, generator=generator) < 0.7
    return users, items, log_q, is_negative, torch.tensor([1.0, 2, 0, 1, 0.5])


def slow_loss(users, items, log_q, is_negative, weights, temperature):
    """Compute the same in plain Python, one example and one negative at a time."""
    total = 0.0
    for i in range(len(users)):
        scores = {
            j: sum(float(u) * float(e) for u, e in zip(users[i], items[j], strict=True)) / temperature - float(log_q[j])
            for j in range(len(items))
            if i == j or bool(is_negative[i, j])
        }
        total += float(weights[i]) * (math.log(sum(math.exp(s) for s in scores.values())) - scores[i])
    return total / float(weights.sum())


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_loss_equals_a_loop_over_examples(temperature):
    for seed in range(4):
        found = sampled_softmax(*problem(seed=seed), temperature)
        assert float(found) == pytest.approx(slow_loss(*problem(seed=seed), temperature), rel=1e-5)


def test_log_q_makes_batches_estimate_the_full_softmax():
    """Yi et al.'s point: with popular items drawn more often, the gradient should still be the whole catalogue's."""
    generator = np.random.default_rng(0)
    items = torch.nn.functional.normalize(torch.randn(30, 4, generator=torch.Generator().manual_seed(1)), dim=1)
    user = torch.nn.functional.normalize(torch.ones(4), dim=0)
    popularity = 1 / np.arange(1, 31)
    popularity /= popularity.sum()
    full = torch.softmax(items @ user, dim=0)
    for corrected, low, high in ((True, 0.0, 0.012), (False, 0.05, 1.0)):
        mass = np.zeros(30)
        for _ in range(400):
            drawn = generator.choice(30, 256, p=popularity)
            log_q = torch.from_numpy(np.log(popularity[drawn])).float() * corrected
            mass += np.bincount(drawn, torch.softmax(items[drawn] @ user - log_q, 0).numpy(), minlength=30)
        assert low <= np.abs(mass / 400 - full.numpy()).max() < high


def test_an_unfair_negative_gets_no_gradient():
    users, items, log_q, _, weights = problem()
    items = items.clone().requires_grad_()
    is_negative = torch.zeros(5, 5, dtype=torch.bool)
    is_negative[0, 1] = True
    sampled_softmax(users, items, log_q, is_negative, weights, 0.5).backward()
    assert items.grad.abs().sum(1).gt(0).tolist() == [True, True, False, False, False]


def test_more_negatives_join_the_batch_s_own():
    """Two further logits per example in the slow twin's sum; one of them is unfair and must not count."""
    users, items, log_q, is_negative, weights = problem()
    more = torch.tensor([[0.3, -math.inf], [-1.0, 2.0], [0.0, 0.0], [-math.inf, -math.inf], [4.0, 1.0]])
    total = 0.0
    for i in range(5):
        scores = [float(users[i] @ items[j]) / 0.5 - float(log_q[j]) for j in range(5) if i == j or is_negative[i, j]]
        own = float(users[i] @ items[i]) / 0.5 - float(log_q[i])
        mass = sum(math.exp(s) for s in [*scores, *more[i].tolist()])
        total += float(weights[i]) * (math.log(mass) - own)
    found = sampled_softmax(users, items, log_q, is_negative, weights, 0.5, more)
    assert float(found) == pytest.approx(total / float(weights.sum()), rel=1e-5)


POSITIVE = torch.tensor([1.5, -0.5, 0.25])
NEGATIVE = torch.tensor([[0.5, 2.0], [-1.0, 7.0], [3.0, 0.0]])
IS_FAIR = torch.tensor([[True, True], [True, False], [True, True]])
WEIGHTS = torch.tensor([1.0, 2.0, 0.0])


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax_of(positive, negatives):
    return -math.log(math.exp(positive) / (math.exp(positive) + sum(map(math.exp, negatives))))


def bce_of(positive, negatives):
    return -math.log(sigmoid(positive)) - sum(math.log(1 - sigmoid(n)) for n in negatives) / len(negatives)


def bpr_of(positive, negatives):
    return -sum(math.log(sigmoid(positive - n)) for n in negatives) / len(negatives)


EACH = [
    (softmax_over_negatives, softmax_of),
    (binary_cross_entropy, bce_of),
    (bayesian_personalised_ranking, bpr_of),
]


@pytest.mark.parametrize(("loss", "worked"), EACH)
def test_a_loss_over_drawn_negatives_is_the_formula_worked_by_hand(loss, worked):
    expected = (1 * worked(1.5, [0.5, 2.0]) + 2 * worked(-0.5, [-1.0])) / 3  # the 7.0 is unfair, the third weighs 0
    assert float(loss(POSITIVE, NEGATIVE, IS_FAIR, WEIGHTS)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("loss", "worked"), EACH)
def test_gradients_equal_finite_differences_and_are_0_for_unfair_negatives(loss, worked):
    positive, negative = POSITIVE.clone().requires_grad_(), NEGATIVE.clone().requires_grad_()
    loss(positive, negative, IS_FAIR, WEIGHTS).backward()
    step = 1e-4
    slope = (worked(1.5, [0.5, 2.0 + step]) - worked(1.5, [0.5, 2.0 - step])) / (2 * step) / 3
    assert float(negative.grad[0, 1]) == pytest.approx(slope, rel=1e-4)
    slope = 2 * (worked(-0.5 + step, [-1.0]) - worked(-0.5 - step, [-1.0])) / (2 * step) / 3
    assert float(positive.grad[1]) == pytest.approx(slope, rel=1e-4)
    assert negative.grad[1, 1] == 0
    assert negative.grad[2].tolist() == [0, 0]


def test_scores_too_large_for_exp_give_finite_losses_and_gradients():
    for loss, _ in EACH:
        positive = torch.tensor([-500.0], requires_grad=True)
        found = loss(positive, torch.tensor([[500.0]]), torch.tensor([[True]]), torch.ones(1))
        found.backward()
        assert math.isfinite(found.item())
        assert float(positive.grad) == pytest.approx(-1.0)
