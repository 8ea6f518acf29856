"""Progress for people: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich import progress as bars
from rich.console import Console

SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """Progress of a run, as a person sees it; TerminalProgress is the one for terminals."""

    def update(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` parts of `what` are finished."""

    def say(self, line: str) -> None:
        """Report one line."""


class TerminalProgress:
    """Writes to stderr, so that stdout holds results only. Use as a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, soft_wrap=True)
        columns = (
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(),
        )
        self._bars = bars.Progress(*columns, console=self._console, transient=True)
        self._tasks: dict[str, bars.TaskID] = {}
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
