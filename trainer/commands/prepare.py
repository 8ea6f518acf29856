"""`python -m trainer prepare`: a data set in another form, turned into what the trainer reads."""

import argparse
from pathlib import Path
from typing import Any

from trainer.commands.console import EXIT_CODES
from trainer.dataset.dataset import KINDS
from trainer.formats.conversion import convert
from trainer.formats.registry import FORMATS
from trainer.formats.source import Options
from trainer.progress import TerminalProgress

_DEFAULTS = Options()


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "prepare",
        epilog=EXIT_CODES,
        description="Make products.jsonl, interactions.csv, images/ and prepare.json (what was read, what was dropped "
        "and why) of a data set. Bad lines are dropped and counted; more than a tenth of them is an error. Stopped by "
        "Ctrl-C, the same command goes on.",
    )
    command.add_argument("sources", type=Path, nargs="+", metavar="SRC", help="the data set's directory or files")
    command.add_argument("--format", required=True, choices=sorted(FORMATS), help="what it is written in")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the directory to fill")
    command.add_argument("--again", action="store_true", help="replace another preparation in DIR")
    command.add_argument("--strict", action="store_true", help="stop at the first bad line")
    _add_choices(command)
    _add_images(command)
    command.set_defaults(command=_prepare)


def _add_choices(command: Any) -> None:
    command.add_argument("--shop", metavar="NAME", help="the shop of products that name none (default: SRC's name)")
    command.add_argument(
        "--kind", choices=KINDS, default=_DEFAULTS.kind, help="what interactions are that do not say (%(default)s)"
    )
    command.add_argument(
        "--liked-from",
        type=float,
        default=_DEFAULTS.liked_from,
        metavar="R",
        help="ratings below weigh 0: seen, but not liked (%(default)g)",
    )
    command.add_argument(
        "--brand-from-first-word", action="store_true", help="sequences: the title's first word is the brand"
    )
    command.add_argument(
        "--summarise",
        type=int,
        metavar="N",
        help="shorten descriptions above N characters to their most central sentences",
    )
    command.add_argument("--parquet", action="store_true", help="interactions.parquet instead of .csv")


def _add_images(command: Any) -> None:
    command.add_argument("--images", metavar="DIR", help="a folder or .zip of images named by item")
    command.add_argument("--only-with-image", action="store_true", help="leave out products without a usable image")
    for name, what in (
        ("min-side", "images smaller than N pixels are dropped"),
        ("max-side", "larger ones are made so"),
        ("quality", "of JPEG, where an image is written anew"),
    ):
        default = getattr(_DEFAULTS, name.replace("-", "_"))
        command.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"{what} (%(default)s)")


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
