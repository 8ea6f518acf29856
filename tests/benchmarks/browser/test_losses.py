"""Damages that the benchmark of losses does, and its counting."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser.browsers import built_extension, permitted
from benchmarks.browser.losses import damaged, damages
from benchmarks.browser.losses.__main__ import damages_of, earlier_results
from benchmarks.browser.losses.damaged import _is_silent
from benchmarks.browser.losses.damages import Place
from benchmarks.browser.losses.device import SHOP, WITHDRAWN, Acts, Browser, Device, Seen, _names
from benchmarks.browser.losses.full_disk import fill
from benchmarks.browser.losses.on_chromium import Chromium, extension_id
from benchmarks.browser.losses.on_firefox import ADDRESS, Firefox
from kernel.json_object import JsonObject

LOCAL = "wleabcEoxlt-eengsairo"
METADATA = b"metadata" * 20


def leveldb(folder: Path, text: str) -> Path:
    """Write a folder like one of LevelDB's."""
    folder.mkdir(parents=True)
    for name in ("CURRENT", "LOCK", "MANIFEST-000001", "000003.log", "000005.ldb"):
        (folder / name).write_bytes(text.encode() * 50)
    return folder


def buckets(folder: Path, names: dict[int, str]) -> None:
    """Write the list of buckets that Chromium keeps beside them."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "QuotaManager")) as database, database:
        database.execute("CREATE TABLE buckets (id INTEGER, name TEXT)")
        database.executemany("INSERT INTO buckets VALUES (?, ?)", list(names.items()))


class Told(Device):
    """A device that says of its store what it is given."""

    def __init__(self, **vault: object) -> None:
        self.vault = vault

    def run(self, name: str, *given: object) -> JsonObject:
        return {"value": {"ok": True, "vault": self.vault}}

    def stop_worker(self) -> None:
        raise AssertionError

    def shift_clock(self, milliseconds: int) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    ("vault", "ways"),
    [
        ({}, []),
        ({"backupAt": "2026-01-02T03:04:05Z"}, ["restore"]),
        ({"problem": "store_empty"}, []),
        ({"problem": "store_older", "backupAt": "2026-01-02T03:04:05Z"}, ["restore", "accept"]),
        ({"problem": "store_foreign"}, ["accept"]),
        ({"backupAt": "2026-01-02T03:04:05Z", "isBackupForeign": True}, ["restoreOther"]),
        (
            {"problem": "store_foreign", "backupAt": "2026-01-02T03:04:05Z", "isBackupForeign": True},
            ["accept", "restoreOther"],
        ),
    ],
)
def test_the_shopper_takes_what_the_options_page_offers(vault: dict[str, object], ways: list[str]) -> None:
    assert Told(**vault).offered() == ways


def sqlite(profile: Path, text: str) -> Path:
    """Write files of a profile like those of Firefox; the marker's journal is empty."""
    for part, names in (("", ("235craervroy", "707cpaurkrcyaobv-er")), ("^userContextId=4294967295", ("364" + LOCAL,))):
        origin = profile / "storage" / "default" / f"moz-extension+++{ADDRESS}{part}"
        for name in names:
            (origin / "idb" / f"{name}.files").mkdir(parents=True)
            (origin / "idb" / f"{name}.sqlite").write_bytes(text.encode() * 50)
            (origin / "idb" / f"{name}.sqlite-wal").write_bytes(b"" if part else text.encode() * 20)
        (origin / ".metadata-v2").write_bytes(METADATA)
    return profile


