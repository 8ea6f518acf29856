"""What a run found: test metrics with intervals, the baselines beside them, and where the numbers come from."""

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from trainer.baselines import popularity_scorer, random_scorer, tuned_content_scorer
from trainer.config import RunConfig, as_document
from trainer.evaluation import Scorer, evaluate
from trainer.prepare import Prepared, Progress
from trainer.splits import Split
from trainer.statistics import bootstrap_interval, paired_bootstrap

PerCaseMetrics = dict[str, NDArray[np.float64]]


def make_report(prepared: Prepared, scorer: Scorer | None, progress: Progress) -> dict[str, Any]:
    """Return the test metrics of a scorer with intervals, the baselines beside it, and the paired differences.

    Without a scorer, for a model that ranks nothing for users, the report says where the run stands and no more.
    """
    report = _describe_run(prepared)
    if scorer is None:
        return report
    config, split = prepared.config, prepared.split
    content, chosen = tuned_content_scorer(
        prepared.features,
        split.valid,
        dim=config.model.dim,
        max_items=config.training.max_items,
        seed=config.seed,
        device=prepared.device,
    )
    scorers: dict[str, Scorer] = {
        config.model.type: scorer,
        "content": content,
        "popularity": popularity_scorer(split.train, len(prepared.dataset.products)),
        "random": random_scorer(),
    }
    values = {}
    for done, (name, each) in enumerate(scorers.items(), 1):
        values[name] = evaluate(each, split.test, np.random.default_rng([config.seed, 2]), config.evaluation.k)
        progress.update("test", done, len(scorers))
    return {**report, "content": chosen, "test": _with_intervals(values, config)}


def _describe_run(prepared: Prepared) -> dict[str, Any]:
    return {
        "format": 1,
        "run": as_document(prepared.config),
        "commit": current_commit(),
        "data": _describe_data(prepared),
        "split": _describe_split(prepared.split),
    }


def _with_intervals(values: dict[str, PerCaseMetrics], config: RunConfig) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "confidence": config.evaluation.confidence,
        "samples": config.evaluation.bootstrap_samples,
    }
    ours = next(iter(values))

    def generator() -> np.random.Generator:
        return np.random.default_rng([config.seed, 3])

    return {
        "models": {
            name: {metric: asdict(bootstrap_interval(v, generator(), **settings)) for metric, v in metrics.items()}
            for name, metrics in values.items()
        },
        f"{ours}_minus": {
            name: {
                metric: asdict(paired_bootstrap(values[ours][metric], v, generator(), **settings))
                for metric, v in metrics.items()
            }
            for name, metrics in values.items()
            if name != ours
        },
        **settings,
    }


def report_table(report: dict[str, Any]) -> Table:
    """Return the test metrics as a table: a row per metric, a column per model, "mean [low, high]" in the cells."""
    models, split = report["test"]["models"], report["split"]
    users, items = split["num_test_users"], split["num_test_candidates"]
    table = Table(
        title=f"{users:,} test users, {items:,} items ranked ({split['rule']} split)",
        caption=f"means with {report['test']['confidence']:.0%} bootstrap intervals over users",
    )
    table.add_column("")
    for name in models:
        table.add_column(name, justify="right")
    for metric in next(iter(models.values())):
        found = (metrics[metric] for metrics in models.values())
        table.add_row(metric, *(f"{m['mean']:.3f} [{m['low']:.3f}, {m['high']:.3f}]" for m in found))
    return table


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the report whole or not at all."""
    temporary = path.with_name(f".{path.name}.writing")
    temporary.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def current_commit() -> str | None:
    """Return the commit of the checkout this code runs from, "-dirty" where it was changed, None outside of one."""
    git = shutil.which("git")
    if git is None:
        return None
    here = Path(__file__).resolve().parent
    command = [git, "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    found = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return found.stdout.strip() or None if found.returncode == 0 else None


def _describe_data(prepared: Prepared) -> dict[str, Any]:
    dataset, has = prepared.dataset, prepared.features.modality_mask
    return {
        "hash": prepared.data_hash,
        "num_items": len(dataset.products),
        "num_items_with_text": int(has[:, 0].sum()),
        "num_items_with_picture": int(has[:, 1].sum()),
        "num_users": len(dataset.interactions.user_ids),
        "num_interactions": len(dataset.interactions),
        "num_interactions_with_unknown_items": dataset.num_unknown_items,
    }


def _describe_split(split: Split) -> dict[str, Any]:
    return {
        "rule": split.rule,
        "num_train_interactions": len(split.train),
        "num_valid_users": len(split.valid),
        "num_test_users": len(split.test),
        "num_test_candidates": len(split.test.candidates),
    }
