"""What was shown, clicked and dismissed on screens, in SQLite: no person, no history, no device.

A screen is one list that a device showed. Its id is 128 random bits that the device made for it alone. Rows lie in the
order of these ids, and know the hour in which the server first heard of the screen: nothing finer, and no order.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.errors import ProblemError
from server.events.experiments import Experiments
from server.trust.database import open_private, transaction

Kind = Literal["impression", "click", "dismiss"]

FILE_NAME = "events.sqlite"
KINDS: tuple[Kind, ...] = ("impression", "click", "dismiss")  # the position in this list is what is stored
IMPRESSION, CLICK, DISMISS = range(3)
MODES = ("own",)
# Positions that are counted one by one once a day is summed up; the others are in its totals alone.
COUNTED_POSITIONS = 50
DAYS_KEPT = 731  # of what was summed up
_HOURS_PER_DAY = 24
_SECONDS_PER_HOUR = 3600
# How long one event waits for another process that writes. It is offered again by its sender.
_BUSY_MS = 1000
# So many screens are summed up in one transaction: events wait for it.
_SUMMED_AT_ONCE = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS screens (
  screen BLOB PRIMARY KEY, shop TEXT NOT NULL, mode TEXT NOT NULL, space TEXT NOT NULL, arm TEXT NOT NULL,
  hour INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS screens_by_hour ON screens (hour);
CREATE TABLE IF NOT EXISTS events (
  screen BLOB NOT NULL, kind INTEGER NOT NULL, item BLOB NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (screen, kind, item)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
  day INTEGER NOT NULL, shop TEXT NOT NULL, mode TEXT NOT NULL, space TEXT NOT NULL, arm TEXT NOT NULL,
  screens INTEGER NOT NULL, clicked INTEGER NOT NULL, impressions INTEGER NOT NULL, clicks INTEGER NOT NULL,
  dismissals INTEGER NOT NULL, impressions2 INTEGER NOT NULL, clicks2 INTEGER NOT NULL, products INTEGER NOT NULL,
  PRIMARY KEY (day, shop, mode, space, arm)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
  day INTEGER NOT NULL, shop TEXT NOT NULL, mode TEXT NOT NULL, space TEXT NOT NULL, arm TEXT NOT NULL,
  position INTEGER NOT NULL, impressions INTEGER NOT NULL, clicks INTEGER NOT NULL,
  PRIMARY KEY (day, shop, mode, space, arm, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS experiments (
  name TEXT PRIMARY KEY, shops TEXT NOT NULL, a REAL NOT NULL, b REAL NOT NULL, margin REAL NOT NULL,
  max_screens INTEGER, key BLOB NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, outcome TEXT
) WITHOUT ROWID;
"""
# One row for each screen that has an impression. A click or a dismissal counts where its item was shown.
_SCREENS = """
SELECT s.screen, s.hour / 24 AS day, s.shop, s.mode, s.space, s.arm,
  count(*) AS shown, count(c.item) AS clicks, count(d.item) AS dismissals
FROM screens s JOIN events i ON i.screen = s.screen AND i.kind = 0
LEFT JOIN events c ON c.screen = s.screen AND c.kind = 1 AND c.item = i.item
LEFT JOIN events d ON d.screen = s.screen AND d.kind = 2 AND d.item = i.item
WHERE {where} GROUP BY s.screen
"""
_SUMS = """
SELECT day, shop, mode, space, arm, count(*), sum(clicks > 0), sum(shown), sum(clicks), sum(dismissals),
  sum(shown * shown), sum(clicks * clicks), sum(shown * clicks)
FROM ({screens}) GROUP BY day, shop, mode, space, arm
"""
_POSITIONS = """
SELECT s.hour / 24 AS day, s.shop, s.mode, s.space, s.arm, i.position, count(*), count(c.item)
FROM screens s JOIN events i ON i.screen = s.screen AND i.kind = 0
LEFT JOIN events c ON c.screen = s.screen AND c.kind = 1 AND c.item = i.item
WHERE i.position < {positions} AND {where} GROUP BY day, s.shop, s.mode, s.space, s.arm, i.position
"""


