"""What an item tower is given: the features that every tower takes, and whatever more a recipe has for its own."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.features.item_features import ItemFeatures


class ItemExtra(Protocol):
    """A recipe's further inputs, such as numbers, ids, pixels or neighbours: the tower's optional keyword arguments.

    The tower must work without any of them (then they are missing), because a bundle's item tower gets none.
    """

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return {argument name: CPU tensor with one row per item} of these items, (n,) positions in the catalogue.

        In training `generator` is the run's: draw from it, and from nothing else, to sample or to drop some inputs.
        It is None where embeddings are wanted for use; then nothing may be left to chance.
        """


def item_inputs(features: ItemFeatures, rows: NDArray[np.int64], device: torch.device) -> tuple[Tensor, ...]:
    """Return (text, image, modality_mask) of some items, as item towers take them."""
    columns = (features.text, features.image, features.modality_mask)
    return tuple(torch.from_numpy(np.array(column[rows])).to(device) for column in columns)


def extra_inputs(
    extra: ItemExtra | None, rows: NDArray[np.int64], device: torch.device, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """Return the further keyword arguments of the item tower for some items; none without `extra`."""
    return {name: tensor.to(device) for name, tensor in extra(rows, generator).items()} if extra else {}


def drop_modalities(modality_mask: Tensor, chance: Tensor, share: float) -> Tensor:
    """Return the mask (n, 2) without the text or the image, as often, of a `share` of the items that have both.

    `chance` (n, 2) is drawn from [0, 1): which items lose something, and what.
    """
    is_hit = (chance[:, 0] < share) & (modality_mask.sum(1) == 2)
    loses_text = chance[:, 1] < 0.5
    lost = torch.stack([is_hit & loses_text, is_hit & ~loses_text], dim=1)
    return modality_mask * (1 - lost.to(modality_mask.dtype))
