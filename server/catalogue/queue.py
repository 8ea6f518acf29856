"""The queue of accepted writes, in the catalogue's own file: durable before they are answered, applied in order.

What a write changes and the note that it is done are one transaction. So a writer that is killed at any moment has
applied a write as a whole or not at all, and the next one continues with the first that is not done.
"""

import time
from dataclasses import dataclass
from typing import Literal

import orjson

from server.catalogue.database import Catalogue
from server.errors import ProblemError

Kind = Literal["put", "delete"]
State = Literal["waiting", "applied", "failed"]

MAX_WAITING_BYTES = 256 * 2**20
KEPT_SECONDS = 86_400
# A write that ended so many writers is set aside, so that those after it are applied.
MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class Waiting:
    """A write to be applied. `body` is JSON: [position, product] pairs of a put, [shop, item id] pairs of a delete."""

    id: int
    kind: Kind
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Write:
    """What became of a write; times are in seconds since 1970, `report` is a JSON object."""

    id: int
    kind: Kind
    state: State
    received_at: int
    finished_at: int | None
    report: bytes


class Queue:
    """The queue of a catalogue, over its connection."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._db = catalogue.db

    def add(self, kind: Kind, body: bytes, report: bytes) -> int:
        """Keep a write, durable on return; return its id. Raises a problem while too much waits.

        report: what is already known of it, such as the products that were rejected.
        """
        with self._catalogue.transaction():
            if self.waiting_bytes() + len(body) > MAX_WAITING_BYTES:
                raise ProblemError(503, "busy", "too many writes wait to be applied; try again later", retry_after=30)
            cursor = self._db.execute(
                "INSERT INTO writes (kind, body, received_at, report) VALUES (?, ?, ?, ?)",
                (kind, body, int(time.time()), report),
            )
        return int(cursor.lastrowid or 0)

    def next(self) -> Waiting | None:
        """Return the oldest write that waits, None where all are done."""
        row = self._db.execute(
            "SELECT id, kind, body, attempts FROM writes WHERE state = 'waiting' ORDER BY id LIMIT 1"
        ).fetchone()
        return None if row is None else Waiting(*row)

    def begin(self, write: Waiting) -> None:
        """Note that a writer has begun, durable on return."""
        self._db.execute("UPDATE writes SET begun = 1 WHERE id = ? AND begun = 0", (write.id,))

    def count_ended(self) -> None:
        """Count an attempt of the write that a writer had begun when it ended; call it at the start of the next one."""
        self._db.execute("UPDATE writes SET attempts = attempts + 1, begun = 0 WHERE state = 'waiting' AND begun = 1")

    def note_applied(self, write: Waiting, report: bytes) -> None:
        """Note that a write is done; call it in the transaction that does it."""
        self._db.execute(
            "UPDATE writes SET state = 'applied', body = NULL, finished_at = ?, report = ? WHERE id = ?",
            (int(time.time()), report, write.id),
        )

    def note_failed(self, write: Waiting, problem: str) -> None:
        """Set a write aside with the reason; its body is kept for as long as its report is."""
        report = orjson.dumps({**orjson.loads(self._report(write.id)), "problem": problem})
        self._db.execute(
            "UPDATE writes SET state = 'failed', finished_at = ?, report = ? WHERE id = ?",
            (int(time.time()), report, write.id),
        )

    def _report(self, write_id: int) -> bytes:
        report: bytes = self._db.execute("SELECT report FROM writes WHERE id = ?", (write_id,)).fetchone()[0]
        return report

    def find(self, write_id: int) -> Write | None:
        """Return a write of the last day, None for others."""
        row = self._db.execute(
            "SELECT id, kind, state, received_at, finished_at, report FROM writes WHERE id = ?", (write_id,)
        ).fetchone()
        return None if row is None else Write(*row)

    def report_so_far(self, write: Waiting) -> bytes:
        """Return what was known of a write when it was accepted."""
        return self._report(write.id)

    def num_waiting(self) -> int:
        """Return how many writes are not applied yet."""
        count: int = self._db.execute("SELECT count(*) FROM writes WHERE state = 'waiting'").fetchone()[0]
        return count

    def waiting_bytes(self) -> int:
        """Return the size of the bodies that wait."""
        size: int = self._db.execute(
            "SELECT coalesce(sum(length(body)), 0) FROM writes WHERE state = 'waiting'"
        ).fetchone()[0]
        return size

    def forget_old(self, older_than_seconds: int = KEPT_SECONDS) -> None:
        """Delete what became of writes that were finished earlier."""
        self._db.execute(
            "DELETE FROM writes WHERE state <> 'waiting' AND finished_at <= ?", (int(time.time()) - older_than_seconds,)
        )
