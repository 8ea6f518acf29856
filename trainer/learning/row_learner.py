"""Learner on rows of the catalogue: batches of items or users, one loss a batch; it resumes between epochs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from kernel.json_object import JsonMapping
from trainer.checkpoint import TrainingState
from trainer.config.run import TrainingConfig
from trainer.errors import TrainingError
from trainer.learning.learner import OnBatch, global_chance_from, ignore_batch
from trainer.learning.optim import Optimiser, OptimiserState
from trainer.learning.pairs import Rows


@dataclass(frozen=True)
class RowTask:
    """Training task of a RowLearner: batches, loss and validator.

    batches: returns the rows of one epoch, drawn from the generator.
    batches_per_epoch: approximate number, for the schedule of the learning rate.
    loss: returns {"loss": the scalar to minimise, further scalars to report} of rows in an epoch, counted from 1.
    validator: returns the metrics on held-out rows; `stop_metric` is one of them.
    """

    batches: Callable[[torch.Generator], Sequence[Rows]]
    batches_per_epoch: int
    loss: Callable[[Rows, int], Mapping[str, Tensor]]
    validator: Callable[[], dict[str, float]]
    stop_metric: str


class RowLearner:
    """Learner of towers that have a loss on rows of the catalogue.

    Args:
        towers: all towers that are saved; weights that are not in `rates` stay unchanged.
        rates: the weights to train, each with its share of the run's learning rate; empty: nothing is trained.
    """

    def __init__(
        self,
        towers: Mapping[str, nn.Module],
        rates: Mapping[nn.Parameter, float],
        task: RowTask,
        config: TrainingConfig,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.towers = {name: tower.to(device) for name, tower in towers.items()}
        self.task, self.generator = task, generator
        total = math.ceil(task.batches_per_epoch / config.accumulate) * config.epochs
        self.optimiser = Optimiser(list(rates), config, total, device, rates) if rates else None
        self.epoch = 0

    @property
    def stop_metric(self) -> str:
        """The metric that picks the best epoch."""
        return self.task.stop_metric

    @property
    def step(self) -> int:
        """Number of optimiser steps so far."""
        return self.optimiser.step if self.optimiser else 0

    def run_epoch(self, on_batch: OnBatch = ignore_batch) -> dict[str, float]:
        """Train on all rows once; returns the mean of the loss and of its parts."""
        for tower in self.towers.values():
            tower.train(self.optimiser is not None)
        self.epoch += 1
        with global_chance_from(self.generator):
            batches = self.task.batches(self.generator)
            if not batches:
                raise TrainingError("no batch holds two products that can be compared; there is nothing to learn")
            found = []
            for finished, rows in enumerate(batches, 1):
                found.append(self._learn(rows))
                on_batch(finished, len(batches))
            if self.optimiser:
                self.optimiser.finish()
        return {name: math.fsum(parts[name] for parts in found) / len(found) for name in found[0]}

    def validate(self) -> dict[str, float]:
        """Return the metrics of the current towers on held-out rows."""
        for tower in self.towers.values():
            tower.eval()
        with torch.no_grad():
            metrics = self.task.validator()
        if self.optimiser and self.epoch:
            self.optimiser.watch(metrics[self.stop_metric])
        return metrics

    def state(self) -> TrainingState:
        """Return the state that `restore` needs besides the towers' weights."""
        state: tuple[dict[str, Tensor], JsonMapping] = self.optimiser.state() if self.optimiser else ({}, {})
        tensors, values = state
        return TrainingState({**tensors, "generator": self.generator.get_state()}, {**values, "rows_epoch": self.epoch})

    def restore(self, towers: Mapping[str, nn.Module], state: TrainingState) -> None:
        """Restore these towers' weights and the optimiser and generator of `state`."""
        for name, tower in self.towers.items():
            tower.load_state_dict(towers[name].state_dict())
        if self.optimiser:
            self.optimiser.restore(state.tensors, cast(OptimiserState, state.values))
        self.generator.set_state(state.tensors["generator"])
        self.epoch = int(state.values["rows_epoch"])

    def _learn(self, rows: Rows) -> dict[str, float]:
        if self.optimiser is None:
            with torch.no_grad():
                return {name: tensor.item() for name, tensor in self.task.loss(rows, self.epoch).items()}
        with self.optimiser.autocast():
            parts = self.task.loss(rows, self.epoch)
        value = parts["loss"].item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss became {value} at step {self.step}; try a lower training.learning_rate")
        self.optimiser.add(parts["loss"])
        return {name: tensor.item() for name, tensor in parts.items()}
