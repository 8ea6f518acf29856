"""Who is trusted: paired browsers, operators' tokens, and the requests and tries that were counted, in SQLite.

All processes of a server share it. The file is readable by its owner alone.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.errors import CatalogueError

FILE_NAME = "trust.sqlite"
_BUSY_TIMEOUT_SECONDS = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS devices (
  id TEXT PRIMARY KEY, public_key BLOB NOT NULL UNIQUE, name TEXT NOT NULL, paired_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pairing (
  one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL, psk BLOB NOT NULL, expires_at REAL NOT NULL,
  attempt BLOB, state TEXT, ephemeral TEXT, outcome TEXT
);
CREATE TABLE IF NOT EXISTS taken (
  ticket BLOB NOT NULL, number INTEGER NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (ticket, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS taken_by_time ON taken (expires_at);
CREATE TABLE IF NOT EXISTS tokens (
  digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, scopes TEXT NOT NULL, lifetime REAL NOT NULL,
  made_at REAL NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS failed_tries (address BLOB NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS failed_tries_by_time ON failed_tries (at);
"""


@dataclass(frozen=True)
class Device:
    """Browser that is paired; `paired_at` is in seconds since 1970."""

    id: str
    public_key: bytes
    name: str
    paired_at: float


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Run one transaction that writes: all of it, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # SQLite itself has undone one that found the disk full
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def open_private(path: Path, tables: str, durability: str = "FULL") -> sqlite3.Connection:
    """Return a connection to a database that only its owner can read; raises CatalogueError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Before SQLite makes it with the rights of everybody; -wal and -shm get those of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {durability}")
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(tables)
    except sqlite3.DatabaseError as error:
        raise CatalogueError(f"{path}: cannot be opened: {error}; move it away to begin anew") from error
    return db


class TrustDatabase:
    """Connection to the database of one data directory. Open one per thread."""

    def __init__(self, data_dir: Path) -> None:
        self.db = open_private(data_dir / FILE_NAME, _TABLES, "NORMAL")

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self.db.close()

    def devices(self) -> list[Device]:
        """Return the browsers that are paired, the newest first."""
        rows = self.db.execute("SELECT id, public_key, name, paired_at FROM devices ORDER BY paired_at DESC")
        return [Device(*row) for row in rows]

    def device_of(self, public_key: bytes) -> Device | None:
        """Return the browser with this key."""
        row = self.db.execute(
            "SELECT id, public_key, name, paired_at FROM devices WHERE public_key = ?", (public_key,)
        ).fetchone()
        return None if row is None else Device(*row)

    def has_device(self, device_id: str) -> bool:
        """Return whether a browser is still paired."""
        return self.db.execute("SELECT 1 FROM devices WHERE id = ?", (device_id,)).fetchone() is not None

    def forget_device(self, device_id: str) -> bool:
        """Delete a browser; return whether it was there."""
        return self.db.execute("DELETE FROM devices WHERE id = ?", (device_id,)).rowcount > 0

    def take(self, ticket: bytes, number: int, expires_at: float, now: float) -> bool:
        """Note a request of a ticket; return False where its number was taken before, in any process."""
        with transaction(self.db):
            self.db.execute("DELETE FROM taken WHERE expires_at < ?", (now,))
            found = self.db.execute("INSERT OR IGNORE INTO taken VALUES (?, ?, ?)", (ticket, number, expires_at))
        return found.rowcount == 1
