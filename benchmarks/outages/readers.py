"""Readers: threads that ask a server without pause and check each answer."""

import hashlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from benchmarks.outages.goods import BRANDS, SECTIONS
from benchmarks.outages.stage import Stage, ask_on
from benchmarks.outages.tally import Tally
from benchmarks.outages.verdicts import Asked, Verdict, knows_no_shop, verdict_of
from benchmarks.outages.world import World

# A shopper would have gone; what takes longer counts as failed.
_TIMEOUT_SECONDS = 10.0
_NEW_CONNECTION_SHARE = 0.05
_FOLLOW_SECONDS = 0.05
_MIX = (("recommend", 0.62), ("screen", 0.1), ("product", 0.14), ("shops", 0.08), ("watch", 0.05), ("pack", 0.01))


class Reader(threading.Thread):
    """One reader: its own connection, and its own seeded order of requests."""

    def __init__(self, world: World, stage: Stage, tally: Tally, number: int, pause: float = 0.0) -> None:
        super().__init__(name=f"reader-{number}", daemon=True)
        self._world, self._stage, self._tally, self._pause = world, stage, tally, pause
        self._draw = np.random.default_rng([world.seed, number])
        self._connection: http.client.HTTPConnection | None = None
        self._stopping = threading.Event()
        self._etags: dict[str, tuple[str, bytes]] = {}
        self.error: BaseException | None = None

    def stop(self) -> None:
        """End it, and raise what ended it before."""
        self._stopping.set()
        self.join()
        if self._connection is not None:
            self._connection.close()
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        """Ask until stopped."""
        kinds, shares = zip(*_MIX, strict=True)
        try:
            while not self._stopping.is_set():
                getattr(self, f"_{self._draw.choice(kinds, p=shares)}")()
                self._stopping.wait(self._pause)
        except BaseException as error:  # noqa: BLE001 (raised again by `stop`)
            self.error = error

    # Asking

    def _ask(
        self, kind: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, tuple[float, float]] | None:
        """Return status, body and the moments of asking and answer; None where the request failed, which is counted."""
        phase, asked = self._tally.phase, time.monotonic()
        if self._connection is None or self._draw.random() < _NEW_CONNECTION_SHARE:
            self._close()
            self._connection = http.client.HTTPConnection("127.0.0.1", self._stage.port, timeout=_TIMEOUT_SECONDS)
        try:
            status, raw = ask_on(self._connection, method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            self._fail(phase, type(error).__name__)
            return None
        answered = time.monotonic()
        if status in (200, 304, 404):
            self._tally.answered(phase, kind, answered - asked)
            return status, raw, (asked, answered)
        self._fail(phase, f"{status} {json.loads(raw).get('code') if raw[:1] == b'{' else ''}".strip())
        return None

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fail(self, phase: str, how: str) -> None:
        # What was under way when the phase changed is the new phase's.
        now = self._tally.phase
        self._tally.failed(now if now != "up" else phase, how)
        self._stopping.wait(0.02)

    def _shop(self) -> str:
        shops = list(self._world.shelves)
        return shops[self._draw.integers(len(shops))]

    # Kinds of requests

    def _recommend(self) -> None:
        shop, draw = self._shop(), self._draw
        shelf = self._world.shelves[shop]
        some = shelf.live_ids()
        if not some:
            return
        asked = Asked(
            shop,
            k=int(draw.choice([1, 5, 10, 24])),
            vector=self._world.query(draw, shop),
            diversity=float(draw.choice([0, 0, 0, 0.2])),
            brand=str(draw.choice(BRANDS)) if draw.random() < 0.15 else None,
            section=str(draw.choice(SECTIONS)) if draw.random() < 0.15 else None,
            price_max=float(draw.integers(20, 150)) if draw.random() < 0.15 else None,
            in_stock=bool(draw.random() < 0.2),
            exclude=tuple(str(one) for one in draw.choice(some, 3)) if draw.random() < 0.1 else (),
        )
        self._compared("recommend", asked)

    def _screen(self) -> None:
        self._compared("screen", Asked(self._shop(), k=int(self._draw.choice([5, 12])), diversity=0.2))

    def _compared(self, kind: str, asked: Asked) -> None:
        body = asked.body(self._world.bundle.space)
        if asked.vector is not None:
            body["vector"] = [round(float(one), 7) for one in asked.vector]
        found = self._ask(kind, "POST", "/v1/recommendations", body)
        if found is None:
            return
        status, raw, at = found
        answer, shelf = json.loads(raw), self._world.shelves[asked.shop]
        if status == 404:
            self._note(Verdict(knows_no_shop(shelf, at)), kind, asked.shop, at)
            return
        verdict = verdict_of(shelf, asked, answer, at)
        for _ in range(20):  # a worker may have learnt of an estimate before this process has
            if verdict.problem is None:
                break
            self._world.follow_metrics()
            verdict = verdict_of(shelf, asked, answer, at)
            self._stopping.wait(0.02)
        if verdict.of:
            self._tally.ranked(answer["strategy"], verdict.hits, verdict.of)
        self._note(verdict, kind, asked.shop, at, answer["strategy"])

    def _note(self, verdict: Verdict, kind: str, shop: str, at: tuple[float, float], more: str = "") -> None:
        details = {"kind": f"{kind} {more}".strip(), "shop": shop, "seconds": round(at[1] - at[0], 3)}
        self._tally.noted(verdict.problem, verdict.staleness, details)

    def _product(self) -> None:
        """Fetch a product, which is read from the catalogue itself and so never stale."""
        shelf = self._world.shelves[self._shop()]
        view = shelf.view()
        if not view.cards:
            return
        item_id = view.cards[self._draw.integers(len(view.born))]["itemId"]
        found = self._ask("product", "GET", f"/v1/shops/{shelf.name}/items/{item_id}")
        if found is None:
            return
        status, raw, at = found
        numbers, current = shelf.allowed(*at)
        view = shelf.view()
        possible = []
        for applied in (one for one in numbers if one >= current):
            row = next((row for row in view.rows_of[item_id] if row < len(view.born) and view.live(applied)[row]), None)
            possible.append(None if row is None else shelf.product(row))
        got = json.loads(raw) if status == 200 else None
        problem = None if got in possible else f"{item_id}: expected one of {len(possible)} versions, got {got}"
        self._note(Verdict(problem), "product", shelf.name, at)

    def _shops(self) -> None:
        """List the shops; the number of items of each must be that of one of its states."""
        found = self._ask("shops", "GET", "/v1/shops")
        if found is None:
            return
        _, raw, at = found
        counts = {one["shop"]: one["items"] for one in json.loads(raw)["shops"]}
        for shop, shelf in list(self._world.shelves.items()):
            numbers, _ = shelf.allowed(*at)
            view = shelf.view()
            possible = {int(np.count_nonzero(view.live(applied))) for applied in numbers}
            if counts.get(shop, 0) not in possible:
                problem = f"expected one of {sorted(possible)} items, got {counts.get(shop, 0)}"
                self._note(Verdict(problem), "shops", shop, at)
                return
        self._note(Verdict(None), "shops", "all", at)

    def _watch(self) -> None:
        path = str(self._draw.choice(["/healthz", "/readyz", "/metrics"]))
        found = self._ask("watch", "GET", path)
        if found is not None:
            problem = None if path != "/metrics" or b"carryover_requests_total" in found[1] else "no counters"
            self._note(Verdict(problem), "watch", path, found[2])

    def _pack(self) -> None:
        """Fetch a list of packs by its ETag, and the manifest that it names, which must have that hash."""
        shop = min(self._world.shelves)
        path = f"/v1/shops/{shop}/pack/list.json"
        tag, before = self._etags.get(shop, ("", b""))
        found = self._ask("pack", "GET", path, headers={"If-None-Match": tag} if tag else None)
        if found is None:
            return
        status, raw, at = found
        content = before if status == 304 else raw
        self._etags[shop] = (f'"{hashlib.sha256(content).hexdigest()}"', content)
        packs = json.loads(content)
        problem = None if [one["shop"] for one in packs] == [shop] else f"expected the pack of {shop}, got {packs}"
        self._note(Verdict(problem), "pack", shop, at)
        name = packs[0]["manifest"] if packs else None
        if name is not None and (manifest := self._ask("pack", "GET", f"/v1/shops/{shop}/pack/{name}")) is not None:
            sums = hashlib.sha256(manifest[1]).hexdigest()
            problem = None if manifest[0] == 404 or sums in name else f"{name} has the hash {sums}"
            self._note(Verdict(problem), "pack", shop, manifest[2])


@contextmanager
def reading(world: World, stage: Stage, count: int = 3, pause: float = 0.0) -> Iterator[Tally]:
    """Let readers ask until the block ends; yield their counts."""
    tally = Tally()
    readers = [Reader(world, stage, tally, number, pause) for number in range(count)]
    stopping = threading.Event()

    def follow() -> None:
        # There is a shop's newest snapshot alone, and workers may still compare by the one before.
        while not stopping.wait(_FOLLOW_SECONDS):
            with suppress(OSError, ValueError):
                world.follow_metrics()

    follower = threading.Thread(target=follow, name="estimates", daemon=True)
    for thread in (follower, *readers):
        thread.start()
    try:
        yield tally
    finally:
        stopping.set()
        follower.join()
        for reader in readers:
            reader.stop()
