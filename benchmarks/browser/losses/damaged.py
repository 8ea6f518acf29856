"""Stores that are damaged: what the shopper is told, and what is there before and after the backup is taken."""

import random
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from benchmarks.browser.losses.damages import Snapshots, damage_files, drawn_database_damage
from benchmarks.browser.losses.device import SHOP, WITHDRAWN, Acts, Browser, Device, EndedError, Seen
from kernel.json_object import JsonObject

NUM_HALF = 9
_NEXT = 1000
_SHARE_IN_FILES = 2 / 3
_MOST_CRASHES = 5  # of the browser over one damage, after each of which the shopper starts it again


def measure(browser: Browser, scratch: Path, numbers: Iterable[int], seed: int) -> list[JsonObject]:
    """Damage one copy of a profile for each number, and return what came of it."""
    acts = _prepare(browser, scratch)
    cases = []
    for number in numbers:
        draw = random.Random(f"{seed} {number}")
        is_crash = browser.empties_journals and number % 2 == 1
        source = scratch / ("crashed" if is_crash else "newest")
        case = {"number": number, **_case(browser, scratch, source, draw, acts)}
        case["damage"] += ", after a crash" if is_crash else ""
        print(case, flush=True)
        cases.append(case)
    return cases


def _prepare(browser: Browser, scratch: Path) -> Acts:
    """Make the profile, an older state of it, and another shopper's; return what was acknowledged.

    The files of a browser that empties its journals are copied while it runs, too: a crash leaves them like that.
    """
    acts = Acts()
    with browser.running(scratch / "newest") as device:
        device.consent(acts, SHOP, allowed=True)
        device.consent(acts, WITHDRAWN, allowed=True)
        for i in range(NUM_HALF):
            (device.dismiss if i % 2 else device.save)(acts, i)
        device.backed_up()
    _copy(browser, scratch / "newest", scratch / "older")
    with browser.running(scratch / "newest") as device:
        device.consent(acts, WITHDRAWN, allowed=False)
        device.act(acts, "mode page", "settings.set", mode="page")
        for i in range(NUM_HALF, 2 * NUM_HALF):
            (device.dismiss if i % 2 else device.save)(acts, i)
        device.backed_up()
        seen = device.look()
        if browser.empties_journals:
            _copy(browser, scratch / "newest", scratch / "crashed")
    if acts.refused or seen.told or seen.lost(acts):
        raise RuntimeError(f"expected {len(acts.kept)} acts in the profile, got {seen} and refusals {acts.refused}")
    with browser.running(scratch / "foreign") as device:
        other = Acts()
        device.consent(other, WITHDRAWN, allowed=True)
        device.save(other, _NEXT)
        device.backed_up()
    return acts


def _copy(browser: Browser, source: Path, target: Path) -> Path:
    ignored = shutil.ignore_patterns(*browser.caches)
    return Path(shutil.copytree(source, target, ignore=ignored, symlinks=True, copy_function=_copy_file))


def _copy_file(source: str, target: str, *, follow_symlinks: bool = True) -> None:
    with suppress(FileNotFoundError):  # a running browser deletes files of its own
        shutil.copy2(source, target, follow_symlinks=follow_symlinks)


def _case(browser: Browser, scratch: Path, source: Path, draw: random.Random, before: Acts) -> JsonObject:
    acts, copy = before.copy(), _copy(browser, source, scratch / "case")
    how = ""
    try:
        is_in_files = draw.random() < _SHARE_IN_FILES
        if is_in_files:
            places = (browser.folders(one) for one in (copy, scratch / "older", scratch / "foreign"))
            how = damage_files(draw, Snapshots(*places))
        for num_crashes in range(_MOST_CRASHES):
            with suppress(EndedError), browser.running(copy) as device:
                if not is_in_files:
                    how = _damage_database(draw, device, acts)
                return {"damage": how, **_outcome(device, acts), "crashes": num_crashes}
        raise RuntimeError(f"{how}: expected the browser to start, it crashed {_MOST_CRASHES} times")
    finally:
        shutil.rmtree(copy)


def _damage_database(draw: random.Random, device: Device, acts: Acts) -> str:
    """Damage the database of the running browser; the worker is stopped, or continues and is given something to do."""
    device.look()
    kind, place, number = drawn_database_damage(draw)
    device.damage("read", place, number)
    for i in range(3):
        device.save(acts, _NEXT + i)
    device.backed_up()
    device.damage(kind, place, number)
    is_stopped = draw.random() < 0.5
    if is_stopped:
        device.stop_worker()
    device.save(acts, _NEXT + 3)
    device.stop_worker()
    where = "" if kind in ("deleted", "all put back") else f", {place}"
    return f"database {kind}{where}{'' if is_stopped else ', under a running worker'}"


def _outcome(device: Device, acts: Acts) -> JsonObject:
    first = device.look()
    last = first
    ways: list[str] = []
    while last.told and (offered := [way for way in device.offered() if way not in ways]):
        # Who finds their own things there keeps them, and has them backed up.
        is_own = last.told == "backup_foreign" and bool(acts.kept & last.there.keys())
        ways.append("replaceBackup" if is_own else offered[0])
        device.ask("vault.recover", way=ways[-1])
        device.stop_worker()
        last = device.look()
    return {
        "acknowledged": len(acts.kept),
        "told": first.told,
        "thereAtFirst": len(acts.kept & first.there.keys()),
        "ways": ways,
        "toldAfter": last.told,
        "lost": last.lost(acts),
        "silent": _is_silent(first, acts) or _is_silent(last, acts, was_told=bool(first.told)),
        "doubled": last.doubled(acts),
        "refused": sorted(acts.refused),
    }


def _is_silent(seen: Seen, acts: Acts, *, was_told: bool = False) -> bool:
    """Return whether something is missing or is there again without a word."""
    return not (seen.told or was_told) and (seen.lost(acts) > 0 or seen.returned(acts) > 0)
