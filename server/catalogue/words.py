"""The index of words: which items' texts hold a term, in the catalogue's own file (SQLite FTS5).

A row is written and deleted in the transaction that writes and deletes its item, and its number is the item's label.
Every term carries the number of its shop, so that a shop's terms are looked up, counted and corrected by themselves.
What is looked up comes from `terms.py` on both sides; FTS5 splits at spaces alone.
"""

import logging
import sqlite3
from array import array
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from kernel.json_object import JsonMapping
from server.catalogue.checksums import product_checksum
from server.catalogue.terms import VERSION, terms_of

logger = logging.getLogger(__name__)

# Columns and what a term in each of them counts.
_COLUMNS = {"title": 4.0, "brand": 4.0, "codes": 6.0, "category": 2.0, "attributes": 2.0, "description": 0.5}
_MAX_DESCRIPTION_CHARS = 1000
_BATCH = 500
# Of a term that more items hold, the newest are read: about 0.1 s of a search.
_MAX_ROWS = 100_000
_LEAST_IDF = 1e-6  # FTS5's own, of a term that more than half of all rows hold

Labels = NDArray[np.int64]
Weights = NDArray[np.float64]


class WordIndex(Protocol):
    """Index of words of a catalogue; what searches needs no more than this, whatever database holds it."""

    def rows_with(self, shop: str, term: str, *, is_prefix: bool = False) -> tuple[Labels, Weights]:
        """Return the labels of a shop's items with a term, and its weight in each: about 1 where it is usual."""
        ...

    def known(self, shop: str, start: str, limit: int) -> list[tuple[str, int]]:
        """Return a shop's terms that begin with `start`, with the number of items that hold each."""
        ...


