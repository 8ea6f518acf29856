"""What trainer/runs/train.py drives: anything that learns in epochs and can stop and go on between any two."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import nn

from trainer.checkpoint import TrainingState

OnBatch = Callable[[int, int], None]  # (finished, of how many)
RANKING_STOP_METRIC = "ndcg@10"  # picks the best epoch of every model that ranks items for users


def ignore_batch(finished: int, total: int) -> None:
    """Be told of a batch, and tell nobody."""


class Learner(Protocol):
    """Towers being trained.

    All chance comes from one generator whose state `state` keeps: `run_epoch` after `restore` gives bit for bit what it
    would have given without stopping, on the same machine.
    """

    @property
    def towers(self) -> Mapping[str, nn.Module]:
        """What is saved: "item_tower" and "user_tower" where they exist, else names of its own, such as "clip"."""

    @property
    def step(self) -> int:
        """Optimiser steps so far."""

    @property
    def stop_metric(self) -> str:
        """A key of what `validate` returns; the epoch in which it is highest is the best one."""

    def run_epoch(self, on_batch: OnBatch = ignore_batch) -> dict[str, float]:
        """Go through the training examples once; returns means over it, "loss" among them."""

    def validate(self) -> dict[str, float]:
        """Return the metrics on "valid". Called once before the first epoch and once after each."""

    def state(self) -> TrainingState:
        """Return what `restore` needs besides the towers' weights."""

    def restore(self, towers: Mapping[str, nn.Module], state: TrainingState) -> None:
        """Take over these towers' weights and stand where `state` was taken."""


@contextmanager
def global_chance_from(generator: torch.Generator) -> Iterator[None]:
    """Let layers that draw from torch's global generator, such as nn.Dropout, depend on `generator` alone.

    Inside, the global generators start from a seed that `generator`'s state decides (nothing is drawn from it);
    afterwards they stand where they stood. Wrap an epoch in it, and dropout resumes bit for bit, too.
    """
    digest = hashlib.sha256(generator.get_state().numpy().tobytes()).digest()
    with torch.random.fork_rng():
        torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        yield
