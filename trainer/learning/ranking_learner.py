"""Learner of an item and a user tower from interactions; it resumes between any two epochs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.checkpoint import TrainingState
from trainer.config.model import RankingConfig
from trainer.config.run import TrainingConfig
from trainer.dataset.dataset import DISMISS, Interactions
from trainer.dataset.histories import pad_histories
from trainer.errors import TrainingError
from trainer.evaluation.protocol import evaluate, tower_scorer
from trainer.features.item_features import ItemFeatures
from trainer.features.item_inputs import ItemExtra, drop_modalities, extra_inputs, item_inputs
from trainer.learning.learner import RANKING_STOP_METRIC, OnBatch, global_chance_from, ignore_batch
from trainer.learning.negatives import nearest_items
from trainer.learning.objective import ExampleBatch, Objective
from trainer.learning.optim import Optimiser, OptimiserState
from trainer.prepare import Prepared


@dataclass(frozen=True)
class ItemBatch:
    """Distinct items of one batch: the item tower's inputs and its embeddings."""

    item_idx: NDArray[np.int64]  # (n,)
    text: Tensor
    image: Tensor
    modality_mask: Tensor  # (n, 2), after modality dropout
    extra: Mapping[str, Tensor]
    embeddings: Tensor  # (n, dim)


Auxiliary = Callable[[ItemBatch], Tensor]  # -> a scalar that is added to the loss
BeforeBatch = Callable[[NDArray[np.int64]], None]  # (user_idx of the examples, (B,))
Validator = Callable[[nn.Module, nn.Module], dict[str, float]]  # (item tower, user tower) -> metrics


@dataclass(frozen=True)
class RankingTask:
    """Training task of a RankingLearner: data, objective and further inputs."""

    train: Interactions
    features: ItemFeatures
    config: RankingConfig
    extra: ItemExtra | None = None
    user_extra: ItemExtra | None = None  # the same for users: their rows are user_idx
    auxiliary: Auxiliary | None = None  # a further loss, on the items of each batch
    neighbours: NDArray[np.int64] | None = None  # of trainer/learning/negatives.py, for hard negatives


