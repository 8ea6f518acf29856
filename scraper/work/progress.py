"""Progress of long work on standard error: a live bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

PLAIN_INTERVAL_S = 10.0


class Progress:
    """Counts finished pages and errors; the total may grow while work is found."""

    def __init__(self, what: str, *, total: int, unit: str = "pages") -> None:
        self._what = what
        self._unit = unit
        self._total = total
        self._done = 0
        self._errors = 0
        self._started = self._last_said = time.monotonic()
        self._console = Console(stderr=True)
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                       TextColumn("{task.fields[rate]}"), TimeRemainingColumn())  # fmt: skip
            self._bar = RichProgress(*columns, console=self._console)
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        elif kind is None:
            self._print(self._line(is_last=True))

    @property
    def done(self) -> int:
        """How many pages are finished."""
        return self._done

    def say(self, message: str) -> None:
        """Show one message without breaking the bar."""
        if self._bar:
            self._bar.console.print(message, markup=False, highlight=False)
        else:
            self._print(message)

    def advance(self, *, errors: int = 0, total: int | None = None) -> None:
        """Count one finished page; `total` is the new total where it has grown."""
        self._done += 1
        self._errors += errors
        self._total = self._total if total is None else total
        if self._bar and self._task is not None:
            rate = f"{self._rate():.1f} {self._unit}/s, {self._errors} errors"
            self._bar.update(self._task, completed=self._done, total=self._total, rate=rate)
        elif time.monotonic() - self._last_said >= PLAIN_INTERVAL_S:
            self._last_said = time.monotonic()
            self._print(self._line())

    def _rate(self) -> float:
        return self._done / max(time.monotonic() - self._started, 1e-6)

    def _line(self, *, is_last: bool = False) -> str:
        seconds_left = (self._total - self._done) / max(self._rate(), 1e-6)
        left = f", about {seconds_left:.0f} s left" if self._total > self._done and not is_last else ""
        rate = f"{self._rate():.1f} {self._unit}/s, {self._errors} errors"
        return f"{self._what}: {self._done} of {self._total}, {rate}{left}"

    @staticmethod
    def _print(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201  # standard error is where progress belongs
