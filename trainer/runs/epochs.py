"""Epoch loop of one run: trains, validates, saves best/ and last/, stops early and resumes."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from kernel.commit import current_commit
from kernel.json_object import JsonMapping, JsonObject
from kernel.progress import Progress
from trainer import checkpoint
from trainer.checkpoint import Checkpoint, EncoderRecord, Origin, TrainingState
from trainer.config.run import as_document
from trainer.errors import CheckpointError
from trainer.features.encoders import Encoders
from trainer.learning.learner import Learner
from trainer.prepare import Prepared
from trainer.recipes.run_file import parse_config
from trainer.reports.document import TrainingReport
from trainer.runs.tracking import Tracker, curves

# Settings that may differ between a run and its continuation: they decide how long and where to train, not what. The
# data's paths are free because their hash is compared, the encoders' path because their space is. split.file is not
# free: a checkpoint keeps nothing of a split but its file's name.
FREE_ON_RESUME = (
    *(
        "out",
        "cache",
        "cache_limit_gb",
        "device",
        "encoders",
        "data.products",
        "data.interactions",
        "data.images",
        "tracking.wandb",
        "tracking.project",
    ),
    *("training.epochs", "training.patience", "model.init_from"),
)
PLANNED_SCHEDULES = ("linear", "cosine")  # each step's learning rate depends on the total number of steps


class EpochLoop:
    """Epoch loop of one model: trains and validates epoch by epoch, and saves best/ and last/ under `out`.

    It starts before the first epoch, unless `resume` is called. Its towers are then fresh or, with model.init_from,
    have another run's weights.
    """

    def __init__(self, prepared: Prepared, learner: Learner, out: Path, progress: Progress) -> None:
        self.prepared, self.learner, self.out, self.progress = prepared, learner, out, progress
        self.epochs: list[dict[str, float]] = []  # one entry each: epoch, loss (not for 0), the metrics on "valid"
        self.seconds: list[dict[str, float]] = []  # one entry each: seconds in "train", in "validate"
        self.best_epoch = 0

    @property
    def epoch(self) -> int:
        """The number of the last finished epoch; epoch 0 only validates the untrained model."""
        return len(self.epochs) - 1

    @property
    def best_metric(self) -> float:
        """The stop metric of the best epoch."""
        return self.epochs[self.best_epoch][self.learner.stop_metric]

    @property
    def record(self) -> TrainingReport:
        """The section `training` of the report."""
        return {"best_epoch": self.best_epoch, "stop_metric": self.learner.stop_metric, "epochs": self.epochs}

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, `patience` epochs in a row were not better, or the model does not learn."""
        model, training = self.prepared.config.model, self.prepared.config.training
        return not model.learns or self.epoch >= training.epochs or self.epoch - self.best_epoch >= training.patience

    def run(self, trackers: Sequence[Tracker] = ()) -> None:
        """Run epochs until `is_over`."""
        while not self.epochs or not self.is_over:
            self.run_epoch(trackers)

    def run_epoch(self, trackers: Sequence[Tracker] = ()) -> None:
        """Run one epoch, save best/ and last/, and log its numbers to `trackers`; epoch 0 only validates."""
        started = time.perf_counter()
        found: Mapping[str, float] = {}
        if self.epochs:
            found = self.learner.run_epoch(partial(self.progress.update, f"epoch {self.epoch + 1}"))
        elif self.prepared.config.model.init_from:
            self._warm_start(Path(self.prepared.config.model.init_from))
        trained = time.perf_counter()
        metrics = self.learner.validate()
        self.seconds.append({"train": trained - started, "validate": time.perf_counter() - trained})
        self._keep(found, metrics)
        for tracker in trackers:
            tracker.log(self.epoch, curves(found, metrics))

    def resume(self) -> None:
        """Restore the state saved in last/; raises CheckpointError where it belongs to another run."""
        last = self.out / "last"
        document = checkpoint.read_document(last)
        _check_same_run(document, self._describe(), last)
        saved, state = checkpoint.load(last), checkpoint.load_training_state(last)
        self.learner.restore(saved.towers, state)
        self.epochs = list(state.values["epochs"])
        self.seconds = list(state.values.get("seconds", []))
        self.best_epoch = int(state.values["best_epoch"])
        self.progress.say(f"resumed after epoch {self.epoch}; best so far is epoch {self.best_epoch}")

    def _keep(self, found: Mapping[str, float], metrics: dict[str, float]) -> None:
        stop = self.learner.stop_metric
        self.epochs.append({"epoch": len(self.epochs), **found, **metrics})
        if self.epoch == 0 or metrics[stop] > self.best_metric:
            self.best_epoch = self.epoch
            self._save("best", metrics)
        state = self.learner.state()
        mine = {"epochs": self.epochs, "seconds": self.seconds, "best_epoch": self.best_epoch}
        self._save("last", metrics, TrainingState(state.tensors, {**state.values, **mine}))
        loss = f"loss {found['loss']:.4f}" if found else "untrained"
        mark = "  best" if self.best_epoch == self.epoch else ""
        self.progress.say(f"epoch {self.epoch:3d}  {loss}  valid {stop} {metrics[stop]:.4f}{mark}")

    def _warm_start(self, source: Path) -> None:
        saved = checkpoint.load(source)
        mine = self._describe()["encoders"]
        if saved.encoders["space"] != mine["space"]:
            raise CheckpointError(
                f"model.init_from {source}: expected a model trained on features of {mine['name']}, as this run's are, "
                f"got one trained on features of {saved.encoders['name']}; choose another checkpoint or other encoders"
            )
        for name, tower in self.learner.towers.items():
            theirs = saved.towers.get(name)
            if theirs is None or type(theirs) is not type(tower) or theirs.config != tower.config:
                described = "none" if theirs is None else f"{type(theirs).__name__} {theirs.config}"
                raise CheckpointError(
                    f"model.init_from {source}: expected for {name} {type(tower).__name__} {tower.config}, "
                    f"as in this run, got {described}; make [model] the same"
                )
            tower.load_state_dict(theirs.state_dict())
        self.progress.say(f"initialised with the weights of {source}")

    def _save(self, name: str, metrics: dict[str, float], state: TrainingState | None = None) -> None:
        saved = Checkpoint(
            self.learner.towers,
            **self._describe(),
            metrics={"valid": metrics},
            epoch=self.epoch,
            step=self.learner.step,
        )
        checkpoint.save(saved, self.out / name, state)

    def _describe(self) -> Origin:
        config, encoders = self.prepared.config, self.prepared.encoders
        return {
            "run": as_document(config),
            "seed": config.seed,
            "commit": current_commit(marks_changes=True),
            "data_hash": self.prepared.data_hash,
            "encoders": describe_encoders(encoders, config.model.dim),
        }


