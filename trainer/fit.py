"""Fitting two towers to interactions: one epoch at a time, and able to stop and go on between any two."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.checkpoint import TrainingState
from trainer.config import TrainingConfig
from trainer.data import DISMISS, Interactions
from trainer.errors import TrainingError
from trainer.evaluation import evaluate, tower_scorer
from trainer.features import ItemFeatures
from trainer.histories import pad_histories
from trainer.item_inputs import ItemExtra, extra_inputs, item_inputs
from trainer.learner import OnBatch, global_chance_from, unwatched
from trainer.losses import sampled_softmax
from trainer.prepare import Prepared

Judge = Callable[[nn.Module, nn.Module], dict[str, float]]  # (item tower, user tower) -> metrics


@dataclass(frozen=True)
class Lessons:
    """What two towers learn from."""

    train: Interactions
    features: ItemFeatures
    extra: ItemExtra | None = None


class Fit:
    """A learner of an item and a user tower from what users did, by AdamW and in-batch sampled softmax.

    An example is an item that a user liked, and everything that user did before; the item itself is taken out of that
    history, or viewing it first would give it away.
    """

    stop_metric = "ndcg@10"

    def __init__(
        self,
        item_tower: nn.Module,
        user_tower: nn.Module,
        lessons: Lessons,
        config: TrainingConfig,
        generator: torch.Generator,
        device: torch.device,
        judge: Judge,
    ) -> None:
        self.item_tower, self.user_tower = item_tower.to(device), user_tower.to(device)
        self.train, self.features, self.extra = lessons.train, lessons.features, lessons.extra
        self.config, self.generator, self.device, self.judge = config, generator, device, judge
        self.parameters = [*item_tower.parameters(), *user_tower.parameters()]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in self.parameters if p.ndim >= 2], "weight_decay": config.weight_decay},
                {"params": [p for p in self.parameters if p.ndim < 2], "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
        )
        self.step = 0
        self.examples = np.flatnonzero(self.train.is_liked & (_places(self.train) > 0))
        if len(self.examples) < 2:
            raise TrainingError(
                "no training user liked anything after a first interaction, so there is nothing to learn"
            )
        counts = np.bincount(self.train.item_idx[self.examples], minlength=len(self.features))
        self.log_q = np.log(np.maximum(counts, 1) / len(self.examples)).astype(np.float32)

    @classmethod
    def on(
        cls,
        prepared: Prepared,
        item_tower: nn.Module,
        user_tower: nn.Module,
        generator: torch.Generator,
        extra: ItemExtra | None = None,
    ) -> Self:
        """Return the learner of these towers on a run's training interactions, judged on its "valid"."""
        lessons = Lessons(prepared.split.train, prepared.features, extra)
        judge = partial(judge_on_valid, prepared, extra)
        return cls(item_tower, user_tower, lessons, prepared.config.training, generator, prepared.device, judge)

    @property
    def towers(self) -> Mapping[str, nn.Module]:
        """The two towers by the names under which they are saved."""
        return {"item_tower": self.item_tower, "user_tower": self.user_tower}

    def run_epoch(self, on_batch: OnBatch = unwatched) -> dict[str, float]:
        """Go through all examples once, in a new order; returns the mean loss."""
        self.item_tower.train()
        self.user_tower.train()
        with global_chance_from(self.generator):
            losses = self._run_batches(on_batch)
        if not losses:
            raise TrainingError(
                "no batch had a user with another liked item before the target; there is nothing to learn"
            )
        return {"loss": math.fsum(losses) / len(losses)}

    def validate(self) -> dict[str, float]:
        """Return the mean metrics of the towers as they stand."""
        return self.judge(self.item_tower, self.user_tower)

    def state(self) -> TrainingState:
        """Return what `restore` needs, besides the towers' weights."""
        tensors = {"generator": self.generator.get_state()}
        for index, values in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in values.items()}
        return TrainingState(tensors, {"step": self.step})

    def restore(self, towers: Mapping[str, nn.Module], state: TrainingState) -> None:
        """Take over these towers' weights and the optimiser and generator of `state`."""
        for name, tower in self.towers.items():
            tower.load_state_dict(towers[name].state_dict())
        optimiser = self.optimiser.state_dict()
        for key, tensor in state.tensors.items():
            section, _, rest = key.partition(".")
            if section == "optimiser":
                index, _, name = rest.partition(".")
                optimiser["state"].setdefault(int(index), {})[name] = tensor
        self.optimiser.load_state_dict(optimiser)
        self.generator.set_state(state.tensors["generator"])
        self.step = int(state.values["step"])

    def _run_batches(self, on_batch: OnBatch) -> Sequence[float]:
        order = self.examples[torch.randperm(len(self.examples), generator=self.generator).numpy()]
        size = self.config.batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        losses = []
        for finished, rows in enumerate(batches, 1):
            loss = self._loss(rows)
            if loss is not None:
                losses.append(self._descend(loss))
            on_batch(finished, len(batches))
        return losses

    def _descend(self, loss: Tensor) -> float:
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss became {value} at step {self.step}; try a lower training.learning_rate")
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.parameters, self.config.grad_clip)
        self.optimiser.step()
        self.step += 1
        return value

    def _loss(self, rows: NDArray[np.int64]) -> Tensor | None:
        """Return the loss of these examples, or None where fewer than two have a history and a weight."""
        train = self.train
        targets = train.item_idx[rows]  # (B,)
        start = train.ptr[train.user_idx[rows]]
        history = pad_histories(train, start, rows, train.time_days[rows], self.config.max_items)
        mask = history.item_mask * (history.item_idx != targets[:, None])  # (B, L)
        usable = ((mask > 0) & (history.kinds != DISMISS)).any(axis=1)
        if usable.sum() < 2:
            return None
        users, positives = self._embed(history.item_idx, history.kinds, history.ages_days, mask, targets)
        return sampled_softmax(
            users,
            positives,
            self._tensor(self.log_q[targets]),
            self._tensor(_fair_negatives(targets, history.item_idx, mask)),
            self._tensor(train.weight[rows] * usable),
            self.config.temperature,
        )

    def _embed(
        self,
        item_idx: NDArray[np.int64],
        kinds: NDArray[np.int64],
        ages_days: NDArray[np.float32],
        mask: NDArray[np.float32],
        targets: NDArray[np.int64],
    ) -> tuple[Tensor, Tensor]:
        """Return the embeddings of users and of what they chose, (B, dim) each; every item is embedded once."""
        unique, places = np.unique(np.concatenate([item_idx.ravel(), targets]), return_inverse=True)
        text, image, modality_mask = item_inputs(self.features, unique, self.device)
        modality_mask = modality_mask * self._keep_modalities(modality_mask)
        extra = extra_inputs(self.extra, unique, self.device, self.generator)
        embeddings = self.item_tower(text, image, modality_mask, **extra)  # (num_unique, dim)
        chosen = torch.nn.functional.embedding(self._tensor(places), embeddings)
        items = chosen[: item_idx.size].view(*item_idx.shape, -1)  # (B, L, dim)
        users = self.user_tower(items, self._tensor(kinds), self._tensor(ages_days), self._tensor(mask))
        return users, chosen[item_idx.size :]

    def _keep_modalities(self, modality_mask: Tensor) -> Tensor:
        """Return 0 for one modality of some items that have both, 1 elsewhere, (n, 2)."""
        chance = torch.rand(len(modality_mask), 2, generator=self.generator).to(self.device)
        is_hit = (chance[:, 0] < self.config.modality_dropout) & (modality_mask.sum(1) == 2)
        loses_text = chance[:, 1] < 0.5
        lost = torch.stack([is_hit & loses_text, is_hit & ~loses_text], dim=1)
        return 1 - lost.to(modality_mask.dtype)

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def judge_on_valid(
    prepared: Prepared, extra: ItemExtra | None, item_tower: nn.Module, user_tower: nn.Module
) -> dict[str, float]:
    """Return the mean metrics of these towers' cosine over the cases of "valid"."""
    config = prepared.config
    scorer = tower_scorer(item_tower, user_tower, prepared.features, config.training.max_items, prepared.device, extra)
    ties = np.random.default_rng([config.seed, 1])
    values = evaluate(scorer, prepared.split.valid, ties, sorted({10, *config.evaluation.k}))
    return {name: float(value.mean()) for name, value in values.items()}


def _places(interactions: Interactions) -> NDArray[np.int64]:
    """Return how many rows of the same user come before each row, (n,)."""
    return np.arange(len(interactions)) - interactions.ptr[interactions.user_idx]


def _fair_negatives(
    targets: NDArray[np.int64], item_idx: NDArray[np.int64], mask: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return (B, B): whether target j may stand against target i, being neither it nor something its user had."""
    had = np.where(mask > 0, item_idx, -1)  # (B, L)
    is_had = (had[:, :, None] == targets[None, None, :]).any(axis=1)
    is_same = targets[:, None] == targets[None, :]
    is_fair: NDArray[np.bool_] = ~(is_had | is_same)
    return is_fair
