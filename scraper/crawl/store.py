"""Store of a crawl folder: a SQLite queue and the raw pages, safe against a kill at any moment.

A page's body is written and renamed before its row with the state "done" is committed. So a row never names a missing
body, and a page whose row was not committed is fetched again.
"""

import gzip
import hashlib
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kernel.files import write_whole
from scraper.errors import InputError

SCHEMA = """
CREATE TABLE IF NOT EXISTS pages (
  url TEXT PRIMARY KEY, site TEXT NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL, depth INTEGER NOT NULL,
  state TEXT NOT NULL, reason TEXT, attempts INTEGER NOT NULL DEFAULT 0, status INTEGER, content_type TEXT,
  etag TEXT, last_modified TEXT, robots_tag TEXT, fetched_at TEXT, has_body INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
DROP INDEX IF EXISTS pages_next;
CREATE INDEX IF NOT EXISTS pages_queue ON pages (site, state, priority, attempts, url);
CREATE INDEX IF NOT EXISTS pages_counts ON pages (site, kind, state);
CREATE TABLE IF NOT EXISTS sites (site TEXT PRIMARY KEY, origin TEXT NOT NULL, stopped TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS robots (origin TEXT PRIMARY KEY, body BLOB NOT NULL, fetched_at REAL NOT NULL) WITHOUT ROWID;
"""
SITEMAP, PAGE, FEED = "sitemap", "page", "feed"
FORGOTTEN, SET_ASIDE = "forgotten", "feed_instead"
TRANSIENT_REASONS = ("network", "timeout", "tls", "too_busy", "status_5xx")
# After these failures the body of the last answer stays valid; after "gone" it does not.
STANDING_FAILURES = frozenset(
    (*TRANSIENT_REASONS, "status_401", "status_403", "status_407", "status_429", "too_large", "redirects")
)


