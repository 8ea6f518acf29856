"""`python -m trainer checkpoints`: list, show, compare and remove checkpoints."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from rich.table import Table

from kernel.json_object import JsonMapping
from trainer import checkpoint
from trainer.checkpoint import CheckpointDocument
from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import CheckpointError, ConfigError
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.recipes import MODELS
from trainer.runs.epochs import flat

Pairs = dict[str, tuple[Any, Any]]  # by dotted name: the value of one and of the other checkpoint


class CheckpointSummary(TypedDict):
    """Row of the list: a checkpoint, or why it is `damaged`. `valid`: the value of `stop_metric`."""

    checkpoint: str
    damaged: NotRequired[str]
    model: NotRequired[str | None]
    towers: NotRequired[list[str]]
    dim: NotRequired[int | None]
    seed: NotRequired[int]
    epoch: NotRequired[int]
    stop_metric: NotRequired[str]
    valid: NotRequired[float | None]
    megabytes: float


class Differences(TypedDict):
    """Settings of two checkpoints that differ, and all metrics."""

    settings: Pairs
    metrics: Pairs


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser("checkpoints", epilog=EXIT_CODES)
    actions = command.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list every checkpoint under a directory")
    listing.add_argument("directory", type=Path, metavar="DIR")
    info = actions.add_parser("info", help="verify one checkpoint, including its weights, and print its contents")
    info.add_argument("directory", type=Path, metavar="CKPT")
    compare = actions.add_parser("compare", help="compare the settings and metrics of two checkpoints")
    compare.add_argument("one", type=Path, metavar="CKPT")
    compare.add_argument("other", type=Path, metavar="CKPT")
    remove = actions.add_parser("remove", help="delete checkpoints; refuses directories with any other file")
    remove.add_argument("directories", type=Path, nargs="+", metavar="CKPT")
    remove.add_argument("--yes", action="store_true", help="delete without asking")
    actions_of = ((listing, _list), (info, _info), (compare, _compare), (remove, _remove))
    for action, run in actions_of:
        action.set_defaults(command=run)
        if action is not remove:
            action.add_argument("--json", action="store_true", help="print JSON")


def _list(arguments: argparse.Namespace) -> None:
    if not arguments.directory.is_dir():
        raise ConfigError(f"{arguments.directory}: no such directory; give a directory that contains runs")
    found = sorted(path.parent for path in arguments.directory.rglob(checkpoint.CHECKPOINT_FILE))
    rows = [_summary(path) for path in found if not path.name.startswith(".")]
    if not rows:
        raise CheckpointError(f"{arguments.directory}: no checkpoint found; give a directory that contains runs")
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    table = Table()
    whole_first = sorted(rows, key=len, reverse=True)  # keeps the columns in order, with "damaged" last
    names = list(dict.fromkeys(name for row in whole_first for name in row))
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold", justify="right" if name == "megabytes" else "left")
    for row in rows:
        table.add_row(*(_text(row.get(name)) for name in names))
    print_table(table)


def _summary(directory: Path) -> CheckpointSummary:
    size = round(_num_bytes(directory) / 1e6, 1)
    try:
        document = checkpoint.read_document(directory)
    except CheckpointError as error:  # the list still shows all other checkpoints
        reason = str(error).removeprefix(f"{directory / checkpoint.CHECKPOINT_FILE}: ")
        return {"checkpoint": str(directory), "damaged": reason, "megabytes": size}
    model = document["run"].get("model", {}).get("type")
    stop_metric = MODELS[model].stop_metric if model in MODELS else RANKING_STOP_METRIC
    return {
        "checkpoint": str(directory),
        "model": model,
        "towers": [tower["type"] for tower in document["towers"].values()],
        "dim": document["encoders"].get("dim"),
        "seed": document["seed"],
        "epoch": document["epoch"],
        "stop_metric": stop_metric,
        "valid": document["metrics"].get("valid", {}).get(stop_metric),
        "megabytes": size,
    }


def _info(arguments: argparse.Namespace) -> None:
    checkpoint.load(arguments.directory)  # also verifies the weights
    document = checkpoint.read_document(arguments.directory)
    if arguments.json:
        print(json.dumps(document, indent=1))
        return
    table = Table(show_header=False)
    for name, value in flat(document).items():
        table.add_row(name, _text(value))
    print_table(table)


def _compare(arguments: argparse.Namespace) -> None:
    found = compare(checkpoint.read_document(arguments.one), checkpoint.read_document(arguments.other))
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    table = Table()
    for name in ("", str(arguments.one), str(arguments.other), "difference"):
        table.add_column(name, overflow="fold")
    for name, (one, other) in found["settings"].items():
        table.add_row(name, _text(one), _text(other), "")
    table.add_section()
    for name, (one, other) in found["metrics"].items():
        gap = "" if one is None or other is None else f"{other - one:+.4f}"
        table.add_row(name, _text(one), _text(other), gap)
    print_table(table)


def compare(one: CheckpointDocument, other: CheckpointDocument) -> Differences:
    """Return the differences of two checkpoints."""
    settings = [
        flat({name: d[name] for name in ("run", "towers", "encoders", "commit", "data_hash", "epoch", "step")})
        for d in (one, other)
    ]
    metrics = [_metrics(d["metrics"]) for d in (one, other)]
    return {
        "settings": {n: pair for n, pair in _pairs(*settings).items() if pair[0] != pair[1]},
        "metrics": _pairs(*metrics),
    }


def _metrics(metrics: JsonMapping) -> dict[str, float]:
    """Return {"valid.ndcg@10": value, "test.ndcg@10": mean, ...}."""
    found = {f"valid.{name}": value for name, value in metrics.get("valid", {}).items()}
    for name, value in metrics.get("test", {}).items():
        found[f"test.{name}"] = value["mean"] if isinstance(value, dict) else value
    return {name: value for name, value in found.items() if isinstance(value, float)}


def _pairs(one: JsonMapping, other: JsonMapping) -> Pairs:
    return {name: (one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])}


def _remove(arguments: argparse.Namespace) -> None:
    directories = list(dict.fromkeys(arguments.directories))
    for directory in directories:
        checkpoint.check_removable(directory)
    size = sum(map(_num_bytes, directories)) / 1e6
    named = "\n".join(f"  {directory}" for directory in directories)
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise ConfigError("checkpoints remove: cannot ask for confirmation without a terminal; give --yes")
        if input(f"{named}\nremove {len(directories)} checkpoints, {size:.1f} MB? [y/N] ").strip().lower() != "y":
            print("nothing removed")
            return
    for directory in directories:
        shutil.rmtree(directory)
    print(f"removed {len(directories)} checkpoints, {size:.1f} MB")


def _num_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir() if path.is_file())


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
