"""Inputs of item towers: the features that every tower takes, and optional further inputs of a recipe."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.features.item_features import ItemFeatures


class ItemExtra(Protocol):
    """A recipe's further inputs, such as numbers, ids, pixels or neighbours: the tower's optional keyword arguments.

    The tower must work without any of them and treat them as missing, because a bundle's item tower gets none.
    """

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return {argument name: CPU tensor with one row per item} of these items, (n,) positions in the catalogue.

        In training `generator` is the run's. Use it alone to sample inputs or to drop some. It is None where the
        embeddings are for use; the result must then be deterministic.
        """


def item_inputs(features: ItemFeatures, rows: NDArray[np.int64], device: torch.device) -> tuple[Tensor, ...]:
    """Return (text, image, modality_mask) of these items on `device`, as item towers take them."""
    columns = (features.text, features.image, features.modality_mask)
    return tuple(torch.from_numpy(np.array(column[rows])).to(device) for column in columns)


def extra_inputs(
    extra: ItemExtra | None, rows: NDArray[np.int64], device: torch.device, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """Return the item tower's further keyword arguments for these items on `device`; {} without `extra`."""
    return {name: tensor.to(device) for name, tensor in extra(rows, generator).items()} if extra else {}


def drop_modalities(modality_mask: Tensor, chance: Tensor, share: float) -> Tensor:
    """Return the mask (n, 2) after a `share` of the items that have both lose text or image, equally often.

    `chance` (n, 2) holds random numbers in [0, 1): the first decides whether an item loses one, the second which.
    """
    is_hit = (chance[:, 0] < share) & (modality_mask.sum(1) == 2)
    loses_text = chance[:, 1] < 0.5
    lost = torch.stack([is_hit & loses_text, is_hit & ~loses_text], dim=1)
    return modality_mask * (1 - lost.to(modality_mask.dtype))