class Words:
    """Index of words over a catalogue's connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._num_rows: tuple[object, int] = (None, 0)
        self.is_whole = False  # once `fill` has found nothing to do

    def prepare(self) -> None:
        """Make the tables where they are missing, or of other rules; call it inside a transaction."""
        self._db.execute("CREATE TABLE IF NOT EXISTS words_shops (id INTEGER PRIMARY KEY, shop TEXT NOT NULL UNIQUE)")
        self._db.execute("CREATE TABLE IF NOT EXISTS words_rules (version INTEGER NOT NULL)")
        row = self._db.execute("SELECT version FROM words_rules").fetchone()
        if row != (VERSION,) or not self._exists():
            self.make_again()

    def _exists(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").fetchone() is not None

    def make_again(self) -> None:
        """Empty the index; `fill` builds it. Call it inside a transaction."""
        self.is_whole = False
        self._db.execute("DROP TABLE IF EXISTS words_terms")
        self._db.execute("DROP TABLE IF EXISTS words")
        self._db.execute(
            f"CREATE VIRTUAL TABLE words USING fts5({', '.join(_COLUMNS)}, detail = 'column',"
            " tokenize = \"ascii tokenchars '.:'\")"
        )
        self._db.execute("CREATE VIRTUAL TABLE words_terms USING fts5vocab('words', 'row')")
        self._db.execute("DELETE FROM words_rules")
        self._db.execute("INSERT INTO words_rules VALUES (?)", (VERSION,))

    # Writing, inside the transaction of the item

    def add(self, label: int, shop: str, product: JsonMapping) -> None:
        """Index an item's texts under its label."""
        number = self._number(shop)
        if number is None:
            number = int(self._db.execute("INSERT INTO words_shops (shop) VALUES (?)", (shop,)).lastrowid or 0)
        texts = (" ".join(f"{number}:{term}" for term in terms_of(text)) for text in _texts(product))
        marks = ",".join("?" * len(_COLUMNS))
        self._db.execute(f"INSERT INTO words (rowid, {', '.join(_COLUMNS)}) VALUES (?,{marks})", (label, *texts))  # noqa: S608 (constant text)

    def remove(self, label: int) -> None:
        """Forget an item; one that is not indexed is none."""
        try:
            self._db.execute("DELETE FROM words WHERE rowid = ?", (label,))
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
            logger.error("the index of words is damaged, and is built again from its texts: %s", error)
            self._db.execute("INSERT INTO words (words) VALUES ('rebuild')")
            self._db.execute("DELETE FROM words WHERE rowid = ?", (label,))

    def fill(self) -> int:
        """Index a batch of live items that are not yet, such as those of earlier versions; return how many."""
        missing = self._db.execute(
            "SELECT label, shop, product, product_sum FROM items WHERE deleted = 0"
            " AND label NOT IN (SELECT id FROM words_docsize) LIMIT ?",
            (_BATCH,),
        ).fetchall()
        for label, shop, product, checksum in missing:
            is_sound = isinstance(product, bytes) and checksum in (None, product_checksum(product))
            self.add(label, str(shop), _product(product) if is_sound else {})
        self.is_whole = not missing
        return len(missing)

    # Reading

    def _number(self, shop: str) -> int | None:
        row = self._db.execute("SELECT id FROM words_shops WHERE shop = ?", (shop,)).fetchone()
        return None if row is None else row[0]

    def rows_with(self, shop: str, term: str, *, is_prefix: bool = False) -> tuple[Labels, Weights]:
        """Return the labels of a shop's items with a term, and its weight in each: about 1 where it is usual.

        The weight is BM25's, by column and length, without the factor for how rare the term is: FTS5 counts that over
        all shops.
        """
        labels, weights = array("q"), array("d")
        for label, weight in reversed(self._ranked(shop, term, "*" if is_prefix else "")):
            labels.append(label)
            weights.append(-weight)
        found = np.array(labels, dtype=np.int64)
        num_rows = max(self._count(), len(found))
        idf = max(np.log((num_rows - len(found) + 0.5) / (len(found) + 0.5)), _LEAST_IDF)
        return found, np.array(weights, dtype=np.float64) / idf

    def _ranked(self, shop: str, term: str, ending: str) -> list[tuple[int, float]]:
        number = self._number(shop)
        if number is None:
            return []
        # In quotes it is a string of FTS5's and nothing else; terms hold neither quotes nor NUL.
        ranked = f"bm25(words, {', '.join(map(str, _COLUMNS.values()))})"
        return self._read(
            f"SELECT rowid, {ranked} FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT {_MAX_ROWS}",  # noqa: S608 (constant text)
            (f'"{number}:{term}"{ending}',),
        )

    def _read(self, statement: str, values: tuple[object, ...]) -> list[Any]:
        """Return rows; none of an index that is damaged: a search then finds by vectors what it can."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
            logger.error("the index of words is damaged, and nothing is found by words: %s; see `repair`", error)
            return []

    def known(self, shop: str, start: str, limit: int) -> list[tuple[str, int]]:
        """Return a shop's terms that begin with `start`, with the number of items that hold each."""
        number = self._number(shop)
        if number is None:
            return []
        low = f"{number}:{start}"
        rows = self._read(
            "SELECT term, doc FROM words_terms WHERE term >= ? AND term < ? LIMIT ?", (low, low + "\U0010ffff", limit)
        )
        return [(term.partition(":")[2], count) for term, count in rows]

    def _count(self) -> int:
        """Return the number of rows, which FTS5 has counted for its own ranking."""
        key = self._db.execute("PRAGMA data_version").fetchone()[0], self._db.total_changes
        if self._num_rows[0] != key:
            self._num_rows = (key, self._db.execute("SELECT count(*) FROM words_docsize").fetchone()[0])
        return self._num_rows[1]


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT")


def _product(raw: bytes) -> JsonMapping:
    try:
        product = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return product if isinstance(product, dict) else {}


def _texts(product: JsonMapping) -> Sequence[str]:
    """Return the texts of the columns, in their order."""
    variants = product.get("variants", ())
    codes = [product.get(name, "") for name in ("sku", "mpn", "gtin")]
    codes += [variant.get(name, "") for variant in variants for name in ("sku", "gtin")]
    values = [*product.get("attributes", {}).values()]
    values += [value for variant in variants for value in variant.get("attributes", {}).values()]
    return (
        product.get("title", ""),
        product.get("brand", ""),
        " ".join(dict.fromkeys(codes)),
        " ".join(product.get("categoryPath", ())),
        " ".join(dict.fromkeys(values)),
        product.get("description", "")[:_MAX_DESCRIPTION_CHARS],
    )
