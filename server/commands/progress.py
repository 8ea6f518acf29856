"""How far a long job is: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType

_LINE_EVERY_SECONDS = 10.0


class Progress:
    """Progress through a file of `total_bytes`, on standard error; use as a context."""

    def __init__(self, job: str, total_bytes: int) -> None:
        self._job = job
        self._total_bytes = max(total_bytes, 1)
        self._started = self._last_line = time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 (only people at a terminal need it)
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 (as above)
            from rich.progress import Progress as Bar  # noqa: PLC0415 (as above)

            columns = (TextColumn(job), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task(job, total=self._total_bytes, rate="")

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done_bytes: int, num_items: int) -> None:
        """`done_bytes` of the file are committed, which were `num_items` items."""
        now = time.monotonic()
        elapsed = max(now - self._started, 1e-6)
        rate = f"{num_items} items, {num_items / elapsed:.0f}/s"
        if self._bar is not None:
            self._bar.update(self._task, completed=done_bytes, rate=rate)
        elif now - self._last_line >= _LINE_EVERY_SECONDS:
            self._last_line = now
            left = elapsed * (self._total_bytes - done_bytes) / max(done_bytes, 1)
            print(  # noqa: T201 (a command's progress)
                f"{self._job}: {100 * done_bytes / self._total_bytes:.0f} %, {rate}, about {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
