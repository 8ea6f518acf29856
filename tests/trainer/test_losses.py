import math

import numpy as np
import pytest
import torch

from trainer.losses import sampled_softmax


def problem(batch=5, dim=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    unit = torch.nn.functional.normalize
    users, items = (unit(torch.randn(batch, dim, generator=generator), dim=1) for _ in range(2))
    log_q = torch.log(torch.tensor([0.4, 0.3, 0.1, 0.15, 0.05]))
    is_negative = torch.rand(batch, batch, generator=generator) < 0.7
    return users, items, log_q, is_negative, torch.tensor([1.0, 2, 0, 1, 0.5])


def slow_loss(users, items, log_q, is_negative, weights, temperature):
    """The same in plain Python, one example and one negative at a time."""
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
def test_loss_equals_its_slow_twin(temperature):
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
