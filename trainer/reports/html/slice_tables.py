"""For whom it works: the slices of report.json as tables, ours beside the best baseline of each slice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.reports.html.tables import Cell, domain_of, is_interval, metric_cell
from trainer.reports.html.verdict import BETTER, UNCLEAR, WORSE, headline_metric, listed, metric_title

# What the kinds of slice in report.json ask, and how to read them.
KINDS = {
    "history_length": ("How long the history is", "Users by how many interactions they liked before."),
    "target_temperature": (
        "How known the item is",
        "Held-out items by how many training users liked them: hot 20 or more, warm 1 to 19, cold none.",
    ),
    "target_popularity": (
        "Head and tail",
        "Held-out items: the head holds four fifths of all training likes, the tail is the rest.",
    ),
    "target_image": ("Items without an image", "Held-out items by whether they have one."),
    "target_text": ("Items without a text", "Held-out items by whether they have one."),
    "truncated_history": ("The same users with less history", "Only the last few liked interactions are told."),
    "masked_modality": ("The same users with less to see", "All images, or all texts, are taken away."),
}


@dataclass(frozen=True)
class SliceRow:
    """One slice; `cells`: ours and the best baseline, None where the slice is empty."""

    name: str
    count: str
    cells: Sequence[Cell | None]
    outcome: str  # "" where nothing can be compared


@dataclass(frozen=True)
class SliceTable:
    """One kind of slice."""

    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[SliceRow]


def slice_tables(ours: str, report: Mapping[str, Any]) -> list[SliceTable]:
    """Return a table for each kind of slice that the report has with users in it."""
    found = (_table(ours, kind, entries) for kind, entries in _kinds(report))
    return [table for table in found if table is not None]


def slice_losses(tables: Sequence[SliceTable]) -> list[str]:
    """Return in which slices a baseline is clearly better, a sentence a table."""
    losses = []
    for table in tables:
        worse = [f"“{row.name}”" for row in table.rows if row.outcome == WORSE]
        if worse:
            losses.append(f"{table.title}: a baseline is better for {listed(worse)}.")
    return losses


def compare(ours: Mapping[str, float], theirs: Mapping[str, float]) -> str:
    """Return "better" or "worse" where two intervals do not overlap, else "unclear"."""
    if ours["low"] > theirs["high"]:
        return BETTER
    return WORSE if ours["high"] < theirs["low"] else UNCLEAR


def _kinds(report: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    for kind, entries in (report.get("slices") or {}).items():
        if isinstance(entries, list) and all(isinstance(entry, dict) and "models" in entry for entry in entries):
            yield kind, entries


def _table(ours: str, kind: str, entries: Sequence[Mapping[str, Any]]) -> SliceTable | None:
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
        ("Slice", "Users", ours, "Best baseline", "So"),
        [_row(ours, entry, models, domain) for entry, models in zip(entries, values, strict=True)],
    )


def _row(
    ours: str, entry: Mapping[str, Any], models: Mapping[str, Mapping[str, float]], domain: tuple[float, float]
) -> SliceRow:
    baselines = {name: value for name, value in models.items() if name != ours}
    best = max(baselines, key=lambda name: baselines[name]["mean"], default=None)
    cells = (
        metric_cell(models[ours], domain) if ours in models else None,
        metric_cell(baselines[best], domain, label=best) if best is not None else None,
    )
    outcome = compare(models[ours], baselines[best]) if ours in models and best is not None else ""
    return SliceRow(str(entry.get("slice", "")), f"{entry.get('num_users', 0):,}", cells, outcome)
