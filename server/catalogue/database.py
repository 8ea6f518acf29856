"""The catalogue: every accepted item with its embedding, in SQLite, as a sequence of changes.

Writers commit with synchronous=FULL: an acknowledged write is on disk, and a crash of the process or of the machine
loses no accepted write. Readers use WAL and never wait for a writer.
"""

import sqlite3
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.errors import CatalogueError

FILE_NAME = "catalogue.sqlite"
_FORMAT = 1
_APPLICATION_ID = 0x43415252  # "CARR", so that another program's database is not mistaken for ours
_BUSY_TIMEOUT_SECONDS = 60.0
TOMBSTONE_SECONDS = 86_400
_ESTIMATES_TABLE = """CREATE TABLE IF NOT EXISTS estimates (
  shop TEXT NOT NULL, space TEXT NOT NULL, seq INTEGER NOT NULL, label INTEGER NOT NULL, count INTEGER NOT NULL,
  about BLOB NOT NULL, moments BLOB NOT NULL, PRIMARY KEY (shop, space)
) WITHOUT ROWID"""

_WRITES_TABLE = """CREATE TABLE IF NOT EXISTS writes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', body BLOB,
  begun INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, received_at INTEGER NOT NULL,
  finished_at INTEGER, report BLOB NOT NULL
)"""
_WAITING_INDEX = "CREATE INDEX IF NOT EXISTS waiting_writes ON writes (id) WHERE state = 'waiting'"


@dataclass(frozen=True)
class Item:
    """Item ready to be written; `embedding` is float32 (dim,), unit length."""

    shop: str
    item_id: str
    product: bytes
    card: bytes
    rating_count: int
    embedding: NDArray[np.float32]
    space: str
    content_hash: str
    embedding_key: str
    has_image: bool


@dataclass(frozen=True)
class Stored:
    """Live row of an item, reduced to what a writer needs to detect changes."""

    content_hash: str
    embedding_key: str
    has_image: bool
    embedding: bytes


@dataclass(frozen=True)
class Estimate:
    """Moments of a shop's items, as estimated once; `moments` are the bytes of kernel.shop_metric.Moments.

    Attributes:
        seq: the newest change of the catalogue at that time.
        label: the highest label among the items.
        count: the number of items.
        about: JSON object with the blocks and the number of items that know each.
    """

    shop: str
    space: str
    seq: int
    label: int
    count: int
    about: bytes
    moments: bytes


@dataclass(frozen=True)
class Change:
    """Step of the change sequence: a new live row, or a deleted one (`card` and `embedding` are None)."""

    seq: int
    label: int
    shop: str
    item_id: str
    space: str
    rating_count: int
    card: bytes | None
    embedding: bytes | None