def describe_encoders(encoders: Encoders, dim: int) -> EncoderRecord:
    """Return the checkpoint's record of the encoders that made its features."""
    return {
        "space": encoders.space,
        "name": encoders.name,
        "text_dim": encoders.text_dim,
        "image_dim": encoders.image_dim,
        "dim": dim,
    }


def flat(document: JsonMapping, prefix: str = "") -> JsonObject:
    """Return nested mappings as one, {"table.key": value}."""
    found: JsonObject = {}
    for key, value in document.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _check_same_run(document: Origin, mine: Origin, where: Path) -> None:
    # Parsing fills in settings that are newer than the checkpoint with their defaults.
    theirs = {**document, "run": as_document(parse_config(document["run"]))}
    before, now = (flat({key: d[key] for key in ("run", "data_hash", "encoders")}) for d in (theirs, mine))
    free = set(FREE_ON_RESUME)
    if mine["run"]["training"]["schedule"] in PLANNED_SCHEDULES:
        free.discard("training.epochs")
    for key in sorted(before.keys() | now.keys()):
        name = key.removeprefix("run.")
        if name not in free and before.get(key) != now.get(key):
            raise CheckpointError(
                f"{where}: belongs to another run: {name} was {before.get(key)!r} and is now {now.get(key)!r}; "
                "restore it, or start a new run with another --out"
            )
