"""Damages of a store: drawn by a seed, done to the browser's files or, while it runs, to its database."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLACES = ("identity", "index", "records", "parts")
_MOST_BYTES = 64


@dataclass(frozen=True)
class Place:
    """Where a browser keeps one thing that the extension stores.

    own: pattern of its files and folders in `folder`. shared: patterns of further files that it cannot do without, and
    that belong to something else, too: they are damaged one by one, and stay where the thing is deleted or replaced.
    """

    folder: Path
    own: str = "*"
    shared: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """Return its files that can be damaged: not LevelDB's lock and diary, nor an empty journal of SQLite."""
        found = [file for pattern in (self.own, *self.shared) for file in self.folder.glob(pattern) if file.is_file()]
        return sorted(file for file in found if not file.name.startswith("LO") and not _is_empty_journal(file))

    def delete(self) -> None:
        """Delete what is its own, and the folder where nothing else is in it."""
        for one in list(self.folder.glob(self.own)):
            if one.is_dir():
                shutil.rmtree(one)
            else:
                one.unlink()
        if self.folder.exists() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def replace_by(self, other: "Place") -> None:
        """Put the same thing of another profile there."""
        self.delete()
        for one in other.folder.glob(other.own):
            target = self.folder / one.relative_to(other.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if one.is_dir():
                shutil.copytree(one, target)
            else:
                shutil.copy2(one, target)


def _is_empty_journal(file: Path) -> bool:
    return file.name.endswith("-wal") and file.stat().st_size == 0


@dataclass(frozen=True)
class Folders:
    """Where a browser keeps what the extension stores, under one profile folder."""

    store: Place
    backup: Place
    marker: Place

    def checked(self, browser: str) -> "Folders":
        """Return it; raises RuntimeError where one has no files."""
        for place in (self.store, self.backup, self.marker):
            if not any(place.folder.glob(place.own)):
                raise RuntimeError(f"expected files of {browser} in {place.folder / place.own}, found none")
        return self


@dataclass(frozen=True)
class Snapshots:
    """Folders of the browser: as it is now, as it was before, and of another shopper."""

    newest: Folders
    older: Folders
    foreign: Folders


FileDamage = Callable[[random.Random, Place, Place, Place], str]


def _delete(_: random.Random, place: Place, __: Place, ___: Place) -> str:
    place.delete()
    return "deleted"


def _lose_file(draw: random.Random, place: Place, _: Place, __: Place) -> str:
    file = draw.choice(place.files())
    file.unlink()
    return f"without {_kind(file)}"


def _truncate(draw: random.Random, place: Place, _: Place, __: Place) -> str:
    file = draw.choice(place.files())
    content = file.read_bytes()
    file.write_bytes(content[: draw.randrange(len(content) + 1)])
    return f"{_kind(file)} cut short"


def _flip(draw: random.Random, place: Place, _: Place, __: Place) -> str:
    file = draw.choice(place.files())
    content = bytearray(file.read_bytes())
    for _i in range(draw.randint(1, _MOST_BYTES) if content else 0):
        content[draw.randrange(len(content))] ^= draw.randint(1, 255)
    file.write_bytes(content)
    return f"bytes of {_kind(file)} changed"


def _zero(draw: random.Random, place: Place, _: Place, __: Place) -> str:
    file = draw.choice(place.files())
    content = bytearray(file.read_bytes())
    start = draw.randrange(len(content) + 1)
    end = min(len(content), start + draw.choice([512, 4096, 32_768]))
    content[start:end] = bytes(end - start)
    file.write_bytes(content)
    return f"a range of {_kind(file)} emptied"


def _put_back(_: random.Random, place: Place, older: Place, __: Place) -> str:
    place.replace_by(older)
    return "an older one put back"


def _swap(_: random.Random, place: Place, __: Place, foreign: Place) -> str:
    place.replace_by(foreign)
    return "another shopper's put there"


FILE_DAMAGES: tuple[FileDamage, ...] = (_delete, _lose_file, _truncate, _flip, _flip, _zero, _put_back, _swap)


def _kind(file: Path) -> str:
    """Return the name of a file without the number or the name of its database."""
    if file.name.startswith("."):
        return file.name
    return file.suffix.lstrip(".") or file.name.partition("-")[0]


def damage_files(draw: random.Random, snapshots: Snapshots) -> str:
    """Damage the store's files, or the marker's or the backup's or two of them, and say how."""
    now, older, foreign = snapshots.newest, snapshots.older, snapshots.foreign
    targets = draw.choice(
        [("store",)] * 6 + [("marker",), ("backup",), ("store", "backup"), ("store", "marker"), ("marker", "backup")]
    )
    done = []
    for target in targets:
        how = draw.choice(FILE_DAMAGES)
        places = (getattr(one, target) for one in (now, older, foreign))
        done.append(f"{target}: {how(draw, *places)}")
    return ", ".join(done)


# What page/ui/losses.js does to the database: it is deleted, or changed in one transaction.
DATABASE_DAMAGES = (
    "deleted",
    "cleared",
    "some deleted",
    "a byte changed",
    "two swapped",
    "strange added",
    "one put back",
    "all put back",
)


def drawn_database_damage(draw: random.Random) -> tuple[str, str, int]:
    """Return a damage for `Device.damage`, the place that it is done to, and a number for it."""
    return draw.choice(DATABASE_DAMAGES), draw.choice(PLACES[:3]), draw.randrange(1000)
