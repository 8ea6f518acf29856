"""A run from its file to its report: read, split, encode, fit with early stopping, judge beside the baselines."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from trainer import checkpoint
from trainer.checkpoint import Checkpoint, TrainingState
from trainer.config import ModelConfig, RunConfig, as_document
from trainer.encoders import Encoders
from trainer.errors import CheckpointError, ConfigError
from trainer.evaluation import evaluate, tower_scorer
from trainer.fit import Fit
from trainer.prepare import Prepared, Progress, prepare
from trainer.report import current_commit, make_report, write_report
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser

STOP_METRIC = "ndcg@10"
# Settings that may differ between a run and its continuation: they decide how far and where, not what. The data's
# paths are free because their hash is compared, the encoders' because their space is.
FREE_ON_RESUME = (
    *("out", "cache", "device", "encoders", "data.products", "data.interactions"),
    *("training.epochs", "training.patience"),
)


def build_towers(
    config: ModelConfig, text_dim: int, image_dim: int, max_items: int, generator: torch.Generator
) -> tuple[nn.Module, nn.Module]:
    """Return fresh (item tower, user tower)."""
    sizes = {"dim": config.dim, "hidden": config.hidden}
    item_tower = TwoTowerItem(text_dim, image_dim, num_blocks=config.num_blocks, generator=generator, **sizes)
    user_tower = TwoTowerUser(attention_dim=config.attention_dim, max_items=max_items, generator=generator, **sizes)
    return item_tower, user_tower


def train(config: RunConfig, progress: Progress, *, resume: bool = False) -> dict[str, Any]:
    """Train, save best/ and last/ under the run directory, and return the report, also written to report.json.

    Stopping it at any moment leaves a last/ that `resume` goes on from, to the same result.
    """
    out = Path(config.out)
    if not resume and (out / "last").exists():
        raise ConfigError(f"{out} already holds a run; go on with --resume, or choose another directory with --out")
    if resume and not (out / "last").exists():
        raise CheckpointError(f"{out / 'last'}: nothing to resume; start without --resume")
    prepared = prepare(config, progress)
    course = _Course(prepared, out, progress)
    if resume:
        course.resume()
    course.run()
    best = checkpoint.load(out / "best")
    report = make_report(prepared, best.item_tower, best.user_tower, progress)
    report["training"] = {"best_epoch": course.best_epoch, "epochs": course.fit_epochs}
    metrics = {**best.metrics, "test": report["test"]["models"][config.model.type], "protocol": report["split"]}
    checkpoint.save(replace(best, metrics=metrics), out / "best")
    write_report(report, out / "report.json")
    return report


class _Course:
    """The epochs of one run: who was best, since when, and what is on disk."""

    def __init__(self, prepared: Prepared, out: Path, progress: Progress) -> None:
        config = prepared.config
        self.prepared, self.out, self.progress = prepared, out, progress
        generator = torch.Generator().manual_seed(config.seed)
        towers = build_towers(
            config.model, prepared.encoders.text_dim, prepared.encoders.image_dim, config.training.max_items, generator
        )
        self.fit = Fit(*towers, prepared.features, prepared.split.train, config.training, generator, prepared.device)
        self.fit_epochs: list[dict[str, float]] = []  # one entry each: epoch, loss (not for 0), valid metric
        self.best_epoch = 0

    @property
    def epoch(self) -> int:
        return len(self.fit_epochs) - 1  # entry 0 is before training

    def run(self) -> None:
        """Go on until the epochs are over or `patience` epochs in a row were no better."""
        training = self.prepared.config.training
        if not self.fit_epochs:
            self._finish_epoch({})
        while self.epoch < training.epochs and self.epoch - self.best_epoch < training.patience:
            loss = self.fit.run_epoch(partial(self.progress.update, f"epoch {self.epoch + 1}"))
            self._finish_epoch({"loss": loss})

    def resume(self) -> None:
        """Take up where last/ stands; raises CheckpointError where it belongs to another run."""
        last = self.out / "last"
        document = checkpoint.read_document(last)
        _check_same_run(document, self._describe(), last)
        saved, state = checkpoint.load(last), checkpoint.load_training_state(last)
        self.fit.restore(saved.item_tower, saved.user_tower, state)
        self.fit_epochs = list(state.values["epochs"])
        self.best_epoch = int(state.values["best_epoch"])
        self.progress.say(f"resumed after epoch {self.epoch}; best so far is epoch {self.best_epoch}")

    def _finish_epoch(self, entry: dict[str, float]) -> None:
        metrics = self._validate()
        self.fit_epochs.append({"epoch": len(self.fit_epochs), **entry, STOP_METRIC: metrics[STOP_METRIC]})
        if self.epoch == 0 or metrics[STOP_METRIC] > self.fit_epochs[self.best_epoch][STOP_METRIC]:
            self.best_epoch = self.epoch
            self._save("best", metrics)
        fit_state = self.fit.state()
        values = {**fit_state.values, "epochs": self.fit_epochs, "best_epoch": self.best_epoch}
        self._save("last", metrics, TrainingState(fit_state.tensors, values))
        loss = f"loss {entry['loss']:.4f}  " if entry else "untrained  "
        mark = "  best" if self.best_epoch == self.epoch else ""
        self.progress.say(f"epoch {self.epoch:3d}  {loss}valid NDCG@10 {metrics[STOP_METRIC]:.4f}{mark}")

    def _validate(self) -> dict[str, float]:
        config = self.prepared.config
        scorer = tower_scorer(
            self.fit.item_tower, self.fit.user_tower, self.prepared.features, config.training.max_items, self.fit.device
        )
        ties = np.random.default_rng([config.seed, 1])
        values = evaluate(scorer, self.prepared.split.valid, ties, sorted({10, *config.evaluation.k}))
        return {name: float(value.mean()) for name, value in values.items()}

    def _save(self, name: str, metrics: dict[str, float], state: TrainingState | None = None) -> None:
        saved = Checkpoint(
            self.fit.item_tower,
            self.fit.user_tower,
            **self._describe(),
            metrics={"valid": metrics},
            epoch=self.epoch,
            step=self.fit.step,
        )
        checkpoint.save(saved, self.out / name, state)

    def _describe(self) -> dict[str, Any]:
        config, encoders = self.prepared.config, self.prepared.encoders
        return {
            "run": as_document(config),
            "seed": config.seed,
            "commit": current_commit(),
            "data_hash": self.prepared.data_hash,
            "encoders": describe_encoders(encoders, config.model.dim),
        }


def describe_encoders(encoders: Encoders, dim: int) -> dict[str, Any]:
    """Return what a checkpoint records of the encoders its features came from."""
    return {
        "space": encoders.space,
        "name": encoders.name,
        "text_dim": encoders.text_dim,
        "image_dim": encoders.image_dim,
        "dim": dim,
    }


def _check_same_run(document: dict[str, Any], mine: dict[str, Any], where: Path) -> None:
    before, now = (_flat({key: d[key] for key in ("run", "data_hash", "encoders")}) for d in (document, mine))
    for key in sorted(before.keys() | now.keys()):
        name = key.removeprefix("run.")
        if name not in FREE_ON_RESUME and before.get(key) != now.get(key):
            raise CheckpointError(
                f"{where}: belongs to another run: {name} was {before.get(key)!r} and is now {now.get(key)!r}; "
                "put it back, or start anew with another --out"
            )


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
