"""The bundle's own metric: mean and covariances of the item vectors of sample texts and sample images.

A server and a browser shrink the moments of a small shop towards these (kernel/shop_metric.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kernel.contract_types import ShopMetricRule
from kernel.shop_metric import Block, estimate

FILE = "shop_metric.bin"
LAMBDA = 0.3
PSEUDO_ITEMS = 30
COVARIANCE_PSEUDO_ITEMS = 1000


@dataclass(frozen=True)
class ShopMetricFile:
    """The manifest's `shopMetric`, and the bytes of the file that it names."""

    rule: ShopMetricRule
    data: bytes


def measured(
    item_tower: nn.Module,
    text: Tensor,
    image: Tensor,
    blocks: Sequence[Block],
    ridge: float = LAMBDA,
    pseudo_items: int = PSEUDO_ITEMS,
    covariance_pseudo_items: int = COVARIANCE_PSEUDO_ITEMS,
) -> ShopMetricFile:
    """Return the metric of items that have a text (N, Dt) alone, and of others that have an image (M, Di) alone.

    Args:
        item_tower: takes features (N, Dt), (N, Di) and modality_mask (N, 2); its vectors have `blocks`.
        text: features of sample texts.
        image: features of sample images.
        blocks: the coordinates of each modality, or of both where they share a space.
        ridge: the manifest's lambda.
        pseudo_items: the weight of this mean in a shop's, in items.
        covariance_pseudo_items: the weight of these covariances in a shop's, in items.
    """
    with torch.inference_mode():
        texts = item_tower(text, text.new_zeros(len(text), image.shape[1]), _mask(len(text), (1.0, 0.0)))
        images = item_tower(image.new_zeros(len(image), text.shape[1]), image, _mask(len(image), (0.0, 1.0)))
    moments = estimate(torch.cat((texts, images)).numpy(), tuple(blocks))
    rule: ShopMetricRule = {
        "file": FILE,
        "lambda": ridge,
        "pseudoItems": pseudo_items,
        "covariancePseudoItems": covariance_pseudo_items,
        "blocks": [{"start": block.start, "length": block.length} for block in blocks],
    }
    return ShopMetricFile(rule, moments.to_bytes())


def _mask(num_items: int, known: tuple[float, float]) -> Tensor:
    return torch.tensor([known]).expand(num_items, 2)
