"""The bundle's own metric: moments of sample texts and images, read back as a server reads them."""

import numpy as np
import pytest
import torch
from torch import nn

from exporter import shop_metric
from kernel.shop_metric import Block, bundle_metric

BLOCKS = (Block(0, 3), Block(3, 2))
FILLER = 5


class SideBySide(nn.Module):
    """Item vectors [text | image | filler], each part as it is given."""

    def forward(self, text, image, mask):
        known = torch.cat((text * mask[:, :1], image * mask[:, 1:]), dim=1)
        return torch.cat((known, torch.zeros(len(text), 1)), dim=1)


@pytest.fixture(scope="module")
def texts():
    return torch.tensor([[2.0, 0, 0], [0, 3.0, 0], [0, 0, 0.5], [4.0, 0, 0]])


@pytest.fixture(scope="module")
def images():
    return torch.tensor([[0.0, 7.0], [1.0, 0.0]])


def test_moments_are_those_of_unit_directions(texts, images):
    made = shop_metric.measured(SideBySide(), texts, images, BLOCKS)
    own = bundle_metric(made.rule, made.data, 6, FILLER).own
    np.testing.assert_allclose(own.mean, [0.5, 0.25, 0.25, 0.5, 0.5, 0], atol=1e-7)
    directions = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]) - [0.5, 0.25, 0.25]
    np.testing.assert_allclose(own.covariances[0], directions.T @ directions / 4, atol=1e-6)
    np.testing.assert_allclose(own.covariances[1], [[0.25, -0.25], [-0.25, 0.25]], atol=1e-6)


def test_a_text_says_nothing_of_images(texts, images):
    """Else a bundle of many sample texts would pull the mean of its images to zero."""
    alone = shop_metric.measured(SideBySide(), texts, images, BLOCKS)
    many = shop_metric.measured(SideBySide(), texts.repeat(50, 1), images, BLOCKS)
    for made in (alone, many):
        own = bundle_metric(made.rule, made.data, 6, FILLER).own
        np.testing.assert_allclose(own.mean[3:5], [0.5, 0.5], atol=1e-7)


def test_rule_states_what_was_asked_for(texts, images):
    rule = shop_metric.measured(SideBySide(), texts, images, BLOCKS, 0.1, 7, 70).rule
    assert rule == {
        "file": "shop_metric.bin",
        "lambda": 0.1,
        "pseudoItems": 7,
        "covariancePseudoItems": 70,
        "blocks": [{"start": 0, "length": 3}, {"start": 3, "length": 2}],
    }
