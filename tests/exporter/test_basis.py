"""The content tower's constants: a space is a hash of them, so they must not depend on how they were summed."""

import pytest
import torch

from exporter.content_basis import _mean_of_relu6, of_linear, of_texts


def test_the_order_of_the_phrases_does_not_change_a_bit_of_the_directions():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(400, 30, generator=generator) @ torch.randn(30, 30, generator=generator)
    features[:, :4] = 0  # as padding dimensions are: their entries of every direction should be 0, not noise
    first = of_texts(features, dim=12).directions
    for seed in range(5):
        order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
        assert torch.equal(of_texts(features[order], dim=12).directions, first)
    assert not first[:4].any()


def test_the_directions_of_a_classifier_span_what_separates_its_classes():
    """Three classes that differ along two axes of five; what all weights share separates nothing."""
    weight = torch.tensor([[9.0, 4, 0, 0, 1], [9.0, -4, 0, 0, 1], [9.0, 0, 2, 0, 1]])
    basis = of_linear(weight, torch.arange(5.0), dim=2)
    assert torch.equal(basis.mean, torch.arange(5.0))
    assert torch.allclose(basis.directions[[0, 3, 4]], torch.zeros(3, 2), atol=1e-6)
    assert torch.allclose(basis.directions.T @ basis.directions, torch.eye(2), atol=1e-6)
    assert basis.directions[1, 0].abs() > 0.9, "the wider difference comes first"


def test_whitening_brings_directions_of_unlike_spread_together():
    generator = torch.Generator().manual_seed(2)
    features = torch.randn(4000, 3, generator=generator) * torch.tensor([8.0, 2.0, 0.5])
    for whitening, ratios in ((0.0, (4, 16)), (0.5, (2, 4)), (1.0, (1, 1))):
        basis = of_texts(features, dim=3, whitening=whitening)
        spread = ((features - basis.mean) @ basis.directions).std(dim=0)
        found = (spread[0] / spread[1], spread[0] / spread[2])
        assert torch.allclose(torch.stack(found), torch.tensor(ratios, dtype=torch.float32), rtol=0.05)


@pytest.mark.parametrize(("bias", "weight"), [(0.0, 1.0), (3.0, 2.0), (-2.0, 0.5), (9.0, 1.5)])
def test_mean_of_a_clipped_normal_is_that_of_many_draws(bias, weight):
    norm = torch.nn.BatchNorm2d(1)
    torch.nn.init.constant_(norm.bias, bias)
    torch.nn.init.constant_(norm.weight, weight)
    draws = bias + weight * torch.randn(400_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert _mean_of_relu6(norm).item() == pytest.approx(draws.clamp(0, 6).mean().item(), abs=0.01)
