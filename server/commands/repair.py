"""The commands `check` and `repair`: what of the catalogue is damaged, and a new one of what is not."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, TypedDict

import orjson

from kernel.files import sync
from server.catalogue.checksums import product_checksum, row_problem
from server.catalogue.database import DERIVED_FOLDERS, FILE_NAME, Catalogue, vector_problem
from server.catalogue.queue import Queue
from server.errors import InputError
from server.locks import held_lock
from server.settings import Settings

_COLUMNS = (
    "label, seq, shop, item_id, product, card, rating_count, embedding, space, content_hash, embedding_key, has_image,"
    " deleted, changed_at, row_sum, product_sum"
)
_QUEUED_AT_ONCE = 64


class Damaged(TypedDict):
    """A row that is not sound. `isQueued` says that its product is, and will be embedded again after a repair."""

    label: int
    shop: str
    itemId: str
    problem: str
    isQueued: bool


class Found(TypedDict):
    """What a check or a repair found: rows by kind, and what SQLite says of the file's pages."""

    live: int
    withoutChecksum: int
    damaged: list[Damaged]
    pages: list[str]


def check(settings: Settings) -> Found:
    """Return what is damaged, and change nothing; the server may run meanwhile."""
    path = settings.data_dir / FILE_NAME
    if not path.is_file():
        raise InputError(f"expected a catalogue, found none at {path}")
    with closing(Catalogue(settings.data_dir)) as catalogue:
        found: Found = {"live": 0, "withoutChecksum": 0, "damaged": [], "pages": _page_problems(catalogue)}
        for row in _rows(catalogue, found):
            if _count_row(row, found) is None and not row["deleted"]:
                _sound_vectors(catalogue, row, found)
        return found


def repair(settings: Settings) -> Found:
    """Write the catalogue again without what is damaged; return what that was.

    Rows whose product is sound are queued to be embedded again by the next `run`; the damaged file stays beside.
    """
    held = f"{settings.data_dir} is in use by process {{pid}}; stop it first"
    with held_lock(settings.data_dir / "run.lock", held), held_lock(settings.data_dir / "ingest.lock", held):
        path = settings.data_dir / FILE_NAME
        if not path.is_file():
            raise InputError(f"expected a catalogue, found none at {path}")
        new_dir = settings.data_dir / "repairing"
        shutil.rmtree(new_dir, ignore_errors=True)
        with closing(Catalogue(settings.data_dir)) as old, closing(Catalogue(new_dir)) as new:
            found = _copy(old, new)
            for catalogue in (new, old):
                catalogue.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = settings.data_dir / f"catalogue-damaged-{int(time.time())}.sqlite"
        path.rename(kept)
        for suffix in ("-wal", "-shm"):
            path.with_name(FILE_NAME + suffix).unlink(missing_ok=True)
        (new_dir / FILE_NAME).replace(path)
        sync(settings.data_dir)
        shutil.rmtree(new_dir)
        for folder in DERIVED_FOLDERS:  # built again, of labels that are given anew
            shutil.rmtree(settings.data_dir / folder, ignore_errors=True)
        return found


def _copy(old: Catalogue, new: Catalogue) -> Found:
    found: Found = {"live": 0, "withoutChecksum": 0, "damaged": [], "pages": _page_problems(old)}
    marks = ",".join("?" * len(_COLUMNS.split(",")))
    again: list[Any] = []
    newest = 0
    with new.transaction():
        for row in _rows(old, found):
            newest = max(newest, row["seq"] if isinstance(row["seq"], int) else 0)
            if row["deleted"]:
                continue  # only a running server follows these
            product = _count_row(row, found)
            if product is None:
                new.db.execute(f"INSERT OR IGNORE INTO items ({_COLUMNS}) VALUES ({marks})", tuple(row))  # noqa: S608 (constant text)
                vectors, is_complete = _sound_vectors(old, row, found)
                new.db.executemany("INSERT OR IGNORE INTO vectors VALUES (?,?,?,?,?,?)", vectors)
                if not is_complete:
                    again.append(orjson.loads(row["product"]))
            elif product:
                again.append(orjson.loads(product))
        # Later than all that a reader has seen, and the same for all shops.
        new.db.execute("UPDATE counters SET value = ? WHERE name <> 'epoch'", (newest + 1,))
        new.db.execute("INSERT INTO shops SELECT DISTINCT shop, ? FROM items", (newest + 1,))
    _copy_small(old, new, found)
    for start in range(0, len(again), _QUEUED_AT_ONCE):
        part = list(enumerate(again[start : start + _QUEUED_AT_ONCE]))
        report = {"accepted": len(part), "rejected": []}
        Queue(new).add("put", orjson.dumps(part), orjson.dumps(report))
    return found


