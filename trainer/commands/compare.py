"""`python -m trainer compare`: compare finished runs, with paired differences."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.table import Table

from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import ConfigError
from trainer.reports.comparison import Comparison, compare, read_run


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "compare",
        epilog=EXIT_CODES,
        description="Compare runs on the same test users. Runs that differ only in their seed are one model, and "
        "each seed counts once. Each difference is the first run's model minus another model or baseline, paired by "
        "user.",
    )
    command.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR", help="the `out` of a run, or of `evaluate`")
    command.add_argument("--metric", default="ndcg@10", help="a metric of the report (default ndcg@10)")
    command.add_argument(
        "--confidence", type=float, default=0.95, metavar="P", help="confidence of the intervals (default 0.95)"
    )
    command.add_argument("--samples", type=int, default=1000, metavar="N", help="bootstrap samples (default 1000)")
    command.add_argument("--json", action="store_true", help="print the comparison as JSON")
    command.set_defaults(command=_compare)


def _compare(arguments: argparse.Namespace) -> None:
    if not 0.5 <= arguments.confidence < 1 or not 100 <= arguments.samples <= 1_000_000:
        raise ConfigError(
            "expected --confidence from 0.5 to below 1 and --samples from 100 to 1,000,000, "
            f"got {arguments.confidence} and {arguments.samples}"
        )
    runs = [read_run(directory) for directory in dict.fromkeys(arguments.runs)]
    found = compare(runs, arguments.metric, confidence=arguments.confidence, samples=arguments.samples)
    for note in found["notes"]:
        print(f"note: {note}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        print_table(comparison_table(found))


def comparison_table(found: Comparison) -> Table:
    """Return the comparison as a table: one row per model, the reference first."""
    table = Table(
        title=f"{found['metric']} of {found['num_users']:,} test users",
        caption=f"{found['confidence']:.0%} bootstrap intervals over users and, where there are several, over seeds; "
        "p: paired, two-sided, with Holm's correction",
    )
    for name in ("model", "seeds", "mean", "sd over seeds", "interval", f"{found['reference']} minus row", "p"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for row in found["rows"]:
        gap = row.get("difference")
        table.add_row(
            row["model"],
            str(row["seeds"]),
            f"{row['mean']:.4f}",
            "–" if row["sd"] is None else f"{row['sd']:.4f}",
            f"[{row['low']:.4f}, {row['high']:.4f}]",
            f"{gap['mean']:+z.4f} [{gap['low']:+z.4f}, {gap['high']:+z.4f}]" if gap else "",
            f"{gap['holm_p_value']:.3f}" if gap else "",
        )
    return table
