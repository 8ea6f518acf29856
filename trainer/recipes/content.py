"""Recipe of content: the principal directions of the catalogue's texts and images, without training.

It uses no interaction, so it is as good in a shop that opened today; trainer/towers/content.py has the equations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from trainer.baselines.content import principal_directions
from trainer.config.checks import between
from trainer.config.model import ModelConfig
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.learning.ranking_learner import valid_ranking_metrics
from trainer.learning.row_learner import RowLearner, RowTask
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.content import CatalogueContentItem, ContentUserTower


@dataclass(frozen=True)
class ContentConfig(ModelConfig):
    """Options of the content model: how trainer/towers/content.py combines features; nothing is trained."""

    type: str = "content"
    text_weight: float = 0.5  # the text's share of the squared length
    whitening: float = 0.0  # 0: as the catalogue varies; 1: every direction weighs the same
    half_life_days: float = 30.0  # after how many days an interaction counts half

    def __post_init__(self) -> None:
        super().__post_init__()
        between("model.text_weight", self.text_weight, 0.01, 0.99)
        between("model.whitening", self.whitening, 0, 1)
        between("model.half_life_days", self.half_life_days, 0.01, 100_000)

    @property
    def learns(self) -> bool:
        """False: nothing is trained."""
        return False


def build(prepared: Prepared) -> RowLearner:
    """Return a learner with finished towers, which has nothing to train."""
    item_tower, user_tower = _towers(prepared)
    task = RowTask(
        batches=lambda generator: [],
        batches_per_epoch=0,
        loss=lambda rows, epoch: {},
        validator=partial(valid_ranking_metrics, prepared, None, None, item_tower, user_tower),
        stop_metric=RANKING_STOP_METRIC,
    )
    towers: dict[str, nn.Module] = {"item_tower": item_tower, "user_tower": user_tower}
    return RowLearner(towers, {}, task, prepared.config.training, torch.Generator(), prepared.device)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of an item and the weighted history."""
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], prepared.features, max_items, prepared.device)


def _towers(prepared: Prepared) -> tuple[CatalogueContentItem, ContentUserTower]:
    config, features = config_of(prepared, ContentConfig), prepared.features
    dims = (features.text.shape[1], features.image.shape[1])
    known = [block[features.modality_mask[:, place] > 0] for place, block in enumerate((features.text, features.image))]
    room = config.dim - 1  # one coordinate is the filler
    if len(known[0]) and len(known[1]):
        widths = (room - room // 2, room // 2)
    else:  # one direction is the least that a block can have
        widths = (1, room - 1) if len(known[1]) else (room - 1, 1)
    item_tower = CatalogueContentItem(*dims, *widths, config.text_weight)
    text, image = (
        principal_directions(block, width, config.whitening) for block, width in zip(known, widths, strict=True)
    )
    item_tower.fill(text, image)
    return item_tower, ContentUserTower(half_life_days=config.half_life_days)


MODEL = Model(
    config=ContentConfig,
    towers=(CatalogueContentItem, ContentUserTower),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
