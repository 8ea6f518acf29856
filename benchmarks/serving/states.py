"""States of a server in which requests must stay fast: deltas full, indexes being built; and its starts."""

import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import orjson

from benchmarks.serving.catalogue import (
    SEED,
    TOLERANCE,
    K,
    fill_catalogue,
    items_of,
    make_queries,
    make_shops,
    shop_metrics,
    unit,
)  # fmt: skip
from benchmarks.serving.client import request_bytes
from benchmarks.serving.contestants import Contestant, over_http, requests_of
from benchmarks.serving.prepared import Prepared
from benchmarks.serving.processes import READY, ROOT, answer_of, ours
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle, check_probes
from server.search.metrics import CHANGED_SHARE
from server.settings import Settings, child_environment

NUM_FULL = 10  # of the largest shops
NUM_GIVEN = 50_000
# The builder makes an index of every shop from here on, so that it has work for as long as the rounds last.
_INDEX_FROM = 1000


def fill_deltas(data_dir: Path, prepared: Prepared) -> int:
    """Add to each of the largest shops what its snapshot may lack before a new one is made; return the number."""
    rng = np.random.default_rng(SEED + 1)
    settings = prepared.settings
    largest = sorted(prepared.shops, key=lambda shop: len(prepared.shops[shop]))[-NUM_FULL:]
    added = 0
    catalogue = Catalogue(data_dir)
    for shop in largest:
        vectors = prepared.shops[shop]
        room = min(max(settings.delta_max_items, len(vectors) // 4), math.ceil(CHANGED_SHARE * len(vectors)) - 1)
        near = np.asarray(vectors[np.sort(rng.choice(len(vectors), room, replace=False))])
        fresh = unit(near + 0.02 * rng.standard_normal(near.shape, dtype=np.float32))
        if prepared.bundle.filler is not None:
            fresh[:, prepared.bundle.filler] = 0
        catalogue.write(items_of(shop, unit(fresh), prepared.bundle.space, len(vectors)))
        added += room
    catalogue.close()
    return added


class Builder:
    """A builder process over a data directory that can be halted between rounds. Use as a context manager."""

    def __init__(self, data_dir: Path, prepared: Prepared) -> None:
        self._settings = Settings(data_dir=data_dir, bundle_dir=prepared.bundle.directory, exact_max_items=_INDEX_FROM)
        largest_first = sorted(prepared.shops, key=lambda shop: -len(prepared.shops[shop]))
        shops = orjson.dumps(largest_first).decode()
        self._words = [sys.executable, "-m", "server.search.builder", shops, str(os.getpid())]

    def __enter__(self) -> "Builder":
        self._process = subprocess.Popen(self._words, cwd=ROOT, env=child_environment(self._settings))
        time.sleep(2)  # it has loaded the bundle and is at work
        self.halt()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def halt(self) -> None:
        """Let it do nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> bool:
        """Let it work; return whether it still has work."""
        self._process.send_signal(signal.SIGCONT)
        return self._process.poll() is None


def while_building(server, builder: Builder, prepared: Prepared) -> Contestant:
    """Return a contestant that is asked while the builder works, which it does at no other time."""
    inner = over_http("ours, indexes being built", server, requests_of(prepared))

    def measure():
        if not builder.resume():
            raise RuntimeError("the builder was done before the last round")
        try:
            return inner.measure()
        finally:
            builder.halt()

    return Contestant(inner.name, measure)


def start_times(prepared: Prepared, port_of) -> dict:
    """Return the seconds from start to ready, with what the disk has in memory and without, and of the probes alone."""
    started = time.perf_counter()
    check_probes(prepared.bundle)
    found = {"probesSeconds": round(time.perf_counter() - started, 2)}
    for name in ("firstSeconds", "readySeconds"):
        with ours(prepared.data_dir, prepared.bundle.directory, port_of()) as server:
            found[name] = server.seconds_to_answer(READY)
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError as error:
        return {**found, "coldSeconds": None, "coldReason": str(error)}
    with ours(prepared.data_dir, prepared.bundle.directory, port_of()) as server:
        found["coldSeconds"] = server.seconds_to_answer(READY)
    return found


@contextmanager
def _clean_disk():
    folder = Path(tempfile.mkdtemp(prefix="carryover-serving-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def first_right_answer(bundle: Bundle, port_of) -> dict:
    """Return the seconds from an empty directory to an answer that brute force gives, with NUM_GIVEN given vectors."""
    rng = np.random.default_rng(SEED)
    shops = make_shops(NUM_GIVEN, bundle.dim, rng, bundle.filler)
    shop, query = next(
        each for each in make_queries(shops, rng) if len(shops[each[0]]) == max(map(len, shops.values()))
    )
    body = {"mode": "own", "shop": shop, "k": K, "vector": query, "space": bundle.space, "diversity": 0}
    request = request_bytes("/v1/recommendations", orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY))
    right = _right_answers(bundle, shop, shops[shop], query)
    with _clean_disk() as folder:
        started = time.perf_counter()
        fill_catalogue(folder, shops, bundle.space)
        filled = time.perf_counter()
        with ours(folder, bundle.directory, port_of()) as server:
            wrong = 0
            while True:
                try:
                    rows = [int(item["itemId"], 16) for item in orjson.loads(answer_of(server.port, request))["items"]]
                except (OSError, RuntimeError):
                    time.sleep(0.01)
                    continue
                if any(all(scores[rows] >= kth - TOLERANCE) for scores, kth in right):
                    break
                wrong += 1
            ended = time.perf_counter()
    return {
        "items": NUM_GIVEN,
        "seconds": round(ended - started, 2),
        "fillSeconds": round(filled - started, 2),
        "wrongAnswers": wrong,
    }


def _right_answers(bundle: Bundle, shop: str, vectors: np.ndarray, query: np.ndarray) -> list:
    """Return (scores, K-th score) in the bundle's own metric, which a shop has at first, and in its own."""
    compared = [vectors]
    if bundle.metric is not None:
        of_shop = shop_metrics(bundle, {shop: vectors})[shop]
        compared = [metric.stored(vectors) for metric in (bundle.metric.of_shop(None), of_shop)]
    scores = [np.vecdot(each, query) for each in compared]
    return [(each, np.partition(each, len(each) - K)[len(each) - K]) for each in scores]
