"""Progress of long jobs on standard error: live bars on a terminal, a plain line now and then elsewhere.

Standard output stays free for results.
"""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich import progress as rich_progress

PLAIN_INTERVAL_S = 10.0


class Progress(Protocol):
    """Progress of named jobs, as a function that does them reports it."""

    def update(self, job: str, done: int, total: int, /) -> None:
        """Report that `done` of `total` parts of `job` are finished."""

    def say(self, line: str, /) -> None:
        """Write one line."""


class TerminalProgress:
    """Progress of named jobs, each with a total of its own. Use as a context manager.

    keeps_bars: leave finished bars on the terminal, as for a command with a single job. Without it, a bar vanishes when
    its job is done, as for a run of many stages.
    """

    def __init__(self, *, keeps_bars: bool = False) -> None:
        self.is_terminal = sys.stderr.isatty()
        self._keeps_bars = keeps_bars
        self._bars: rich_progress.Progress | None = None
        self._tasks: dict[str, rich_progress.TaskID] = {}
        self._started: dict[str, float] = {}
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self.is_terminal:
            self._bars = _bars(is_transient=not self._keeps_bars)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def update(self, job: str, done: int, total: int, note: str = "", *, as_percent: bool = False) -> None:
        """Report that `done` of `total` parts of `job` are finished, with a note such as a rate.

        as_percent: show the share instead of the counts, as for bytes.
        """
        self._started.setdefault(job, time.monotonic())
        count = f"{100 * done / max(total, 1):.0f} %" if as_percent else f"{done:,} of {total:,}"
        if self._bars is not None:
            if job not in self._tasks:
                self._tasks[job] = self._bars.add_task(job, visible=False, count="", note="")
            is_visible = self._keeps_bars or done < total
            self._bars.update(self._tasks[job], completed=done, total=total, visible=is_visible, count=count, note=note)
        elif time.monotonic() - self._last_line >= PLAIN_INTERVAL_S:
            self.say(", ".join(part for part in (f"{job}: {count}", note, self._left(job, done, total)) if part))

    def say(self, line: str) -> None:
        """Write one line, above the bars where there are any."""
        self._last_line = time.monotonic()
        if self._bars is not None:
            self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            _print(line)

    def _left(self, job: str, done: int, total: int) -> str:
        if not 0 < done < total:
            return ""
        return f"about {(time.monotonic() - self._started[job]) * (total - done) / done:.0f} s left"


class CountProgress:
    """Progress of one job that finishes its parts one by one, some with errors. Use as a context manager.

    The total may grow while work is found. Without a terminal, the last count is written when the job ends well.
    """

    def __init__(self, job: str, *, total: int, unit: str = "pages") -> None:
        self._job = job
        self._unit = unit
        self._total = total
        self._errors = 0
        self._started = time.monotonic()
        self._progress = TerminalProgress(keeps_bars=True)
        self.done = 0

    def __enter__(self) -> Self:
        self._progress.__enter__()
        self._progress.update(self._job, 0, self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, traceback)
        if kind is None and not self._progress.is_terminal:
            self.say(f"{self._job}: {self.done:,} of {self._total:,}, {self._note()}")

    def say(self, line: str) -> None:
        """Write one line, above the bar where there is one."""
        self._progress.say(line)

    def advance(self, *, errors: int = 0, total: int | None = None) -> None:
        """Count one finished part; `total` is the new total where it has grown."""
        self.done += 1
        self._errors += errors
        self._total = self._total if total is None else total
        self._progress.update(self._job, self.done, self._total, self._note())

    def _note(self) -> str:
        rate = self.done / max(time.monotonic() - self._started, 1e-6)
        return f"{rate:.1f} {self._unit}/s, {self._errors} errors"


def timed_lines() -> Callable[[str], None]:
    """Return a function that writes a line to standard error after the seconds since this call."""
    started = time.monotonic()

    def say(line: str) -> None:
        _print(f"[{time.monotonic() - started:5.1f} s] {line}")

    return say


def _bars(*, is_transient: bool) -> "rich_progress.Progress":
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as above
    from rich.progress import Progress as Bars  # noqa: PLC0415 - as above

    texts = [TextColumn(f"{{task.{name}}}") for name in ("description", "fields[count]", "fields[note]")]
    columns = (texts[0], BarColumn(), *texts[1:], TimeRemainingColumn())
    return Bars(*columns, console=Console(stderr=True), transient=is_transient)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress belongs on standard error
