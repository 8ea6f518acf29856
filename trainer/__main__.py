"""`python -m trainer`: every command is a file of trainer/commands."""

import argparse
import os
import sys
from collections.abc import Sequence

import torch

from trainer.commands import checkpoints, compare, evaluate, features, prepare, recommend, report, split, train, tune
from trainer.commands.console import EXIT_CODES
from trainer.errors import ConfigError, DataError, TrainerError

COMMANDS = (
    features,
    prepare,
    split,
    train,
    tune,
    evaluate,
    compare,
    recommend,
    checkpoints,
    report,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    # Decided here and nowhere in the library: one seed gives one result. CUDA wants its workspace fixed before use.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        arguments.command(arguments)
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, (ConfigError, DataError)) else 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer",
        description="Learn item and user towers from products and interactions that you own.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
