"""Fitting two towers to interactions: one epoch at a time, and able to stop and go on between any two."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.checkpoint import TrainingState
from trainer.config import TrainingConfig
from trainer.data import DISMISS, Interactions
from trainer.errors import TrainingError
from trainer.evaluation import item_inputs
from trainer.features import ItemFeatures
from trainer.histories import pad_histories
from trainer.losses import sampled_softmax

OnBatch = Callable[[int, int], None]  # (finished, of how many)


class Fit:
    """Two towers being trained on what users did, by AdamW and in-batch sampled softmax.

    An example is an item that a user liked, and everything that user did before; the item itself is taken out of that
    history, or viewing it first would give it away. All chance comes from one generator whose state `state` keeps:
    `run_epoch` after `restore` gives bit for bit what it would have given without stopping, on the same machine.
    """

    def __init__(
        self,
        item_tower: nn.Module,
        user_tower: nn.Module,
        features: ItemFeatures,
        train: Interactions,
        config: TrainingConfig,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.item_tower, self.user_tower = item_tower.to(device), user_tower.to(device)
        self.features, self.train, self.config = features, train, config
        self.generator, self.device = generator, device
        self.parameters = [*item_tower.parameters(), *user_tower.parameters()]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in self.parameters if p.ndim >= 2], "weight_decay": config.weight_decay},
                {"params": [p for p in self.parameters if p.ndim < 2], "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
        )
        self.step = 0
        self.examples = np.flatnonzero(train.is_liked & (np.arange(len(train)) > train.ptr[train.user_idx]))
        if len(self.examples) < 2:
            raise TrainingError(
                "no training user liked anything after a first interaction, so there is nothing to learn"
            )
        counts = np.bincount(train.item_idx[self.examples], minlength=len(features))
        self.log_q = np.log(np.maximum(counts, 1) / len(self.examples)).astype(np.float32)

    def run_epoch(self, on_batch: OnBatch = lambda finished, total: None) -> float:
        """Go through all examples once, in a new order; returns the mean loss."""
        self.item_tower.train()
        self.user_tower.train()
        order = self.examples[torch.randperm(len(self.examples), generator=self.generator).numpy()]
        batches = [
            order[start : start + self.config.batch_size] for start in range(0, len(order), self.config.batch_size)
        ]
        losses = []
        for finished, rows in enumerate(batches, 1):
            loss = self._loss(rows)
            if loss is not None:
                losses.append(self._descend(loss))
            on_batch(finished, len(batches))
        if not losses:
            raise TrainingError(
                "no batch had a user with another liked item before the target; there is nothing to learn"
            )
        return math.fsum(losses) / len(losses)

    def state(self) -> TrainingState:
        """Return what `restore` needs, besides the towers' weights."""
        tensors = {"generator": self.generator.get_state()}
        for index, values in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in values.items()}
        return TrainingState(tensors, {"step": self.step})

    def restore(self, item_tower: nn.Module, user_tower: nn.Module, state: TrainingState) -> None:
        """Take over these towers' weights and the optimiser and generator of `state`."""
        self.item_tower.load_state_dict(item_tower.state_dict())
        self.user_tower.load_state_dict(user_tower.state_dict())
        optimiser = self.optimiser.state_dict()
        for key, tensor in state.tensors.items():
            section, _, rest = key.partition(".")
            if section == "optimiser":
                index, _, name = rest.partition(".")
                optimiser["state"].setdefault(int(index), {})[name] = tensor
        self.optimiser.load_state_dict(optimiser)
        self.generator.set_state(state.tensors["generator"])
        self.step = int(state.values["step"])

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
        embeddings = self.item_tower(text, image, modality_mask)  # (num_unique, dim)
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


def _fair_negatives(
    targets: NDArray[np.int64], item_idx: NDArray[np.int64], mask: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return (B, B): whether target j may stand against target i, being neither it nor something its user had."""
    had = np.where(mask > 0, item_idx, -1)  # (B, L)
    is_had = (had[:, :, None] == targets[None, None, :]).any(axis=1)
    is_same = targets[:, None] == targets[None, :]
    is_fair: NDArray[np.bool_] = ~(is_had | is_same)
    return is_fair
