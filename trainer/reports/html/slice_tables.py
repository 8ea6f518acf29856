"""Tables of the slices in report.json: the model beside the best baseline of each slice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trainer.evaluation.statistics import IntervalEntry
from trainer.reports.document import RunReport, SliceEntry
from trainer.reports.html.tables import Cell, domain_of, is_interval, metric_cell
from trainer.reports.html.verdict import BETTER, UNCLEAR, WORSE, headline_metric, listed, metric_title

# {kind of slice in report.json: (title, caption)}
KINDS = {
    "history_length": ("Length of the history", "Users by the number of interactions they liked before."),
    "target_temperature": (
        "Item temperature",
        "Held-out items by the number of training users who liked them: hot 20 or more, warm 1 to 19, cold none.",
    ),
    "target_popularity": (
        "Head and tail",
        "Held-out items: the head has four fifths of all training likes, the tail has the rest.",
    ),
    "target_image": ("Image of the item", "Held-out items with an image (there) and without one (missing)."),
    "target_text": ("Text of the item", "Held-out items with a text (there) and without one (missing)."),
    "truncated_history": ("Shorter histories", "The same users, with only the last few liked interactions."),
    "masked_modality": ("Missing modalities", "The same users, with all images or all texts removed."),
}


@dataclass(frozen=True)
class SliceRow:
    """Row of one slice; `cells`: the model and the best baseline, None where the slice is empty."""

    name: str
    count: str
    cells: Sequence[Cell | None]
    outcome: str  # "" where there is nothing to compare


@dataclass(frozen=True)
class SliceTable:
    """Table of one kind of slice."""

    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[SliceRow]


def slice_tables(ours: str, report: RunReport) -> list[SliceTable]:
    """Return one table for each kind of slice in the report that has users."""
    found = (_table(ours, kind, entries) for kind, entries in _kinds(report))
    return [table for table in found if table is not None]


def slice_losses(tables: Sequence[SliceTable]) -> list[str]:
    """Return one sentence per table that lists the slices where a baseline is clearly better."""
    losses = []
    for table in tables:
        worse = [f"“{row.name}”" for row in table.rows if row.outcome == WORSE]
        if worse:
            losses.append(f"{table.title}: a baseline is better for {listed(worse)}.")
    return losses


def compare(ours: IntervalEntry, theirs: IntervalEntry) -> str:
    """Return "better" or "worse" where two intervals do not overlap, else "unclear"."""
    if ours["low"] > theirs["high"]:
        return BETTER
    return WORSE if ours["high"] < theirs["low"] else UNCLEAR


def _kinds(report: RunReport) -> Iterator[tuple[str, Sequence[SliceEntry]]]:
    for kind, entries in (report.get("slices") or {}).items():
        if isinstance(entries, list) and all(isinstance(entry, dict) and "models" in entry for entry in entries):
            yield kind, entries


def _table(ours: str, kind: str, entries: Sequence[SliceEntry]) -> SliceTable | None:
    with_ours = [entry for entry in entries if ours in entry["models"]]
    metric = headline_metric(list(with_ours[0]["models"][ours])) if with_ours else None
    if metric is None:
        return None
    values = [
        {name: metrics[metric] for name, metrics in entry["models"].items() if is_interval(metrics.get(metric))}
        for entry in entries
    ]
    domain = domain_of(interval for models in values for interval in models.values())
    title, caption = KINDS.get(kind, (kind.replace("_", " ").capitalize(), ""))
    return SliceTable(
        title,
        f"{caption} {metric_title(metric)}; better or worse only where the two intervals do not overlap.".strip(),
        ("Slice", "Users", ours, "Best baseline", "Result"),
        [_row(ours, entry, models, domain) for entry, models in zip(entries, values, strict=True)],
    )


def _row(ours: str, entry: SliceEntry, models: Mapping[str, IntervalEntry], domain: tuple[float, float]) -> SliceRow:
    baselines = {name: value for name, value in models.items() if name != ours}
    best = max(baselines, key=lambda name: baselines[name]["mean"], default=None)
    cells = (
        metric_cell(models[ours], domain) if ours in models else None,
        metric_cell(baselines[best], domain, label=best) if best is not None else None,
    )
    outcome = compare(models[ours], baselines[best]) if ours in models and best is not None else ""
    return SliceRow(str(entry.get("slice", "")), f"{entry.get('num_users', 0):,}", cells, outcome)
