"""Comparison of runs on the same test users: seeds of one model are grouped, and differences are paired."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from kernel.json_object import JsonMapping
from trainer.config.run import as_document
from trainer.errors import ConfigError, DataError
from trainer.evaluation.per_user import PER_USER_FILE, PerUser, read_per_user
from trainer.evaluation.statistics import Difference, DifferenceEntry, Interval, holm, seeds_interval
from trainer.recipes.run_file import parse_config
from trainer.reports.report import REPORT_FILE

# Settings that may differ between two seeds of one model: paths and reporting, not what was trained. The split is
# compared by content, because its file may have been moved.
NON_MODEL_SETTINGS = frozenset(
    ("seed", "out", "cache", "cache_limit_gb", "device", "encoders", "data", "split", "evaluation", "tracking")
)


@dataclass(frozen=True)
class Run:
    """A finished run directory."""

    directory: Path
    settings: JsonMapping  # `run` of its report.json
    split: JsonMapping  # `split` of its report.json: counts, and the hash of a saved split
    space: str | None  # of the encoders that made its item features
    per_user: PerUser

    @property
    def model(self) -> str:
        """The model's type, which is its name in the report."""
        return str(self.settings["model"]["type"])

    @property
    def seed(self) -> int:
        """The seed of the run's random numbers."""
        return int(self.settings["seed"])


@dataclass(frozen=True)
class Group:
    """One model or baseline, with (seeds, users) values of a metric."""

    name: str
    directories: tuple[str, ...]
    values: NDArray[np.float64]


class ComparisonRow(TypedDict):
    """Row of one model or baseline. `difference`: the first run's model minus this one; absent in the first row."""

    model: str
    runs: list[str]
    seeds: int
    mean: float
    sd: float | None
    low: float
    high: float
    difference: NotRequired[DifferenceEntry]


class Comparison(TypedDict):
    """Result of `compare`."""

    metric: str
    reference: str
    num_users: int
    confidence: float
    samples: int
    data_hash: str
    test_hash: str
    rows: list[ComparisonRow]
    notes: list[str]


def read_run(directory: Path) -> Run:
    """Read a run directory; raises DataError where it has no report or no per-user file."""
    path = directory / REPORT_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        settings, split = _with_defaults(document["run"]), document.get("split", {})
        # Reports from before the space was recorded have only the path of the bundle.
        space = document["encoders"]["space"] if "encoders" in document else settings.get("encoders")
    except FileNotFoundError as error:
        raise DataError(f"{path}: not found; give the directories of finished runs") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is not a report of a run; give the directories of finished runs") from error
    return Run(directory, settings, split, space, read_per_user(directory / PER_USER_FILE))


def _with_defaults(settings: JsonMapping) -> JsonMapping:
    """Return a report's settings; settings newer than the report get their defaults."""
    try:
        return as_document(parse_config(settings))
    except ConfigError:  # of another version, so only runs of that version can be the same model
        return settings


def compare(
    runs: Sequence[Run], metric: str, *, confidence: float = 0.95, samples: int = 1000, seed: int = 0
) -> Comparison:
    """Compare every model and baseline of these runs, and return the result as JSON types.

    Each row has a mean, and the paired difference "first run's model minus this one". Intervals are over users, and
    over seeds where a model has several; p-values are of the paired difference, with Holm's correction over all rows.
    Raises DataError where the runs have different test cases or lack the metric.
    """
    refuse_different_test_cases(runs)
    groups = group_runs(runs, metric)
    ours, *others = groups

    def interval(values: NDArray[np.float64]) -> Difference:
        return seeds_interval(values, np.random.default_rng(seed), confidence=confidence, samples=samples)

    differences = {group.name: interval(_differences(ours.values, group.values)) for group in others}
    corrected = holm({name: difference.p_value for name, difference in differences.items()})
    rows = [_row(group, interval(group.values)) for group in groups]
    for row, (name, difference) in zip(rows[1:], differences.items(), strict=True):
        row["difference"] = cast(DifferenceEntry, {**asdict(difference), "holm_p_value": corrected[name]})
    return {
        "metric": metric,
        "reference": ours.name,
        "num_users": ours.values.shape[1],
        "confidence": confidence,
        "samples": samples,
        "data_hash": runs[0].per_user.data_hash,
        "test_hash": runs[0].per_user.cases_hash,
        "rows": rows,
        "notes": [*_copies(runs), *_other_splits(runs)],
    }


def _row(group: Group, interval: Interval) -> ComparisonRow:
    of_seeds = group.values.mean(axis=1)
    return {
        "model": group.name,
        "runs": list(group.directories),
        "seeds": len(of_seeds),
        "mean": interval.mean,
        "sd": float(of_seeds.std(ddof=1)) if len(of_seeds) > 1 else None,
        "low": interval.low,
        "high": interval.high,
    }


