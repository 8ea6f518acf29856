"""Damages that the benchmark of losses does, and its counting."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser.losses import damages
from benchmarks.browser.losses.__main__ import damages_of
from benchmarks.browser.losses.damaged import _is_silent
from benchmarks.browser.losses.device import Acts, Seen, _names, extension_id
from benchmarks.browser.losses.full_disk import fill


def leveldb(folder: Path, text: str) -> Path:
    """Write a folder like one of LevelDB's."""
    folder.mkdir(parents=True)
    for name in ("CURRENT", "LOCK", "MANIFEST-000001", "000003.log", "000005.ldb"):
        (folder / name).write_bytes(text.encode() * 50)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*"))}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    return (
        leveldb(tmp_path / "now", "newest"),
        leveldb(tmp_path / "older", "older"),
        leveldb(tmp_path / "foreign", "foreign"),
    )


@pytest.mark.parametrize("damage", sorted(set(damages.FILE_DAMAGES), key=lambda one: one.__name__))
def test_each_damage_changes_the_newest_files_and_no_others(
    damage: Callable[..., str], folders: tuple[Path, Path, Path]
) -> None:
    before = [content(folder) for folder in folders]
    assert damage(random.Random(3), *folders)
    after = [content(folder) for folder in folders]
    assert after[0] != before[0]
    assert after[0].get("LOCK") in (None, *(one["LOCK"] for one in before)), "a lock file holds nothing to damage"
    assert after[1:] == before[1:]


def test_one_seed_draws_one_damage(tmp_path: Path) -> None:
    done = []
    for i in range(2):
        places = []
        for name in ("now", "older", "foreign"):
            home = tmp_path / str(i) / name
            leveldb(home / "Default" / "IndexedDB" / "chrome-extension_x_0.indexeddb.leveldb", name)
            leveldb(home / "Default" / "WebStorage" / "5" / "IndexedDB" / "indexeddb.leveldb", name)
            leveldb(home / "Default" / "Local Extension Settings" / "x", name)
            places.append(damages.Folders.of(home, "x"))
        how = damages.damage_files(random.Random(11), damages.Snapshots(*places))
        done.append((how, content(places[0].store), content(places[0].backup), content(places[0].marker)))
    assert done[0] == done[1]


def test_folders_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"expected files of Chromium in .*found none"):
        damages.Folders.of(tmp_path, "x")


def test_what_is_missing_without_a_word_is_silent() -> None:
    acts = Acts(kept={"saved a", "saved b"}, undone={"consent c"})
    whole = {"saved a": 1, "saved b": 1}
    assert not _is_silent(Seen("", whole), acts)
    assert _is_silent(Seen("", {"saved a": 1}), acts), "lost"
    assert _is_silent(Seen("", {**whole, "consent c": 1}), acts), "withdrawn and there again"
    assert not _is_silent(Seen("store_empty", {}), acts)
    assert Seen("", {"saved a": 2}).doubled(acts) == 1
    assert Seen("", {"saved a": 2}).lost(acts) == 1


def test_totals_count_each_case() -> None:
    def case(**more: Any) -> dict[str, Any]:
        return {
            "damage": "store: x",
            "acknowledged": 3,
            "told": "",
            "toldAfter": "",
            "lost": 0,
            "silent": False,
            "doubled": 0,
            **more,
        }

    cases = [
        case(),
        case(told="store_empty"),
        case(told="unreadable", lost=2, toldAfter="x", damage="store: x, backup: y"),
    ]
    totals = damages_of([*cases, case(lost=1, silent=True)])
    assert totals == {
        "num": 4,
        "acknowledged": 12,
        "told": {"": 2, "store_empty": 1, "unreadable": 1},
        "silent": 1,
        "doubled": 0,
        "wholeWithoutBackup": 1,
        "wholeByBackup": 1,
        "lost": 3,
        "casesWithLoss": 2,
        "lostWhereOneIsWhole": 1,
        "unusable": 1,
        "cases": [*cases, case(lost=1, silent=True)],
    }


def test_names_are_of_what_the_profile_exports() -> None:
    profile = {
        "settings": {"consents": {"a.example": "2026"}, "mode": "page"},
        "interactions": [{"kind": "dismiss", "weight": 2, "product": {"url": "https://a.example/1"}}],
        "saved": [{"card": {"url": "https://a.example/2"}}],
    }
    assert _names(profile) == {
        "consent a.example": 1,
        "mode page": 1,
        "dismiss https://a.example/1": 2,
        "saved https://a.example/2": 1,
    }


def test_an_unpacked_extension_has_the_id_of_its_path() -> None:
    assert extension_id(Path("/opt/carryover")) == "hegcdaibmabllfdblbjklkbfdhchmnhj"


def test_filling_takes_bytes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.browser.losses.full_disk._CHUNK", 100)
    sizes = iter([100, 100])

    def urandom(size: int) -> bytes:
        if next(sizes, None) is None:
            raise OSError(28, "No space left on device")
        return bytes(size)

    monkeypatch.setattr("os.urandom", urandom)
    assert fill(tmp_path / "filler", 30) > 0
    assert (tmp_path / "filler").stat().st_size == 170
