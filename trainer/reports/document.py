"""Types of report.json, the report of a run."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict, cast

from kernel.json_object import JsonMapping, JsonObject
from trainer.evaluation.statistics import DifferenceEntry, IntervalEntry
from trainer.learning.pair_metrics import PairReport

MetricIntervals = dict[str, IntervalEntry]  # by metric, as "ndcg@10"
Differences = Mapping[str, Mapping[str, DifferenceEntry]]  # by baseline, then by metric: the model minus the baseline


class RankingReport(TypedDict, total=False):
    """Section `test`: metrics of the model and the baselines, by name. `differences_in` reads its key `MODEL_minus`.

    The page reads an absent section as an empty one.
    """

    models: dict[str, MetricIntervals]
    coverage: dict[str, dict[str, float]]
    confidence: float
    samples: int


class SliceEntry(TypedDict):
    """Metrics of one slice, or of one experiment on the same users. `models` is empty where no user is in the slice."""

    slice: str
    num_users: int
    num_targets: int
    models: dict[str, MetricIntervals]


class TrainingReport(TypedDict, total=False):
    """Section `training`. The page reads an absent section as an empty one.

    `epochs`: the number of each epoch, its loss (not of epoch 0) and its metrics on "valid".
    """

    best_epoch: int
    stop_metric: str
    epochs: list[dict[str, float]]


class TimingReport(TypedDict, total=False):
    """Section `timing`, in seconds. A report of `evaluate` has no training, one of a model without ranking no test."""

    baseline_fit_seconds: dict[str, float]
    score_seconds_per_1000_users: dict[str, float]
    training_seconds: float
    epochs: list[dict[str, float]]


class EncodersReport(TypedDict):
    """Section `encoders`: the bundle that made the item features."""

    name: str
    space: str


class DataReport(TypedDict):
    """Section `data`: the data's hash and counts."""

    hash: str
    num_items: int
    num_items_with_text: int
    num_items_with_image: int
    num_users: int
    num_interactions: int
    num_interactions_with_unknown_items: int


class SplitReport(TypedDict):
    """Section `split`. `info`: counts and drawn names, which depend on the rule."""

    rule: str
    num_train_interactions: int
    num_valid_users: int
    num_test_users: int
    num_test_candidates: int
    num_test_targets: int
    test_hash: str
    info: JsonObject


# A fitted baseline: "chosen" settings, seconds of fitting and, where settings were tried, NDCG@10 on "valid".
BaselineReport = TypedDict(
    "BaselineReport", {"chosen": JsonObject, "fit_seconds": float, "valid_ndcg@10": NotRequired[float]}
)


class RunReport(PairReport):
    """Content of report.json. A model that does not rank items has no `test` and what depends on it."""

    format: int
    run: JsonObject
    commit: str | None
    encoders: EncodersReport
    data: DataReport
    split: SplitReport
    test: NotRequired[RankingReport]
    baselines: NotRequired[dict[str, BaselineReport]]
    tuning: NotRequired[dict[str, list[JsonObject]]]
    timing: NotRequired[TimingReport]
    slices: NotRequired[dict[str, list[SliceEntry]]]
    training: NotRequired[TrainingReport]


def differences_in(test: RankingReport, ours: str) -> Differences:
    """Return the paired differences of the model `ours` to the baselines; {} where the report has none."""
    return cast(JsonMapping, test).get(f"{ours}_minus") or {}
