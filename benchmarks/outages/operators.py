"""Operators: threads that write items, follow each write to its end, and time when every worker serves it."""

import http.client
import json
import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from benchmarks.outages import goods
from benchmarks.outages.stage import Stage, ask_on
from benchmarks.outages.truth import Change, Shelf, Write
from benchmarks.outages.world import World, ingest
from kernel.json_object import JsonObject

_POLL_SECONDS = 0.01
_TIMEOUT_SECONDS = 10.0
# A worker that has not served a write by then is counted with this staleness.
_MOST_STALE_SECONDS = 10.0
_MAX_CONNECTIONS = 200
# A write that is not accepted and applied so long after the end of a run is a problem of its own.
_GIVE_UP_SECONDS = 90.0


class WorkerLinks:
    """A connection to each worker. They share one socket, so connections are opened until each has taken one."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def refresh(self) -> None:
        """Connect to the workers that live now and were not connected yet."""
        workers = self._stage.of("worker")
        for pid in set(self._connections) - set(workers):
            self._connections.pop(pid).close()
        spare = []
        while set(workers) - set(self._connections) and len(spare) < _MAX_CONNECTIONS:
            connection = http.client.HTTPConnection("127.0.0.1", self._stage.port, timeout=_TIMEOUT_SECONDS)
            try:
                connection.connect()
                time.sleep(0.003)
                pid = self._stage.worker_of(connection.sock.getsockname()[1], workers)
            except OSError:
                pid = None
            if pid is not None and pid not in self._connections:
                self._connections[pid] = connection
            else:
                spare.append(connection)  # closed later: what is closed at once would be taken by the same worker
        for connection in spare:
            connection.close()

    def versions(self, shop: str) -> dict[int, tuple[int, float, float]]:
        """Return worker -> the version of a shop that it serves (0 without it), when it was asked and answered."""
        found = {}
        for pid, connection in list(self._connections.items()):
            asked = time.monotonic()
            try:
                status, raw = ask_on(connection, "GET", "/v1/shops")
            except (OSError, http.client.HTTPException):
                self._connections.pop(pid).close()
                continue
            if status == 200:
                versions = {one["shop"]: one["version"] for one in json.loads(raw)["shops"]}
                found[pid] = versions.get(shop, 0), asked, time.monotonic()
        return found

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()


class Operator(threading.Thread):
    """Writes to shops of its own, one write after the other; a write that fails is sent again until it is accepted."""

    def __init__(self, world: World, stage: Stage, shops: list[str], number: int, pause: float = 0.0) -> None:
        super().__init__(name=f"operator-{number}", daemon=True)
        self._world, self._stage, self._shops, self._pause = world, stage, shops, pause
        self._dice = random.Random(f"{world.seed} operator {number}")
        self._stopping = threading.Event()
        self._stopped_at = math.inf
        self._version = 0
        self._links = WorkerLinks(stage)
        self._connection: http.client.HTTPConnection | None = None
        self.accepted: list[int] = []
        self.tries: dict[str, int] = {}
        self.problems: list[str] = []
        self.stale: list[
            float
        ] = []  # at most: from the last moment at which it was not applied to the first new answer
        self.stale_at_least: list[float] = []  # from the first moment at which it was to the last old answer's request
        self.apply_seconds: list[float] = []
        self.error: BaseException | None = None

    def stop(self) -> None:
        """End it after the write that is under way, and raise what ended it before."""
        self._stopped_at = min(self._stopped_at, time.monotonic())
        self._stopping.set()
        self.join()
        self._links.close()
        if self._connection is not None:
            self._connection.close()
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        """Write until stopped."""
        try:
            while not self._stopping.is_set():
                self.write_once()
                self._stopping.wait(self._pause)
        except BaseException as error:  # noqa: BLE001 (raised again by `stop`)
            self.error = error

    def write_once(self) -> None:
        """Write to one shop and wait until it is applied, and served by every worker."""
        shelf = self._world.shelves[self._dice.choice(self._shops)]
        method, body, changes = self._draw(shelf)
        self._links.refresh()
        before = {pid: found[0] for pid, found in self._links.versions(shelf.name).items()}
        write = shelf.begin(changes, time.monotonic())
        number, num_tries, sent = self._send(method, body)
        self.accepted.append(number)
        write.applied_after, write.applied_by, report = self._follow(number, sent)
        self.apply_seconds.append(write.applied_by - write.sent)
        self._check(report, len(changes), method, num_tries)
        if num_tries == 1:  # of others an earlier try may have been applied, nobody knows when
            self._wait_served(shelf.name, before, write)

    def _draw(self, shelf: Shelf) -> tuple[str, JsonObject, list[Change]]:
        """Return method, body and changes of a seeded write."""
        kind, dice = self._dice.random(), self._dice
        live = sorted(shelf.live_ids())
        if kind < 0.15 and len(live) > 50:
            gone = dice.sample(live, dice.randint(1, 3))
            keys = [{"shop": shelf.name, "itemId": one} for one in gone]
            return "DELETE", {"items": keys}, [Change(one) for one in gone]
        self._version += 1
        size = self._world.next_number[shelf.name]
        if kind < 0.35:
            numbers = [size + i for i in range(dice.randint(1, 4))]
            self._world.next_number[shelf.name] += len(numbers)
        else:
            numbers = dice.sample(range(size), min(size, dice.randint(1, 5)))
        text = self._version if kind > 0.9 else 0  # other words: embedded again
        products = [goods.product(shelf.name, number, self._version, text) for number in numbers]
        return "PUT", {"products": products}, self._world.changes(products)

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._stage.port, timeout=_TIMEOUT_SECONDS)
        try:
            return ask_on(self._connection, method, path, body)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise

    def _send(self, method: str, body: JsonObject) -> tuple[int, int, float]:
        """Send until it is accepted; return its number, how often it was sent, and when the last time."""
        num_tries = 0
        while True:
            num_tries += 1
            sent = time.monotonic()
            try:
                status, raw = self._ask(method, "/v1/items", body)
                if status == 202:
                    return json.loads(raw)["write"], num_tries, sent
                how = str(status)
            except (OSError, http.client.HTTPException) as error:
                how = type(error).__name__
            self.tries[how] = self.tries.get(how, 0) + 1
            self._wait(0.1)

    def _follow(self, number: int, sent: float) -> tuple[float, float, JsonObject]:
        """Return moments between which a write was applied, and its report."""
        after = sent
        while True:
            asked = time.monotonic()
            with suppress(OSError, http.client.HTTPException):
                status, raw = self._ask("GET", f"/v1/writes/{number}")
                report = json.loads(raw)
                if status == 200 and report["state"] != "waiting":
                    return after, time.monotonic(), report
                if status == 200:
                    after = asked
                elif status == 404:
                    return after, time.monotonic(), report
            self._wait(_POLL_SECONDS)

    def _wait(self, seconds: float) -> None:
        """Sleep; raises RuntimeError where the end of the run is long past."""
        if time.monotonic() > self._stopped_at + _GIVE_UP_SECONDS:
            raise RuntimeError(f"a write was not accepted and applied within {_GIVE_UP_SECONDS:g} s: {self.tries}")
        time.sleep(seconds)

    def _check(self, report: JsonObject, num_changes: int, method: str, num_tries: int) -> None:
        """Note a write that was not done as a whole, or twice."""
        done = report.get("deleted", 0) if method == "DELETE" else report.get("accepted", 0)
        # Of one that was sent twice the first may have been accepted unseen; the second then changes nothing.
        whole = done == num_changes or (num_tries > 1 and done + report.get("unchanged", 0) in (0, num_changes))
        if report.get("state") != "applied" or not whole:
            self.problems.append(f"{method} of {num_changes} sent {num_tries} times: {report}")

    def _wait_served(self, shop: str, before: dict[int, int], write: Write) -> None:
        """Time until each worker serves another version of the shop than before."""
        least = dict.fromkeys(before, 0.0)
        deadline = time.monotonic() + _MOST_STALE_SECONDS
        waiting = set(before)
        while waiting and time.monotonic() < deadline:
            versions = self._links.versions(shop)
            for pid in list(waiting):
                if pid not in versions:
                    waiting.discard(pid)  # it was killed
                    continue
                version, asked, answered = versions[pid]
                if version == before[pid]:
                    least[pid] = max(0.0, asked - write.applied_by)
                else:
                    self.stale.append(answered - write.applied_after)
                    self.stale_at_least.append(least[pid])
                    waiting.discard(pid)
            time.sleep(_POLL_SECONDS)
        self.stale.extend(_MOST_STALE_SECONDS for _ in waiting)
        self.stale_at_least.extend(_MOST_STALE_SECONDS for _ in waiting)


class Ingester(threading.Thread):
    """Ingests new versions of one shop's items with the command, again and again; a file is one batch."""

    def __init__(self, world: World, shop: str, count: int, seconds: float, *flags: str) -> None:
        super().__init__(name="ingester", daemon=True)
        self._world, self._shop, self._count, self._seconds, self._flags = world, shop, count, seconds, flags
        self._stopping = threading.Event()
        self.runs = 0
        self.problems: list[str] = []

    def run(self) -> None:
        """Ingest until stopped."""
        shelf = self._world.shelves[self._shop]
        while not self._stopping.wait(self._seconds):
            self.runs += 1
            products = [goods.product(self._shop, number, self.runs) for number in range(self._count)]
            write = shelf.begin(self._world.changes(products), time.monotonic())
            while True:
                try:
                    ingest(self._world.bundle.directory, self._world.data, products, *self._flags)
                    break
                except RuntimeError as error:
                    self.problems.append(str(error)[-300:])
                    if self._stopping.wait(1):
                        return
            write.applied_after = write.applied_by = time.monotonic()

    def stop(self) -> None:
        """End it after the run that is under way."""
        self._stopping.set()
        self.join()


@contextmanager
def operating(world: World, stage: Stage, groups: list[list[str]], pause: float = 0.0) -> Iterator[list[Operator]]:
    """Let operators write, each to shops of its own, until the block ends."""
    operators = [Operator(world, stage, shops, number, pause) for number, shops in enumerate(groups)]
    for operator in operators:
        operator.start()
    try:
        yield operators
    finally:
        for operator in operators:
            operator.stop()
