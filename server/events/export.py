"""Impressions in files for the trainer (docs/data.md): a log of screens, or the project's interactions."""

import csv
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from kernel.files import write_text_whole
from server.errors import InputError
from server.events.database import Events

LOG_COLUMNS = ("screen", "shop", "mode", "space", "arm", "time", "itemId", "position", "clicked", "dismissed")
INTERACTION_COLUMNS = ("user", "shop", "itemId", "kind", "time")


@dataclass(frozen=True)
class Impression:
    """One item on one screen. screen: 32 hexadecimal digits, drawn anew by each export; time: the hour, in UTC."""

    screen: str
    shop: str
    mode: str
    space: str
    arm: str
    time: str
    item_id: str
    position: int
    clicked: bool
    dismissed: bool


@dataclass(frozen=True)
class Exported:
    """What was written. num_left_out: screens of shops, modes and bundles with fewer than `at_least`."""

    num_screens: int
    num_rows: int
    num_left_out: int


def export_events(events: Events, out: Path, at_least: int, *, as_interactions: bool = False) -> Exported:
    """Write every screen whose events are kept one by one.

    out: a .csv or .jsonl with a row for each impression (LOG_COLUMNS), or with `as_interactions` the columns of the
    trainer's interactions.csv, where each screen is a user, a click a view, and what was only shown is left out.
    Screens of a shop, mode and bundle with fewer than `at_least` of them are left out. Raises InputError for others.
    """
    if out.suffix not in (".csv", ".jsonl"):
        raise InputError(f"--out: expected a name that ends with .csv or .jsonl, got {out.name}")
    num_of: Counter[tuple[str, str, str]] = Counter()
    for sums in events.sums():
        num_of[sums.shop, sums.mode, sums.space] += sums.screens
    columns = INTERACTION_COLUMNS if as_interactions else LOG_COLUMNS
    screens, left_out, num_rows = set(), set(), 0
    with write_text_whole(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        if out.suffix == ".csv":
            writer.writerow(columns)
        for one in _impressions(events):
            if num_of[one.shop, one.mode, one.space] < at_least:
                left_out.add(one.screen)
                continue
            screens.add(one.screen)
            for row in _interaction_rows(one) if as_interactions else [_log_row(one)]:
                num_rows += 1
                if out.suffix == ".csv":
                    writer.writerow([int(cell) if isinstance(cell, bool) else cell for cell in row])
                else:
                    file.write(orjson.dumps(dict(zip(columns, row, strict=True))).decode() + "\n")
    return Exported(len(screens), num_rows, len(left_out))


def _impressions(events: Events) -> Iterator[Impression]:
    key = secrets.token_bytes(32)  # so that no two files can be joined, nor a file with the database
    for screen, shop, mode, space, arm, hour, item, position, clicked, dismissed in events.impressions():
        drawn = hmac.digest(key, screen, hashlib.sha256).hex()[:32]
        moment = datetime.fromtimestamp(hour * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield Impression(drawn, shop, mode, space, arm, moment, item.hex(), position, clicked, dismissed)


def _log_row(one: Impression) -> tuple[str | int | bool, ...]:
    return astuple(one)


def _interaction_rows(one: Impression) -> Iterator[tuple[str, ...]]:
    for kind, happened in (("view", one.clicked), ("dismiss", one.dismissed)):
        if happened:
            yield one.screen, one.shop, one.item_id, kind, one.time
