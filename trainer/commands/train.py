"""`python -m trainer train`: train a run file and write a run directory."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from kernel.progress import TerminalProgress
from trainer import checkpoint
from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import ConfigError
from trainer.recipes.run_file import read_config
from trainer.reports.terminal_tables import report_table
from trainer.runs.train import train


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "train",
        epilog=EXIT_CODES,
        description="Train the model of a run file (example: docs/examples/two-tower.toml) and report it with the "
        "baselines. After Ctrl-C at any time, finished epochs stay in last/, and --resume continues to the very same "
        "result.",
    )
    command.add_argument(
        "run", type=Path, metavar="RUN.toml", help="the run file; its paths are relative to the working directory"
    )
    command.add_argument("--resume", action="store_true", help="continue from the run directory's last/")
    command.add_argument("--out", type=Path, metavar="DIR", help="the run directory, instead of the run file's `out`")
    command.add_argument("--seed", type=int, metavar="N", help="instead of the run file's `seed`; needs --out")
    command.add_argument(
        "--wandb", action="store_true", help="track with Weights & Biases, like [tracking] wandb = true"
    )
    command.set_defaults(command=_train)


def _train(arguments: argparse.Namespace) -> None:
    if arguments.seed is not None and arguments.out is None:
        raise ConfigError("--seed needs an --out of its own, because a run directory holds one run")
    instead = {"out": arguments.out and str(arguments.out), "seed": arguments.seed}
    config = read_config(arguments.run, **{name: value for name, value in instead.items() if value is not None})
    if arguments.wandb:
        config = replace(config, tracking=replace(config.tracking, wandb=True))
    try:
        with TerminalProgress() as progress:
            report = train(config, progress, resume=arguments.resume, with_page=True)
    except KeyboardInterrupt:
        if checkpoint.exists(Path(config.out) / "last"):
            again = f"python -m trainer train {arguments.run} --resume" + (
                f" --out {config.out}" if arguments.out else ""
            )
            again += "" if arguments.seed is None else f" --seed {arguments.seed}"
            print(f"finished epochs are kept in {config.out}/last; continue with: {again}", file=sys.stderr)
        raise
    if "test" in report:
        print_table(report_table(report))
    best = report["training"]["best_epoch"]
    untrained = "" if best else " (untrained, because no later epoch was better on valid)"
    print(f"best epoch {best}{untrained}: {config.out}/best   report: {config.out}/report.html")
