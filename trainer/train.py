"""A run from its file to its report: read, split, encode, fit with early stopping, judge beside the baselines."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from trainer import checkpoint
from trainer.checkpoint import Checkpoint, TrainingState
from trainer.config import RunConfig, as_document
from trainer.encoders import Encoders
from trainer.errors import CheckpointError, ConfigError
from trainer.evaluation import Scorer
from trainer.features import ItemFeatures
from trainer.prepare import Prepared, Progress, prepare
from trainer.recipes import RECIPES
from trainer.report import Report, current_commit, make_report, write_report

# Settings that may differ between a run and its continuation: they decide how far and where, not what. The data's
# paths are free because their hash is compared, the encoders' because their space is.
FREE_ON_RESUME = (
    *("out", "cache", "cache_limit_gb", "device", "encoders", "data.products", "data.interactions"),
    *("training.epochs", "training.patience"),
)
PLANNED_SCHEDULES = ("linear", "cosine")  # each of their steps depends on how many there will be


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
    judged = report_of(prepared, best.towers, progress)
    report = {**judged.document, "training": course.record}
    if "test" in report:
        metrics = {**best.metrics, "test": report["test"]["models"][config.model.type], "protocol": report["split"]}
        checkpoint.save(replace(best, metrics=metrics), out / "best")
    write_report(replace(judged, document=report), out)
    return report


def report_of(prepared: Prepared, towers: Mapping[str, nn.Module], progress: Progress, **options: Any) -> Report:
    """Return the report of a model with these towers, as its recipe has them scored; options as of `make_report`."""
    recipe = RECIPES[prepared.config.model.type]
    placed = {name: tower.to(prepared.device).eval() for name, tower in towers.items()}

    def scorer_on(features: ItemFeatures) -> Scorer | None:
        return recipe.scorer(replace(prepared, features=features), placed)

    report = make_report(prepared, scorer_on(prepared.features), progress, rescore=scorer_on, **options)
    more = recipe.sections(prepared, placed) if recipe.sections else {}
    return replace(report, document={**report.document, **more})


class _Course:
    """The epochs of one run: which was best, and what is on disk."""

    def __init__(self, prepared: Prepared, out: Path, progress: Progress) -> None:
        self.prepared, self.out, self.progress = prepared, out, progress
        self.learner = RECIPES[prepared.config.model.type].build(prepared)
        self.epochs: list[dict[str, float]] = []  # one entry each: epoch, loss (not for 0), the metrics on "valid"
        self.best_epoch = 0

    @property
    def epoch(self) -> int:
        """The last finished one; 0 is before training."""
        return len(self.epochs) - 1

    @property
    def record(self) -> dict[str, Any]:
        """What the report says of the training."""
        return {"best_epoch": self.best_epoch, "stop_metric": self.learner.stop_metric, "epochs": self.epochs}

    def run(self) -> None:
        """Go on until the epochs are over or `patience` epochs in a row were no better."""
        training = self.prepared.config.training
        if not self.epochs:
            self._finish_epoch({})
        while self.epoch < training.epochs and self.epoch - self.best_epoch < training.patience:
            self._finish_epoch(self.learner.run_epoch(partial(self.progress.update, f"epoch {self.epoch + 1}")))

    def resume(self) -> None:
        """Take up where last/ stands; raises CheckpointError where it belongs to another run."""
        last = self.out / "last"
        document = checkpoint.read_document(last)
        _check_same_run(document, self._describe(), last)
        saved, state = checkpoint.load(last), checkpoint.load_training_state(last)
        self.learner.restore(saved.towers, state)
        self.epochs = list(state.values["epochs"])
        self.best_epoch = int(state.values["best_epoch"])
        self.progress.say(f"resumed after epoch {self.epoch}; best so far is epoch {self.best_epoch}")

    def _finish_epoch(self, found: Mapping[str, float]) -> None:
        metrics, stop = self.learner.validate(), self.learner.stop_metric
        self.epochs.append({"epoch": len(self.epochs), **found, **metrics})
        if self.epoch == 0 or metrics[stop] > self.epochs[self.best_epoch][stop]:
            self.best_epoch = self.epoch
            self._save("best", metrics)
        state = self.learner.state()
        values = {**state.values, "epochs": self.epochs, "best_epoch": self.best_epoch}
        self._save("last", metrics, TrainingState(state.tensors, values))
        loss = f"loss {found['loss']:.4f}" if found else "untrained"
        mark = "  best" if self.best_epoch == self.epoch else ""
        self.progress.say(f"epoch {self.epoch:3d}  {loss}  valid {stop} {metrics[stop]:.4f}{mark}")

    def _save(self, name: str, metrics: dict[str, float], state: TrainingState | None = None) -> None:
        saved = Checkpoint(
            self.learner.towers,
            **self._describe(),
            metrics={"valid": metrics},
            epoch=self.epoch,
            step=self.learner.step,
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
    free = set(FREE_ON_RESUME)
    if mine["run"]["training"]["schedule"] in PLANNED_SCHEDULES:
        free.discard("training.epochs")
    for key in sorted(before.keys() | now.keys()):
        name = key.removeprefix("run.")
        if name not in free and before.get(key) != now.get(key):
            raise CheckpointError(
                f"{where}: belongs to another run: {name} was {before.get(key)!r} and is now {now.get(key)!r}; "
                "put it back, or start anew with another --out"
            )


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
