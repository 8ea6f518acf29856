"""Options and loading shared by the commands that use a trained model on its own data or on other data."""

import argparse
from dataclasses import replace
from pathlib import Path

from kernel.progress import Progress
from trainer import checkpoint
from trainer.checkpoint import Checkpoint
from trainer.config.run import RunConfig
from trainer.errors import CheckpointError
from trainer.prepare import Prepared, prepare
from trainer.recipes.run_file import parse_config
from trainer.runs.epochs import describe_encoders


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the argument CKPT and the options for other data."""
    command.add_argument("checkpoint", type=Path, metavar="CKPT", help="a run's best/ or last/ directory")
    command.add_argument(
        "--products", type=Path, nargs="+", metavar="FILE", help="products.jsonl files, instead of the run's"
    )
    command.add_argument(
        "--interactions", type=Path, metavar="FILE", help=".csv, .jsonl or .parquet file, instead of the run's"
    )
    command.add_argument("--images", type=Path, metavar="DIR", help="images named {itemId}.jpg, instead of the run's")
    command.add_argument("--encoders", type=Path, metavar="BUNDLE", help="the run's encoder bundle, if it has moved")


def load_with_data(arguments: argparse.Namespace, progress: Progress) -> tuple[Checkpoint, Prepared]:
    """Return the checkpoint and the prepared data to use it on.

    Raises CheckpointError where the encoders are not those it was trained with.
    """
    saved = checkpoint.load(arguments.checkpoint)
    config = _with_data(parse_config(saved.run), arguments)
    prepared = prepare(config, progress)
    found = describe_encoders(prepared.encoders, config.model.dim)
    if found != saved.encoders:
        raise CheckpointError(
            f"{arguments.checkpoint}: expected the encoders that it was trained with, {saved.encoders['name']} "
            f"(space {saved.encoders['space'][:12]}), got {found['name']} (space {found['space'][:12]}) in "
            f"{config.encoders}; give their bundle with --encoders"
        )
    return saved, prepared


def _with_data(config: RunConfig, arguments: argparse.Namespace) -> RunConfig:
    data = config.data
    if arguments.products:
        data = replace(data, products=tuple(map(str, arguments.products)))
    if arguments.interactions:
        data = replace(data, interactions=str(arguments.interactions))
    if arguments.images:
        data = replace(data, images=str(arguments.images))
    return replace(config, data=data, encoders=str(arguments.encoders or config.encoders))
