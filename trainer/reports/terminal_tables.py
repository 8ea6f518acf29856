"""Tables of a report for the terminal."""

from collections.abc import Sequence

from rich.table import Table

from trainer.evaluation.statistics import IntervalEntry
from trainer.reports.document import RunReport, SliceEntry, differences_in

TABLE_METRICS = ("ndcg", "recall", "mrr")


def report_table(report: RunReport) -> Table:
    """Return the test metrics as a table: one row per model, "mean [low, high]" of a few metrics at the smallest k."""
    test, split = report["test"], report["split"]
    users, items = split["num_test_users"], split["num_test_candidates"]
    ours, found = next(iter(test["models"].items()))
    k = min(int(name.split("@")[1]) for name in found if "@" in name)
    metrics = [f"{name}@{k}" for name in TABLE_METRICS]
    table = Table(
        title=f"{users:,} test users, {items:,} items ranked ({split['rule']} split)",
        caption=f"means with {test['confidence']:.0%} bootstrap intervals over users; last column: paired difference",
    )
    table.add_column("")
    for name in (*metrics, f"{ours} minus row, {metrics[0]}"):
        table.add_column(name, justify="right")
    for name, found in test["models"].items():
        difference = differences_in(test, ours).get(name)
        cells = [_cell(found[metric]) for metric in metrics]
        table.add_row(name, *cells, _cell(difference[metrics[0]], sign="+") if difference else "")
    return table


def slice_table(kind: str, entries: Sequence[SliceEntry], metric: str = "ndcg@10") -> Table:
    """Return one kind of slice as a table: one row per slice, one column per model."""
    models = list(dict.fromkeys(name for entry in entries for name in entry["models"]))
    table = Table(title=f"{kind.replace('_', ' ')}: {metric}")
    for name in ("", "users", *models):
        table.add_column(name, justify="right" if name else "left")
    for entry in entries:
        cells = [_cell(entry["models"][name][metric]) if name in entry["models"] else "–" for name in models]
        table.add_row(entry["slice"], f"{entry['num_users']:,}", *cells)
    return table


def _cell(found: IntervalEntry, sign: str = "") -> str:
    return f"{found['mean']:{sign}z.4f} [{found['low']:{sign}z.4f}, {found['high']:{sign}z.4f}]"
