"""Training run: the stages from a run file to a checkpoint and a report, in order."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kernel.progress import Progress
from trainer import checkpoint
from trainer.config.run import RunConfig
from trainer.errors import CheckpointError, ConfigError
from trainer.prepare import feature_cache, prepare
from trainer.recipes import MODELS
from trainer.reports.document import RunReport, TimingReport
from trainer.reports.html.page import write_page
from trainer.reports.report import Report, write_report
from trainer.runs.epochs import EpochLoop
from trainer.runs.evaluate import evaluate
from trainer.runs.tracking import TENSORBOARD_DIRECTORY, Tracker, find_wandb, open_trackers


def train(config: RunConfig, progress: Progress, *, resume: bool = False, with_page: bool = False) -> RunReport:
    """Train, save best/ and last/ under the run directory, write report.json and return the report.

    `with_page`: also write report.html, whose maps take some seconds. An interrupted run leaves last/; `resume`
    continues from it to the same result.
    """
    out = Path(config.out)
    wandb = find_wandb() if config.tracking.wandb else None
    _check_start(out, resume)
    # Read, split, encode.
    prepared = prepare(config, progress)
    # Build.
    learner = MODELS[config.model.type].build(prepared)
    feature_cache(config).prune()  # recipes store decoded images and neighbours there without checking the limit
    # Epochs.
    loop = EpochLoop(prepared, learner, out, progress)
    if resume:
        loop.resume()
    with _curves(loop, config, out, wandb) as trackers:
        loop.run(trackers)
    # Evaluate.
    best = checkpoint.load(out / "best")
    evaluated = evaluate(prepared, best.towers, progress)
    # Report.
    report = _with_training(evaluated, loop)
    if "test" in report.document:
        test = report.document["test"]["models"][config.model.type]
        metrics = {**best.metrics, "test": test, "protocol": report.document["split"]}
        checkpoint.save(replace(best, metrics=metrics), out / "best")
    write_report(report, out)
    if with_page:
        write_page(out, progress, prepared=prepared)
    return report.document


@contextmanager
def _curves(loop: EpochLoop, config: RunConfig, out: Path, wandb: Any) -> Iterator[Sequence[Tracker]]:
    """Open the run's trackers, and close them; of a run without an epoch, remove the empty curves."""
    curves, had_curves = out / TENSORBOARD_DIRECTORY, (out / TENSORBOARD_DIRECTORY).exists()
    trackers = open_trackers(config, out, len(loop.epochs), wandb)
    try:
        yield trackers
    finally:
        for tracker in trackers:
            tracker.close()
        if not loop.epochs and not had_curves:  # for example where model.init_from does not fit
            shutil.rmtree(curves)


def _with_training(report: Report, loop: EpochLoop) -> Report:
    """Return the report with the section `training` and the seconds of each epoch."""
    total = round(sum(part for epoch in loop.seconds for part in epoch.values()), 3)
    timing: TimingReport = {**report.document.get("timing", {}), "training_seconds": total, "epochs": loop.seconds}
    return replace(report, document={**report.document, "timing": timing, "training": loop.record})


def _check_start(out: Path, resume: bool) -> None:
    """Raise ConfigError where a run would be overwritten, CheckpointError where `resume` finds no complete run."""
    last, best = out / "last", out / "best"
    if not resume and checkpoint.exists(last):
        raise ConfigError(
            f"{out} already holds a run; continue it with --resume, or choose another directory with --out"
        )
    if resume and not checkpoint.exists(last):
        raise CheckpointError(f"{last}: nothing to resume; start without --resume")
    if resume and not checkpoint.exists(best):  # fail now, not after hours of training without a better epoch
        epoch = checkpoint.load_training_state(last).values["best_epoch"]
        raise CheckpointError(f"{best}: the checkpoint of epoch {epoch} is missing; start a new run with another --out")
