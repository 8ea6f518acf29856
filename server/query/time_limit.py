"""Deadline of what a search reads from the catalogue."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from server.query.encoder_queue import busy

_STEPS = 10_000  # of SQLite's machine between two looks at the clock


@contextmanager
def time_limit(db: sqlite3.Connection, deadline: float) -> Iterator[None]:
    """Raise a problem, `busy`, from a statement of this connection that still runs at `deadline` (`time.monotonic`)."""
    db.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise busy() from error
        raise
    finally:
        db.set_progress_handler(None, 0)