def _copy_small(old: Catalogue, new: Catalogue, found: Found) -> None:
    """Take over the writes and the bundles, as far as they can be read."""
    for table in ("writes", "bundles"):
        try:
            rows = old.db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 (a name of ours)
        except sqlite3.DatabaseError as error:
            found["pages"].append(f"{table}: {error}")
            continue
        for row in rows:
            new.db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * len(row))})", row)  # noqa: S608 (as above)


def _rows(catalogue: Catalogue, found: Found) -> Iterator[sqlite3.Row]:
    """Yield every row that can be read; the others are noted."""
    cursor = catalogue.db.cursor()
    cursor.row_factory = sqlite3.Row
    for label in range(1, catalogue.last_label() + 1):
        try:
            row = cursor.execute(f"SELECT {_COLUMNS} FROM items WHERE label = ?", (label,)).fetchone()  # noqa: S608 (constant text)
        except sqlite3.DatabaseError as error:
            found["damaged"].append(_damaged(label, "unknown", "unknown", str(error), is_queued=False))
            continue
        if row is not None:
            yield row


def _count_row(row: sqlite3.Row, found: Found) -> bytes | None:
    """Count a row; return None for a sound one, its product where that alone is sound, and nothing else otherwise."""
    if row["deleted"]:
        return None
    content = tuple(row[name] for name in ("shop", "item_id", "space", "rating_count", "card", "embedding"))
    product, product_sum = row["product"], row["product_sum"]
    problem = row_problem(content, row["row_sum"])
    is_product_sound = _is_json(product) and product_sum in (None, product_checksum(product))
    if problem is None and not is_product_sound:
        problem = "its product's checksum differs"
    if problem is None:
        found["live"] += 1
        found["withoutChecksum"] += row["row_sum"] is None
        return None
    # Without a checksum nothing says whether the product is what it was.
    is_queued = is_product_sound and product_sum is not None
    found["damaged"].append(_damaged(row["label"], str(row["shop"]), str(row["item_id"]), problem, is_queued=is_queued))
    return bytes(product) if is_queued else b""


def _sound_vectors(catalogue: Catalogue, row: sqlite3.Row, found: Found) -> tuple[list[tuple[Any, ...]], bool]:
    """Return a sound row's sound vectors of other spaces, and whether it has others; those are noted."""
    try:
        vectors = catalogue.db.execute(
            "SELECT label, space, embedding, embedding_key, has_image, vector_sum FROM vectors WHERE label = ?",
            (row["label"],),
        ).fetchall()
        problems = [problem for vector in vectors if (problem := vector_problem(vector)) is not None]
    except sqlite3.DatabaseError as error:
        vectors, problems = [], [str(error)]
    if problems:
        problem = "; ".join(problems)
        found["damaged"].append(_damaged(row["label"], row["shop"], row["item_id"], problem, is_queued=True))
    return [vector for vector in vectors if vector_problem(vector) is None], not problems


def _is_json(raw: object) -> bool:
    try:
        return isinstance(raw, bytes) and isinstance(orjson.loads(raw), dict)
    except orjson.JSONDecodeError:
        return False


def _damaged(label: int, shop: str, item_id: str, problem: str, *, is_queued: bool) -> Damaged:
    return {"label": label, "shop": shop, "itemId": item_id, "problem": problem, "isQueued": is_queued}


def _page_problems(catalogue: Catalogue) -> list[str]:
    try:
        lines = [str(row[0]) for row in catalogue.db.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [line for line in lines if line != "ok"]