class Catalogue:
    """Connection to the catalogue. Open one per thread: threads cannot share a SQLite connection safely."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.path = data_dir / FILE_NAME
        try:
            self.db = sqlite3.connect(
                self.path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise CatalogueError(
                f"{self.path}: cannot be opened as a catalogue: {error}; move it away and ingest again"
            ) from error

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        with self.transaction():
            found = self.db.execute("PRAGMA application_id").fetchone()[0]
            version = self.db.execute("PRAGMA user_version").fetchone()[0]
            if (found, version) == (_APPLICATION_ID, _FORMAT):
                self._add_tables()  # catalogues of earlier versions lack some
                return
            if self.db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise CatalogueError(f"{self.path}: expected catalogue format {_FORMAT}, got {found:#x} {version}")
            for statement in Path(__file__).with_name("schema.sql").read_text(encoding="utf-8").split(";\n"):
                self.db.execute(statement)
            self._add_tables()
            self.db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.db.execute(f"PRAGMA user_version = {_FORMAT}")

    def _add_tables(self) -> None:
        for statement in (_ESTIMATES_TABLE, _WRITES_TABLE, _WAITING_INDEX):
            self.db.execute(statement)

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write in one transaction, durable at its end; what is raised inside undoes it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # Writing

    def write(self, items: Sequence[Item], also: Callable[[], None] | None = None) -> None:
        """Add or replace items in one transaction, durable on return; of two items with one id the later one stays.

        also: something to do in the same transaction.
        """
        now = int(time.time())
        with self.transaction():
            seq = self.seq()
            for item in items:
                seq = self._bury(item.shop, item.item_id, seq, now)[0] + 1
                self.db.execute(
                    "INSERT INTO items (seq, shop, item_id, product, card, rating_count, embedding, space,"
                    " content_hash, embedding_key, has_image, changed_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                    (seq, item.shop, item.item_id, item.product, item.card, item.rating_count,
                     np.ascontiguousarray(item.embedding, dtype="<f4").tobytes(), item.space, item.content_hash,
                     item.embedding_key, item.has_image, now),
                )  # fmt: skip
                self._set_version(item.shop, seq)
            self._set_counter("seq", seq)
            if also is not None:
                also()

    def delete(self, keys: Iterable[tuple[str, str]], also: Callable[[int], None] | None = None) -> int:
        """Mark (shop, item id) pairs as deleted, durable on return; return how many existed.

        also: something to do with that number in the same transaction.
        """
        now = int(time.time())
        num_deleted = 0
        with self.transaction():
            seq = self.seq()
            for shop, item_id in keys:
                seq, was_there = self._bury(shop, item_id, seq, now)
                if was_there:
                    num_deleted += 1
                    self._set_version(shop, seq)
            self._set_counter("seq", seq)
            if also is not None:
                also(num_deleted)
        return num_deleted

    def purge_tombstones(self, older_than_seconds: int = TOMBSTONE_SECONDS) -> int:
        """Drop old tombstones; a reader that had not yet seen one reloads everything (see `purged_seq`).

        A shop's newest change stays, because its time is the time of the shop's packs, which never goes back.
        """
        limit = int(time.time()) - older_than_seconds
        where = "deleted = 1 AND changed_at <= ? AND seq NOT IN (SELECT version FROM shops)"
        with self.transaction():
            newest = self.db.execute(f"SELECT max(seq) FROM items WHERE {where}", (limit,)).fetchone()[0]  # noqa: S608 (constant text)
            if newest is None:
                return 0
            self._set_counter("purged_seq", max(newest, self.purged_seq()))
            self.db.execute("DELETE FROM estimates WHERE shop NOT IN (SELECT shop FROM items WHERE deleted = 0)")
            return self.db.execute(f"DELETE FROM items WHERE {where}", (limit,)).rowcount  # noqa: S608 (as above)

    def write_estimate(self, estimate: Estimate) -> None:
        """Replace the estimate of a shop in a space, durable on return."""
        values = (estimate.shop, estimate.space, estimate.seq, estimate.label, estimate.count, estimate.about,
                  estimate.moments)  # fmt: skip
        with self.transaction():
            self.db.execute("INSERT OR REPLACE INTO estimates VALUES (?,?,?,?,?,?,?)", values)

    def _bury(self, shop: str, item_id: str, seq: int, now: int) -> tuple[int, bool]:
        """Turn the live row, if any, into a tombstone; return the new sequence number and whether a row existed."""
        buried = self.db.execute(
            "UPDATE items SET deleted = 1, seq = ?, product = NULL, card = NULL, embedding = NULL, changed_at = ?"
            " WHERE shop = ? AND item_id = ? AND deleted = 0",
            (seq + 1, now, shop, item_id),
        ).rowcount
        return seq + buried, bool(buried)

    def _set_version(self, shop: str, seq: int) -> None:
        self.db.execute(
            "INSERT INTO shops VALUES (?, ?) ON CONFLICT (shop) DO UPDATE SET version = excluded.version", (shop, seq)
        )

    def _set_counter(self, name: str, value: int) -> None:
        self.db.execute("UPDATE counters SET value = ? WHERE name = ?", (value, name))

    # Reading

    def _counter(self, name: str) -> int:
        value: int = self.db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()[0]
        return value

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read a consistent state: all reads inside the context see the same moment."""
        self.db.execute("BEGIN")
        try:
            yield
        finally:
            self.db.execute("COMMIT")

    def seq(self) -> int:
        """Return the number of the newest change."""
        return self._counter("seq")

    def purged_seq(self) -> int:
        """Return the newest purged change. A reader below it may have missed a deletion and must reload everything."""
        return self._counter("purged_seq")

    def data_version(self) -> int:
        """Return a number that changes when another connection commits; costs microseconds."""
        version: int = self.db.execute("PRAGMA data_version").fetchone()[0]
        return version

    def changes_since(self, seq: int) -> Iterator[Change]:
        """Yield every row changed after `seq`, oldest first; from 0 only live rows. Consume it inside `snapshot()`."""
        rows = self.db.execute(
            "SELECT seq, label, shop, item_id, space, rating_count, card, embedding FROM items"
            " WHERE seq > ? AND (deleted = 0 OR ? > 0) ORDER BY seq",
            (seq, seq),
        )
        return (Change(*row) for row in rows)

    def estimated_at(self, space: str) -> dict[str, int]:
        """Return shop -> `seq` of its estimate in this space, for shops that have one."""
        return dict(self.db.execute("SELECT shop, seq FROM estimates WHERE space = ?", (space,)))

    def estimate(self, shop: str, space: str) -> Estimate | None:
        """Return the estimate of a shop in this space, if any."""
        row = self.db.execute("SELECT * FROM estimates WHERE shop = ? AND space = ?", (shop, space)).fetchone()
        return None if row is None else Estimate(*row)

    def live_vectors(self, shop: str, space: str, dim: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return labels (n,), ascending, and item vectors float32 (n, dim) of a shop's live items in this space."""
        rows = self.db.execute(
            "SELECT label, embedding FROM items"
            " WHERE shop = ? AND deleted = 0 AND space = ? AND length(embedding) = ? ORDER BY label",
            (shop, space, 4 * dim),
        )
        labels, raw = array("q"), bytearray()
        for label, embedding in rows:
            labels.append(label)
            raw += embedding
        return np.array(labels, dtype=np.int64), np.frombuffer(raw, dtype="<f4").reshape(len(labels), dim)

    def live_products(self, shop: str, space: str, dim: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield each of a shop's live items in this space: the Product's JSON, and its vector's bytes (dim float32)."""
        rows = self.db.execute(
            "SELECT product, embedding FROM items"
            " WHERE shop = ? AND deleted = 0 AND space = ? AND length(embedding) = ? ORDER BY label",
            (shop, space, 4 * dim),
        )
        return iter(rows)

    def changed_at(self, shop: str) -> int | None:
        """Return the time of a shop's newest change in seconds since 1970, None for a shop that never had items."""
        newest: int | None = self.db.execute("SELECT max(changed_at) FROM items WHERE shop = ?", (shop,)).fetchone()[0]
        return newest

    def shop_versions(self) -> dict[str, int]:
        """Return shop -> the sequence number of its last change."""
        return dict(self.db.execute("SELECT shop, version FROM shops"))

    def product(self, shop: str, item_id: str) -> bytes | None:
        """Return the Product's JSON as ingested, or None if the shop has no such live item."""
        row = self.db.execute(
            "SELECT product FROM items WHERE shop = ? AND item_id = ? AND deleted = 0", (shop, item_id)
        ).fetchone()
        return None if row is None else row[0]

    def stored(self, shop: str, item_id: str) -> Stored | None:
        """Return the live row under this id, if any."""
        row = self.db.execute(
            "SELECT content_hash, embedding_key, has_image, embedding FROM items"
            " WHERE shop = ? AND item_id = ? AND deleted = 0",
            (shop, item_id),
        ).fetchone()
        return None if row is None else Stored(row[0], row[1], bool(row[2]), row[3])

    def live_item_ids(self, shop: str) -> list[str]:
        """Return the ids of the shop's live items."""
        rows = self.db.execute("SELECT item_id FROM items WHERE shop = ? AND deleted = 0", (shop,))
        return [row[0] for row in rows]

    def count_live(self, space: str | None = None) -> int:
        """Return the number of live items of all shops, or only of those in one space."""
        row = self.db.execute(
            "SELECT count(*) FROM items WHERE deleted = 0 AND (? IS NULL OR space = ?)", (space, space)
        ).fetchone()
        count: int = row[0]
        return count
