"""Recipe of hvsr: text-free items from a frozen image embedding and a CNN on pixels, trained on interactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.config.checks import between
from trainer.config.model import RankingConfig
from trainer.errors import DataError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.pixels import Pixels, build_pixels, image_rule_at
from trainer.learning.learner import RANKING_STOP_METRIC, global_chance_from
from trainer.learning.ranking_learner import RankingLearner
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.hvsr import HvsrItem
from trainer.towers.two_tower import TwoTowerUser


@dataclass(frozen=True)
class HvsrConfig(RankingConfig):
    """Options of the hvsr model: BPR with K negatives, some of them near in images."""

    type: str = "hvsr"
    dim: int = 512
    loss: str = "bpr_k"
    negatives: str = "uniform"
    num_negatives: int = 10
    hard_share: float = 0.5
    hard_features: str = "image"
    hidden: int = 512
    attention_dim: int = 64  # of the user tower
    cnn_dim: int = 128
    cnn_width: int = 32
    image_size: int = 64  # pixels a side of the CNN's input
    pixel_dropout: float = 0.1  # share of items whose pixels are hidden, so that the frozen embedding alone suffices
    flip: float = 0.5  # how often an image is mirrored
    crop: float = 0.9  # the least share of a side that is kept

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hidden", "attention_dim", "cnn_dim", "cnn_width"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        between("model.image_size", self.image_size, 16, 1024)
        for name in ("pixel_dropout", "flip"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.crop", self.crop, 0.05, 1)


class ItemPixels:
    """Pixels of items for the tower's CNN; in training mirrored, cropped and sometimes hidden."""

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
    """Return a fresh item tower; the weights of its CNN are drawn from torch's global generator."""
    return HvsrItem(
        prepared.encoders.image_dim,
        config.dim,
        config.hidden,
        config.cnn_dim,
        config.cnn_width,
        config.image_size,
        generator=generator,
    )


def build(prepared: Prepared) -> RankingLearner:
    """Return the learner with fresh towers."""
    config = config_of(prepared, HvsrConfig)
    generator = torch.Generator().manual_seed(prepared.config.seed)
    with global_chance_from(generator):
        item_tower = fresh_item_tower(prepared, config, generator)
        user_tower = TwoTowerUser(
            config.dim, config.hidden, config.attention_dim, prepared.config.training.max_items, generator=generator
        )
    return RankingLearner.on(prepared, item_tower, user_tower, generator, extra=item_pixels(prepared))


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of user and item."""
    max_items, extra = prepared.config.training.max_items, item_pixels(prepared)
    return tower_scorer(
        towers["item_tower"], towers["user_tower"], prepared.features, max_items, prepared.device, extra
    )


def item_pixels(prepared: Prepared) -> ItemPixels:
    """Return the run's pixels, decoded once; raises DataError where there is no image at all."""
    config = config_of(prepared, HvsrConfig)
    if not prepared.images:
        raise DataError("hvsr reads images alone, and no product has one; give their folder as data.images")
    rule = image_rule_at(prepared.encoders.manifest["image"], config.image_size)
    pixels = build_pixels(prepared.images, len(prepared.features), rule, Path(prepared.config.cache))
    return ItemPixels(pixels, prepared.features.modality_mask[:, 1] > 0, config)


MODEL = Model(
    config=HvsrConfig,
    towers=(HvsrItem, TwoTowerUser),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
