"""The two_tower recipe: content features in, one space for items and users out (trainer/towers/two_tower.py)."""

from collections.abc import Mapping

import torch
from torch import nn

from trainer.config.model import TwoTowerConfig
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.learning.ranking_learner import Fit
from trainer.prepare import Prepared
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser


def build(prepared: Prepared) -> Fit:
    """Return fresh towers to be fitted."""
    generator = torch.Generator().manual_seed(prepared.config.seed)
    return Fit.on(prepared, *_build_towers(prepared, generator), generator)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the cosine of user and item."""
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], prepared.features, max_items, prepared.device)


def _build_towers(prepared: Prepared, generator: torch.Generator) -> tuple[TwoTowerItem, TwoTowerUser]:
    config, encoders = prepared.config.model, prepared.encoders
    if not isinstance(config, TwoTowerConfig):
        raise TypeError(f"expected a TwoTowerConfig, got {type(config).__name__}")
    sizes = {"dim": config.dim, "hidden": config.hidden}
    item_tower = TwoTowerItem(
        encoders.text_dim, encoders.image_dim, num_blocks=config.num_blocks, generator=generator, **sizes
    )
    user_tower = TwoTowerUser(
        attention_dim=config.attention_dim,
        max_items=prepared.config.training.max_items,
        generator=generator,
        **sizes,
    )
    return item_tower, user_tower
