"""Inputs of the encoders: the manifest's `text` and `image` rules, in numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer

from kernel.contract_types import ImageRule
from kernel.image_rule import on_white, to_pixels


def token_feeds(tokenizer: Tokenizer, texts: Sequence[str], prefix: str = "") -> dict[str, NDArray[np.int64]]:
    """Return `inputIds` and `attentionMask`, (N, T) int64, padded with zeros to the longest of these texts.

    prefix: the manifest's `text.prefix`, put before every text.
    """
    encoded = tokenizer.encode_batch([prefix + text for text in texts])
    length = max(len(text.ids) for text in encoded)
    ids, mask = (np.zeros((len(encoded), length), dtype=np.int64) for _ in range(2))
    for row, text in enumerate(encoded):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = text.attention_mask
    return {"inputIds": ids, "attentionMask": mask}


def pixels(images: Sequence[Image.Image], rule: ImageRule) -> NDArray[np.float32]:
    """Return (N, 3, size, size) float32 by the manifest's `image` rule."""
    return np.stack([to_pixels(on_white(image), rule) for image in images])
