"""Verdict on a model in one sentence, from the paired differences to the baselines in report.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.evaluation.statistics import DifferenceEntry, IntervalEntry
from trainer.reports.document import Differences, RankingReport, differences_in

# Metrics of which more is always better. Coverage, diversity and novelty are traded against these.
RANKING_METRICS = ("ndcg", "recall", "precision", "f1", "mrr", "map", "hit_rate", "auc")
BETTER, WORSE, UNCLEAR = "better", "worse", "unclear"
HIGHER, LOWER = "higher", "lower"  # in place of better and worse, for metrics that are not ranking metrics
MAX_INTERVALS = 2  # in one sentence


@dataclass(frozen=True)
class Verdict:
    """Verdict on a model. `is_good`: it beats every baseline; `losses`: a sentence on the other metrics it loses."""

    sentence: str
    is_good: bool
    losses: tuple[str, ...] = ()


def outcome(difference: DifferenceEntry, confidence: float = 0.95) -> str:
    """Return "better", "worse" or "unclear" for {mean, low, high} of ours - theirs.

    Where the report has a p-value corrected for the number of baselines, it must agree with the interval.
    """
    if difference.get("holm_p_value", 0.0) > 1 - confidence:
        return UNCLEAR
    if difference["low"] > 0:
        return BETTER
    return WORSE if difference["high"] < 0 else UNCLEAR


def headline_metric(metrics: Sequence[str], wanted: str | None = None) -> str | None:
    """Return the metric of the verdict: `wanted` (training's stop metric), else NDCG@10, else the first ranking metric.

    None where no metric is a ranking metric.
    """
    choices = (wanted, "ndcg@10", *metrics)
    return next((name for name in choices if name in metrics and is_ranking_metric(name)), None)


def is_ranking_metric(name: str | None) -> bool:
    """Return whether a metric, at any cut-off, is one of RANKING_METRICS."""
    return name is not None and name.split("@")[0] in RANKING_METRICS


def give_verdict(ours: str, test: RankingReport, metric: str) -> Verdict | None:
    """Return the verdict on `ours` by `metric`; None where the report has no comparison."""
    differences = differences_in(test, ours)
    found = {name: metrics[metric] for name, metrics in differences.items() if metric in metrics}
    if not found:
        return None
    confidence = test.get("confidence", 0.95)
    by_outcome = {
        kind: [name for name, difference in found.items() if outcome(difference, confidence) == kind]
        for kind in (BETTER, WORSE, UNCLEAR)
    }
    title, losses = metric_title(metric), _losses(differences, metric, confidence)
    if len(by_outcome[BETTER]) == len(found):
        closest = min(found, key=lambda name: found[name]["mean"])
        sentence = (
            f"{ours} beats every baseline at {title}; the closest is {closest}, by {_interval(found[closest])}."
            if len(found) > 1
            else f"{ours} beats {closest}, the only baseline, at {title}, by {_interval(found[closest])}."
        )
        return Verdict(sentence, True, losses)
    parts = []
    if by_outcome[WORSE]:
        parts.append(f"it loses to {_listed_with(found, by_outcome[WORSE], 'most to', 'and to')}")
    if by_outcome[UNCLEAR]:
        parts.append(
            "these users show no clear difference from "
            + _listed_with(found, by_outcome[UNCLEAR], "the largest from", "then")
        )
    if by_outcome[BETTER]:
        parts.append(f"it beats {listed(by_outcome[BETTER])}")
    sentence = f"{ours} does not beat every baseline at {title}: {'; '.join(parts)}."
    return Verdict(sentence, False, losses)


def metric_title(name: str) -> str:
    """Return a metric's usual name.

    >>> metric_title("ndcg@10"), metric_title("hit_rate@5"), metric_title("auc"), metric_title("coverage@10")
    ('NDCG@10', 'Hit rate@5', 'AUC', 'Coverage@10')
    """
    base, at, k = name.partition("@")
    is_initials = base in ("ndcg", "mrr", "map", "auc", "f1")
    return (base.upper() if is_initials else base.replace("_", " ").capitalize()) + at + k


def listed(names: Any) -> str:
    """Join names with commas and "and".

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else str(last)


def _losses(differences: Differences, decided: str, confidence: float) -> tuple[str, ...]:
    """Return the other metrics at which baselines are better: one sentence, or none."""
    winners: dict[str, list[str]] = {}
    for name, metrics in differences.items():
        for metric, difference in metrics.items():
            if metric != decided and is_ranking_metric(metric) and outcome(difference, confidence) == WORSE:
                winners.setdefault(metric, []).append(name)
    if not winners:
        return ()
    texts = (
        f"{metric_title(metric)} ({names[0] if len(names) == 1 else f'{len(names)} baselines'})"
        for metric, names in winners.items()
    )
    return (f"It also loses at {listed(texts)}.",)


def _listed_with(found: Mapping[str, IntervalEntry], names: Sequence[str], most: str, then: str) -> str:
    """Return names with their intervals; of more than MAX_INTERVALS, only that of the largest difference."""
    by_size = sorted(names, key=lambda name: -abs(found[name]["mean"]))
    if len(names) <= MAX_INTERVALS:
        return listed(f"{name} ({_interval(found[name])})" for name in by_size)
    first, *others = by_size
    return f"{len(names)} baselines, {most} {first} ({_interval(found[first])}), {then} {listed(others)}"


def _interval(difference: IntervalEntry) -> str:
    return f"{signed(difference['mean'])} [{signed(difference['low'])}, {signed(difference['high'])}]"


def signed(number: float) -> str:
    """Format a difference with its sign and three decimals.

    >>> signed(0.1), signed(-0.02), signed(0.0001)
    ('+0.100', '−0.020', '0.000')
    """
    rounded = round(number, 3)
    return "0.000" if rounded == 0 else f"{'+' if rounded > 0 else '−'}{abs(rounded):.3f}"
