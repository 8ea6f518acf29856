"""Recipes: how each `model.type` is built from prepared data, and how its towers score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from trainer.evaluation.protocol import Scorer
from trainer.learning.learner import Learner
from trainer.prepare import Prepared
from trainer.recipes import additive, clip, content, fusion, graphsage, hvsr, hybrid, two_tower

Towers = Mapping[str, nn.Module]


@dataclass(frozen=True)
class Recipe:
    """The functions of trainer/recipes/NAME.py."""

    build: Callable[[Prepared], Learner]
    # None where the towers rank no items for users, as a text-image pair alone does not.
    scorer: Callable[[Prepared, Towers], Scorer | None]
    # More sections of report.json that only this type has, such as text-to-image retrieval.
    sections: Callable[[Prepared, Towers], Mapping[str, Any]] | None = None


RECIPES: dict[str, Recipe] = {
    "content": Recipe(content.build, content.scorer),
    "two_tower": Recipe(two_tower.build, two_tower.scorer),
    "fusion": Recipe(fusion.build, fusion.scorer),
    "graphsage": Recipe(graphsage.build, graphsage.scorer),
    "additive": Recipe(additive.build, additive.scorer),
    "clip": Recipe(clip.build, clip.scorer, clip.sections),
    "hybrid": Recipe(hybrid.build, hybrid.scorer, hybrid.sections),
    "hvsr": Recipe(hvsr.build, hvsr.scorer),
}
