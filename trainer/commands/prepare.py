"""`python -m trainer prepare`: convert a data set in another format into the trainer's files."""

import argparse
from pathlib import Path
from typing import Any

from kernel.progress import TerminalProgress
from trainer.commands.console import EXIT_CODES
from trainer.dataset.dataset import KINDS
from trainer.formats.conversion import convert
from trainer.formats.registry import FORMATS
from trainer.formats.source import Options

_DEFAULTS = Options()


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "prepare",
        epilog=EXIT_CODES,
        description="Write products.jsonl, interactions.csv, images/ and prepare.json (inputs, and what was "
        "dropped and why) from a data set. Invalid lines are dropped and counted; more than a tenth of them is an "
        "error. After Ctrl-C, the same command continues.",
    )
    command.add_argument("sources", type=Path, nargs="+", metavar="SRC", help="the data set's directory or files")
    command.add_argument("--format", required=True, choices=sorted(FORMATS), help="the data set's format")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the output directory")
    command.add_argument("--again", action="store_true", help="replace another preparation in DIR")
    command.add_argument("--strict", action="store_true", help="stop at the first invalid line")
    _add_choices(command)
    _add_images(command)
    command.set_defaults(command=_prepare)


def _add_choices(command: Any) -> None:
    command.add_argument("--shop", metavar="NAME", help="shop of products without one (default: SRC's name)")
    command.add_argument(
        "--kind", choices=KINDS, default=_DEFAULTS.kind, help="kind of interactions without one (default %(default)s)"
    )
    command.add_argument(
        "--liked-from",
        type=float,
        default=_DEFAULTS.liked_from,
        metavar="R",
        help="ratings below R get weight 0: seen, but not liked (default %(default)g)",
    )
    command.add_argument(
        "--brand-from-first-word", action="store_true", help="format sequences: take the title's first word as brand"
    )
    command.add_argument(
        "--summarise",
        type=int,
        metavar="N",
        help="shorten descriptions above N characters to their most central sentences",
    )
    command.add_argument("--parquet", action="store_true", help="write interactions.parquet instead of .csv")


def _add_images(command: Any) -> None:
    command.add_argument("--images", metavar="DIR", help="a directory or .zip of images named by item")
    command.add_argument("--only-with-image", action="store_true", help="leave out products without a usable image")
    for name, what in (
        ("min-side", "drop images with a side below N pixels"),
        ("max-side", "shrink images with a side above N pixels"),
        ("quality", "JPEG quality of images that are written again"),
    ):
        default = getattr(_DEFAULTS, name.replace("-", "_"))
        command.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (default %(default)s)")


def _prepare(arguments: argparse.Namespace) -> None:
    chosen = {name: getattr(arguments, name) for name in Options.__dataclass_fields__}
    with TerminalProgress() as progress:
        document = convert(
            arguments.format,
            tuple(arguments.sources),
            arguments.out,
            Options(**chosen),
            progress,
            again=arguments.again,
        )
    counts = ", ".join(f"{number:,} {what}" for what, number in document["counts"].items())
    print(f"{arguments.out}: {counts}")
    for what, reasons in document["dropped"].items():
        for reason, found in reasons.items():
            print(f"dropped {found['count']:,} {what}: {reason}; first {found['first'][0]}")
    for note in document["notes"]:
        print(f"note: {note}")
