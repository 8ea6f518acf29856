"""Parts `bodies`, `hosts`, `bombs` and `clients`: what others do to the server while readers ask."""

import json
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.outages import goods
from benchmarks.outages.attackers import Deaf, SlowBodies, bombs, dead_hosts, image_host
from benchmarks.outages.mixed import Load, log_of
from benchmarks.outages.operators import Ingester, operating
from benchmarks.outages.readers import reading
from benchmarks.outages.settled import settled
from benchmarks.outages.stage import MemoryWatch, NotStartedError, Stage, ask, running
from benchmarks.outages.world import World, new_world
from kernel.json_object import JsonObject

_SIZES = {"amber.example": 120, "birch.example": 200, "cedar.example": 60}
_ATTACKED = "victim.example"
_IMAGE_SECONDS = 3


@contextmanager
def calm(bundle: Path, scratch: Path, seed: int, *flags: str, data: Path | None = None) -> Iterator[Load]:
    """Run a server of small shops with readers and one operator until the block ends."""
    world = new_world(bundle, data or scratch / "data", seed)
    world.fill(_SIZES)
    with running(world.data, world.bundle.directory, scratch / "server.log", *flags) as stage:
        memory, idle = MemoryWatch(stage), Ingester(world, "cedar.example", 0, 3600.0)
        memory.start()
        with reading(world, stage) as tally, operating(world, stage, [["amber.example"]], pause=0.1) as operators:
            try:
                yield Load(world, stage, tally, operators, idle, memory)
            finally:
                memory.stop()


def ended(load: Load, before: dict[int, str]) -> list[str]:
    """Return which of the processes that must live have ended."""
    now = load.stage.pids()
    return sorted(role for pid, role in before.items() if pid not in now and role in ("server", "worker", "writer"))


def finish(load: Load, before: dict[int, str], scratch: Path, found: JsonObject) -> JsonObject:
    """Stop writing, and return the part's result."""
    found |= {"processesEnded": ended(load, before)}
    load.tally.phase = "stopping"
    for operator in load.operators:
        operator.stop()
    return found | load.summary() | {"afterwards": settled(load.world, load.stage), "log": log_of(scratch)}


def measure_bodies(bundle: Path, scratch: Path, seed: int, seconds: float, count: int = 200) -> JsonObject:
    """Hold connections open that send half of a request, or a byte a second."""
    with calm(bundle, scratch, seed) as load:
        before = load.stage.pids()
        attack = SlowBodies(load.stage.port, count)
        attack.start()
        time.sleep(seconds / 2)
        by_worker = attack.by_worker(load.stage)
        time.sleep(seconds / 2)
        attack.stop()
        found = {"connections": count, "seconds": seconds, "opened": attack.opened, "refused": attack.refused,
                 "heldBy": by_worker}  # fmt: skip
        return finish(load, before, scratch, found)


def measure_hosts(bundle: Path, scratch: Path, seed: int, puts: int = 8) -> JsonObject:
    """Send PUTs whose images' hosts never answer, drip their answers, or close."""
    with dead_hosts() as ports, ExitStack() as stack:
        pins = [word for name in ports for word in ("--resolve", f"{name}.localhost:127.0.0.1")]
        flags = (*pins, "--image-timeout-seconds", str(_IMAGE_SECONDS))
        load = stack.enter_context(calm(bundle, scratch, seed, *flags))
        before = load.stage.pids()
        numbers = []
        for put in range(puts):
            names = sorted(ports)
            products = []
            for i in range(8):
                name = names[(put + i) % len(names)]
                scheme = "https" if i == 7 else "http"  # a host that accepts and never shakes hands
                pair = tuple(f"{scheme}://{name}.localhost:{ports[name]}/{number}.jpg" for number in (1, 2))
                products.append(goods.product(_ATTACKED, 8 * put + i, images=pair))
            numbers.append(put_products(load.world, load.stage, products))
            time.sleep(0.5)
        for number, write in numbers:
            wait_applied(load.stage, number)
            write.applied_by = time.monotonic()
        slowest = max(write.applied_by - write.sent for _, write in numbers)
        found = {"putsWithDeadHosts": puts, "imageTimeoutSeconds": _IMAGE_SECONDS,
                 "slowestWriteSeconds": round(slowest, 1)}  # fmt: skip
        return finish(load, before, scratch, found)


