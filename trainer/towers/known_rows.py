"""Lookup of the embedding rows of items and users that training knew."""

import torch
from torch import Tensor

UNKNOWN = -1  # the row of an item or user that has no embedding of its own


def find_rows(sorted_keys: Tensor, keys: Tensor) -> Tensor:
    """Return the position of each of `keys` in `sorted_keys`, -1 where absent; all int64."""
    if len(sorted_keys) == 0:
        return torch.full_like(keys, UNKNOWN)
    places = torch.searchsorted(sorted_keys, keys).clamp(max=len(sorted_keys) - 1)
    return torch.where(sorted_keys[places] == keys, places, UNKNOWN)