def content(folder: Path) -> dict[str, bytes]:
    """Return the files under a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture
def chromium() -> Browser:
    return Chromium(None, Path("/opt/carryover"))  # type: ignore[arg-type]


@pytest.fixture
def firefox(tmp_path: Path) -> Browser:
    extension = tmp_path / "extension"
    extension.mkdir()
    manifest = {"browser_specific_settings": {"gecko": {"id": "carryover@example.org"}}}
    (extension / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return Firefox(tmp_path, extension)


def places_of(browser: Browser, home: Path) -> list[damages.Folders]:
    """Return the places in three profiles: now, older and foreign."""
    found = []
    for name in ("now", "older", "foreign"):
        profile = home / name
        if isinstance(browser, Firefox):
            sqlite(profile, name)
        else:
            default = profile / "Default"
            of = extension_id(Path("/opt/carryover"))
            buckets(default / "WebStorage", {4: "carryover-backup", 5: "_default", 6: "carryover"})
            leveldb(default / "WebStorage" / "6" / "IndexedDB" / "indexeddb.leveldb", name)
            leveldb(default / "WebStorage" / "4" / "IndexedDB" / "indexeddb.leveldb", name)
            leveldb(default / "Local Extension Settings" / of, name)
        found.append(browser.folders(profile))
    return found


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    found: Browser = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("target", ["store", "backup", "marker"])
@pytest.mark.parametrize("damage", sorted(set(damages.FILE_DAMAGES), key=lambda one: one.__name__))
def test_each_damage_changes_the_newest_files_and_no_others(
    damage: Callable[..., str], target: str, browser: Browser, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    places = [getattr(one, target) for one in places_of(browser, home)]
    can_be_damaged = {str(file.relative_to(home)) for file in places[0].files()}
    before = content(home)
    assert damage(random.Random(3), *places)
    after = content(home)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed
    assert all(name.startswith("now/") for name in changed)
    for name in changed - can_be_damaged:
        others = [before.get(name.replace("now", other, 1)) for other in ("older", "foreign")]
        assert after.get(name) in (None, *others), "a lock file holds nothing to damage"


def test_one_seed_draws_one_damage(browser: Browser, tmp_path: Path) -> None:
    done = []
    for i in range(2):
        home = tmp_path / f"home{i}"
        how = damages.damage_files(random.Random(11), damages.Snapshots(*places_of(browser, home)))
        done.append((how, content(home)))
    assert done[0] == done[1]


def test_places_that_are_not_there_are_an_error(browser: Browser, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"expected (files of Firefox|one bucket) .*found (none|0)"):
        browser.folders(tmp_path)


def test_firefox_s_store_and_backup_are_files_of_one_folder(firefox: Browser, tmp_path: Path) -> None:
    now, older, _ = places_of(firefox, tmp_path / "home")
    assert {file.name for file in now.store.files()} == {
        ".metadata-v2",
        "235craervroy.sqlite",
        "235craervroy.sqlite-wal",
    }
    assert {file.name for file in now.backup.files()} == {
        ".metadata-v2",
        "707cpaurkrcyaobv-er.sqlite",
        "707cpaurkrcyaobv-er.sqlite-wal",
    }
    assert {file.name for file in now.marker.files()} == {".metadata-v2", f"364{LOCAL}.sqlite"}, "no empty journal"
    backup = {file: file.read_bytes() for file in now.backup.files()}
    now.store.delete()
    assert [file.name for file in now.store.files()] == [".metadata-v2"]
    now.store.replace_by(older.store)
    assert {file.read_bytes() for file in now.store.files()} == {METADATA, b"older" * 50, b"older" * 20}
    assert {file: file.read_bytes() for file in now.backup.files()} == backup


def test_a_damage_is_named_by_the_kind_of_its_file(browser: Browser, tmp_path: Path) -> None:
    now, *_ = places_of(browser, tmp_path / "home")
    kinds = {damages._kind(file) for file in now.store.files()}
    leveldb_s, sqlite_s = {"CURRENT", "MANIFEST", "log", "ldb"}, {"sqlite", "sqlite-wal", ".metadata-v2"}
    assert kinds == (sqlite_s if isinstance(browser, Firefox) else leveldb_s)


def test_a_leveldb_folder_is_deleted_and_replaced_as_a_whole(tmp_path: Path) -> None:
    now, older = (Place(leveldb(tmp_path / name, name)) for name in ("now", "older"))
    now.delete()
    assert not now.folder.exists()
    now.replace_by(older)
    assert content(now.folder) == content(older.folder)


@pytest.mark.parametrize("is_old", [True, False])
def test_results_of_each_browser_lie_beside_each_other(tmp_path: Path, *, is_old: bool) -> None:
    parts = {"damages": {"num": 2}, "clock": {"lost": 0}}
    file = tmp_path / "browser_losses.json"
    assert earlier_results(file) == {}
    firefox_s = {} if is_old else {"firefox": {"browser": "Firefox", "fullDisk": {"num": 1}}}
    file.write_text(json.dumps({"commit": "1", **(parts if is_old else {"chromium": parts}), **firefox_s}), "utf-8")
    assert earlier_results(file) == {"chromium": parts, **firefox_s}


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


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.skipif(shutil.which("firefox-esr") is None, reason="no Firefox: apt-get install firefox-esr")
def test_real_firefox_keeps_acts_over_a_restart_a_stop_and_a_clock_that_jumps(
    lite_bundle: Path, tmp_path: Path
) -> None:
    extension = built_extension(tmp_path / "built", lite_bundle).folder("firefox", is_source=False)
    browser, profile, acts = Firefox(tmp_path, permitted(extension, SHOP, WITHDRAWN)), tmp_path / "profile", Acts()
    with browser.running(profile) as device:
        device.consent(acts, SHOP, allowed=True)
        device.save(acts, 1)
        device.backed_up()
        device.stop_worker()
        device.shift_clock(3 * 86_400_000)
        device.dismiss(acts, 2)
        device.backed_up()
        ahead = device.ask("vault.get")["vault"]["backupAt"]
        device.shift_clock(0)
        device.save(acts, 3)
        device.backed_up()
        assert device.ask("vault.get")["vault"]["backupAt"] < ahead, "the clock jumped, and came back"
    browser.folders(profile).store.delete()
    with browser.running(profile) as device:
        outcome = damaged._outcome(device, acts)
    assert (outcome["told"], outcome["lost"], outcome["doubled"], acts.refused) == ("store_empty", 0, 0, [])