def measure_bombs(bundle: Path, scratch: Path, seed: int, puts: int = 6) -> JsonObject:
    """Send PUTs whose images are small files of 40 megapixels and worse, many at once."""
    files = bombs()
    with image_host(files) as port, ExitStack() as stack:
        load = stack.enter_context(calm(bundle, scratch, seed, "--resolve", "bombs.localhost:127.0.0.1"))
        shelf = load.world.shelf(_ATTACKED, scored=False)
        before = load.stage.pids()
        numbers = []
        for put in range(puts):
            names = sorted(files)
            # Every address is another, so that nothing is remembered; half of them are 40 megapixels of RGBA.
            picked = [names[i % len(names)] if i % 2 else "rgba40.png" for i in range(24)]
            products = [
                goods.product(
                    _ATTACKED, 24 * put + i, images=(f"http://bombs.localhost:{port}/{put}-{i}/{name}",)
                )
                for i, name in enumerate(picked)
            ]  # fmt: skip
            numbers.append(put_products(load.world, load.stage, products))
        for number, write in numbers:
            wait_applied(load.stage, number)
            write.applied_by = time.monotonic()
        found = {"puts": puts, "images": 24 * puts, "fileBytes": {name: len(raw) for name, raw in files.items()},
                 "served": len(shelf.live_ids())}  # fmt: skip
        return finish(load, before, scratch, found)


def put_products(world: World, stage: Stage, products: list[Any]) -> tuple[int, Any]:
    """Send a PUT; return its number and the truth's write."""
    write = world.shelf(products[0]["shop"]).begin(world.changes(products), time.monotonic())
    status, raw = ask(stage.port, "PUT", "/v1/items", {"products": products})
    if status != 202:
        raise RuntimeError(f"expected 202, got {status}: {raw[:300]!r}")
    return int(json.loads(raw)["write"]), write


def wait_applied(stage: Stage, number: int, seconds: float = 300) -> None:
    """Wait until a write is applied; raises RuntimeError for one that failed or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status, raw = ask(stage.port, "GET", f"/v1/writes/{number}")
        if status == 200 and b'"applied"' in raw:
            return
        if status == 200 and b'"failed"' in raw:
            break
        time.sleep(0.05)
    raise RuntimeError(f"write {number} was not applied within {seconds} s: {raw[:300]!r}")


def measure_clients(bundle: Path, scratch: Path, seed: int, count: int = 5000) -> JsonObject:
    """Start a second server on the same data, never read answers, and open very many connections."""
    with calm(bundle, scratch, seed) as load:
        before, stage = load.stage.pids(), load.stage
        second = Stage(load.world.data, load.world.bundle.directory, scratch / "second.log")
        try:
            second.start()
            refused = False
        except NotStartedError:
            refused = True
        finally:
            second.stop()
        deaf = [
            Deaf(stage.port, f"/v1/bundles/{load.world.bundle.bundle_id}/image_encoder.onnx", 100),
            Deaf(stage.port, "/v1/shops/birch.example/pack/list.json", 50),
            Deaf(stage.port, "/v1/shops", 50),
        ]
        time.sleep(5)
        after_deaf = stage.pss_mb()
        for one in deaf:
            one.close()
        opened = _many(stage.port, count)
        time.sleep(5)
        failed = Counter(ask(stage.port, "GET", "/healthz", timeout=5)[0] for _ in range(20))
        for connection in opened:
            connection.close()
        time.sleep(2)
        found = {"secondServerRefused": refused, "deafReaders": 200, "pssMbWithDeafReaders": after_deaf,
                 "connections": len(opened), "newRequestsBesideThem": dict(failed)}  # fmt: skip
        return finish(load, before, scratch, found)


def _many(port: int, count: int) -> list[socket.socket]:
    """Return as many open connections that send nothing as the server takes, at most `count`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * count)), hard))
    opened: list[socket.socket] = []
    for _ in range(count):
        try:
            opened.append(socket.create_connection(("127.0.0.1", port), timeout=2))
        except OSError:
            break
    return opened
