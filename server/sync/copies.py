"""Copies that browsers keep here: envelopes of spaces, in SQLite. One is written only over the one its writer knew."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server.errors import ProblemError
from server.sync.at_rest import AtRest
from server.trust.database import open_private, transaction

FILE_NAME = "sync.sqlite"
MAX_ENVELOPE_BYTES = 4 * 2**20
KEPT_VERSIONS = 10
MAX_SPACES = 16
MAX_WRITES = 60
_WINDOW_SECONDS = 3600
_TABLES = """
CREATE TABLE IF NOT EXISTS envelopes (
  space TEXT NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, bytes INTEGER NOT NULL, saved_at REAL NOT NULL,
  sealed BLOB NOT NULL, PRIMARY KEY (space, number)
);
CREATE TABLE IF NOT EXISTS writes (device TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS writes_by_device ON writes (device, at);
"""


@dataclass(frozen=True)
class Kept:
    """Envelope that is kept; `number` counts the writes of a space, `saved_at` is in seconds since 1970."""

    number: int
    etag: str
    num_bytes: int
    saved_at: float


class Copies:
    """Connection to the copies of one data directory. Open one per thread."""

    def __init__(self, data_dir: Path, now: Callable[[], float] = time.time) -> None:
        self.db = open_private(data_dir / FILE_NAME, _TABLES)
        self.at_rest = AtRest(data_dir)
        self._now = now

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self.db.close()

    def versions(self, space: str) -> list[Kept]:
        """Return which envelopes of a space are kept, the newest first."""
        rows = self.db.execute(
            "SELECT number, etag, bytes, saved_at FROM envelopes WHERE space = ? ORDER BY number DESC",
            (_checked(space),),
        )
        return [Kept(*row) for row in rows]

    def read(self, space: str, number: int | None = None) -> tuple[Kept, bytes]:
        """Return an envelope of a space, the newest where `number` is None; raises a problem where there is none."""
        # In one transaction with the keys: a rotation deletes the old ones after it has committed.
        with transaction(self.db):
            row = self.db.execute(
                "SELECT number, etag, bytes, saved_at, sealed FROM envelopes"
                " WHERE space = ? AND (? IS NULL OR number = ?) ORDER BY number DESC LIMIT 1",
                (_checked(space), number, number),
            ).fetchone()
            if row is None:
                raise ProblemError(404, "no_copy", "there is no such copy here")
            kept = Kept(*row[:4])
            return kept, self.at_rest.open(_binding(space, kept.number), row[4])

    def write(self, space: str, envelope: bytes, known: str | None, device: str) -> Kept:
        """Keep an envelope in place of the one with the ETag `known`, None for none; raises a problem."""
        if len(envelope) > MAX_ENVELOPE_BYTES:
            raise ProblemError(
                413, "body_too_large", f"expected at most {MAX_ENVELOPE_BYTES} bytes, got {len(envelope)}"
            )
        now = self._now()
        with transaction(self.db):
            self._count_write(device, now)
            newest = next(iter(self.versions(space)), None)
            if (newest and newest.etag) != known:
                raise ProblemError(412, "changed", "somebody else wrote since: read the newest envelope and merge")
            if newest is None and self._num_spaces() >= MAX_SPACES:
                raise ProblemError(507, "no_room", f"this server keeps at most {MAX_SPACES} spaces: delete one")
            number = 1 if newest is None else newest.number + 1
            kept = Kept(number, hashlib.sha256(envelope).hexdigest()[:32], len(envelope), now)
            sealed = self.at_rest.seal(_binding(space, number), envelope)
            self.db.execute(
                "INSERT INTO envelopes VALUES (?, ?, ?, ?, ?, ?)",
                (space, number, kept.etag, kept.num_bytes, now, sealed),
            )
            self.db.execute("DELETE FROM envelopes WHERE space = ? AND number <= ?", (space, number - KEPT_VERSIONS))
        return kept

    def delete(self, space: str) -> None:
        """Delete a space; one that is not there is deleted already."""
        self.db.execute("DELETE FROM envelopes WHERE space = ?", (_checked(space),))
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def seal_again(self) -> int:
        """Encrypt everything with the newest key; return the number of envelopes."""
        with transaction(self.db):
            rows = self.db.execute("SELECT space, number, sealed FROM envelopes").fetchall()
            for space, number, sealed in rows:
                binding = _binding(space, number)
                content = self.at_rest.open(binding, sealed)
                self.db.execute(
                    "UPDATE envelopes SET sealed = ? WHERE space = ? AND number = ?",
                    (self.at_rest.seal(binding, content), space, number),
                )
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(rows)

    def _num_spaces(self) -> int:
        return int(self.db.execute("SELECT count(DISTINCT space) FROM envelopes").fetchone()[0])

    def _count_write(self, device: str, now: float) -> None:
        # A clock that was moved back must not lock a browser out.
        self.db.execute("DELETE FROM writes WHERE at <= ? OR at > ?", (now - _WINDOW_SECONDS, now))
        count, first = self.db.execute("SELECT count(*), min(at) FROM writes WHERE device = ?", (device,)).fetchone()
        if count >= MAX_WRITES:
            raise ProblemError(
                429, "too_many_writes", f"expected at most {MAX_WRITES} writes an hour",
                retry_after=int(first + _WINDOW_SECONDS - now) + 1,
            )  # fmt: skip
        self.db.execute("INSERT INTO writes VALUES (?, ?)", (device, now))


def _checked(space: str) -> str:
    if not re.fullmatch("[0-9a-f]{32}", space):
        raise ProblemError(404, "not_found", "a space is 32 hexadecimal digits")
    return space


def _binding(space: str, number: int) -> bytes:
    return f"{_checked(space)}/{number}".encode()
