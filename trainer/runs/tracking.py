"""Experiment tracking of a run: TensorBoard event files always, Weights & Biases on request.

Both get the same numbers once an epoch, with the epoch as the step: loss, learning rate and gradient norm. The metrics
on "valid" are under `valid/`, with @ spelled out (`valid/ndcg_at_10`).
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
    """Destination for a run's curves."""

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Record the numbers of an epoch."""

    def close(self) -> None:
        """Write pending numbers and close."""


class WandbRun(Protocol):
    """The part of a wandb run that is used (https://docs.wandb.ai/ref/python/sdk/classes/run)."""

    def log(self, data: dict[str, float], step: int) -> None:
        """Record the numbers of a step."""

    def finish(self) -> None:
        """Send or write pending numbers and end the run."""


class Wandb(Protocol):
    """The part of the wandb package that is used."""

    def init(self, **settings: Any) -> WandbRun:
        """Start a run, or resume the run with this id."""


class TensorBoardTracker:
    """TensorBoard event files in `directory`; `purge_epoch` hides that epoch and later ones of earlier files."""

    def __init__(self, directory: Path, purge_epoch: int | None = None) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - importing takes a second

        self._writer = SummaryWriter(str(directory), purge_step=purge_epoch)

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        """Record the numbers of an epoch."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def close(self) -> None:
        """Write pending numbers and close."""
        self._writer.close()


class WandbTracker:
    """Weights & Biases run; a resumed run continues under the id saved in its directory."""

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
        """Record the numbers of an epoch."""
        self._run.log(dict(values), step=epoch)

    def close(self) -> None:
        """Send or write pending numbers and end the run."""
        self._run.finish()


def find_wandb() -> Wandb:
    """Return the wandb package; raises ConfigError where it is not installed."""
    try:
        wandb: Wandb = importlib.import_module("wandb")
    except ImportError as error:
        raise ConfigError(
            "--wandb, or [tracking] wandb = true: expected the package wandb, got an import error; install it with "
            "`pip install wandb`, or leave out the option"
        ) from error
    return wandb


def open_trackers(config: RunConfig, out: Path, next_epoch: int, wandb: Wandb | None) -> list[Tracker]:
    """Return the trackers of a run whose next epoch is `next_epoch`; with `wandb`, Weights & Biases is one of them."""
    trackers: list[Tracker] = [TensorBoardTracker(out / TENSORBOARD_DIRECTORY, next_epoch or None)]
    if wandb is not None:
        trackers.append(WandbTracker(wandb, config, out))
    return trackers


def curves(found: Mapping[str, float], metrics: Mapping[str, float]) -> dict[str, float]:
    """Return one epoch's numbers, {curve name: value}."""
    return {**found, **{f"valid/{name.replace('@', '_at_')}": value for name, value in metrics.items()}}
