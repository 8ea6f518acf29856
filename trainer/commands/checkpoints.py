"""`python -m trainer checkpoints`: list them, or show one."""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.table import Table

from trainer import checkpoint
from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import CheckpointError, ConfigError


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser("checkpoints", help="list checkpoints, or show one", epilog=EXIT_CODES)
    actions = command.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list every checkpoint under a directory")
    listing.add_argument("directory", type=Path, metavar="DIR")
    listing.set_defaults(command=_list)
    info = actions.add_parser("info", help="verify one checkpoint and print its checkpoint.json")
    info.add_argument("directory", type=Path, metavar="DIR")
    info.set_defaults(command=_info)


def _list(arguments: argparse.Namespace) -> None:
    if not arguments.directory.is_dir():
        raise ConfigError(f"{arguments.directory}: no such directory")
    found = sorted(path.parent for path in arguments.directory.rglob(checkpoint.CHECKPOINT_FILE))
    found = [path for path in found if not path.name.startswith(".")]
    if not found:
        raise CheckpointError(f"{arguments.directory}: no checkpoint in it")
    table = Table()
    for column in ("checkpoint", "towers", "dim", "seed", "epoch", "valid NDCG@10"):
        table.add_column(column, overflow="fold")
    for path in found:
        document = checkpoint.read_document(path)
        ndcg = document["metrics"].get("valid", {}).get("ndcg@10")
        described = (
            ", ".join(tower["type"] for tower in document["towers"].values()),
            document["encoders"].get("dim"),
            document["seed"],
            document["epoch"],
        )
        table.add_row(str(path), *map(str, described), "" if ndcg is None else f"{ndcg:.4f}")
    print_table(table)


def _info(arguments: argparse.Namespace) -> None:
    checkpoint.load(arguments.directory)  # says what is wrong with its weights, too
    print(json.dumps(checkpoint.read_document(arguments.directory), indent=1))
