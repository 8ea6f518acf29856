"""Curves of a run as it goes: TensorBoard event files always, Weights & Biases where it is asked for.

Both get the same numbers once an epoch, with the epoch as the step: loss, learning rate and gradient norm, and the
metrics on "valid" under `valid/`, an @ written out (`valid/ndcg_at_10`).
"""

import importlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from trainer.config.run import RunConfig, as_document
from trainer.errors import ConfigError

TENSORBOARD_DIRECTORY = "tensorboard"
WANDB_ID_FILE = "wandb-run-id.txt"


class Tracker(Protocol):
    """Somebody who keeps curves."""

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Keep the numbers of an epoch."""

    def close(self) -> None:
        """Write down what is not yet written."""


class WandbRun(Protocol):
    """What is used of a run of the wandb package (https://docs.wandb.ai/ref/python/sdk/classes/run)."""

    def log(self, data: dict[str, Any], step: int) -> None:
        """Keep the numbers of a step."""

    def finish(self) -> None:
        """Send or write down what is left."""


class Wandb(Protocol):
    """What is used of the wandb package itself."""

    def init(self, **settings: Any) -> WandbRun:
        """Start a run, or go on with the one of this id."""


class TensorBoardTracker:
    """Event files in `directory`; with `purge_epoch`, what earlier files say of that epoch and later is not shown."""

    def __init__(self, directory: Path, purge_epoch: int | None = None) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - takes a second, which other commands save

        self._writer = SummaryWriter(str(directory), purge_step=purge_epoch)

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Keep the numbers of an epoch."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def close(self) -> None:
        """Write down what is not yet written."""
        self._writer.close()


class WandbTracker:
    """A run of Weights & Biases; a resumed run goes on under the id that is kept in its directory."""

    def __init__(self, wandb: Wandb, config: RunConfig, out: Path) -> None:
        id_file = out / WANDB_ID_FILE
        if not id_file.is_file():
            out.mkdir(parents=True, exist_ok=True)
            id_file.write_text(secrets.token_hex(8), encoding="utf-8")
        self._run = wandb.init(
            project=config.tracking.project,
            name=out.name,
            id=id_file.read_text(encoding="utf-8"),
            resume="allow",
            dir=str(out),
            config=as_document(config),
        )

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Keep the numbers of an epoch."""
        self._run.log(dict(values), step=epoch)

    def close(self) -> None:
        """Send or write down what is left."""
        self._run.finish()


def find_wandb() -> Wandb:
    """Return the wandb package; raises ConfigError where it is not installed."""
    try:
        wandb: Wandb = importlib.import_module("wandb")
    except ImportError as error:
        raise ConfigError(
            "Weights & Biases is asked for, but the package wandb cannot be imported; install it with "
            "`pip install wandb`, or leave out --wandb and [tracking] wandb = true"
        ) from error
    return wandb


def open_trackers(config: RunConfig, out: Path, next_epoch: int, wandb: Wandb | None) -> list[Tracker]:
    """Return the trackers of a run whose next finished epoch is `next_epoch`; Weights & Biases where it is given."""
    trackers: list[Tracker] = [TensorBoardTracker(out / TENSORBOARD_DIRECTORY, next_epoch or None)]
    if wandb is not None:
        trackers.append(WandbTracker(wandb, config, out))
    return trackers


def curves(found: Mapping[str, float], metrics: Mapping[str, float]) -> dict[str, float]:
    """Return one epoch's numbers by the names of their curves."""
    return {**found, **{f"valid/{name.replace('@', '_at_')}": value for name, value in metrics.items()}}
