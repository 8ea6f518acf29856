"""The registered bundles of a catalogue: one is served, others are being filled beside it, or answer who names them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.catalogue.database import KEPT_STATES, Catalogue
from server.encoding.bundle import Bundle, load_bundle
from server.errors import BundleError, InputError

State = Literal["filling", "ready", "served", "dropping"]

_COLUMNS = "space, name, directory, state, since, turn"
ADD = "`python -m server bundle add DIR` fills its space beside the one that is served"


@dataclass(frozen=True)
class Registered:
    """A bundle of the catalogue.

    Attributes:
        directory: where it was found last; None for one that an earlier version noted without it.
        since: when the state began, in seconds since 1970.
        turn: the number of the last switch to it, 0 if it was never served.
    """

    space: str
    name: str
    directory: Path | None
    state: State
    since: int
    turn: int

    def load(self, trusted_keys: Path | None) -> Bundle:
        """Return the bundle, verified; raises BundleError where it is not what was registered."""
        if self.directory is None:
            raise BundleError(f"bundle {self.name}: its directory is not known; run or ingest with --bundle DIR once")
        bundle = load_bundle(self.directory, trusted_keys)
        if bundle.space != self.space:
            raise BundleError(
                f"{self.directory}: expected bundle {self.name} of the space {self.space[:16]}…, got {bundle.name} of"
                f" {bundle.space[:16]}…; `run --bundle DIR` notes another directory"
            )
        return bundle


class Bundles:
    """The bundles of a catalogue, over its connection."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._db = catalogue.db

    def all(self) -> list[Registered]:
        """Return every bundle: the served one, then those that were served last, then the others by name."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM bundles ORDER BY state <> 'served', turn DESC, name, space")  # noqa: S608 (constant text)
        return [Registered(row[0], row[1], Path(row[2]) if row[2] else None, *row[3:]) for row in rows]

    def kept(self) -> list[Registered]:
        """Return the bundles in whose spaces every row that is written has a vector, the served one first."""
        return [one for one in self.all() if one.state in KEPT_STATES]

    def served(self) -> Registered | None:
        """Return the served bundle, None in a catalogue that never had one."""
        return next((one for one in self.all() if one.state == "served"), None)

    def of_space(self, space: str) -> Registered | None:
        """Return the bundle of a space, None for one that is not registered."""
        return next((one for one in self.all() if one.space == space), None)

    def find(self, word: str) -> Registered:
        """Return the bundle of a directory, a name, or the first digits of a space; raises InputError."""
        found = [one for one in self.all() if one.directory is not None and one.directory == Path(word).resolve()]
        found = found or [one for one in self.all() if one.name == word or (word and one.space.startswith(word))]
        if len(found) == 1:
            return found[0]
        names = ", ".join(f"{one.name} ({one.space[:16]})" for one in self.all()) or "none"
        problem = "fits several bundles" if found else "is not a registered bundle"
        raise InputError(f"{word} {problem}; registered are: {names}. {ADD}")

    def accept(self, bundle: Bundle, purpose: str) -> Registered:
        """Return the served bundle, which is this one in a catalogue that never had one; note where this one lies.

        Raises InputError for a bundle that is not registered, and says that `purpose` would need it to be.
        """
        with self._catalogue.transaction():
            found = self.of_space(bundle.space)
            if found is None and not self.all() and self._catalogue.newest_space() in (None, bundle.space):
                self._insert(bundle, "served", turn=1)
            elif found is None or found.state == "dropping":
                raise InputError(self._refusal(bundle, purpose))
            else:
                self._db.execute(
                    "UPDATE bundles SET directory = ?, name = ? WHERE space = ? AND (directory, name) <> (?, ?)",
                    (str(bundle.directory), bundle.name, bundle.space, str(bundle.directory), bundle.name),
                )
        served = self.served()
        if served is None:
            raise InputError(f"no bundle is served; `python -m server bundle switch` to one that is ready. {ADD}")
        return served

    def _refusal(self, bundle: Bundle, purpose: str) -> str:
        known = self.all()
        if not known:  # a catalogue of an earlier version, which says only by its items whose they are
            return (
                f"its items are of the space {str(self._catalogue.newest_space())[:16]}…, and bundle {bundle.name} is"
                f" of {bundle.space[:16]}…; run or ingest once with the bundle that embedded them, and then: {ADD}"
            )
        names = ", ".join(f"{one.name} in {one.directory or 'a directory that is not known'}" for one in known)
        return (
            f"cannot {purpose} with bundle {bundle.name} of the space {bundle.space[:16]}…: the items of this catalogue"
            f" have no vectors in it; registered are: {names}. {ADD}"
        )

    def register(self, bundle: Bundle) -> Registered:
        """Register a bundle to be filled, durable on return; one that is registered stays as it is.

        Raises InputError for a catalogue without a served bundle, and for a bundle that is being dropped.
        """
        with self._catalogue.transaction():
            if self.served() is None:
                raise InputError("the catalogue has no served bundle yet; run or ingest with the first one")
            found = self.of_space(bundle.space)
            if found is None:
                self._insert(bundle, "filling", turn=0)
            elif found.state == "dropping":
                raise InputError(f"bundle {found.name} is being dropped; finish that first: bundle drop {found.name}")
            else:
                self._db.execute(
                    "UPDATE bundles SET directory = ? WHERE space = ?", (str(bundle.directory), bundle.space)
                )
            return self._existing(bundle.space)

    def _insert(self, bundle: Bundle, state: State, turn: int) -> None:
        row = (bundle.space, bundle.name, str(bundle.directory), state, int(time.time()), turn)
        self._db.execute("INSERT INTO bundles VALUES (?, ?, ?, ?, ?, ?)", row)

    def _existing(self, space: str) -> Registered:
        found = self.of_space(space)
        if found is None:
            raise InputError(f"the bundle of the space {space[:16]}… is not registered any more")
        return found

    def set_ready(self, space: str) -> bool:
        """Let a filled bundle answer; return whether no live row lacks a vector, which the same transaction finds."""
        with self._catalogue.transaction():
            if self._existing(space).state != "filling":
                return True
            if self._catalogue.num_lacking(space):
                return False
            self._set_state(space, "ready")
            return True

    def switch(self, space: str) -> Registered:
        """Serve a bundle from now on, durable on return; return the one that was served. Raises InputError."""
        with self._catalogue.transaction():
            wanted, served = self._existing(space), self.served()
            if wanted.state not in ("ready", "served"):
                raise InputError(f"bundle {wanted.name} is {wanted.state}, not ready; `bundle add` fills it")
            if served is not None and served.space != space:
                self._set_state(served.space, "ready")
                self._set_state(space, "served")
                newest = max(one.turn for one in self.all())
                self._db.execute("UPDATE bundles SET turn = ? WHERE space = ?", (newest + 1, space))
            return served or wanted

    def previous(self) -> Registered:
        """Return the bundle that was served before the present one; raises InputError without one."""
        found = next((one for one in self.all() if one.state == "ready" and one.turn > 0), None)
        if found is None:
            raise InputError("no bundle was served before this one, or it has been dropped")
        return found

    def begin_drop(self, space: str) -> None:
        """Take a bundle out of use, durable on return; its vectors can be removed then. Raises InputError."""
        with self._catalogue.transaction():
            found = self._existing(space)
            if found.state == "served":
                raise InputError(f"bundle {found.name} is served; switch to another one first")
            self._set_state(space, "dropping")

    def forget(self, space: str) -> None:
        """Remove a bundle whose vectors are gone, durable on return."""
        self._db.execute("DELETE FROM bundles WHERE space = ? AND state = 'dropping'", (space,))

    def _set_state(self, space: str, state: State) -> None:
        self._db.execute("UPDATE bundles SET state = ?, since = ? WHERE space = ?", (state, int(time.time()), space))


def answering(bundles: Sequence[Registered]) -> list[Registered]:
    """Return those that answer requests, the served one first."""
    return [one for one in bundles if one.state in ("ready", "served")]
