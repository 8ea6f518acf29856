"""Declaration of a model: its configuration, towers, builder and scorer in one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from torch import nn

from trainer.config.model import ModelConfig
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer
from trainer.learning.learner import Learner
from trainer.learning.pair_metrics import PairReport
from trainer.prepare import Prepared
from trainer.pretrained.branches import Branch
from trainer.towers.tower import Tower

Towers = Mapping[str, nn.Module]
Config = TypeVar("Config", bound=ModelConfig)


@dataclass(frozen=True)
class Model:
    """One model, declared as `MODEL` in its recipe; trainer/recipes/__init__.py derives the registries.

    Args:
        config: the dataclass of its [model] table, whose default `type` is the model's name.
        towers: the classes of the towers that `build` may return and a checkpoint of it may hold.
        build: returns the learner with fresh towers.
        scorer: returns the scorer of towers; None where they rank nothing for users, as a text-image pair alone.
        stop_metric: the metric on "valid" that picks the best epoch.
        sections: further sections of report.json, such as text-to-image retrieval.
    """

    config: type[ModelConfig]
    towers: tuple[type[Tower | Branch], ...]
    build: Callable[[Prepared], Learner]
    scorer: Callable[[Prepared, Towers], Scorer | None]
    stop_metric: str
    sections: Callable[[Prepared, Towers], PairReport] | None = None

    @property
    def name(self) -> str:
        """The `type` of its [model] table."""
        return self.config.type


def config_of(prepared: Prepared, kind: type[Config]) -> Config:
    """Return the run's model configuration as `kind`; raises ConfigError where the run is of another model."""
    config = prepared.config.model
    if not isinstance(config, kind):
        raise ConfigError(f'expected a run with [model] type "{kind.type}", got {config.type!r}')
    return config
