"""Store of wanted images and their outcomes: one SQLite file in the crawl folder, safe against kills.

An image's file is whole on disk before the row that names it is committed; one without such a row is fetched again.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kernel.files import write_whole
from scraper.errors import InputError
from scraper.images.image import InspectedImage

SCHEMA = """
CREATE TABLE IF NOT EXISTS images (
  url TEXT PRIMARY KEY, state TEXT NOT NULL, reason TEXT, sha256 TEXT, suffix TEXT, width INTEGER, height INTEGER,
  bytes INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wanted (
  url TEXT NOT NULL, item_id TEXT NOT NULL, shop TEXT NOT NULL, PRIMARY KEY (url, item_id)
) WITHOUT ROWID;
"""
# The next run tries these again; any other failure is the image's own.
PASSING = ("network", "timeout", "tls", "too_busy", "status_5xx", "robots", "robots_unknown", "host_stopped")
MIN_SHARING_ITEMS = 10
MIN_SHARING_PART = 0.1


@dataclass(frozen=True, slots=True)
class Wanted:
    """One image that one product needs."""

    url: str
    item_id: str
    shop: str


class ImageStore:
    """The images of one crawl folder; one process at a time, any number of its threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                folder / "images.sqlite3", timeout=0, check_same_thread=False, isolation_level=None
            )
            # An exclusive lock is freed by the system when the process is killed.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            if self._db.execute("SELECT 1 FROM sqlite_master WHERE name='pictures'").fetchone():
                self._db.execute("ALTER TABLE pictures RENAME TO images")  # its name in crawls before 0.2
            self._db.executescript(SCHEMA)
        except sqlite3.OperationalError as error:
            raise InputError(
                f"cannot use {folder}/images.sqlite3: {error}; another run may be fetching images"
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(f"cannot read {folder}/images.sqlite3: {error}; delete it to begin anew") from error

    def close(self) -> None:
        """Close the database and release the folder's images for other processes."""
        self._db.close()

    def want(self, wishes: Iterable[Wanted]) -> None:
        """Replace all earlier wishes by these; fetched images are kept."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("DELETE FROM wanted")
                rows = ((wish.url, wish.item_id, wish.shop) for wish in wishes)
                self._db.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)", rows)
                self._db.execute("INSERT OR IGNORE INTO images (url, state) SELECT DISTINCT url, 'queued' FROM wanted")
                marks = ",".join("?" * len(PASSING))
                retry = f"UPDATE images SET state='queued' WHERE state='failed' AND reason IN ({marks})"  # noqa: S608  # only marks
                self._db.execute(retry, PASSING)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        self._queue_lost_files()

    def queued(self) -> list[str]:
        """Return the addresses of wanted images that have no outcome yet, sorted."""
        rows = self._rows(
            "SELECT url FROM images WHERE state='queued' AND url IN (SELECT url FROM wanted) ORDER BY url"
        )
        return [str(row[0]) for row in rows]

    def keep(self, url: str, body: bytes, image: InspectedImage) -> None:
        """Store an image under its content's hash, once for all addresses that show it."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self.folder / file_name(sha256, image.suffix)
        if not path.exists() or path.stat().st_size != len(body):
            with write_whole(path) as file:
                file.write(body)
        self._settle(url, "done", None, sha256, image.suffix, image.width, image.height, len(body))

    def refuse(self, url: str, reason: str) -> None:
        """Store why an image is not kept."""
        self._settle(url, "failed", reason, None, None, None, None, None)

    def counts(self) -> dict[str, int]:
        """Return the number of wanted images by outcome: "done", "queued", or the reason of a failure."""
        rows = self._rows(
            "SELECT CASE state WHEN 'failed' THEN reason ELSE state END AS fate, COUNT(*) FROM images"
            " WHERE url IN (SELECT url FROM wanted) GROUP BY fate ORDER BY fate"
        )
        return {str(row[0]): int(row[1]) for row in rows}

    def kept(self) -> list[sqlite3.Row]:
        """Return (url, sha256, suffix, width, height, bytes, item_ids as JSON) of every wanted image, by address."""
        return self._rows(
            "SELECT p.url, sha256, suffix, width, height, bytes, json_group_array(w.item_id)"
            " FROM images p JOIN wanted w ON w.url = p.url WHERE state='done' GROUP BY p.url ORDER BY p.url"
        )

    def shared(self) -> frozenset[str]:
        """Return the hashes of images that too many products of one shop share: logos and placeholders."""
        rows = self._rows(
            "SELECT sha256, w.shop, COUNT(DISTINCT item_id) FROM images p JOIN wanted w ON w.url = p.url"
            " WHERE state='done' GROUP BY sha256, w.shop"
        )
        sizes = self._rows("SELECT shop, COUNT(DISTINCT item_id) FROM wanted GROUP BY shop")
        totals = {str(shop): int(count) for shop, count in sizes}
        return frozenset(
            str(sha256) for sha256, shop, count in rows
            if count >= max(MIN_SHARING_ITEMS, MIN_SHARING_PART * totals[shop])
        )  # fmt: skip

    def forget(self, item_id: str) -> None:
        """Delete an item's wishes, and the images and files that no other item needs."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                before = self._files()
                self._db.execute("DELETE FROM wanted WHERE item_id = ?", (item_id,))
                self._db.execute("DELETE FROM images WHERE url NOT IN (SELECT url FROM wanted)")
                # The files first: after a kill in between, the rows still name what is left to do.
                for name in before - self._files():
                    (self.folder / name).unlink(missing_ok=True)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _files(self) -> set[str]:
        rows = self._db.execute("SELECT DISTINCT sha256, suffix FROM images WHERE sha256 IS NOT NULL")
        return {file_name(sha256, suffix) for sha256, suffix in rows}

    def _queue_lost_files(self) -> None:
        for url, sha256, suffix in self._rows("SELECT url, sha256, suffix FROM images WHERE state='done'"):
            if not (self.folder / file_name(sha256, suffix)).is_file():
                self._settle(url, "queued", None, None, None, None, None, None)

    def _settle(self, url: str, *values: object) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (url, *values))

    def _rows(self, statement: str) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement).fetchall()


def file_name(sha256: str, suffix: str) -> str:
    """Return an image's path in the crawl folder."""
    return f"images/{sha256[:2]}/{sha256}.{suffix}"
