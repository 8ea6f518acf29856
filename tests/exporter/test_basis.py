"""The content tower's constants: a space is a hash of them, so they must not depend on how they were summed."""

import torch

from exporter.content_basis import of_texts


def test_the_order_of_the_phrases_does_not_change_a_bit_of_the_directions():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(400, 30, generator=generator) @ torch.randn(30, 30, generator=generator)
    features[:, :4] = 0  # as padding dimensions are: their entries of every direction should be 0, not noise
    first = of_texts(features, dim=12).directions
    for seed in range(5):
        order = torch.randperm(len(features), generator=torch.Generator().manual_seed(seed))
        assert torch.equal(of_texts(features[order], dim=12).directions, first)
    assert not first[:4].any()
