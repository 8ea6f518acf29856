"""Inputs of the encoders: the manifest's `text` and `image` rules, in numpy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer

_INTERPOLATION = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def token_feeds(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return `inputIds` and `attentionMask`, (N, T) int64, padded with zeros to the longest of these texts."""
    encoded = tokenizer.encode_batch(list(texts))
    length = max(len(text.ids) for text in encoded)
    ids, mask = (np.zeros((len(encoded), length), dtype=np.int64) for _ in range(2))
    for row, text in enumerate(encoded):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = text.attention_mask
    return {"inputIds": ids, "attentionMask": mask}


def pixels(images: Sequence[Image.Image], rule: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return (N, 3, size, size) float32 by the manifest's `image` rule."""
    return np.stack([_pixels(image, rule) for image in images])


def _pixels(image: Image.Image, rule: Mapping[str, Any]) -> NDArray[np.float32]:
    size, resize = rule["size"], rule["resize"]
    opaque = Image.new("RGBA", image.size, (255, 255, 255, 255))
    opaque.alpha_composite(image.convert("RGBA"))
    image = opaque.convert("RGB")
    scale = resize / min(image.size)
    wide, high = (max(resize, round(side * scale)) for side in image.size)
    image = image.resize((wide, high), _INTERPOLATION[rule["interpolation"]])
    left, top = (wide - size) // 2, (high - size) // 2
    values = np.asarray(image.crop((left, top, left + size, top + size)), dtype=np.float32) / 255.0
    mean, std = (np.asarray(rule[key], dtype=np.float32) for key in ("mean", "std"))
    values = (values - mean) / std
    return np.ascontiguousarray(values.transpose(2, 0, 1), dtype=np.float32)