def refuse_different_test_cases(runs: Sequence[Run]) -> None:
    """Raise DataError unless all runs were evaluated on the same data, users, targets and candidates."""
    first = runs[0]
    for run in runs[1:]:
        if run.per_user.data_hash != first.per_user.data_hash:
            raise DataError(
                f"expected runs on the same data, but {run.directory} and {first.directory} are of different data; "
                "evaluate their checkpoints on one data set with `python -m trainer evaluate CKPT --out DIR`"
            )
        if run.per_user.cases_hash != first.per_user.cases_hash or run.per_user.users != first.per_user.users:
            raise DataError(
                f"{run.directory} and {first.directory} have different test cases; a split depends on the run's seed, "
                "so to compare seeds save one with `python -m trainer split` and give it to all runs as split.file"
            )


def group_runs(runs: Sequence[Run], metric: str) -> list[Group]:
    """Return the runs' models in the order given, seeds of one model together, then the baselines.

    Two runs are one model if their training settings differ only in the seed, and split and encoder space are the
    same. A baseline has a row for each space and split that changes it: two splits may have the same test cases and
    different training rows. For each seed, a baseline's values are those of the first run, because ties may be broken
    differently on another machine. Groups of the same name are distinguished by the directory of their first run.
    Raises DataError where one model has two results of the same seed.
    """
    groups = [_group(each[0].model, each, metric) for each in _grouped(runs, _model_key)]
    for name in dict.fromkeys(name for run in runs for name in run.per_user.values if name != run.model):
        measured = [run for run in runs if name in run.per_user.values and name != run.model]
        groups += _baseline_groups(name, measured, metric)
    return _with_distinct_names(groups)


def _baseline_groups(name: str, runs: Sequence[Run], metric: str) -> list[Group]:
    distinct: dict[bytes, Group] = {}
    for together in _grouped(runs, _baselines_key):
        first = {run.seed: run for run in reversed(together)}
        group = _group(name, list(first.values()), metric)
        distinct.setdefault(group.values.tobytes(), group)  # a baseline without features is equal in every space
    return list(distinct.values())


def _grouped(runs: Sequence[Run], key: Callable[[Run], str]) -> list[list[Run]]:
    together: dict[str, list[Run]] = {}
    for run in runs:
        together.setdefault(key(run), []).append(run)
    return list(together.values())


def _model_key(run: Run) -> str:
    settings = {key: value for key, value in run.settings.items() if key not in NON_MODEL_SETTINGS}
    return json.dumps([run.space, _training_split_key(run), settings], sort_keys=True)


def _baselines_key(run: Run) -> str:
    return json.dumps([run.space, _training_split_key(run)], sort_keys=True)


def _training_split_key(run: Run) -> list[Any]:
    """Return what distinguishes splits with the same test cases: the file's hash, else the settings, and row count."""
    saved = run.split.get("info", {}).get("file_sha256")
    drawn_by = run.settings.get("split", {})
    return [saved or drawn_by, run.split.get("num_train_interactions")]


def _copies(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a note for each run that repeats another and is therefore not counted again."""
    first: dict[tuple[str, int], Run] = {}
    for run in runs:
        same = first.setdefault((_model_key(run), run.seed), run)
        if same is not run:
            yield f"{run.directory} repeats {same.directory} ({run.model}, seed {run.seed}): counted once"


def _other_splits(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a note for each run whose split differs from the first run's, although the test cases are the same."""
    for run in runs[1:]:
        if _training_split_key(run) != _training_split_key(runs[0]):
            seen = [each.split.get("num_train_interactions", "unknown") for each in (run, runs[0])]
            yield (
                f"{run.directory} has the test cases of {runs[0].directory}, but another split: {seen[0]} training "
                f"interactions and {seen[1]}; baselines that this changes have a row for each"
            )


def _group(name: str, runs: Sequence[Run], metric: str) -> Group:
    of_seed: dict[int, tuple[Run, NDArray[np.float64]]] = {}
    for run in runs:
        known = run.per_user.values[name]
        if metric not in known:
            raise DataError(f"{run.directory}: has no {metric}; it has {', '.join(known)}, so choose one of these")
        same, values = of_seed.setdefault(run.seed, (run, known[metric]))
        if not np.array_equal(values, known[metric]):
            raise DataError(
                f"{same.directory} and {run.directory} are both {name} of seed {run.seed}, but differ in {metric}; "
                "leave one out, or evaluate it again with `python -m trainer evaluate CKPT --out DIR`"
            )
    in_order = [of_seed[seed] for seed in sorted(of_seed)]  # sorted, so that differences are paired seed by seed
    return Group(name, tuple(str(run.directory) for run, _ in in_order), np.stack([values for _, values in in_order]))


def _with_distinct_names(groups: Sequence[Group]) -> list[Group]:
    """Return the groups with distinct names: equal names get the first directory's name, or its path where needed."""
    names = Counter(group.name for group in groups)
    labels = [f"{group.name} ({Path(group.directories[0]).name})" for group in groups]
    if len(set(labels)) < len(labels):
        labels = [f"{group.name} ({group.directories[0]})" for group in groups]
    return [
        group if names[group.name] == 1 else replace(group, name=label)
        for group, label in zip(groups, labels, strict=True)
    ]


def _differences(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ours - theirs, (seeds, users): seed by seed for equal numbers of seeds, else from the mean of theirs."""
    return ours - (theirs if len(ours) == len(theirs) else theirs.mean(axis=0, keepdims=True))
