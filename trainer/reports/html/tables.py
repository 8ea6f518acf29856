"""Tables and charts of report.json. A part that a report lacks is None, and the page leaves it out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from kernel.json_object import JsonMapping
from trainer.evaluation.retrieval_metrics import SIMILARITY_CAVEAT
from trainer.evaluation.statistics import DifferenceEntry, IntervalEntry
from trainer.learning.pair_metrics import HELD_OUT_NOTE, PairSection
from trainer.reports.document import (
    Differences,
    MetricIntervals,
    RankingReport,
    RunReport,
    TrainingReport,
    differences_in,
)
from trainer.reports.html.charts import Line, interval_bar, line_chart, plain
from trainer.reports.html.verdict import (
    BETTER,
    HIGHER,
    LOWER,
    UNCLEAR,
    WORSE,
    headline_metric,
    is_ranking_metric,
    metric_title,
    outcome,
    signed,
)

MAX_LINES = 4  # more lines in a chart are unreadable
Direction = Literal["text_to_image", "image_to_text"]
UNRANKED = {BETTER: HIGHER, WORSE: LOWER, UNCLEAR: UNCLEAR}
PAIR_DIRECTIONS: dict[Direction, str] = {"text_to_image": "text to image", "image_to_text": "image to text"}


@dataclass(frozen=True)
class Cell:
    """Table cell of a number with its interval, as text and as a bar; `outcome`: that of a difference, else ""."""

    text: str
    bar: Markup
    outcome: str = ""


@dataclass(frozen=True)
class Row:
    """Row of one model in a metric's table."""

    name: str
    is_ours: bool
    value: Cell
    difference: Cell | None  # ours minus this model


@dataclass(frozen=True)
class MetricTable:
    """Table of one metric: the model and every baseline, the best first."""

    title: str
    rows: Sequence[Row]
    summary: str


def training_charts(training: TrainingReport) -> list[tuple[Markup, str]]:
    """Return (chart, caption) of the loss and of the metrics on "valid", each where it has at least two epochs."""
    epochs: Sequence[Mapping[str, float]] = training.get("epochs") or []
    best = training.get("best_epoch")
    names = [name for name in dict.fromkeys(name for epoch in epochs for name in epoch) if name != "epoch"]
    losses = _lines(epochs, [name for name in names if "loss" in name])
    stop = training.get("stop_metric") or headline_metric(names)
    others = [name for name in names if name != stop and is_ranking_metric(name)]
    found = []
    if losses:
        found.append((_epoch_chart(losses, "loss", "Training loss", None, from_zero=False), _loss_caption(losses[0])))
    valid = _lines(epochs, [name for name in (stop, *others) if name in names][:MAX_LINES])
    if valid:
        chart = _epoch_chart(valid, "valid", "Metrics on validation users", best, from_zero=True)
        found.append((chart, _valid_caption(valid[0], best)))
    return found


def epoch_table(training: TrainingReport) -> tuple[list[str], list[list[str]]] | None:
    """Return (column names, rows of text) of every epoch."""
    epochs: Sequence[Mapping[str, float]] = training.get("epochs") or []
    names = list(dict.fromkeys(name for epoch in epochs for name in epoch))
    if not names:
        return None
    rows = [
        [
            "–" if name not in epoch else plain(epoch[name]) if name == "epoch" else f"{epoch[name]:.4f}"
            for name in names
        ]
        for epoch in epochs
    ]
    return [metric_title(name) for name in names], rows


def metric_tables(ours: str, test: RankingReport) -> list[MetricTable]:
    """Return one table per test metric, the headline metric first."""
    models = test.get("models") or {}
    if ours not in models:
        return []
    names = [name for name, value in models[ours].items() if is_interval(value)]
    first = headline_metric(names)
    ordered = sorted(names, key=lambda name: (name != first, not is_ranking_metric(name)))
    minus, confidence = differences_in(test, ours), test.get("confidence", 0.95)
    return [_metric_table(name, ours, models, minus, confidence) for name in ordered]


def pair_table(pairs: PairSection) -> tuple[list[str], list[list[str]]] | None:
    """Return (column names, rows of text) of the retrieval between texts and images, None where there was none."""
    directions = [direction for direction in PAIR_DIRECTIONS if isinstance(pairs.get(direction), Mapping)]
    names = list(dict.fromkeys(name for direction in directions for name in pairs[direction]))
    if not names:
        return None
    rows = [
        [PAIR_DIRECTIONS[direction], *(_pair_cell(pairs, direction, name) for name in names)]
        for direction in directions
    ]
    return ["", *map(metric_title, names)], rows


def pair_notes(report: RunReport) -> list[str]:
    """Return the caveats of the retrieval between texts and images."""
    pairs: PairSection = report.get("pairs") or {}
    has_chosen = len((report.get("training") or {}).get("epochs") or []) > 1  # older reports lack the note `held_out`
    notes = [pairs.get("held_out") or (HELD_OUT_NOTE if pairs and has_chosen else "")]
    similarity = pairs.get("avg_mean_similarity@5")
    if similarity:
        found = f"AvgMeanSimilarity@5: {similarity['text']:.3f} among texts, {similarity['image']:.3f} among images."
        notes.append(f"{found} {pairs.get('caveat') or SIMILARITY_CAVEAT}")
    return [note for note in notes if note]