@dataclass(frozen=True)
class Shown:
    """An item of a screen: its id (8 bytes) and its position in the list, from 0."""

    item: bytes
    position: int


@dataclass(frozen=True)
class Event:
    """What happened on a screen (16 bytes). arm: of an experiment, as it was answered; "" for none."""

    screen: bytes
    shop: str
    mode: str
    space: str
    arm: str
    kind: Kind
    items: tuple[Shown, ...]


@dataclass(frozen=True)
class Sums:
    """Sums over the screens of one day, shop, mode, space and arm. `day`: days since 1970 (UTC).

    clicked: screens with a click. impressions, clicks, dismissals: items. impressions2, clicks2 and products: sums over
    screens of the squares of these two, and of their product, for intervals that take items of one screen together.
    """

    day: int
    shop: str
    mode: str
    space: str
    arm: str
    screens: int
    clicked: int
    impressions: int
    clicks: int
    dismissals: int
    impressions2: int
    clicks2: int
    products: int


@dataclass(frozen=True)
class PositionSums:
    """Impressions and clicks at one position, of one day, shop, mode, space and arm."""

    day: int
    shop: str
    mode: str
    space: str
    arm: str
    position: int
    impressions: int
    clicks: int


class Events:
    """Connection to the feedback of one data directory. Open one per thread.

    max_bytes: what events may fill; more are refused. None: no limit, for what only reads or sums up.
    """

    def __init__(
        self, data_dir: Path, max_bytes: int | None = None, now: Callable[[], float] = time.time, *, waits: bool = False
    ) -> None:
        # A power cut may take the last events, as a lost request does; what it leaves is whole.
        self.db = open_private(data_dir / FILE_NAME, _TABLES, "NORMAL")
        if not waits:
            self.db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self.experiments = Experiments(self.db, now)
        self._max_bytes = max_bytes
        self._now = now

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self.db.close()

    def add(self, event: Event) -> None:
        """Keep an event; what is known of it already changes nothing. Raises a problem where it cannot be kept."""
        self.experiments.check_arm(event.arm, event.shop, event.screen)
        try:
            with transaction(self.db):
                self._refuse_full()
                self._add(event)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise ProblemError(503, "busy", "the feedback is being summed up; try again", retry_after=5) from error
            raise

    def _add(self, event: Event) -> None:
        given = (event.shop, event.mode, event.space, event.arm)
        hour = int(self._now()) // _SECONDS_PER_HOUR
        self.db.execute("INSERT OR IGNORE INTO screens VALUES (?, ?, ?, ?, ?, ?)", (event.screen, *given, hour))
        known = self.db.execute(
            "SELECT shop, mode, space, arm FROM screens WHERE screen = ?", (event.screen,)
        ).fetchone()
        if known != given:
            detail = "this screen was told of with another shop, mode, space or arm: make an id for each screen"
            raise ProblemError(422, "invalid_request", detail, "/screen")
        kind = KINDS.index(event.kind)
        rows = ((event.screen, kind, shown.item, shown.position) for shown in event.items)
        self.db.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", rows)

    def num_bytes(self) -> int:
        """Return what is used of the file."""
        pages, free, size = (
            int(self.db.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _refuse_full(self) -> None:
        if self._max_bytes is not None and self.num_bytes() >= self._max_bytes:
            detail = f"feedback fills its {self._max_bytes} bytes until older days are summed up; drop this event"
            raise ProblemError(507, "no_room", detail)

    def sums(self, since_day: int = 0) -> list[Sums]:
        """Return the sums of each day from `since_day` on, with what was summed up earlier."""
        live = _SUMS.format(screens=_SCREENS.format(where="s.hour >= :hour"))
        since = {"day": since_day, "hour": since_day * _HOURS_PER_DAY}
        # One statement: what is being summed up is counted once.
        rows = self.db.execute(f"{live} UNION ALL SELECT * FROM days WHERE day >= :day", since)  # noqa: S608 (our own names)
        return [Sums(*row) for row in rows]

    def positions(self, since_day: int = 0) -> list[PositionSums]:
        """Return the sums of each day and position from `since_day` on, of the first COUNTED_POSITIONS."""
        live = _POSITIONS.format(where="s.hour >= :hour", positions=COUNTED_POSITIONS)
        since = {"day": since_day, "hour": since_day * _HOURS_PER_DAY}
        rows = self.db.execute(f"{live} UNION ALL SELECT * FROM positions WHERE day >= :day", since)  # noqa: S608 (our own names)
        return [PositionSums(*row) for row in rows]

    def impressions(self) -> Iterable[tuple[bytes, str, str, str, str, int, bytes, int, bool, bool]]:
        """Yield every impression that is not summed up, in the random order of screens, then by position.

        Each is screen, shop, mode, space, arm, hour since 1970, item, position, whether it was clicked, and dismissed.
        """
        rows = self.db.execute(
            "SELECT s.screen, s.shop, s.mode, s.space, s.arm, s.hour, i.item, i.position, c.item IS NOT NULL,"
            " d.item IS NOT NULL FROM screens s JOIN events i ON i.screen = s.screen AND i.kind = 0"
            " LEFT JOIN events c ON c.screen = s.screen AND c.kind = 1 AND c.item = i.item"
            " LEFT JOIN events d ON d.screen = s.screen AND d.kind = 2 AND d.item = i.item"
            " ORDER BY s.screen, i.position, i.item"
        )
        for row in rows:
            yield (*row[:8], bool(row[8]), bool(row[9]))

    def sum_up(self, days: int) -> int:
        """Replace the events of screens that are more than `days` whole days old by sums; return how many screens."""
        today = int(self._now()) // _SECONDS_PER_HOUR // _HOURS_PER_DAY
        num_screens = 0
        while num := self._sum_up_some((today - days) * _HOURS_PER_DAY):
            num_screens += num
        with transaction(self.db):
            for table in ("days", "positions"):
                self.db.execute(f"DELETE FROM {table} WHERE day < ?", (today - DAYS_KEPT,))  # noqa: S608 (our own names)
        return num_screens

    def _sum_up_some(self, before_hour: int) -> int:
        chosen = "s.screen IN (SELECT screen FROM chosen)"
        with transaction(self.db):
            self.db.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (screen BLOB PRIMARY KEY) WITHOUT ROWID")
            self.db.execute("DELETE FROM chosen")
            self.db.execute(
                "INSERT INTO chosen SELECT screen FROM screens WHERE hour < ? ORDER BY hour LIMIT ?",
                (before_hour, _SUMMED_AT_ONCE),
            )
            num: int = self.db.execute("SELECT count(*) FROM chosen").fetchone()[0]
            sums = _SUMS.format(screens=_SCREENS.format(where=chosen))
            self._merge("days", 5, sums)
            self._merge("positions", 6, _POSITIONS.format(where=chosen, positions=COUNTED_POSITIONS))
            self.db.execute("DELETE FROM events WHERE screen IN (SELECT screen FROM chosen)")
            self.db.execute("DELETE FROM screens WHERE screen IN (SELECT screen FROM chosen)")
        return num

    def _merge(self, table: str, num_keys: int, select: str) -> None:
        """Add what `select` finds to a table whose first columns are its key and whose others are sums."""
        names = [row[1] for row in self.db.execute(f"PRAGMA table_info({table})")]
        keys, sums = names[:num_keys], names[num_keys:]
        added = ", ".join(f"{name} = {name} + excluded.{name}" for name in sums)
        self.db.execute(
            f"INSERT INTO {table} SELECT * FROM ({select}) WHERE true"  # noqa: S608 (our own names)
            f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}"
        )