class RankingLearner:
    """Learner of an item and a user tower from interactions.

    An example is an item that a user liked, with all earlier interactions of that user. The item itself is removed from
    that history, because an earlier view would reveal it. Negatives and loss: trainer/learning/objective.py.
    """

    stop_metric = RANKING_STOP_METRIC

    def __init__(
        self,
        item_tower: nn.Module,
        user_tower: nn.Module,
        task: RankingTask,
        config: TrainingConfig,
        generator: torch.Generator,
        device: torch.device,
        validator: Validator,
    ) -> None:
        self.item_tower, self.user_tower = item_tower.to(device), user_tower.to(device)
        self.train, self.features, self.extra = task.train, task.features, task.extra
        self.user_extra, self.auxiliary = task.user_extra, task.auxiliary
        self.before_batch: BeforeBatch | None = None  # called with the users of a batch before its loss
        self.config, self.generator, self.device, self.validator = config, generator, device, validator
        self.examples = np.flatnonzero(self.train.is_liked & (_places(self.train) > 0))
        if len(self.examples) < 2:
            raise TrainingError(
                "no training user liked anything after a first interaction, so there is nothing to learn"
            )
        counts = np.bincount(self.train.item_idx[self.examples], minlength=len(self.features))
        self.objective = Objective(task.config, config.temperature, self.train, counts, task.neighbours)
        steps = math.ceil(math.ceil(len(self.examples) / config.batch_size) / config.accumulate)
        parameters = [*item_tower.parameters(), *user_tower.parameters()]
        self.optimiser = Optimiser(parameters, config, steps * config.epochs, device)
        self._watched_step = 0

    @classmethod
    def on(
        cls,
        prepared: Prepared,
        item_tower: nn.Module,
        user_tower: nn.Module,
        generator: torch.Generator,
        *,
        extra: ItemExtra | None = None,
        user_extra: ItemExtra | None = None,
        auxiliary: Auxiliary | None = None,
    ) -> Self:
        """Return the learner of these towers on a run's training interactions, validated on its "valid".

        A recipe whose item tower takes more than text and image gives `extra`, and the same to `tower_scorer`;
        `user_extra` is that for the user tower.
        """
        config, model, train = prepared.config, prepared.config.model, prepared.split.train
        if not isinstance(model, RankingConfig):
            raise TypeError(f"expected a RankingConfig, got {type(model).__name__}")
        neighbours = None
        if model.hard_share:
            catalogue, cache = np.unique(train.item_idx), Path(config.cache)
            args = (prepared.features, model.hard_features, catalogue, model.hard_neighbours)
            neighbours = nearest_items(*args, prepared.device, cache)
        task = RankingTask(train, prepared.features, model, extra, user_extra, auxiliary, neighbours)
        validator = partial(valid_ranking_metrics, prepared, extra, user_extra)
        return cls(item_tower, user_tower, task, config.training, generator, prepared.device, validator)

    @property
    def step(self) -> int:
        """Number of optimiser steps so far."""
        return self.optimiser.step

    @property
    def towers(self) -> Mapping[str, nn.Module]:
        """The two towers by the names under which they are saved."""
        return {"item_tower": self.item_tower, "user_tower": self.user_tower}

    def run_epoch(self, on_batch: OnBatch = ignore_batch) -> dict[str, float]:
        """Train on all examples once, in a new order; returns mean loss, learning rate and mean gradient norm."""
        self.item_tower.train()
        self.user_tower.train()
        with global_chance_from(self.generator):
            losses = self._run_batches(on_batch)
        if not losses:
            raise TrainingError(
                "no batch had a user with another liked item before the target; there is nothing to learn"
            )
        return {
            "loss": math.fsum(losses) / len(losses),
            "learning_rate": self.optimiser.learning_rate,
            "grad_norm": self.optimiser.take_grad_norm(),
        }

    def validate(self) -> dict[str, float]:
        """Return the mean metrics of the current towers; after training steps, also update a plateau schedule."""
        metrics = self.validator(self.item_tower, self.user_tower)
        if self.step > self._watched_step:
            self.optimiser.watch(metrics[self.stop_metric])
            self._watched_step = self.step
        return metrics

    def state(self) -> TrainingState:
        """Return the state that `restore` needs besides the towers' weights."""
        tensors, values = self.optimiser.state()
        return TrainingState({"generator": self.generator.get_state(), **tensors}, values)

    def restore(self, towers: Mapping[str, nn.Module], state: TrainingState) -> None:
        """Restore these towers' weights and the optimiser and generator of `state`."""
        for name, tower in self.towers.items():
            tower.load_state_dict(towers[name].state_dict())
        self.optimiser.restore(state.tensors, cast(OptimiserState, state.values))
        self.generator.set_state(state.tensors["generator"])
        self._watched_step = self.step

    def _run_batches(self, on_batch: OnBatch) -> Sequence[float]:
        order = self.examples[torch.randperm(len(self.examples), generator=self.generator).numpy()]
        size = self.config.batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        losses = []
        for finished, rows in enumerate(batches, 1):
            with self.optimiser.autocast():
                loss = self._loss(rows)
            if loss is not None:
                losses.append(self._checked(loss))
                self.optimiser.add(loss)
            on_batch(finished, len(batches))
        self.optimiser.finish()
        return losses

    def _checked(self, loss: Tensor) -> float:
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss became {value} at step {self.step}; try a lower training.learning_rate")
        return value

    def _loss(self, rows: NDArray[np.int64]) -> Tensor | None:
        """Return the loss of these examples, or None where fewer than two have a history and a weight."""
        train = self.train
        targets, who = train.item_idx[rows], train.user_idx[rows]  # (B,) each
        history = pad_histories(train, train.ptr[who], rows, train.time_days[rows], self.config.max_items)
        mask = history.item_mask * (history.item_idx != targets[:, None])  # (B, L)
        usable = ((mask > 0) & (history.kinds != DISMISS)).any(axis=1)
        if usable.sum() < 2:
            return None
        if self.before_batch:
            self.before_batch(who)
        negatives = self.objective.draw(who, targets, self.generator)
        wanted = np.concatenate([history.item_idx.ravel(), targets, negatives.items.ravel()])
        embeddings, further = self._embed(wanted)
        num, (size, length) = history.item_idx.size, history.item_idx.shape
        users = self.user_tower(
            embeddings[:num].view(size, length, -1),  # (B, L, dim)
            *map(self._tensor, (history.kinds, history.ages_days, mask)),
            **extra_inputs(self.user_extra, who, self.device, self.generator),
        )
        batch = ExampleBatch(who, targets, train.weight[rows] * usable, negatives)
        against = embeddings[num + size :].view(size, -1, embeddings.shape[1])  # (B, K, dim)
        loss = self.objective.loss(batch, users, embeddings[num : num + size], against)
        return loss if further is None else loss + further

    def _embed(self, item_idx: NDArray[np.int64]) -> tuple[Tensor, Tensor | None]:
        """Return the embeddings of items (n,), each embedded once, as (n, dim), and the auxiliary loss on them."""
        unique, places = np.unique(item_idx, return_inverse=True)
        text, image, modality_mask = item_inputs(self.features, unique, self.device)
        chance = torch.rand(len(modality_mask), 2, generator=self.generator).to(self.device)
        modality_mask = drop_modalities(modality_mask, chance, self.config.modality_dropout)
        extra = extra_inputs(self.extra, unique, self.device, self.generator)
        embeddings = self.item_tower(text, image, modality_mask, **extra)  # (num_unique, dim)
        further = None
        if self.auxiliary:
            further = self.auxiliary(ItemBatch(unique, text, image, modality_mask, extra, embeddings))
        return torch.nn.functional.embedding(self._tensor(places), embeddings), further

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def valid_ranking_metrics(
    prepared: Prepared,
    extra: ItemExtra | None,
    user_extra: ItemExtra | None,
    item_tower: nn.Module,
    user_tower: nn.Module,
) -> dict[str, float]:
    """Return the mean metrics of these towers' cosine over the cases of "valid"."""
    config = prepared.config
    max_items, device = config.training.max_items, prepared.device
    scorer = tower_scorer(item_tower, user_tower, prepared.features, max_items, device, extra, user_extra)
    ties = np.random.default_rng([config.seed, 1])
    values = evaluate(scorer, prepared.split.valid, ties, sorted({10, *config.evaluation.k}))
    return {name: float(value.mean()) for name, value in values.items()}


def _places(interactions: Interactions) -> NDArray[np.int64]:
    """Return how many rows of the same user come before each row, (n,)."""
    return np.arange(len(interactions)) - interactions.ptr[interactions.user_idx]
