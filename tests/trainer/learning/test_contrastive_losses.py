"""Tests of each loss against a loop that follows its definition row by row."""

import math

import pytest
import torch

from trainer.learning.contrastive_losses import batch_hard_triplet, info_nce, supervised_contrastive


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(4)
    embeddings = torch.nn.functional.normalize(torch.randn(9, 5, generator=generator), dim=-1)
    others = torch.nn.functional.normalize(torch.randn(9, 5, generator=generator), dim=-1)
    return embeddings, others, torch.tensor([0, 1, 0, 2, 1, 0, -1, -1, 3])


def test_info_nce_is_the_mean_cross_entropy_of_both_ways(batch):
    text, image, _ = batch
    expected = 0.0
    for queries, gallery in ((text, image), (image, text)):
        for row in range(9):
            scores = [7.0 * float(queries[row] @ gallery[column]) for column in range(9)]
            expected -= (scores[row] - math.log(sum(map(math.exp, scores)))) / 18
    assert info_nce(text, image, 7.0).item() == pytest.approx(expected, rel=1e-5)


def test_supervised_contrast_follows_its_definition(batch):
    z, _, labels = batch
    losses = []
    for i in range(9):
        positives = [p for p in range(9) if p != i and labels[p] == labels[i] and labels[i] >= 0]
        if positives:
            scores = {a: math.exp(float(z[i] @ z[a]) / 0.2) for a in range(9) if a != i}
            losses.append(-sum(math.log(scores[p] / sum(scores.values())) for p in positives) / len(positives))
    assert len(losses) == 5
    assert supervised_contrastive(z, labels, 0.2).item() == pytest.approx(sum(losses) / 5, rel=1e-5)


@pytest.mark.parametrize("margin", [0.3, None])
def test_the_hardest_positive_and_negative_make_the_triplet(batch, margin):
    z, _, labels = batch
    losses = []
    for i in range(9):
        known = [j for j in range(9) if j != i and labels[j] >= 0]
        positives = [float((z[i] - z[j]).norm()) for j in known if labels[j] == labels[i]]
        negatives = [float((z[i] - z[j]).norm()) for j in known if labels[j] != labels[i]]
        if labels[i] >= 0 and positives and negatives:
            gap = max(positives) - min(negatives)
            losses.append(math.log1p(math.exp(gap)) if margin is None else max(0.0, margin + gap))
    assert len(losses) == 5
    assert batch_hard_triplet(z, labels, margin).item() == pytest.approx(sum(losses) / 5, rel=1e-4)


def test_losses_without_pairs_are_zero_and_have_gradients(batch):
    z = batch[0].clone().requires_grad_()
    for loss in (supervised_contrastive(z, torch.arange(9)), batch_hard_triplet(z, torch.full((9,), -1))):
        assert loss.item() == 0
        torch.autograd.backward(loss)
        assert torch.isfinite(z.grad).all()
