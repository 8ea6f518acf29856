"""Experiments of two arms: which screens get which, and which ones run.

The arm of a screen follows from its id and a key that only the server has, so a client cannot choose it, and an event
of a screen belongs to the arm that ranked it or to none.
"""

import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from server.errors import InputError, ProblemError
from server.trust.database import transaction

ArmName = Literal["a", "b"]

# How old a worker's knowledge of the running experiments may be.
_FRESH_SECONDS = 1.0
NAME = "[a-z0-9][a-z0-9-]{0,39}"


@dataclass(frozen=True)
class Experiment:
    """Two arms that differ in `diversity` (0 to 1). shops: names, empty for all; times are in seconds since 1970.

    margin: arms whose ratio of click-through rates is surely within 1 ± margin count as equal. max_screens: where to
    stop without an answer, None for never.
    """

    name: str
    shops: tuple[str, ...]
    a: float
    b: float
    margin: float
    max_screens: int | None
    key: bytes
    started_at: int
    ended_at: int | None
    outcome: str | None

    def covers(self, shop: str) -> bool:
        """Return whether the screens of a shop take part."""
        return not self.shops or shop in self.shops

    def arm_of(self, screen: bytes) -> ArmName:
        """Return the arm of a screen, each with probability 1/2 for whoever does not know the key."""
        return "b" if hmac.digest(self.key, screen, hashlib.sha256)[0] & 1 else "a"

    def diversity_of(self, arm: ArmName) -> float:
        """Return what an arm is ranked with."""
        return self.a if arm == "a" else self.b


@dataclass(frozen=True)
class Assigned:
    """Arm of a screen. name: as the response says it and events say it back, such as `wider.b`."""

    name: str
    diversity: float


class Experiments:
    """The experiments of a data directory, over the connection of its events."""

    def __init__(self, db: sqlite3.Connection, now: Callable[[], float] = time.time) -> None:
        self._db = db
        self._now = now
        self._running: tuple[float, list[Experiment]] | None = None

    def all(self) -> list[Experiment]:
        """Return every experiment, the newest first."""
        rows = self._db.execute("SELECT * FROM experiments ORDER BY started_at DESC, name")
        return [Experiment(row[0], tuple(json.loads(row[1])), *row[2:]) for row in rows]

    def find(self, name: str) -> Experiment | None:
        """Return the experiment of this name."""
        return next((one for one in self.all() if one.name == name), None)

    def start(
        self, name: str, shops: tuple[str, ...], arms: tuple[float, float], margin: float, max_screens: int | None
    ) -> Experiment:
        """Start an experiment; raises InputError where it cannot be told from others, or its arms are equal."""
        if not re.fullmatch(NAME, name):
            raise InputError(f"expected a name of small letters, digits and hyphens, at most 40, got {name!r}")
        if arms[0] == arms[1]:
            raise InputError(f"expected two arms that differ, got diversity {arms[0]:g} for both")
        if not all(0 <= diversity <= 1 for diversity in arms):
            raise InputError(f"expected diversities from 0 to 1, got {arms[0]:g} and {arms[1]:g}")
        if not 0 < margin < 1:
            raise InputError(f"expected a margin between 0 and 1, got {margin:g}")
        with transaction(self._db):
            for other in self.all():
                if other.name == name:
                    raise InputError(f"there was an experiment {name} already; take another name")
                is_shared = not shops or not other.shops or set(shops) & set(other.shops)
                if other.ended_at is None and is_shared:
                    raise InputError(f"the experiment {other.name} runs at the same shop; stop it first")
            row = (name, json.dumps(shops), *arms, margin, max_screens, secrets.token_bytes(32), int(self._now()))
            self._db.execute("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", row)
        return next(one for one in self.all() if one.name == name)

    def end(self, name: str, outcome: str) -> None:
        """End an experiment with what came of it; one that has ended keeps its outcome."""
        self._db.execute(
            "UPDATE experiments SET ended_at = ?, outcome = ? WHERE name = ? AND ended_at IS NULL",
            (int(self._now()), outcome, name),
        )

    def assign(self, shop: str, screen: bytes) -> Assigned | None:
        """Return the arm of a screen of a shop, None where no experiment runs there."""
        at = time.monotonic()
        if self._running is None or at - self._running[0] > _FRESH_SECONDS:
            self._running = at, [one for one in self.all() if one.ended_at is None]
        for experiment in self._running[1]:
            if experiment.covers(shop):
                arm = experiment.arm_of(screen)
                return Assigned(f"{experiment.name}.{arm}", experiment.diversity_of(arm))
        return None

    def check_arm(self, arm: str, shop: str, screen: bytes) -> None:
        """Raise a problem unless an event's arm is the one that this server gave its screen; "" is none."""
        if not arm:
            return
        name, _, letter = arm.rpartition(".")
        experiment = self.find(name)
        if experiment is None or not experiment.covers(shop) or experiment.arm_of(screen) != letter:
            detail = "expected the arm that this server answered with for this screen, or none"
            raise ProblemError(422, "invalid_request", detail, "/arm")
