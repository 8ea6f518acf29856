"""`python -m trainer evaluate`: measure a checkpoint again, on its own data or on other data."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer import checkpoint
from trainer.commands.console import EXIT_CODES, print_table
from trainer.config import RunConfig, parse_config
from trainer.errors import CheckpointError
from trainer.prepare import prepare
from trainer.progress import TerminalProgress
from trainer.report_tables import report_table
from trainer.train import describe_encoders, report_of


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "evaluate",
        help="measure a checkpoint again",
        epilog=EXIT_CODES,
        description="Measure a checkpoint and the baselines on the test split of its own data, or of other data.",
    )
    command.add_argument("checkpoint", type=Path, metavar="CKPT", help="a run's best/ or last/ directory")
    command.add_argument(
        "--products", type=Path, nargs="+", metavar="FILE", help="products.jsonl files instead of the run's"
    )
    command.add_argument("--interactions", type=Path, metavar="FILE", help=".csv or .jsonl instead of the run's")
    command.add_argument("--images", type=Path, metavar="DIR", help="pictures named {itemId}.jpg instead of the run's")
    command.add_argument("--encoders", type=Path, metavar="BUNDLE", help="where the run's encoders are now")
    command.add_argument("--json", action="store_true", help="print the whole report as JSON")
    command.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    saved = checkpoint.load(arguments.checkpoint)
    config = _with_data(parse_config(saved.run), arguments)
    with TerminalProgress() as progress:
        prepared = prepare(config, progress)
        found = describe_encoders(prepared.encoders, config.model.dim)
        if found != saved.encoders:
            raise CheckpointError(
                f"{arguments.checkpoint}: was trained on features of {saved.encoders['name']} "
                f"(space {saved.encoders['space'][:12]}), but {config.encoders} is {found['name']} "
                f"(space {found['space'][:12]}); give its bundle with --encoders"
            )
        if prepared.data_hash != saved.data_hash:
            progress.say(
                "these are other data than it was trained on; users or items of the test may have been in training"
            )
        report = report_of(prepared, saved.towers, progress).document
    if arguments.json or "test" not in report:
        print(json.dumps(report, indent=1))
    else:
        print_table(report_table(report))


def _with_data(config: RunConfig, arguments: argparse.Namespace) -> RunConfig:
    data = config.data
    if arguments.products:
        data = replace(data, products=tuple(map(str, arguments.products)))
    if arguments.interactions:
        data = replace(data, interactions=str(arguments.interactions))
    if arguments.images:
        data = replace(data, images=str(arguments.images))
    return replace(config, data=data, encoders=str(arguments.encoders or config.encoders))
