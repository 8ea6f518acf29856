"""Part `flips`: single bits turned over, and every shop read from what is left.

A third of them is in a catalogue that is all there is, a third in one beside the snapshots made from it, and a third in
a file of the snapshots.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors import SafetensorError

from benchmarks.outages import goods
from benchmarks.outages.hostile import put_products, wait_applied
from benchmarks.outages.stage import NotStartedError, ask, metric_value, running
from benchmarks.outages.truth import Shelf
from benchmarks.outages.verdicts import Asked, verdict_of
from benchmarks.outages.world import World, new_world
from kernel.json_object import JsonObject
from server.catalogue.database import DERIVED_FOLDERS
from server.commands.repair import check, repair
from server.errors import CatalogueError, ServerError
from server.http.app import create_app
from server.http.services import EXTENSION_KEY
from server.settings import Settings

_SIZES = {"amber.example": 90, "birch.example": 90, "cedar.example": 60}
_QUERIES = 4
_RUNNING_FLIPS = 10
_FILE = "catalogue.sqlite"
_PLACES = ("alone", "besideSnapshots", "snapshot")
# Returns status, parsed body and text of a request.
Call = Callable[[str, str, Any], tuple[int, Any, str]]


@dataclass
class Outcome:
    """What was read of a damaged catalogue. `missing` are live items that are not served, by shop."""

    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    missing: dict[str, frozenset[str]] = field(default_factory=dict)
    counted: int = 0

    @property
    def num_missing(self) -> int:
        """Return how many items are not served."""
        return sum(map(len, self.missing.values()))


def measure_flips(bundle: Path, scratch: Path, seed: int, flips: int, served: int, runs: int = 2) -> JsonObject:
    """Flip bits: most read inside this process, some by a real server, some in the file of a running one."""
    world = new_world(bundle, scratch / "whole", seed)
    world.fill(_SIZES)
    dice = random.Random(f"{seed} flips")
    size = (world.data / _FILE).stat().st_size
    started = time.perf_counter()
    inside = _many(world, scratch, [dice.randrange(8 * size) for _ in range(flips)], _inside)
    of_servers = _many(world, scratch, [dice.randrange(8 * size) for _ in range(served)], _served)
    return {"catalogueBytes": size, "items": sum(_SIZES.values()), "inProcess": inside, "byServer": of_servers,
            "whileRunning": [_while_running(world, scratch / f"running{i}", dice, size) for i in range(runs)],
            "seconds": round(time.perf_counter() - started, 1)}  # fmt: skip


def _many(
    world: World, scratch: Path, bits: list[int], read: Callable[[World, Path, Counter[str]], None]
) -> JsonObject:
    totals: Counter[str] = Counter(dict.fromkeys(("wrongAnswers", "failedAnswers", "missingItems"), 0))
    examples: list[str] = []
    for number, bit in enumerate(bits):
        folder = scratch / "flipped"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(world.data, folder)
        where = _PLACES[number % len(_PLACES)]
        if where == "alone":
            shutil.rmtree(folder / DERIVED_FOLDERS[0])
        file = _snapshot_file(folder, bit) if where == "snapshot" else folder / _FILE
        flip(file, bit % (8 * file.stat().st_size))
        totals[where] += 1
        _reset(world)
        found: Counter[str] = Counter()
        read(world, folder, found)
        examples += [f"flip {number}, bit {bit}: {name}" for name in found if " " in name][:3]
        totals.update({name: count for name, count in found.items() if " " not in name})
    return {"flips": len(bits), **dict(sorted(totals.items())), **({"examples": examples[:20]} if examples else {})}


def _snapshot_file(folder: Path, bit: int) -> Path:
    files = sorted(path for path in (folder / DERIVED_FOLDERS[0]).rglob("*") if path.is_file() and path.stat().st_size)
    return files[bit % len(files)]


def flip(file: Path, bit: int) -> None:
    """Turn one bit of a file over."""
    with file.open("r+b") as stream:
        stream.seek(bit // 8)
        (byte,) = stream.read(1)
        stream.seek(bit // 8)
        stream.write(bytes([byte ^ 1 << bit % 8]))


def _reset(world: World) -> None:
    """Forget what earlier damaged catalogues estimated; the one before any damage and the bundle's own stay."""
    for shelf in world.shelves.values():
        shelf.metrics = shelf.metrics[-2:]


def _inside(world: World, folder: Path, found: Counter[str]) -> None:
    settings = Settings(data_dir=folder, bundle_dir=world.bundle.directory)
    try:
        app = create_app(settings)
    except CatalogueError:
        found["refusedToStart"] += 1
        return
    services, client = app.extensions[EXTENSION_KEY], app.test_client()
    try:
        services.replica.wait_until_ready(30)

        def call(method: str, path: str, body: Any) -> tuple[int, Any, str]:
            answer = client.open(path, method=method, json=body, base_url="http://127.0.0.1")
            return answer.status_code, answer.get_json(silent=True), answer.text

        outcome = read_all(world, folder, call)
    finally:
        services.close()
    _count(outcome, found)
    _check_and_repair(world, settings, outcome, found)


def _served(world: World, folder: Path, found: Counter[str]) -> None:
    try:
        with running(folder, world.bundle.directory, folder / "server.log") as stage:
            _count(read_all(world, folder, _caller(stage.port)), found)
    except NotStartedError:
        found["refusedToStart"] += 1


def _caller(port: int) -> Call:
    def call(method: str, path: str, body: Any) -> tuple[int, Any, str]:
        status, raw = ask(port, method, path, body)
        return status, orjson.loads(raw) if raw[:1] in (b"{", b"[") else None, raw.decode("utf-8", "replace")

    return call


