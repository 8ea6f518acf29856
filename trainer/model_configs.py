"""The [model] table of a run file: one frozen dataclass for each `type`, whose fields are that model's options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainer.limits import between, one_of


@dataclass(frozen=True)
class ModelConfig:
    """What every model has: a type, which picks the dataclass and the recipe, and the width of its embeddings."""

    type: str
    dim: int = 256

    def __post_init__(self) -> None:
        one_of("model.type", self.type, tuple(MODEL_CONFIGS))
        between("model.dim", self.dim, 8, 4096)  # contracts/bundle.schema.json


LOSSES = ("sampled_softmax", "bce", "bpr", "bpr_k")
NEGATIVES = ("in_batch", "uniform", "popularity")
CONTENT = ("text", "image", "both")


@dataclass(frozen=True)
class RankingConfig(ModelConfig):
    """What every item and user tower is fitted by: a loss (trainer/losses.py), against some items' being chosen."""

    loss: str = "sampled_softmax"  # sampled_softmax | bce | bpr (one negative each) | bpr_k (num_negatives each)
    negatives: str = "in_batch"  # in_batch | uniform | popularity: what they are drawn from (trainer/negatives.py)
    num_negatives: int = 8  # for each example; sampled_softmax in_batch takes the whole batch, and only hard ones more
    popularity_alpha: float = 0.75  # popularity: an item's chance is its likes to this power
    hard_share: float = 0.0  # share of the negatives that are among the positive's nearest by content
    hard_neighbours: int = 20  # how many count as nearest
    hard_features: str = "text"  # text | image | both: by which content

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.loss", self.loss, LOSSES)
        one_of("model.negatives", self.negatives, NEGATIVES)
        one_of("model.hard_features", self.hard_features, CONTENT)
        for name in ("num_negatives", "hard_neighbours"):
            between(f"model.{name}", getattr(self, name), 1, 10_000)
        between("model.popularity_alpha", self.popularity_alpha, 0, 2)
        between("model.hard_share", self.hard_share, 0, 1)


@dataclass(frozen=True)
class TwoTowerConfig(RankingConfig):
    """Sizes of trainer/towers/two_tower.py."""

    type: str = "two_tower"
    hidden: int = 512
    num_blocks: int = 1
    attention_dim: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hidden", "num_blocks", "attention_dim"):
            between(f"model.{name}", getattr(self, name), 1, 8192)


MODEL_CONFIGS: dict[str, type[ModelConfig]] = {"two_tower": TwoTowerConfig}


def model_config_type(values: Mapping[str, Any]) -> type[ModelConfig]:
    """Return the dataclass of a [model] table by its `type`, two_tower where it names none; raises ConfigError."""
    kind = values.get("type", "two_tower")
    one_of("model.type", kind, tuple(MODEL_CONFIGS))
    return MODEL_CONFIGS[kind]
