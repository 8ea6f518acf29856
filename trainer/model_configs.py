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


@dataclass(frozen=True)
class TwoTowerConfig(ModelConfig):
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
