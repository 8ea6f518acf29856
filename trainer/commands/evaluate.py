"""`python -m trainer evaluate`: evaluate a checkpoint on its own data or on other data."""

import argparse
import json
from pathlib import Path
from typing import Any

from kernel.progress import TerminalProgress
from trainer.baselines import BASELINES
from trainer.commands.checkpoint_data import add_arguments, load_with_data
from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import ConfigError
from trainer.reports.report import write_report
from trainer.reports.terminal_tables import report_table, slice_table
from trainer.runs.evaluate import evaluate


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "evaluate",
        epilog=EXIT_CODES,
        description="Evaluate a checkpoint and the baselines on the test split of its own data, or of other data.",
    )
    add_arguments(command)
    command.add_argument(
        "--baselines",
        default="all",
        metavar="NAMES",
        help=f"baselines to tune and evaluate: all, none, or some of {','.join(BASELINES)}",
    )
    command.add_argument(
        "--slices", action="store_true", help="also print results by history length, target and missing modality"
    )
    command.add_argument("--json", action="store_true", help="print the whole report as JSON")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="write report.json and per_user.npz to DIR, as input of `compare`"
    )
    command.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    baselines = _baselines(arguments.baselines)
    with TerminalProgress() as progress:
        saved, prepared = load_with_data(arguments, progress)
        if prepared.data_hash != saved.data_hash:
            progress.say(
                "note: other data than the checkpoint was trained on; test users or items may have been in training"
            )
        wants_slices = arguments.slices or arguments.json or arguments.out is not None
        report = evaluate(prepared, saved.towers, progress, baselines=baselines, with_slices=wants_slices)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        write_report(report, arguments.out)
    if arguments.json or "test" not in report.document:
        print(json.dumps(report.document, indent=1))
        return
    print_table(report_table(report.document))
    if arguments.slices:
        for kind, entries in report.document["slices"].items():
            print_table(slice_table(kind, entries))


def _baselines(names: str) -> tuple[str, ...]:
    """Return the requested baselines; raises ConfigError for an unknown one before any work is done."""
    if names in ("all", "none"):
        return tuple(BASELINES) if names == "all" else ()
    requested = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in requested:
        if name not in BASELINES:
            raise ConfigError(f"--baselines: no baseline {name!r}; choose from {', '.join(BASELINES)}")
    return requested
