"""Interface of learners: they train in epochs, and can stop and resume between any two."""

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
    """Ignore batch notifications."""


class Learner(Protocol):
    """Towers being trained.

    All random numbers come from one generator, whose state `state` returns. On the same machine, `run_epoch` after
    `restore` therefore equals an uninterrupted run bit for bit.
    """

    @property
    def towers(self) -> Mapping[str, nn.Module]:
        """Towers that a checkpoint saves: "item_tower", "user_tower" and others, such as "text_encoder"."""

    @property
    def step(self) -> int:
        """Number of optimiser steps so far."""

    @property
    def stop_metric(self) -> str:
        """A key of the result of `validate`; the best epoch is the one with its highest value."""

    def run_epoch(self, on_batch: OnBatch = ignore_batch) -> dict[str, float]:
        """Train on all examples once; returns means over the epoch, among them "loss"."""

    def validate(self) -> dict[str, float]:
        """Return the metrics on "valid". Called once before the first epoch and once after each."""

    def state(self) -> TrainingState:
        """Return what `restore` needs besides the towers' weights."""

    def restore(self, towers: Mapping[str, nn.Module], state: TrainingState) -> None:
        """Restore these towers' weights and the `state` that was taken with them."""


@contextmanager
def global_chance_from(generator: torch.Generator) -> Iterator[None]:
    """Seed torch's global generators, which nn.Dropout and others draw from, by the state of `generator`.

    Nothing is drawn from `generator`, and the global generators get their former state back afterwards. An epoch inside
    this context resumes bit for bit, dropout included.
    """
    digest = hashlib.sha256(generator.get_state().numpy().tobytes()).digest()
    with torch.random.fork_rng():
        torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
        yield
