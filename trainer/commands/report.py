"""`python -m trainer report`: write the HTML report of a run directory."""

import argparse
from pathlib import Path
from typing import Any

from kernel.progress import TerminalProgress
from trainer.commands.console import EXIT_CODES
from trainer.reports.html.page import write_page


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "report",
        epilog=EXIT_CODES,
        description="Write the results of a finished run as one self-contained HTML page: loss curves, metrics beside "
        "the baselines, maps, clusters, recommendations and failures. `train` writes the page, too. Without the run's "
        "data the page has only the numbers, with a notice.",
    )
    command.add_argument("run", type=Path, metavar="RUN_DIR", help="the `out` of a run file")
    command.add_argument("--out", type=Path, metavar="FILE", help="the page to write (default RUN_DIR/report.html)")
    command.set_defaults(command=_report)


def _report(arguments: argparse.Namespace) -> None:
    with TerminalProgress() as progress:
        path = write_page(arguments.run, progress, out=arguments.out)
    print(path)
