"""Recipe of two_tower: items and users in one space, from content features (trainer/towers/two_tower.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from trainer.config.checks import between
from trainer.config.model import RankingConfig
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.learning.ranking_learner import RankingLearner
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser


@dataclass(frozen=True)
class TwoTowerConfig(RankingConfig):
    """Options of the two_tower model: the sizes of its towers."""

    type: str = "two_tower"
    hidden: int = 512
    num_blocks: int = 1
    attention_dim: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hidden", "num_blocks", "attention_dim"):
            between(f"model.{name}", getattr(self, name), 1, 8192)


def build(prepared: Prepared) -> RankingLearner:
    """Return the learner with fresh towers."""
    generator = torch.Generator().manual_seed(prepared.config.seed)
    return RankingLearner.on(prepared, *_build_towers(prepared, generator), generator)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of user and item."""
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], prepared.features, max_items, prepared.device)


def _build_towers(prepared: Prepared, generator: torch.Generator) -> tuple[TwoTowerItem, TwoTowerUser]:
    config, encoders = config_of(prepared, TwoTowerConfig), prepared.encoders
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


MODEL = Model(
    config=TwoTowerConfig,
    towers=(TwoTowerItem, TwoTowerUser),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
