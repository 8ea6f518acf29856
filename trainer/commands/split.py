"""`python -m trainer split`: save a run's split to a file, or describe it."""

import argparse
from pathlib import Path
from typing import Any

from rich.table import Table

from trainer.commands.console import EXIT_CODES, print_table
from trainer.config.run import RunConfig
from trainer.dataset.dataset import Dataset
from trainer.errors import ConfigError
from trainer.prepare import read_run_data
from trainer.recipes.run_file import read_config
from trainer.splits.cases import Split, build_split
from trainer.splits.files import load_split, save_split
from trainer.splits.leakage import refuse_leaks
from trainer.splits.rules import plan_split


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "split",
        epilog=EXIT_CODES,
        description="Make the split of the run file's table [split], check it for leaks, describe it and, with --out, "
        "save it. Runs with the same split.file are evaluated on the same cases.",
    )
    command.add_argument("run", type=Path, metavar="RUN.toml", help="the run file: its data, seed and [split] are used")
    command.add_argument("--out", type=Path, metavar="FILE", help=".npz, or .json for use by other programs")
    command.set_defaults(command=_split)


def _split(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.run)
    dataset = read_run_data(config)
    if not len(dataset.interactions):
        raise ConfigError(f"{arguments.run}: expected interactions to split, got none; check data.interactions")
    split = _make(config, dataset, arguments.out)
    print_table(_table(split, dataset))
    for what, found in split.info.items():
        print(f"{what}: {found}")


def _make(config: RunConfig, dataset: Dataset, out: Path | None) -> Split:
    if config.split.file is not None:
        if out is not None:
            raise ConfigError("split.file names a saved split already; remove it from the run file to make another")
        split = load_split(Path(config.split.file), dataset)
        refuse_leaks(split)
        return split
    plan = plan_split(dataset, config.split, config.seed)
    split = build_split(dataset.interactions, plan)
    refuse_leaks(split)
    if out is not None:
        save_split(plan, dataset, out)
        print(f"saved: {out}")
    return split


def _table(split: Split, dataset: Dataset) -> Table:
    table = Table(title=f"{split.rule} split of {len(dataset.interactions):,} interactions")
    for column in ("part", "users", "history", "targets", "candidates"):
        table.add_column(column, justify="left" if column == "part" else "right")
    num_users = len(set(split.train.user_idx.tolist()))
    table.add_row("train", f"{num_users:,}", f"{len(split.train):,}", "", "")
    for name, cases in (("valid", split.valid), ("test", split.test)):
        seen = int((cases.history.ptr[cases.users + 1] - cases.history.ptr[cases.users]).sum())
        numbers = (len(cases), seen, len(cases.target_items), len(cases.candidates))
        table.add_row(name, *(f"{number:,}" for number in numbers))
    return table
