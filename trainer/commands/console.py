"""Exit codes and table printing, shared by all commands."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

EXIT_CODES = "exit codes: 0 done, 1 failed, 2 bad usage or bad input, 130 stopped by Ctrl-C"


def print_table(table: "Table") -> None:
    """Print a table to stdout at the width of the terminal, or 200 columns where stdout is not a terminal."""
    from rich.console import Console  # noqa: PLC0415 - `--help` does not need it

    console = Console()
    if not console.is_terminal:  # rich assumes a narrow width for files and pipes
        console = Console(width=200)
    console.print(table)
