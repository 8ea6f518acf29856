"""The catalogue: every accepted item with its embedding, in SQLite, as a sequence of changes.

Writers commit with synchronous=FULL: an acknowledged write is on disk, and a crash of the process or of the machine
loses no accepted write. Readers use WAL and never wait for a writer.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from kernel.chunks import chunks_of
from server.catalogue.checksums import Damage, product_checksum, row_checksum, row_problem, vector_checksum
from server.catalogue.words import Words
from server.errors import CatalogueError, SpacesChangedError

FILE_NAME = "catalogue.sqlite"
# Folders beside it whose content is made from it: snapshots of shops, and what earlier versions had of them.
DERIVED_FOLDERS = ("shops", "indexes")
_FORMAT = 1
_APPLICATION_ID = 0x43415252  # "CARR", so that another program's database is not mistaken for ours
_BUSY_TIMEOUT_SECONDS = 60.0
TOMBSTONE_SECONDS = 86_400
_WRITES_TABLE = """CREATE TABLE IF NOT EXISTS writes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', body BLOB,
  begun INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, received_at INTEGER NOT NULL,
  finished_at INTEGER, report BLOB NOT NULL
)"""
# `directory` is empty where a catalogue of an earlier version does not say it; `turn` counts switches, and a bundle
# keeps the number of the last one to it.
_BUNDLES_TABLE = """CREATE TABLE IF NOT EXISTS bundles (
  space TEXT PRIMARY KEY, name TEXT NOT NULL, directory TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL,
  turn INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID"""
# Vectors of live rows in other spaces than their own; NULL where that bundle cannot embed the item.
_VECTORS_TABLE = """CREATE TABLE IF NOT EXISTS vectors (
  label INTEGER NOT NULL, space TEXT NOT NULL, embedding BLOB, embedding_key TEXT NOT NULL, has_image INTEGER NOT NULL,
  vector_sum BLOB NOT NULL, PRIMARY KEY (label, space)
)"""
# In these states every live row that is written has a vector in the bundle's space.
KEPT_STATES = ("filling", "ready", "served")
_WAITING_INDEX = "CREATE INDEX IF NOT EXISTS waiting_writes ON writes (id) WHERE state = 'waiting'"
_LABELS_INDEX = "CREATE INDEX IF NOT EXISTS live_labels ON items (shop, label) WHERE deleted = 0"
_SPACES_INDEX = "CREATE INDEX IF NOT EXISTS live_spaces ON items (space) WHERE deleted = 0"
_DROP_ESTIMATES = "DROP TABLE IF EXISTS estimates"  # of versions that kept moments here
_LABELS_AT_ONCE = 500
_BESIDE = "LEFT JOIN vectors ON vectors.label = items.label AND vectors.space = ?"
_VECTOR = (
    "vectors.label, vectors.space, vectors.embedding, vectors.embedding_key, vectors.has_image, vectors.vector_sum"
)
_SELECT_CHANGES = (
    "SELECT seq, items.label, shop, item_id, items.space, rating_count, card, items.embedding, row_sum, deleted,"  # noqa: S608 (constant text)
    f" {_VECTOR} FROM items {_BESIDE}"
)
_LIVE_LACKING = (
    " FROM items WHERE deleted = 0 AND space <> :space"
    " AND NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.label = items.label AND vectors.space = :space)"
)
_DELETED = 9  # the place of `deleted` in such a row; its vector beside follows


@dataclass(frozen=True)
class Vector:
    """Vector of an item in one space: float32 (dim,), unit length, as bytes; None where the bundle cannot embed it."""

    embedding: bytes | None
    embedding_key: str
    has_image: bool


@dataclass(frozen=True)
class Item:
    """Item ready to be written; `embedding` is float32 (dim,), unit length. `beside` has its other spaces' vectors."""

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
    beside: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """Live row of an item, reduced to what a writer needs to detect changes; `vectors` are its sound ones, by space."""

    content_hash: str
    space: str
    vectors: Mapping[str, Vector]

    @property
    def embedding(self) -> bytes:
        """Return the vector in the row's own space."""
        return self.vectors[self.space].embedding or b""


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
            # A flipped bit may leave what is not UTF-8; its row's checksum tells it apart from a text.
            self.db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            self.words = Words(self.db)
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
        tables = (_WRITES_TABLE, _BUNDLES_TABLE, _VECTORS_TABLE)
        for statement in (*tables, _LABELS_INDEX, _SPACES_INDEX, _DROP_ESTIMATES, _WAITING_INDEX):
            self.db.execute(statement)
        if self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'served'").fetchone():  # of earlier versions
            self.db.execute(
                "INSERT OR IGNORE INTO bundles SELECT space, name, '', 'served', ?, 1 FROM served", (int(time.time()),)
            )
            self.db.execute("DROP TABLE served")
        self.db.execute("INSERT OR IGNORE INTO counters VALUES ('epoch', ?)", (secrets.randbits(62),))
        if "row_sum" not in {row[1] for row in self.db.execute("PRAGMA table_info(items)")}:
            # Rows of earlier versions have none, and get one when they are written again.
            for column in ("row_sum", "product_sum"):
                self.db.execute(f"ALTER TABLE items ADD COLUMN {column} BLOB")
        self.words.prepare()

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
            if self.db.in_transaction:  # SQLite itself has undone one that found the disk full
                self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # Writing

    def write(self, items: Sequence[Item], also: Callable[[], None] | None = None) -> None:
        """Add or replace items in one transaction, durable on return; of two items with one id the later one stays.

        also: something to do in the same transaction. Raises SpacesChangedError, and writes nothing, where an item
        lacks a vector in the space of a bundle that has been registered meanwhile.
        """
        now = int(time.time())
        with self.transaction():
            seq, spaces = self.seq(), self.kept_spaces()
            for item in items:
                _check_spaces(item, spaces)
                seq = self._bury(item.shop, item.item_id, seq, now)[0] + 1
                embedding = np.ascontiguousarray(item.embedding, dtype="<f4").tobytes()
                row = (item.shop, item.item_id, item.space, item.rating_count, item.card, embedding)
                cursor = self.db.execute(
                    "INSERT INTO items (shop, item_id, space, rating_count, card, embedding, row_sum, seq, product,"
                    " product_sum, content_hash, embedding_key, has_image, changed_at)"
                    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                    (*row, row_checksum(*row), seq, item.product, product_checksum(item.product), item.content_hash,
                     item.embedding_key, item.has_image, now),
                )  # fmt: skip
                label = int(cursor.lastrowid or 0)
                self.words.add(label, item.shop, orjson.loads(item.product))
                for space in spaces - {item.space}:
                    self.put_vector(label, space, item.beside[space])
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
            return self.db.execute(f"DELETE FROM items WHERE {where}", (limit,)).rowcount  # noqa: S608 (as above)

    def fill_words(self) -> int:
        """Index the words of a batch of items of earlier versions, durable on return; return how many."""
        if self.words.is_whole:
            return 0
        with self.transaction():
            return self.words.fill()

    def put_vector(self, label: int, space: str, vector: Vector) -> None:
        """Keep a row's vector in a space that is not its own; call it in a transaction."""
        row = (label, space, vector.embedding, vector.embedding_key, int(vector.has_image))
        self.db.execute("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?,?,?)", (*row, vector_checksum(*row)))

    def put_vectors(self, space: str, vectors: Mapping[int, Vector]) -> None:
        """Keep vectors of rows by label, durable on return; those of rows that are not live any more are left out."""
        with self.transaction():
            if space not in self.kept_spaces():
                raise SpacesChangedError(f"the bundle of the space {space[:16]}… is not registered any more")
            for label, vector in vectors.items():
                if self.db.execute("SELECT 1 FROM items WHERE label = ? AND deleted = 0", (label,)).fetchone():
                    self.put_vector(label, space, vector)

    def _bury(self, shop: str, item_id: str, seq: int, now: int) -> tuple[int, bool]:
        """Turn the live row, if any, into a tombstone; return the new sequence number and whether a row existed."""
        live = "SELECT label FROM items WHERE shop = ? AND item_id = ? AND deleted = 0"
        for (label,) in self.db.execute(live, (shop, item_id)).fetchall():
            self.words.remove(label)
            self.db.execute("DELETE FROM vectors WHERE label = ?", (label,))
        buried = self.db.execute(
            "UPDATE items SET deleted = 1, seq = ?, product = NULL, card = NULL, embedding = NULL,"
            " row_sum = NULL, product_sum = NULL, changed_at = ?"
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
            with suppress(sqlite3.DatabaseError):  # of a damaged file: what went wrong before tells more
                self.db.execute("ROLLBACK")  # nothing was written

    def seq(self) -> int:
        """Return the number of the newest change."""
        return self._counter("seq")

    def purged_seq(self) -> int:
        """Return the newest purged change. A reader below it may have missed a deletion and must reload everything."""
        return self._counter("purged_seq")

    def epoch(self) -> int:
        """Return the number of this catalogue; in another one the same labels mean other items."""
        return self._counter("epoch")

    def data_version(self) -> int:
        """Return a number that changes when another connection commits; costs microseconds."""
        version: int = self.db.execute("PRAGMA data_version").fetchone()[0]
        return version

    def changes_since(self, seq: int, damaged: list[Damage], space: str = "") -> Iterator[Change]:
        """Yield every sound row changed after `seq`, oldest first. Use it inside `snapshot()`.

        space: as in `rows_of`. damaged: a list to which rows that are not sound are added.
        """
        try:
            found = self.db.execute("SELECT label FROM items WHERE seq > ?", (seq,)).fetchall()
            labels = [label for (label,) in found]
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
            labels = list(range(1, self.last_label() + 1))
        changes = [change for change in self.rows_of(labels, damaged, space, with_deleted=True) if change.seq > seq]
        yield from sorted(changes, key=attrgetter("seq"))

    def live_shops(self) -> set[str]:
        """Return the shops that live rows name, also where damage made up the name; those that can be read."""
        shops: set[str] = set()
        try:
            for (shop,) in self.db.execute("SELECT DISTINCT shop FROM items WHERE deleted = 0"):
                shops.add(shop)
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
        return shops

    def live_labels(self, shop: str) -> NDArray[np.int64]:
        """Return the labels of a shop's live rows, ascending; of the sound ones alone where the index is damaged."""
        try:
            found = self.db.execute("SELECT label FROM items WHERE shop = ? AND deleted = 0 ORDER BY label", (shop,))
            return np.fromiter((label for (label,) in found), dtype=np.int64)
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
        rows = self.rows_of(range(1, self.last_label() + 1), [])
        return np.array([row.label for row in rows if row.shop == shop], dtype=np.int64)

    def rows_of(
        self, labels: Iterable[int], damaged: list[Damage], space: str = "", *, with_deleted: bool = False
    ) -> Iterator[Change]:
        """Yield the sound rows of ascending labels; those that are not sound are added to `damaged`.

        space: the one whose vectors are wanted. A row that has none in it comes with its own, which names its space.
        """
        for part in chunks_of((int(label) for label in labels), _LABELS_AT_ONCE):
            try:
                rows = self._select(part, space)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                rows = self._select_one_by_one(part, damaged, space)
            for row in rows:
                if with_deleted or not row[_DELETED]:
                    yield from self._sound(row, damaged)

    def _select(self, labels: Sequence[int], space: str) -> list[tuple[Any, ...]]:
        marks = ",".join("?" * len(labels))
        query = f"{_SELECT_CHANGES} WHERE items.label IN ({marks}) ORDER BY items.label"
        return self.db.execute(query, (space, *labels)).fetchall()

    def _select_one_by_one(self, labels: Sequence[int], damaged: list[Damage], space: str) -> list[tuple[Any, ...]]:
        """Return the rows that can be read, past pages that cannot."""
        rows = []
        for label in labels:
            try:
                rows += self._select([label], space)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                damaged.append(Damage(label, "unknown", "unknown", str(error)))
        return rows

    def _sound(self, row: tuple[Any, ...], damaged: list[Damage]) -> Iterator[Change]:
        seq, label, *content, checksum, is_deleted = row[: _DELETED + 1]
        shop, item_id, space, rating_count, card, embedding = content
        if is_deleted:
            yield Change(seq, label, str(shop), str(item_id), str(space), 0, None, None)
            return
        problem = row_problem((shop, item_id, space, rating_count, card, embedding), checksum)
        beside = row[_DELETED + 1 :]
        if problem is None and beside[0] is not None:
            problem = vector_problem(beside)
            if problem is None and beside[2] is not None:
                space, embedding = beside[1:3]
        if problem is None:
            yield Change(seq, label, shop, item_id, space, rating_count, card, embedding)
        else:
            damaged.append(Damage(label, str(shop), str(item_id), problem))

    def last_label(self) -> int:
        """Return the highest label that was ever given."""
        row = self.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
        return 0 if row is None else int(row[0])

    def live_products(self, shop: str, space: str, dim: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield each of a shop's sound items in this space: the Product's JSON, and its vector's bytes (float32)."""
        labels = self.live_labels(shop)
        products = self.db.cursor()
        for change in self.rows_of(labels, [], space):
            embedding = change.embedding or b""
            if change.shop != shop or change.space != space or len(embedding) != 4 * dim:
                continue
            row = products.execute("SELECT product, product_sum FROM items WHERE label = ?", (change.label,)).fetchone()
            if row is not None and (row[1] is None or product_checksum(row[0]) == row[1]):
                yield row[0], embedding

    def kept_spaces(self) -> frozenset[str]:
        """Return the spaces in which every row that is written must have a vector."""
        marks = ",".join("?" * len(KEPT_STATES))
        found = self.db.execute(f"SELECT space FROM bundles WHERE state IN ({marks})", KEPT_STATES)  # noqa: S608 (marks alone)
        return frozenset(space for (space,) in found)

    def num_lacking(self, space: str) -> int:
        """Return how many live rows have no vector in a space, nor a note that there is none."""
        count: int = self.db.execute(f"SELECT count(*){_LIVE_LACKING}", {"space": space}).fetchone()[0]
        return count

    def lacking(self, space: str, after: int, count: int) -> list[tuple[int, bytes | None]]:
        """Return label and product of the next live rows without a vector in a space; the product if it is sound."""
        rows = self.db.execute(
            f"SELECT label, product, product_sum{_LIVE_LACKING} AND label > :after ORDER BY label LIMIT :count",
            {"space": space, "after": after, "count": count},
        )
        return [
            (label, product if checksum is None or product_checksum(product) == checksum else None)
            for label, product, checksum in rows
        ]

    def changed_at(self, shop: str) -> int | None:
        """Return the time of a shop's newest change in seconds since 1970, None for a shop that never had items."""
        newest: int | None = self.db.execute("SELECT max(changed_at) FROM items WHERE shop = ?", (shop,)).fetchone()[0]
        return newest

    def newest_space(self) -> str | None:
        """Return the space of the newest live item, None without items."""
        row = self.db.execute("SELECT space FROM items WHERE deleted = 0 ORDER BY label DESC LIMIT 1").fetchone()
        return None if row is None else row[0]

    def shop_versions(self) -> dict[str, int]:
        """Return shop -> the sequence number of its last change."""
        return dict(self.db.execute("SELECT shop, version FROM shops"))

    def product(self, shop: str, item_id: str) -> bytes | None:
        """Return the Product's JSON as ingested, or None if the shop has no such live item.

        Raises CatalogueError where it is damaged.
        """
        row = self.db.execute(
            "SELECT product, product_sum, label FROM items WHERE shop = ? AND item_id = ? AND deleted = 0",
            (shop, item_id),
        ).fetchone()
        if row is None:
            return None
        product, checksum, label = row
        if not isinstance(product, bytes) or (checksum is not None and product_checksum(product) != checksum):
            raise CatalogueError(f"the product of row {label} is damaged; run `python -m server check`")
        return product

    def stored(self, shop: str, item_id: str) -> Stored | None:
        """Return the live row under this id, if it is sound: a writer replaces a damaged one."""
        row = self.db.execute(
            "SELECT content_hash, embedding_key, has_image, embedding, space, rating_count, card, row_sum, product,"
            " product_sum, label FROM items WHERE shop = ? AND item_id = ? AND deleted = 0",
            (shop, item_id),
        ).fetchone()
        if row is None:
            return None
        content_hash, key, has_image, embedding, space, rating_count, card, row_sum, product, product_sum, label = row
        if row_problem((shop, item_id, space, rating_count, card, embedding), row_sum) is not None:
            return None
        if product_sum is not None and product_checksum(product) != product_sum:
            return None
        beside = self.db.execute(f"SELECT {_VECTOR} FROM vectors WHERE label = ?", (label,)).fetchall()  # noqa: S608 (constant text)
        vectors = {one[1]: Vector(one[2], one[3], bool(one[4])) for one in beside if vector_problem(one) is None}
        return Stored(content_hash, space, {**vectors, space: Vector(embedding, key, bool(has_image))})

    def live_item_ids(self, shop: str) -> list[str]:
        """Return the ids of the shop's live items."""
        rows = self.db.execute("SELECT item_id FROM items WHERE shop = ? AND deleted = 0", (shop,))
        return [row[0] for row in rows]

    def count_live(self, space: str | None = None) -> int:
        """Return the number of live items of all shops, or only of those with a vector in one space."""
        if space is None:
            return int(self.db.execute("SELECT count(*) FROM items WHERE deleted = 0").fetchone()[0])
        # Both are answered by an index: the spaces of a million rows are otherwise read from a gigabyte of them.
        own = self.db.execute("SELECT count(*) FROM items WHERE deleted = 0 AND space = ?", (space,)).fetchone()[0]
        others = self.db.execute(
            "SELECT count(*) FROM items WHERE deleted = 0 AND space <> ? AND EXISTS (SELECT 1 FROM vectors"
            " WHERE vectors.label = items.label AND vectors.space = ? AND vectors.embedding IS NOT NULL)",
            (space, space),
        ).fetchone()[0]
        return int(own + others)


def vector_problem(row: Sequence[Any]) -> str | None:
    """Return what is wrong with label, space, embedding, key, image and checksum of a vector, None if nothing."""
    *content, checksum = row
    return None if vector_checksum(*content) == checksum else f"its vector in {str(row[1])[:16]}…: its checksum differs"


def _check_spaces(item: Item, spaces: frozenset[str]) -> None:
    missing = spaces - {item.space, *item.beside}
    if missing or (spaces and item.space not in spaces):
        raise SpacesChangedError("bundles were registered or dropped meanwhile; embed the items again")


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    """Return whether an error says that pages of the file are damaged, not that it is locked or full."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
