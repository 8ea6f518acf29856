"""Hashed ids that tie a checkpoint's embeddings to items and users by name."""

import hashlib
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def hash_keys(names: Iterable[str]) -> NDArray[np.int64]:
    """Return a 64-bit hash of each name, int64 (n,), the same on every machine.

    So a checkpoint fits any catalogue that has the item.
    """
    digests = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.array([int.from_bytes(digest, "big", signed=True) for digest in digests], dtype=np.int64)


def sorted_keys(names: Iterable[str]) -> Tensor:
    """Return the distinct hashed keys of names, int64 and ascending; a key's position is its row in an embedding."""
    return torch.from_numpy(np.unique(hash_keys(names)))
