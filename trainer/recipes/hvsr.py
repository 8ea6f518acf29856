"""The hvsr recipe: text-free items from a frozen image embedding and a CNN on pixels, fitted to what users chose."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.config.model import HvsrConfig
from trainer.errors import ConfigError, DataError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.pixels import Pixels, build_pixels, image_rule_at
from trainer.learning.learner import global_chance_from
from trainer.learning.ranking_learner import Fit
from trainer.prepare import Prepared
from trainer.towers.hvsr import HvsrItem
from trainer.towers.two_tower import TwoTowerUser


class ItemPixels:
    """The pixels of items for the tower's CNN: mirrored, cropped and sometimes hidden in training."""

    def __init__(self, pixels: Pixels, has_image: NDArray[np.bool_], config: HvsrConfig) -> None:
        self._pixels, self._has_image, self._config = pixels, has_image, config

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return {"pixels": (n, 3, size, size), "has_pixels": (n,)}."""
        config = self._config
        pixels = self._pixels.batch(rows, generator, flip=config.flip, crop=config.crop)
        has = torch.from_numpy(self._has_image[rows].astype(np.float32))
        if generator is not None:
            has = has * (torch.rand(len(rows), generator=generator) >= config.pixel_dropout)
        return {"pixels": pixels, "has_pixels": has}


def fresh_item_tower(prepared: Prepared, config: HvsrConfig, generator: torch.Generator) -> HvsrItem:
    """Return the item tower of a configuration; its CNN starts from torch's global chance."""
    return HvsrItem(
        prepared.encoders.image_dim,
        config.dim,
        config.hidden,
        config.cnn_dim,
        config.cnn_width,
        config.image_size,
        generator=generator,
    )


def build(prepared: Prepared) -> Fit:
    """Return fresh towers to be fitted."""
    config = _config(prepared)
    generator = torch.Generator().manual_seed(prepared.config.seed)
    with global_chance_from(generator):
        item_tower = fresh_item_tower(prepared, config, generator)
        user_tower = TwoTowerUser(
            config.dim, config.hidden, config.attention_dim, prepared.config.training.max_items, generator=generator
        )
    return Fit.on(prepared, item_tower, user_tower, generator, extra=item_pixels(prepared))


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the cosine of user and item."""
    max_items, extra = prepared.config.training.max_items, item_pixels(prepared)
    return tower_scorer(
        towers["item_tower"], towers["user_tower"], prepared.features, max_items, prepared.device, extra
    )


def item_pixels(prepared: Prepared) -> ItemPixels:
    """Return the run's pixels, decoded once; raises DataError where there is no image at all."""
    config = _config(prepared)
    if not prepared.images:
        raise DataError("hvsr looks at images alone, and no product has one; give their folder as data.images")
    rule = image_rule_at(prepared.encoders.manifest["image"], config.image_size)
    pixels = build_pixels(prepared.images, len(prepared.features), rule, Path(prepared.config.cache))
    return ItemPixels(pixels, prepared.features.modality_mask[:, 1] > 0, config)


def _config(prepared: Prepared) -> HvsrConfig:
    config = prepared.config.model
    if not isinstance(config, HvsrConfig):
        raise ConfigError(f'the hvsr recipe needs [model] type "hvsr", got {config.type!r}')
    return config
