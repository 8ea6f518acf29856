"""Training run from run file to report: read, split, encode, fit with early stopping, evaluate, report."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from trainer import checkpoint
from trainer.config.run import RunConfig
from trainer.errors import CheckpointError, ConfigError
from trainer.evaluation.protocol import Scorer
from trainer.features.item_features import ItemFeatures
from trainer.prepare import Prepared, feature_cache, prepare
from trainer.progress import Progress
from trainer.recipes import MODELS
from trainer.reports.html.page import write_page
from trainer.reports.report import Report, make_report, write_report
from trainer.runs.epochs import EpochLoop
from trainer.runs.tracking import TENSORBOARD_DIRECTORY, find_wandb, open_trackers


def train(config: RunConfig, progress: Progress, *, resume: bool = False, with_page: bool = False) -> dict[str, Any]:
    """Train, save best/ and last/ under the run directory, write report.json and return the report.

    `with_page`: also write report.html, whose maps take some seconds. An interrupted run leaves last/; `resume`
    continues from it to the same result.
    """
    out = Path(config.out)
    wandb = find_wandb() if config.tracking.wandb else None
    _check_start(out, resume)
    prepared = prepare(config, progress)
    loop = EpochLoop(prepared, out, progress)
    feature_cache(config).prune()  # recipes store decoded images and neighbours there without checking the limit
    if resume:
        loop.resume()
    curves, had_curves = out / TENSORBOARD_DIRECTORY, (out / TENSORBOARD_DIRECTORY).exists()
    trackers = open_trackers(config, out, len(loop.epochs), wandb)
    try:
        loop.run(trackers)
    finally:
        for tracker in trackers:
            tracker.close()
        if not loop.epochs and not had_curves:  # for example where model.init_from does not fit
            shutil.rmtree(curves)
    best = checkpoint.load(out / "best")
    model_report = report_of(prepared, best.towers, progress)
    total = round(sum(part for epoch in loop.seconds for part in epoch.values()), 3)
    timing = {**model_report.document.get("timing", {}), "training_seconds": total, "epochs": loop.seconds}
    report = {**model_report.document, "timing": timing, "training": loop.record}
    if "test" in report:
        metrics = {**best.metrics, "test": report["test"]["models"][config.model.type], "protocol": report["split"]}
        checkpoint.save(replace(best, metrics=metrics), out / "best")
    write_report(replace(model_report, document=report), out)
    if with_page:
        write_page(out, progress, prepared=prepared)
    return report


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


def report_of(prepared: Prepared, towers: Mapping[str, nn.Module], progress: Progress, **options: Any) -> Report:
    """Return the report of a model with these towers, scored by its recipe; `options` go to `make_report`."""
    recipe = MODELS[prepared.config.model.type]
    placed = {name: tower.to(prepared.device).eval() for name, tower in towers.items()}

    def scorer_on(features: ItemFeatures) -> Scorer | None:
        return recipe.scorer(replace(prepared, features=features), placed) if len(prepared.split.test) else None

    report = make_report(prepared, scorer_on(prepared.features), progress, rescore=scorer_on, **options)
    more = recipe.sections(prepared, placed) if recipe.sections else {}
    return replace(report, document={**report.document, **more})
