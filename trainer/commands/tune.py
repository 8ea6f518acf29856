"""`python -m trainer tune`: search settings of a run file and write the best as a run file."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from kernel.progress import TerminalProgress
from trainer.commands.console import EXIT_CODES
from trainer.errors import ConfigError
from trainer.recipes.run_file import read_config


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "tune",
        epilog=EXIT_CODES,
        description="Train the run repeatedly with other settings and evaluate each trial on validation cases; test "
        "cases are never used. After Ctrl-C at any time, finished trials stay, and --resume continues up to --trials.",
    )
    command.add_argument("run", type=Path, metavar="RUN.toml", help="the run file with all other settings")
    command.add_argument(
        "--param",
        action="append",
        required=True,
        metavar="NAME=RANGE",
        help="a setting and its values: training.learning_rate=1e-4..1e-2:log or model.dim=128,256; may be repeated",
    )
    command.add_argument("--trials", type=int, default=20, metavar="N", help="number of trials in all (default 20)")
    command.add_argument("--out", type=Path, metavar="DIR", help="for trials and best.toml (default: `out` + -tune)")
    command.add_argument("--resume", action="store_true", help="continue the search in the output directory")
    command.add_argument("--json", action="store_true", help="print the best trial as JSON")
    command.set_defaults(command=_tune)


def _tune(arguments: argparse.Namespace) -> None:
    from trainer.runs.tune import BEST_FILE, parse_parameter, tune  # noqa: PLC0415 - optuna imports slowly

    if arguments.trials < 1:
        raise ConfigError(f"--trials must be at least 1, got {arguments.trials}")
    config = read_config(arguments.run)
    out = arguments.out or Path(f"{config.out}-tune")
    config = read_config(arguments.run, out=str(out))
    parameters = [parse_parameter(text) for text in arguments.param]
    try:
        with TerminalProgress() as progress:
            best = tune(config, parameters, arguments.trials, progress, resume=arguments.resume)
    except KeyboardInterrupt:
        print(f"finished trials are kept in {out}; continue with the same command and --resume", file=sys.stderr)
        raise
    if arguments.json:
        print(json.dumps(best, indent=1))
        return
    chosen = ", ".join(f"{name} = {value}" for name, value in best["parameters"].items())
    print(f"best of {best['num_trials']} trials: number {best['trial']}, valid {best['metric']} {best['value']:.4f}")
    print(f"{chosen}\ntrain it with: python -m trainer train {out / BEST_FILE}")
