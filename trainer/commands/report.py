"""`python -m trainer report`: a run directory as one page to look at."""

import argparse
from pathlib import Path
from typing import Any

from trainer.commands.console import EXIT_CODES
from trainer.progress import TerminalProgress
from trainer.reports.html.page import write_page


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "report",
        epilog=EXIT_CODES,
        description="Write what a finished run came to as one self-contained HTML page: loss curves, metrics beside "
        "the baselines, maps, clusters, recommendations and failures. `train` writes it, too. Without the run's data "
        "the page has its numbers only, and says so.",
    )
    command.add_argument("run", type=Path, metavar="RUN_DIR", help="the `out` of a run file")
    command.add_argument("--out", type=Path, metavar="FILE", help="where the page goes (default RUN_DIR/report.html)")
    command.set_defaults(command=_report)


def _report(arguments: argparse.Namespace) -> None:
    with TerminalProgress() as progress:
        path = write_page(arguments.run, progress, out=arguments.out)
    print(path)
