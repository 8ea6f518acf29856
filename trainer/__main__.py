"""`python -m trainer`: train, evaluate, checkpoints."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from trainer import checkpoint
from trainer.config import RunConfig, parse_config, read_config
from trainer.errors import CheckpointError, ConfigError, DataError, TrainerError
from trainer.prepare import prepare
from trainer.progress import TerminalProgress
from trainer.report import make_report, report_table
from trainer.train import describe_encoders, train

EXIT_CODES = "exit codes: 0 done, 1 failed, 2 bad usage or bad input, 130 stopped by Ctrl-C"


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


def _train(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.run, **({"out": str(arguments.out)} if arguments.out else {}))
    try:
        with TerminalProgress() as progress:
            report = train(config, progress, resume=arguments.resume)
    except KeyboardInterrupt:
        if (Path(config.out) / "last").exists():
            again = f"python -m trainer train {arguments.run} --resume" + (
                f" --out {config.out}" if arguments.out else ""
            )
            print(f"every finished epoch is kept in {config.out}/last; go on with: {again}", file=sys.stderr)
        raise
    _print_table(report_table(report))
    print(f"best epoch {report['training']['best_epoch']}: {config.out}/best   report: {config.out}/report.json")


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
        report = make_report(prepared, saved.item_tower, saved.user_tower, progress)
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        _print_table(report_table(report))


def _with_data(config: RunConfig, arguments: argparse.Namespace) -> RunConfig:
    data = config.data
    if arguments.products:
        data = replace(data, products=tuple(map(str, arguments.products)))
    if arguments.interactions:
        data = replace(data, interactions=str(arguments.interactions))
    if arguments.images:
        data = replace(data, images=str(arguments.images))
    return replace(config, data=data, encoders=str(arguments.encoders or config.encoders))


def _list(arguments: argparse.Namespace) -> None:
    if not arguments.directory.is_dir():
        raise ConfigError(f"{arguments.directory}: no such directory")
    found = sorted(path.parent for path in arguments.directory.rglob(checkpoint.CHECKPOINT_FILE))
    found = [path for path in found if not path.name.startswith(".")]
    if not found:
        raise CheckpointError(f"{arguments.directory}: no checkpoint in it")
    table = Table()
    for column in ("checkpoint", "item tower", "dim", "seed", "epoch", "valid NDCG@10"):
        table.add_column(column, overflow="fold")
    for path in found:
        document = checkpoint.read_document(path)
        ndcg = document["metrics"].get("valid", {}).get("ndcg@10")
        described = (
            document["item_tower"]["type"],
            document["encoders"].get("dim"),
            document["seed"],
            document["epoch"],
        )
        table.add_row(str(path), *map(str, described), "" if ndcg is None else f"{ndcg:.4f}")
    _print_table(table)


def _info(arguments: argparse.Namespace) -> None:
    checkpoint.load(arguments.directory)  # says what is wrong with its weights, too
    print(json.dumps(checkpoint.read_document(arguments.directory), indent=1))


def _print_table(table: Table) -> None:
    console = Console()
    if not console.is_terminal:  # a file or a pipe has no width, and should not get the narrow one that rich assumes
        console = Console(width=200)
    console.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer",
        description="Learn item and user towers from products and interactions that you own.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_checkpoints(commands)
    return parser


def _add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="train a run file's model",
        epilog=EXIT_CODES,
        description="Train a run file (docs/examples/two-tower.toml is one) and report it beside the baselines. "
        "Ctrl-C at any time: finished epochs stay in last/, and --resume goes on to the very same result.",
    )
    command.add_argument(
        "run", type=Path, metavar="RUN.toml", help="the run file; its paths count from the working directory"
    )
    command.add_argument("--resume", action="store_true", help="go on from the run directory's last/")
    command.add_argument("--out", type=Path, metavar="DIR", help="the run directory, instead of the run file's `out`")
    command.set_defaults(command=_train)


def _add_evaluate(commands: Any) -> None:
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


def _add_checkpoints(commands: Any) -> None:
    command = commands.add_parser("checkpoints", help="list checkpoints, or show one", epilog=EXIT_CODES)
    actions = command.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list every checkpoint under a directory")
    listing.add_argument("directory", type=Path, metavar="DIR")
    listing.set_defaults(command=_list)
    info = actions.add_parser("info", help="verify one checkpoint and print its checkpoint.json")
    info.add_argument("directory", type=Path, metavar="DIR")
    info.set_defaults(command=_info)


if __name__ == "__main__":
    sys.exit(main())
