"""What the commands share: how they end, and how they print a table."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

EXIT_CODES = "exit codes: 0 done, 1 failed, 2 bad usage or bad input, 130 stopped by Ctrl-C"


def print_table(table: "Table") -> None:
    """Print to stdout, as wide as the terminal."""
    from rich.console import Console  # noqa: PLC0415 - `--help` needs none of it

    console = Console()
    if not console.is_terminal:  # a file or a pipe has no width, and should not get the narrow one that rich assumes
        console = Console(width=200)
    console.print(table)
