"""Tests that mixed precision ends at the towers: losses are computed in float32."""

import numpy as np
import pytest
import torch

from trainer.dataset.dataset import make_interactions
from trainer.learning.contrastive_losses import batch_hard_triplet, info_nce, supervised_contrastive
from trainer.learning.objective import ExampleBatch, Objective
from trainer.learning.ranking_losses import (
    bayesian_personalised_ranking,
    binary_cross_entropy,
    sampled_softmax,
    softmax_over_negatives,
)
from trainer.recipes.two_tower import TwoTowerConfig

SIZE, NUM_NEGATIVES, DIM, TEMPERATURE = 12, 5, 8, 0.07
LABELS = torch.arange(SIZE) % 4
IS_FAIR = torch.ones(SIZE, NUM_NEGATIVES, dtype=torch.bool)
WEIGHTS = torch.ones(SIZE)


def objective(**settings):
    users, items = np.repeat(np.arange(SIZE), 2), np.arange(2 * SIZE)
    days = [float(day) for day in range(2 * SIZE)]
    train = make_interactions([str(user) for user in users], items.tolist(), [0] * 2 * SIZE, days, [1.0] * 2 * SIZE)
    drawn = Objective(TwoTowerConfig(**settings), TEMPERATURE, train, np.ones(2 * SIZE, dtype=np.int64), None)

    def loss(mine, theirs, negatives):
        who, targets = np.arange(SIZE), np.arange(SIZE) * 2 + 1
        found = drawn.draw(who, targets, torch.Generator().manual_seed(0))
        asked = ExampleBatch(who, targets, np.ones(SIZE, dtype=np.float32), found)
        return drawn.loss(asked, mine, theirs, negatives[:, : found.items.shape[1]])

    return loss


def scored(loss):
    """Return a loss of scores as one of embeddings, which autocast leaves alone here: products and sums, no matmul."""

    def of_embeddings(mine, theirs, negatives):
        scores = (mine[:, None] * negatives).sum(2).float() / TEMPERATURE
        return loss((mine * theirs).sum(1).float() / TEMPERATURE, scores, IS_FAIR, WEIGHTS)

    return of_embeddings


LOSSES = {
    "sampled_softmax": lambda mine, theirs, _: sampled_softmax(
        mine, theirs, torch.zeros(SIZE), torch.ones(SIZE, SIZE, dtype=torch.bool), WEIGHTS, TEMPERATURE
    ),
    "softmax_over_negatives": scored(softmax_over_negatives),
    "binary_cross_entropy": scored(binary_cross_entropy),
    "bayesian_personalised_ranking": scored(bayesian_personalised_ranking),
    "info_nce": lambda mine, theirs, _: info_nce(mine, theirs, torch.tensor(1 / TEMPERATURE)),
    "supervised_contrastive": lambda mine, theirs, _: supervised_contrastive(
        torch.cat([mine, theirs]), LABELS.repeat(2), TEMPERATURE
    ),
    "batch_hard_triplet": lambda mine, theirs, _: batch_hard_triplet(torch.cat([mine, theirs]), LABELS.repeat(2), None),
    "objective in_batch": objective(loss="sampled_softmax", negatives="in_batch"),
    "objective popularity": objective(loss="sampled_softmax", negatives="popularity", num_negatives=NUM_NEGATIVES),
    "objective bce": objective(loss="bce", negatives="uniform", num_negatives=NUM_NEGATIVES),
    "objective bpr_k": objective(loss="bpr_k", negatives="uniform", num_negatives=NUM_NEGATIVES),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_given_embeddings_is_the_same_in_mixed_precision(name):
    found = [loss_and_gradients(LOSSES[name], is_mixed, torch.float32) for is_mixed in (False, True)]
    for alone, mixed in zip(*found, strict=True):
        torch.testing.assert_close(mixed, alone, rtol=0, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_of_half_precision_embeddings_is_float32(name):
    assert loss_and_gradients(LOSSES[name], True, torch.bfloat16)[0].dtype == torch.float32


def loss_and_gradients(loss, is_mixed, dtype):
    generator = torch.Generator().manual_seed(3)
    shapes = ((SIZE, DIM), (SIZE, DIM), (SIZE, NUM_NEGATIVES, DIM))
    given = [torch.nn.functional.normalize(torch.randn(shape, generator=generator), dim=-1) for shape in shapes]
    given = [embeddings.to(dtype).requires_grad_() for embeddings in given]
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_mixed):
        value = loss(*given)
    gradients = torch.autograd.grad(value, given, allow_unused=True)
    return [value, *(gradient for gradient in gradients if gradient is not None)]
