"""Recipe of graphsage: items in a graph across shops (trainer/recipes/item_graph.py, trainer/towers/graphsage.py)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.config.checks import between
from trainer.config.model import RankingConfig
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.item_features import ItemFeatures
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.learning.ranking_learner import RankingLearner
from trainer.prepare import Prepared
from trainer.recipes.item_graph import ItemGraph, build_graph, sample_neighbourhood, without
from trainer.recipes.model import Model, config_of
from trainer.towers.graphsage import GraphSageItem
from trainer.towers.two_tower import TwoTowerUser


@dataclass(frozen=True)
class GraphSageConfig(RankingConfig):
    """Options of the graphsage model: sizes of its towers and of its graph (trainer/recipes/item_graph.py)."""

    type: str = "graphsage"
    width: int = 128  # of a node
    hidden: int = 256
    attention_dim: int = 64  # of the user tower
    max_degree: int = 10  # an item has at most this many neighbours of each relation
    fan_out: tuple[int, ...] = (5, 3)  # how many of them are sampled in training: of an item, of its neighbours, ...
    neighbour_dropout: float = 0.2  # share of items that count as having no neighbours, so that content alone suffices

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("width", "hidden", "attention_dim"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        between("model.max_degree", self.max_degree, 1, 1000)
        between("model.fan_out's length, the number of layers,", len(self.fan_out), 1, 4)
        for number in self.fan_out:
            between("model.fan_out", number, 1, self.max_degree)
        between("model.neighbour_dropout", self.neighbour_dropout, 0, 1)


class Surroundings:
    """Neighbourhoods for the item tower: sampled in training, whole elsewhere."""

    def __init__(self, graph: ItemGraph, features: ItemFeatures, config: GraphSageConfig, num_users: int) -> None:
        self.graph, self.features, self.config = graph, features, config
        self._is_hidden = np.zeros(num_users, dtype=np.bool_)

    def hide_choices_of(self, users: NDArray[np.int64]) -> None:
        """Leave out edges due to one of these users alone, because the target itself would be a neighbour.

        Four of five edges of review data are due to one user. They would reveal half of the training targets, and no
        target of a later user.
        """
        self._is_hidden[:] = False
        self._is_hidden[users] = True

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return the arguments of :class:`GraphSageItem` that describe the surroundings of these items."""
        config = self.config
        if generator is None:  # all neighbours, so that nothing is drawn
            fan_out = (config.max_degree,) * len(config.fan_out)
            added, arguments = sample_neighbourhood(self.graph, rows, fan_out, torch.Generator())
        else:
            added, arguments = sample_neighbourhood(
                self.graph, rows, config.fan_out, generator, config.neighbour_dropout, self._is_hidden
            )
        content = (self.features.text, self.features.image, self.features.modality_mask)
        side_by_side = np.concatenate([column[added] for column in content], axis=1)
        return {"added": torch.from_numpy(side_by_side), **arguments}


def build(prepared: Prepared) -> RankingLearner:
    """Return the learner with fresh towers, on a graph without the items that the split hides."""
    config, encoders = config_of(prepared, GraphSageConfig), prepared.encoders
    generator = torch.Generator().manual_seed(prepared.config.seed)
    item_tower = GraphSageItem(
        encoders.text_dim,
        encoders.image_dim,
        config.dim,
        config.width,
        config.hidden,
        len(config.fan_out),
        generator=generator,
    )
    user_tower = TwoTowerUser(
        config.dim, config.hidden, config.attention_dim, prepared.config.training.max_items, generator=generator
    )
    graph = without(_graph(prepared), prepared.split.hidden_items)
    extra = Surroundings(graph, prepared.features, config, len(prepared.split.train.user_ids))
    learner = RankingLearner.on(prepared, item_tower, user_tower, generator, extra=extra)
    learner.before_batch = extra.hide_choices_of
    return learner


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of user and item, each item embedded with its whole neighbourhood."""
    num_users = len(prepared.split.train.user_ids)
    surroundings = Surroundings(_graph(prepared), prepared.features, config_of(prepared, GraphSageConfig), num_users)
    max_items = prepared.config.training.max_items
    item_tower, user_tower = towers["item_tower"], towers["user_tower"]
    return tower_scorer(item_tower, user_tower, prepared.features, max_items, prepared.device, surroundings)


def _graph(prepared: Prepared) -> ItemGraph:
    """Return the graph of the catalogue and of training interactions alone."""
    config, train = config_of(prepared, GraphSageConfig), prepared.split.train
    return build_graph(prepared.dataset.products, prepared.features, train, config.max_degree, prepared.config.seed)


MODEL = Model(
    config=GraphSageConfig,
    towers=(GraphSageItem, TwoTowerUser),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
