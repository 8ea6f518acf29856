"""Progress for people: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10.0


class TerminalProgress:
    """Writes to stderr, so that stdout holds results only. Use as a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, soft_wrap=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=self._console, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._console.is_terminal:  # rich ends even bars that never started with an empty line
            self._bars.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` parts of `what` are finished."""
        if self._console.is_terminal:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total)
            self._bars.update(self._tasks[what], completed=done, visible=done < total)
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self.say(f"{what}: {done:,} of {total:,}")

    def say(self, line: str) -> None:
        """Say one line."""
        self._last_line = time.monotonic()
        if self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is what the module is for
