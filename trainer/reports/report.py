"""Report of a run: test metrics with intervals, of the model and the baselines, and the origin of the numbers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kernel.commit import current_commit
from kernel.files import write_text_whole
from kernel.progress import Progress
from trainer.baselines import BASELINES, TimedFit, fit_baselines, remake_content_scorer
from trainer.baselines.content import content_embeddings
from trainer.baselines.sparse_interactions import num_users_per_item, user_items
from trainer.config.run import RunConfig, as_document
from trainer.dataset.dataset import Dataset
from trainer.evaluation.per_user import PER_USER_FILE, PerUser, hash_cases, write_per_user
from trainer.evaluation.protocol import Ranking, Scorer, evaluate_all, rank_metrics
from trainer.evaluation.ranking_metrics import coverage, diversity, novelty
from trainer.evaluation.statistics import DifferenceEntry, holm, paired_differences
from trainer.features.item_features import ItemFeatures
from trainer.prepare import Prepared
from trainer.reports.document import BaselineReport, DataReport, RankingReport, RunReport, SliceEntry, SplitReport
from trainer.reports.slices import Bootstrap, masking_document, slice_document, truncation_document
from trainer.splits.cases import Split

MaskedScorers = Callable[[ItemFeatures], Mapping[str, Scorer]]
PerCaseMetrics = dict[str, NDArray[np.float64]]
Rescore = Callable[[ItemFeatures], Scorer | None]
REPORT_FILE = "report.json"


@dataclass(frozen=True)
class Report:
    """Content of report.json, and the per-user values behind its means (None where nothing was ranked)."""

    document: RunReport
    per_user: PerUser | None


def make_report(
    prepared: Prepared,
    scorer: Scorer | None,
    progress: Progress,
    *,
    rescore: Rescore | None = None,
    baselines: Sequence[str] = tuple(BASELINES),
    with_slices: bool = True,
) -> Report:
    """Return the test metrics of a scorer and of the tuned baselines, with intervals, slices and paired differences.

    Without a scorer, as for a model that does not rank items for users, the report describes only the run.
    `rescore` returns the model's scorer on other item features; with it, slices without images or texts are added.
    """
    document = _describe_run(prepared)
    if scorer is None:
        return Report(document, None)
    name = prepared.config.model.type
    beside = [each for each in baselines if each != name]  # content is both a baseline and a model
    fits = fit_baselines(prepared, beside, partial(progress.update, "baselines"))
    scorers = {name: scorer, **{each: fit.fitted.scorer for each, fit in fits.items()}}
    test = prepared.split.test
    shown = max(prepared.config.evaluation.k)
    seed = [prepared.config.seed, 2]
    rankings = evaluate_all(scorers, test, seed, shown, partial(progress.update, "test"))
    values = _values(prepared, rankings)
    document |= {
        "test": {**_with_intervals(values, prepared.config), "coverage": _coverage(rankings, prepared)},
        "baselines": {each: _describe_fit(fit) for each, fit in fits.items()},
        "tuning": {each: fit.fitted.tuned["grid"] for each, fit in fits.items() if "grid" in fit.fitted.tuned},
        "timing": {
            "baseline_fit_seconds": {each: round(fit.fit_seconds, 3) for each, fit in fits.items()},
            "score_seconds_per_1000_users": {
                each: round(1000 * found.score_seconds / len(test), 4) for each, found in rankings.items()
            },
        },
    }
    if with_slices:
        ranks = {each: found.ranks for each, found in rankings.items()}
        document["slices"] = _slices(prepared, scorers, ranks, _masked(prepared, rescore, fits), progress)
    users = tuple(prepared.dataset.interactions.user_ids[user] for user in test.users)
    return Report(document, PerUser(users, values, prepared.data_hash, document["split"]["test_hash"]))


def _values(prepared: Prepared, rankings: Mapping[str, Ranking]) -> dict[str, PerCaseMetrics]:
    """Return {model: {metric: one value per test user}}: rank metrics, then diversity and novelty of the lists."""
    test, ks = prepared.split.test, prepared.config.evaluation.k
    embeddings = content_embeddings(prepared.features, prepared.device)
    liked = user_items(prepared.split.train, len(prepared.dataset.products))
    counts = num_users_per_item(liked).astype(np.int64)
    values = {}
    for name, found in rankings.items():
        values[name] = rank_metrics(found.ranks, test, ks)
        for k in ks:
            values[name][f"diversity@{k}"] = diversity(found.top[:, :k], embeddings)
            values[name][f"novelty@{k}"] = novelty(found.top[:, :k], counts, liked.shape[0])
    return values


def _coverage(rankings: Mapping[str, Ranking], prepared: Prepared) -> dict[str, dict[str, float]]:
    candidates = len(prepared.split.test.candidates)
    return {
        name: {f"coverage@{k}": coverage(found.top[:, :k], candidates) for k in prepared.config.evaluation.k}
        for name, found in rankings.items()
    }


def _with_intervals(values: dict[str, PerCaseMetrics], config: RunConfig) -> RankingReport:
    confidence, samples = config.evaluation.confidence, config.evaluation.bootstrap_samples
    seed = [config.seed, 3]
    ours, *others = values
    differences: dict[str, dict[str, DifferenceEntry]] = {}
    for name in others:
        columns = np.stack([values[ours][metric] - v for metric, v in values[name].items()], axis=1)
        found = paired_differences(columns, np.random.default_rng(seed), confidence=confidence, samples=samples)
        differences[name] = {
            metric: cast(DifferenceEntry, asdict(each)) for metric, each in zip(values[name], found, strict=True)
        }
    for metric in values[ours]:
        corrected = holm({name: differences[name][metric]["p_value"] for name in others})
        for name, p_value in corrected.items():
            differences[name][metric]["holm_p_value"] = p_value
    bootstrap = Bootstrap(seed, confidence, samples)
    found_of_models = bootstrap.intervals(values)
    return cast(
        RankingReport,
        {"models": found_of_models, f"{ours}_minus": differences, "confidence": confidence, "samples": samples},
    )


def _masked(prepared: Prepared, rescore: Rescore | None, fits: Mapping[str, TimedFit]) -> MaskedScorers:
    """Return a function from item features to the scorers that use them: the model's and content's."""

    def rescored(features: ItemFeatures) -> dict[str, Scorer]:
        scorers: dict[str, Scorer] = {}
        ours = rescore(features) if rescore else None
        if ours is not None:
            scorers[prepared.config.model.type] = ours
        if "content" in fits:
            chosen = fits["content"].fitted.tuned["chosen"]
            scorers["content"] = remake_content_scorer(features, chosen, prepared.device)
        return scorers

    return rescored


def _slices(
    prepared: Prepared,
    scorers: Mapping[str, Scorer],
    ranks: Mapping[str, NDArray[np.int64]],
    masked: MaskedScorers,
    progress: Progress,
) -> dict[str, list[SliceEntry]]:
    config, split, features = prepared.config, prepared.split, prepared.features
    bootstrap = Bootstrap([config.seed, 3], config.evaluation.confidence, config.evaluation.bootstrap_samples)
    ties = [config.seed, 2]
    progress.update("slices", 0, 3)
    found = slice_document(ranks, split.test, split.train, features, bootstrap)
    progress.update("slices", 1, 3)
    found["truncated_history"] = truncation_document(scorers, split.test, ties, bootstrap)
    progress.update("slices", 2, 3)
    found["masked_modality"] = masking_document(masked, features, split.test, ties, bootstrap)
    progress.update("slices", 3, 3)
    return {kind: entries for kind, entries in found.items() if entries}


def _describe_fit(fit: TimedFit) -> BaselineReport:
    tuned = {key: value for key, value in fit.fitted.tuned.items() if key != "grid"}
    return cast(BaselineReport, {**tuned, "fit_seconds": round(fit.fit_seconds, 3)})


def _describe_run(prepared: Prepared) -> RunReport:
    return {
        "format": 1,
        "run": as_document(prepared.config),
        "commit": current_commit(marks_changes=True),
        "encoders": {"name": prepared.encoders.name, "space": prepared.encoders.space},
        "data": _describe_data(prepared),
        "split": _describe_split(prepared.split, prepared.dataset),
    }


def write_report(report: Report, directory: Path) -> None:
    """Write report.json and, where there are per-user values, per_user.npz; each whole or not at all."""
    if report.per_user is not None:
        write_per_user(report.per_user, directory / PER_USER_FILE)
    with write_text_whole(directory / REPORT_FILE) as file:
        file.write(json.dumps(report.document, indent=1, allow_nan=False) + "\n")


def _describe_data(prepared: Prepared) -> DataReport:
    dataset, has = prepared.dataset, prepared.features.modality_mask
    return {
        "hash": prepared.data_hash,
        "num_items": len(dataset.products),
        "num_items_with_text": int(has[:, 0].sum()),
        "num_items_with_image": int(has[:, 1].sum()),
        "num_users": len(dataset.interactions.user_ids),
        "num_interactions": len(dataset.interactions),
        "num_interactions_with_unknown_items": dataset.num_unknown_items,
    }


def _describe_split(split: Split, dataset: Dataset) -> SplitReport:
    return {
        "rule": split.rule,
        "num_train_interactions": len(split.train),
        "num_valid_users": len(split.valid),
        "num_test_users": len(split.test),
        "num_test_candidates": len(split.test.candidates),
        "num_test_targets": len(split.test.target_items),
        "test_hash": hash_cases(split.test, dataset),
        "info": dict(split.info),
    }
