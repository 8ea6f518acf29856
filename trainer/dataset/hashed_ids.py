"""Items and users by name, not by position: numbers that a checkpoint keeps beside the embeddings they belong to."""

import hashlib
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def hash_keys(names: Iterable[str]) -> NDArray[np.int64]:
    """Return a number for each name, the same everywhere, so that a checkpoint fits any catalogue that has the item."""
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.array([int.from_bytes(digest, "big", signed=True) for digest in digests], dtype=np.int64)


def sorted_keys(names: Iterable[str]) -> Tensor:
    """Return the keys of names, ascending, each once: where one stands is its row in an embedding."""
    return torch.from_numpy(np.unique(hash_keys(names)))
