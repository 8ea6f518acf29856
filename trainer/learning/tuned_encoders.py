"""Encoders that a run tunes: their features of all items, and a check that they start as the bundle's encoders."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.errors import ConfigError
from trainer.features.encoders import read_pixels
from trainer.features.item_features import ItemFeatures
from trainer.features.pixels import build_pixels, image_rule_at
from trainer.learning.pairs import Rows, TunedImages, TunedText, all_features
from trainer.prepare import Prepared

ENCODERS = ("text_encoder", "image_encoder")  # their names in a checkpoint
SMALLEST_COSINE = 0.995
NUM_CHECKED = 8


def tuned_features(prepared: Prepared, towers: Mapping[str, nn.Module], rows: Rows | None = None) -> ItemFeatures:
    """Return the features of all items, or of `rows` only, by the encoders among `towers`, the bundle's elsewhere."""
    features = prepared.features
    has = features.modality_mask > 0
    chosen = np.zeros(len(features), dtype=bool)
    chosen[np.arange(len(features)) if rows is None else rows] = True
    if "text_encoder" in towers:
        features = replace(features, text=_texts(prepared, towers["text_encoder"], np.flatnonzero(chosen & has[:, 0])))
    if "image_encoder" in towers:
        image = _images(prepared, towers["image_encoder"], np.flatnonzero(chosen & has[:, 1]))
        features = replace(features, image=image)
    return features


def check_branch(prepared: Prepared, branches: Mapping[str, nn.Module]) -> None:
    """Raise ConfigError unless these encoders give the features of the run's bundle, on the first items."""
    has = prepared.features.modality_mask > 0
    texts, images = (np.flatnonzero(has[:, column])[:NUM_CHECKED] for column in (0, 1))
    for name, branch in branches.items():
        branch.eval()
        if name == "text_encoder":
            found, known = _texts(prepared, branch, texts)[texts], prepared.features.text[texts]
        else:
            found, known = _published_images(prepared, branch, images), prepared.features.image[images]
        if found.shape != known.shape or (len(known) and _cosine(found, known).min() < SMALLEST_COSINE):
            raise ConfigError(
                f"model.encoder: its {name.replace('_', ' ')} does not give the features of the run's bundle "
                f"{prepared.encoders.name}; give the bundle of the encoder that is to be tuned"
            )


def _texts(prepared: Prepared, encoder: nn.Module, rows: Rows) -> NDArray[np.float32]:
    texts = [prepared.encoders.item_text(product) for product in prepared.dataset.products]
    source = TunedText(encoder, prepared.encoders.tokens(), texts, 0.0, _device_of(encoder))
    seen: dict[str, int] = {}
    first = np.array([seen.setdefault(texts[row], int(row)) for row in rows], dtype=np.int64)
    features = all_features(source, np.unique(first), _width(source), len(texts))
    # One answer for equal texts, not one a batch: rounding could tell them apart.
    features[rows] = features[first]
    return features


def _images(prepared: Prepared, encoder: nn.Module, rows: Rows) -> NDArray[np.float32]:
    size = int(getattr(prepared.config.model, "image_size", 0))
    rule = image_rule_at(prepared.encoders.manifest["image"], size)
    num_items = len(prepared.features)
    pixels = build_pixels(prepared.images, num_items, rule, Path(prepared.config.cache))
    source = TunedImages(encoder, pixels, _device_of(encoder))
    return all_features(source, rows, _width(source), num_items)


@torch.no_grad()
def _published_images(prepared: Prepared, encoder: nn.Module, rows: Rows) -> NDArray[np.float32]:
    """Return the features of a few images at the bundle's own size, (n, features)."""
    rule = prepared.encoders.manifest["image"]
    if not len(rows):
        return np.zeros((0, prepared.encoders.image_dim), dtype=np.float32)
    pixels = torch.from_numpy(np.stack([read_pixels(prepared.images[int(row)], rule) for row in rows]))
    features: NDArray[np.float32] = encoder(pixels.to(_device_of(encoder))).float().cpu().numpy()
    return features


@torch.no_grad()
def _width(source: TunedText | TunedImages) -> int:
    """Return the width of the features; that of a tuned encoder may differ from the bundle's."""
    return int(source.features(np.zeros(1, dtype=np.int64)).shape[1])


def _device_of(encoder: nn.Module) -> torch.device:
    return next(encoder.parameters()).device


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine: NDArray[np.float32] = (one * other).sum(axis=1) / np.maximum(lengths, 1e-12)
    return cosine
