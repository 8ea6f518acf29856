"""The graphsage recipe: items in a graph across shops (trainer/graph.py, trainer/towers/graphsage.py)."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.evaluation import Scorer, tower_scorer
from trainer.features import ItemFeatures
from trainer.fit import Fit
from trainer.graph import ItemGraph, build_graph, sample_neighbourhood, without
from trainer.model_configs import GraphSageConfig
from trainer.prepare import Prepared
from trainer.towers.graphsage import GraphSageItem
from trainer.towers.two_tower import TwoTowerUser


class Surroundings:
    """The item tower's sampled neighbourhoods in training; whole ones where embeddings are wanted for use."""

    def __init__(self, graph: ItemGraph, features: ItemFeatures, config: GraphSageConfig) -> None:
        self.graph, self.features, self.config = graph, features, config

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return the arguments of :class:`GraphSageItem` that describe the surroundings of these items."""
        config = self.config
        fan_out, dropout = config.fan_out, config.neighbour_dropout
        if generator is None:  # all neighbours, so that nothing is drawn
            generator, fan_out, dropout = torch.Generator(), (config.max_degree,) * len(fan_out), 0.0
        added, arguments = sample_neighbourhood(self.graph, rows, fan_out, generator, dropout)
        content = (self.features.text, self.features.image, self.features.modality_mask)
        side_by_side = np.concatenate([column[added] for column in content], axis=1)
        return {"added": torch.from_numpy(side_by_side), **arguments}


def build(prepared: Prepared) -> Fit:
    """Return fresh towers to be fitted, on a graph without the items that the split calls new."""
    config, encoders = _model(prepared), prepared.encoders
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
    extra = Surroundings(graph, prepared.features, config)
    return Fit.on(prepared, item_tower, user_tower, generator, extra=extra)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the cosine of user and item, every item embedded with its whole neighbourhood."""
    surroundings = Surroundings(_graph(prepared), prepared.features, _model(prepared))
    max_items = prepared.config.training.max_items
    item_tower, user_tower = towers["item_tower"], towers["user_tower"]
    return tower_scorer(item_tower, user_tower, prepared.features, max_items, prepared.device, surroundings)


def _graph(prepared: Prepared) -> ItemGraph:
    """Return the graph of the catalogue and of training interactions, and of no others."""
    config, train = _model(prepared), prepared.split.train
    return build_graph(prepared.dataset.products, prepared.features, train, config.max_degree, prepared.config.seed)


def _model(prepared: Prepared) -> GraphSageConfig:
    config = prepared.config.model
    if not isinstance(config, GraphSageConfig):
        raise TypeError(f"expected a GraphSageConfig, got {type(config).__name__}")
    return config
