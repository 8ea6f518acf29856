"""Constants of the content tower: the centres of features and the directions of their projection.

Nothing here has seen a catalogue. Text directions come from phrases composed by our own code; image directions and
their centre are read from EfficientNet's own weights. docs/decisions/0002-content-tower.md has the measurements.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

TEXT_DIM = 128
IMAGE_DIM = 127
TEXT_WEIGHT = 0.5
# Directions are divided by (their spread) ** WHITENING: 0 leaves the wide ones in charge (what a thing is), 1 makes all
# equal (and noise loud). Half way, colours and materials are heard as well.
WHITENING = 0.5
NUM_PHRASES = 4000


@dataclass(frozen=True)
class Basis:
    """`mean` (D,) to subtract and `directions` (D, d) to project on: orthogonal columns, scaled."""

    mean: Tensor
    directions: Tensor


def of_texts(features: Tensor, dim: int = TEXT_DIM, whitening: float = WHITENING) -> Basis:
    """Return the principal directions of text features (N, Dt), widest first, partly whitened."""
    features = features.double()
    mean = features.mean(dim=0)
    _, spread, directions = torch.linalg.svd(features - mean, full_matrices=False)
    scaled = directions[:dim].T / (spread[:dim] / spread[0]) ** whitening
    return Basis(mean.float(), _settled(scaled))


def of_classifier(classifier: Any, dim: int = IMAGE_DIM) -> Basis:
    """Return the directions in which a classifier (timm's EfficientNet) separates its 1,000 classes, widest first."""
    weight = classifier.classifier.weight.detach().double()  # (classes, Di)
    _, _, directions = torch.linalg.svd(weight - weight.mean(dim=0), full_matrices=False)
    return Basis(_mean_of_relu6(classifier.bn2).float(), _settled(directions[:dim].T))


def of_linear(weight: Tensor, mean: Tensor, dim: int) -> Basis:
    """Return the directions in which a linear classifier's weight (classes, Di) separates its classes, widest first.

    mean: (Di,), the centre of features; a classifier does not tell it.
    """
    weight = weight.detach().double()
    _, _, directions = torch.linalg.svd(weight - weight.mean(dim=0), full_matrices=False)
    return Basis(mean.float(), _settled(directions[:dim].T))


def _mean_of_relu6(norm: Any) -> Tensor:
    """Return the mean of relu6(x) for x ~ N(bias, weight²): a batch norm's mean output over its training data."""
    centre, spread = norm.bias.detach().double(), norm.weight.detach().double().abs().clamp(min=1e-9)

    def above(threshold: float) -> Tensor:
        distance = (centre - threshold) / spread
        density = torch.exp(-0.5 * distance.square()) / math.sqrt(2 * math.pi)
        mean: Tensor = (centre - threshold) * torch.special.ndtr(distance) + spread * density
        return mean

    return above(0.0) - above(6.0)


def _settled(directions: Tensor) -> Tensor:
    """Return the directions as float32, with the same bits on every run.

    LAPACK's last bits depend on threads and load, and a bundle's space is a hash of the result: entries that should be
    0 came out as 1e-15 or as 2e-15. On a grid of 2^-24, half an ulp of 1, both are 0 and the others do not move.
    """
    return (torch.round(_same_signs(directions) * 2**24) / 2**24).float()


def _same_signs(directions: Tensor) -> Tensor:
    """Return the directions with each column's largest entry positive: a singular vector's sign is arbitrary."""
    largest = directions.abs().argmax(dim=0)
    signs = directions[largest, torch.arange(directions.shape[1])].sign()
    return directions * signs
