"""Evaluation of a model's towers on a run's test cases, as the report that train and evaluate write."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from kernel.progress import Progress
from trainer.evaluation.protocol import Scorer
from trainer.features.item_features import ItemFeatures
from trainer.prepare import Prepared
from trainer.recipes import MODELS
from trainer.reports.report import Report, make_report


def evaluate(prepared: Prepared, towers: Mapping[str, nn.Module], progress: Progress, **options: Any) -> Report:
    """Return the report of a model with these towers, scored by its recipe; `options` go to `make_report`."""
    model = MODELS[prepared.config.model.type]
    placed = {name: tower.to(prepared.device).eval() for name, tower in towers.items()}

    def scorer_on(features: ItemFeatures) -> Scorer | None:
        return model.scorer(replace(prepared, features=features), placed) if len(prepared.split.test) else None

    report = make_report(prepared, scorer_on(prepared.features), progress, rescore=scorer_on, **options)
    more = model.sections(prepared, placed) if model.sections else {}
    return replace(report, document={**report.document, **more})