def read_all(world: World, folder: Path, call: Call) -> Outcome:
    """List every shop, ask each some queries and fetch every product; compare all of it with what was written."""
    outcome, draw, at = Outcome(), np.random.default_rng(world.seed), (time.monotonic(), time.monotonic())
    _follow_metrics(world, folder)
    for shop, shelf in world.shelves.items():
        live = frozenset(shelf.live_ids())
        status, answer, text = call("POST", "/v1/recommendations", Asked(shop, len(live)).body(world.bundle.space))
        if status not in (200, 404):
            outcome.failed.append(f"{shop}: {status} {text[:200]}")
            continue
        listed = {item["itemId"] for item in answer["items"]} if status == 200 else set()
        outcome.missing[shop] = live - listed
        if not listed <= live:
            outcome.wrong.append(f"{shop}: {sorted(listed - live)[:3]} were never written")
        for number in range(_QUERIES if listed else 0):
            asked = Asked(shop, 10, world.query(draw, shop), in_stock=number == 3)
            body = asked.body(world.bundle.space) | {"vector": [float(one) for one in asked.vector]}
            status, answer, text = call("POST", "/v1/recommendations", body)
            if status != 200:
                outcome.failed.append(f"{shop}: {status} {text[:200]}")
            elif problem := verdict_of(shelf, asked, answer, at, outcome.missing[shop]).problem:
                outcome.wrong.append(f"{shop} query {number}: {problem}")
        _read_products(shelf, call, outcome)
    status, _, text = call("GET", "/metrics", None)
    outcome.counted = int(metric_value(text, "carryover_damaged_rows"))
    if status != 200:
        outcome.failed.append(f"/metrics: {status}")
    return outcome


def _follow_metrics(world: World, folder: Path) -> None:
    """Take in what has been estimated since, unless the damaged file cannot be read."""
    with suppress(OSError, SafetensorError, ValueError, KeyError, TypeError):
        world.follow_metrics(folder)


def _read_products(shelf: Shelf, call: Call, outcome: Outcome) -> None:
    """Fetch every product: it is right, or its row is known to be damaged."""
    view = shelf.view()
    for item_id, rows in view.rows_of.items():
        status, got, text = call("GET", f"/v1/shops/{shelf.name}/items/{item_id}", None)
        if status == 200 and got != shelf.product(rows[-1]):
            outcome.wrong.append(f"product {item_id} of {shelf.name}: another one: {str(got)[:150]}")
        elif status not in (200, 404, 500):
            outcome.failed.append(f"product {item_id}: {status} {text[:200]}")


def _count(outcome: Outcome, found: Counter[str]) -> None:
    found["wrongAnswers"] += len(outcome.wrong)
    found["failedAnswers"] += len(outcome.failed)
    found["missingItems"] += outcome.num_missing
    found["nothingMissing" if not outcome.num_missing else "someMissing"] += 1
    if outcome.num_missing > outcome.counted:
        found["missingButNotCounted"] += 1
    for problem in outcome.wrong[:2] + outcome.failed[:2]:
        found[f"answer: {problem}"] += 1


def _check_and_repair(world: World, settings: Settings, outcome: Outcome, found: Counter[str]) -> None:
    """Expect `check` to find what is missing, and right answers after `repair`."""
    try:
        seen = check(settings)
    except (ServerError, OSError) as error:
        found[f"check ended: {error}"] += 1
        return
    is_seen = bool(seen["damaged"] or seen["pages"])
    found["foundByCheck"] += is_seen
    if outcome.num_missing and not is_seen:
        found["missingAndNotFoundByCheck"] += 1
    if not is_seen:
        return
    try:
        repair(settings)
        app = create_app(settings)
    except Exception as error:  # noqa: BLE001 (a repair that fails is what this part looks for)
        found["repairFailed"] += 1
        found[f"repair ended: {type(error).__name__}: {error}"] += 1
        return
    services, client = app.extensions[EXTENSION_KEY], app.test_client()
    try:
        services.replica.wait_until_ready(30)

        def call(method: str, path: str, body: Any) -> tuple[int, Any, str]:
            answer = client.open(path, method=method, json=body, base_url="http://127.0.0.1")
            return answer.status_code, answer.get_json(silent=True), answer.text

        again = read_all(world, settings.data_dir, call)
    finally:
        services.close()
    found["repaired"] += 1
    found["wrongAfterRepair"] += len(again.wrong)
    found["damagedAfterRepair"] += again.counted
    for problem in again.wrong[:2]:
        found[f"after repair: {problem}"] += 1


def _while_running(world: World, folder: Path, dice: random.Random, size: int) -> JsonObject:
    """Flip bits in the file of a running server, have a write applied and a worker replaced, and read."""
    shutil.copytree(world.data, folder)
    _reset(world)
    own = replace(world, data=folder, shelves=dict(world.shelves), next_number=dict(world.next_number))
    found: Counter[str] = Counter()
    with running(folder, world.bundle.directory, folder / "server.log") as stage:
        for _ in range(_RUNNING_FLIPS):
            flip(folder / _FILE, dice.randrange(8 * size))
        extra = [goods.product("delta.example", number) for number in range(5)]
        number, write = put_products(own, stage, extra)
        try:
            wait_applied(stage, number, 20)
            write.applied_by = time.monotonic()
            found["writesApplied"] += 1
        except RuntimeError:
            found["writesThatWait"] += 1
        for _ in range(2):
            stage.kill("worker", dice)
            time.sleep(3)
            stage.wait_ready()
        time.sleep(1.5)
        _count(read_all(own, folder, _caller(stage.port)), found)
    return {"flips": _RUNNING_FLIPS, **dict(sorted(found.items()))}