def metric_cell(value: IntervalEntry, domain: tuple[float, float], label: str = "") -> Cell:
    """Return the cell of a mean with its interval, after `label` where given."""
    text = f"{label} {value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]".lstrip()
    return Cell(text, interval_bar(value["mean"], value["low"], value["high"], domain=domain))


def difference_cell(value: DifferenceEntry, domain: tuple[float, float], confidence: float, metric: str) -> Cell:
    """Return the cell of a metric's difference with its interval and outcome."""
    text = f"{signed(value['mean'])} [{signed(value['low'])}, {signed(value['high'])}]"
    bar = interval_bar(value["mean"], value["low"], value["high"], domain=domain, reference=0.0)
    kind = outcome(value, confidence)
    return Cell(text, bar, kind if is_ranking_metric(metric) else UNRANKED[kind])


def is_interval(value: Any) -> bool:
    """Return whether a value of the report is {mean, low, high}."""
    return isinstance(value, Mapping) and {"mean", "low", "high"} <= value.keys()


def domain_of(intervals: Iterable[IntervalEntry], *, with_zero: bool = True) -> tuple[float, float]:
    """Return the domain (from, to) of an axis that fits all these intervals."""
    ends = [end for interval in intervals for end in (interval["low"], interval["high"])]
    ends += [0.0] if with_zero else []
    return min(ends), max(ends)


def flat_config(values: JsonMapping, prefix: str = "") -> list[tuple[str, str]]:
    """Return a run's settings as (dotted name, value as text)."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += flat_config(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return rows


def as_toml(values: JsonMapping) -> str:
    """Return a run's settings as a run file."""
    lines = [f"{key} = {_toml_value(value)}" for key, value in values.items() if not isinstance(value, Mapping)]
    for key, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{key}]", *(f"{name} = {_toml_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _pair_cell(pairs: PairSection, direction: Direction, name: str) -> str:
    if name not in pairs[direction]:
        return "–"
    interval = (pairs.get("intervals") or {}).get(direction, {}).get(name)
    return f"{pairs[direction][name]:.3f}" + (f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else "")


def _toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _metric_table(
    metric: str,
    ours: str,
    models: Mapping[str, MetricIntervals],
    minus: Differences,
    confidence: float,
) -> MetricTable:
    values = {name: metrics[metric] for name, metrics in models.items() if is_interval(metrics.get(metric))}
    differences = {name: metrics[metric] for name, metrics in minus.items() if is_interval(metrics.get(metric))}
    domain, difference_domain = domain_of(values.values()), domain_of(differences.values())
    rows = [
        Row(
            name,
            name == ours,
            metric_cell(values[name], domain),
            difference_cell(differences[name], difference_domain, confidence, metric) if name in differences else None,
        )
        for name in sorted(values, key=lambda name: -values[name]["mean"])
    ]
    baselines = {name: value["mean"] for name, value in values.items() if name != ours}
    best = max(baselines, key=lambda name: baselines[name], default=None)
    summary = f"{ours} {values[ours]['mean']:.3f}"
    if best is not None:
        summary += f", {'best' if is_ranking_metric(metric) else 'highest'} baseline {best} {baselines[best]:.3f}"
    return MetricTable(metric_title(metric), rows, summary)


def _lines(epochs: Sequence[Mapping[str, float]], names: Sequence[str]) -> list[Line]:
    lines = [
        Line(metric_title(name), [(epoch["epoch"], epoch[name]) for epoch in epochs if name in epoch]) for name in names
    ]
    return [line for line in lines if len(line.points) > 1]


def _epoch_chart(lines: Sequence[Line], name: str, title: str, best: int | None, *, from_zero: bool) -> Markup:
    described = "; ".join(
        f"{line.name} from {line.points[0][1]:.3f} in epoch {plain(line.points[0][0])} "
        f"to {line.points[-1][1]:.3f} in epoch {plain(line.points[-1][0])}"
        for line in lines
    )
    return line_chart(
        lines,
        name=name,
        title=f"{title} by epoch",
        description=described + (f". Best epoch: {best}." if best is not None else "."),
        x_label="epoch",
        from_zero=from_zero,
        marked_x=None if best is None else (best, f"best: epoch {best}"),
    )


def _loss_caption(line: Line) -> str:
    first, last = line.points[0][1], line.points[-1][1]
    if last >= first:
        return "The training loss did not fall: the model learnt nothing that its loss rewards."
    return f"The training loss fell from {first:.3f} to {last:.3f}. It measures only the fit to training examples."


def _valid_caption(line: Line, best: int | None) -> str:
    if best is None:
        return f"{line.name} of validation users after each epoch."
    values = dict(line.points)
    last = line.points[-1][0]
    text = (
        f"{line.name} of validation users was highest after epoch {best} ({values[best]:.3f}); this page evaluates it."
    )
    if best == last:
        return text + " It was still rising when training ended: more epochs may help."
    if best == 0:
        return text + " The untrained model was better than every trained epoch."
    return text + " Later epochs fitted the training examples better, but not these users."