@dataclass(frozen=True, slots=True)
class Queued:
    """One URL to fetch, with the validators of its last answer where there was one."""

    url: str
    kind: str
    depth: int
    attempts: int
    etag: str | None
    last_modified: str | None
    has_body: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a URL. `state` is "done", "failed", "skipped" or "queued" (to be tried again)."""

    state: str
    reason: str | None = None
    status: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    robots_tag: str | None = None
    fetched_at: str | None = None
    body: bytes | None = None


class Store:
    """The queue and pages of one folder; one process at a time, any number of its threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = _exclusive(folder / "crawl.lock")
            self._db = sqlite3.connect(folder / "crawl.sqlite3", check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(SCHEMA)
        except (OSError, sqlite3.DatabaseError) as error:
            raise InputError(f"cannot use {folder} as a crawl folder: {error}") from error
        self._db.row_factory = sqlite3.Row
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the database and release the folder for other processes."""
        self._db.close()
        self._lock_file.close()

    def fact(self, name: str) -> str | None:
        """Return a named fact about the whole crawl."""
        row = self._one("SELECT value FROM facts WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def set_fact(self, name: str, value: str) -> None:
        """Store a named fact about the whole crawl."""
        self._write(("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value)))

    def open_site(self, site: str) -> str:
        """Register a site where it is new, and return the origin that it is crawled under."""
        self._write(("INSERT OR IGNORE INTO sites VALUES (?, ?, NULL)", (site, site)))
        self._write(("UPDATE sites SET stopped = NULL WHERE site = ?", (site,)))
        return self.origin(site)

    def origin(self, site: str) -> str:
        """Return the origin a site is crawled under."""
        row = self._one("SELECT origin FROM sites WHERE site = ?", site)
        return str(row["origin"]) if row else site

    def move_site(self, site: str, origin: str) -> None:
        """Set another origin for a site, to which its start page redirects."""
        self._write(("UPDATE sites SET origin = ? WHERE site = ?", (origin, site)))

    def stop_site(self, site: str, reason: str) -> None:
        """Store why a site was given up."""
        self._write(("UPDATE sites SET stopped = ? WHERE site = ?", (reason, site)))

    def stopped(self, site: str) -> str | None:
        """Return why a site was given up, if it was."""
        row = self._one("SELECT stopped FROM sites WHERE site = ?", site)
        return None if row is None else row["stopped"]

    def add(self, site: str, kind: str, urls: Iterable[str], *, priority: int, depth: int) -> None:
        """Queue URLs that are not known yet."""
        self._write(*_additions(site, kind, urls, priority, depth))

    def next(self, site: str, *, is_feed: bool = False) -> Queued | None:
        """Return the next URL of a site's feeds, or of its pages and sitemaps: by priority, then by address."""
        row = self._one(
            "SELECT * FROM pages WHERE site = ? AND state = 'queued' AND (kind = 'feed') = ?"
            " ORDER BY priority, attempts, url LIMIT 1",
            site,
            is_feed,
        )
        if row is None:
            return None
        return Queued(row["url"], row["kind"], row["depth"], row["attempts"], row["etag"], row["last_modified"],
                      bool(row["has_body"]))  # fmt: skip

    def finish(
        self, site: str, url: str, outcome: Outcome, found: Iterable[tuple[str, Iterable[str], int, int]] = ()
    ) -> None:
        """Store the outcome of a URL and queue those found there (kind, URLs, priority, depth), in one transaction."""
        has_body = outcome.body is not None
        if outcome.body is not None:
            self._write_body(url, outcome.body)
        update = (
            "UPDATE pages SET state=?, reason=?, status=COALESCE(?, status), content_type=COALESCE(?, content_type),"
            " etag=COALESCE(?, etag), last_modified=COALESCE(?, last_modified), robots_tag=COALESCE(?, robots_tag),"
            " fetched_at=COALESCE(?, fetched_at), has_body=MAX(has_body, ?), attempts=attempts+1 WHERE url=?",
            (outcome.state, outcome.reason, outcome.status, outcome.content_type, outcome.etag, outcome.last_modified,
             outcome.robots_tag, outcome.fetched_at, int(has_body), url),
        )  # fmt: skip
        additions = [
            row for kind, urls, priority, depth in found for row in _additions(site, kind, urls, priority, depth)
        ]
        self._write(update, *additions)

    def num_fetched(self, site: str) -> int:
        """Return how many pages of a site were answered in this crawl, sitemaps and feeds not counted."""
        row = self._one(
            "SELECT COUNT(*) AS n FROM pages WHERE site=? AND kind='page' AND state IN ('done', 'failed')", site
        )
        return int(row["n"]) if row else 0

    def num_queued(self, site: str) -> int:
        """Return how many URLs of a site are queued."""
        row = self._one("SELECT COUNT(*) AS n FROM pages WHERE site=? AND state='queued'", site)
        return int(row["n"]) if row else 0

    def sites(self) -> list[str]:
        """Return every site of the folder by name."""
        with self._lock:
            return [row["site"] for row in self._db.execute("SELECT site FROM sites ORDER BY site")]

    def num_queued_by_site(self) -> dict[str, int]:
        """Return how many URLs of each site are queued."""
        rows = self._all("SELECT site, COUNT(*) AS n FROM pages WHERE state='queued' GROUP BY site")
        return {row["site"]: int(row["n"]) for row in rows}

    def rows(self, site: str, kind: str = PAGE) -> list[sqlite3.Row]:
        """Return every page of a site, or every answer of its feeds, by address."""
        return self._all("SELECT * FROM pages WHERE site=? AND kind=? ORDER BY url", site, kind)

    def row(self, url: str) -> sqlite3.Row | None:
        """Return the row of a URL, or None where it is unknown."""
        return self._one("SELECT * FROM pages WHERE url = ?", url)

    def bodies_before(self, moment: str) -> list[str]:
        """Return the URLs whose body was last confirmed at an ISO 8601 moment in UTC, or before."""
        rows = self._all("SELECT url FROM pages WHERE has_body = 1 AND fetched_at <= ?", moment)
        return [str(row["url"]) for row in rows]

    def forgotten(self) -> frozenset[str]:
        """Return the URLs that an operator has deleted."""
        return frozenset(row["url"] for row in self._all("SELECT url FROM pages WHERE reason = ?", FORGOTTEN))

    def retry_failures(self) -> None:
        """Queue again: failures that may pass, URLs that rules excluded, and answers that have lost their body."""
        marks = ",".join("?" * len(TRANSIENT_REASONS))
        queue = "UPDATE pages SET state='queued', attempts=0 WHERE "
        self._write(
            (f"{queue} state='failed' AND reason IN ({marks})", TRANSIENT_REASONS),
            (f"{queue} state='skipped' AND reason IN ('robots', 'pattern')", ()),
            (f"{queue} state='done' AND kind!='sitemap' AND has_body=0", ()),
        )

    def queue_everything(self) -> None:
        """Queue every known URL for a new round; bodies and validators stay for conditional requests."""
        self._write(("UPDATE pages SET state='queued', reason=NULL, attempts=0 WHERE reason IS NOT ?", (FORGOTTEN,)))

    def set_pages_aside(self, site: str) -> None:
        """Skip the queued pages of a site, because a feed covers the shop."""
        statement = "UPDATE pages SET state='skipped', reason=? WHERE site=? AND kind!='feed' AND state='queued'"
        self._write((statement, (SET_ASIDE, site)))

    def take_pages_back(self, site: str) -> None:
        """Queue the pages that were skipped for a feed."""
        statement = "UPDATE pages SET state='queued', reason=NULL, attempts=0 WHERE site=? AND reason=?"
        self._write((statement, (site, SET_ASIDE)))

    def adopt(self, site: str, url: str, links: Iterable[str], *, priority: int, is_read: bool) -> None:
        """Turn an answer that was fetched for a feed into a page and queue its links; or queue it, where not read."""
        state = "done" if is_read else "queued"
        statement = "UPDATE pages SET kind='page', reason=NULL, state=? WHERE url=?"
        self._write((statement, (state, url)), *_additions(site, PAGE, links, priority, 1))

    def drop_body(self, url: str) -> None:
        """Delete a URL's body and its validators; the row stays."""
        # The file first: after a kill in between, the same call finds the row again and ends the work.
        self.body_path(url).unlink(missing_ok=True)
        self._write(("UPDATE pages SET has_body=0, etag=NULL, last_modified=NULL WHERE url=?", (url,)))

    def forget(self, site: str, url: str) -> bool:
        """Delete everything about a URL except the mark that forbids a fetch; return whether it was known."""
        row = self.row(url)
        is_known = row is not None and row["reason"] != FORGOTTEN
        self.body_path(url).unlink(missing_ok=True)
        statement = (
            "INSERT OR REPLACE INTO pages (url, site, kind, priority, depth, state, reason)"
            " VALUES (?, ?, 'page', 0, 0, 'skipped', ?)"
        )
        self._write((statement, (url, site, FORGOTTEN)))
        return is_known

    def robots(self, origin: str) -> tuple[bytes, float] | None:
        """Return an origin's last robots.txt and when it was fetched, in seconds since 1970."""
        row = self._one("SELECT body, fetched_at FROM robots WHERE origin = ?", origin)
        return None if row is None else (bytes(row["body"]), float(row["fetched_at"]))

    def set_robots(self, origin: str, body: bytes, fetched_at: float) -> None:
        """Store an origin's robots.txt."""
        self._write(("INSERT OR REPLACE INTO robots VALUES (?, ?, ?)", (origin, body, fetched_at)))

    def body_path(self, url: str) -> Path:
        """Return the path of a page's gzipped body."""
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._folder / "pages" / name[:2] / f"{name[:32]}.html.gz"

    def _write_body(self, url: str, body: bytes) -> None:
        with write_whole(self.body_path(url)) as file:
            file.write(gzip.compress(body, 6, mtime=0))

    def _one(self, statement: str, *values: object) -> sqlite3.Row | None:
        with self._lock:
            row: sqlite3.Row | None = self._db.execute(statement, values).fetchone()
            return row

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _write(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._db.execute(statement, values)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _additions(
    site: str, kind: str, urls: Iterable[str], priority: int, depth: int
) -> list[tuple[str, tuple[object, ...]]]:
    statement = "INSERT OR IGNORE INTO pages (url, site, kind, priority, depth, state) VALUES (?, ?, ?, ?, ?, 'queued')"
    return [(statement, (url, site, kind, priority, depth)) for url in urls]


def _exclusive(path: Path) -> sqlite3.Connection:
    """Hold an exclusive SQLite lock: the one lock that every platform frees when a process is killed."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise InputError(f"another crawl is writing to {path.parent}; wait for it to end") from error
    return connection
