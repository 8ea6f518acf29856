"""Contestants of a run, and its rounds.

Each is measured once in every round, one after the other, so that all meet the same load of the machine.
"""

import json
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks.serving.catalogue import K
from benchmarks.serving.client import many_at_once, one_by_one, percentiles, request_bytes
from benchmarks.serving.prepared import Prepared
from benchmarks.serving.processes import Server

NUM_CONNECTIONS = 8
_WARM_UP = 300
_ROUTE = "/v1/recommendations"
Found = list[list[int]]


@dataclass
class Round:
    """One round of one contestant."""

    p50: float
    p99: float
    cpu_us: float
    per_second: float | None = None


@dataclass
class Contestant:
    """A name, what measures one round, and the rounds so far."""

    name: str
    measure: Callable[[], tuple[Round, Found]]
    rounds: list[Round] = field(default_factory=list)
    found: Found = field(default_factory=list)

    def run(self) -> None:
        """Measure one round."""
        measured, self.found = self.measure()
        self.rounds.append(measured)

    def summary(self) -> dict:
        """Return the median, least and greatest of each figure over the rounds."""
        figures = {"p50Ms": "p50", "p99Ms": "p99", "cpuUs": "cpu_us", "requestsPerSecond": "per_second"}
        rows = {name: [getattr(each, attribute) for each in self.rounds] for name, attribute in figures.items()}
        return {name: spread(values) for name, values in rows.items() if None not in values}


def spread(values: Sequence[float]) -> dict:
    """Return the median, the least and the greatest of some values."""
    return {"median": round(statistics.median(values), 4), "min": round(min(values), 4), "max": round(max(values), 4)}


def ratios(one: Contestant, other: Contestant) -> dict:
    """Return one's figures through the other's, of the same round, over the rounds."""
    pairs = list(zip(one.rounds, other.rounds, strict=True))
    found = {"p50": spread([a.p50 / b.p50 for a, b in pairs]), "p99": spread([a.p99 / b.p99 for a, b in pairs])}
    if all(each.per_second for pair in pairs for each in pair):
        found["requestsPerSecond"] = spread([a.per_second / b.per_second for a, b in pairs])
    return found


def over_http(name: str, server: Server, requests: list[bytes], *, at_once: bool = True) -> Contestant:
    """Return a contestant that is asked over HTTP: one connection, then several (each round has new ones)."""

    def measure() -> tuple[Round, Found]:
        one_by_one(server.port, requests[:_WARM_UP])
        before = server.cpu_seconds()
        seconds, bodies = one_by_one(server.port, requests)
        cpu_us = (server.cpu_seconds() - before) / len(requests) * 1e6
        per_second = None
        if at_once:
            twice = requests * 2
            per_second = len(twice) / many_at_once(server.port, twice, NUM_CONNECTIONS)[1]
        p = percentiles(seconds)
        found = [[int(item["itemId"], 16) for item in orjson.loads(body)["items"]] for body in bodies]
        return Round(p["p50Ms"], p["p99Ms"], round(cpu_us), per_second), found

    return Contestant(name, measure)


class Rival:
    """A process of `rivals.py`. Use as a context manager."""

    def __init__(self, name: str, prepared: Prepared, python: Path) -> None:
        self.name = name
        words = [str(python), str(Path(__file__).parent / "rivals.py"), name, str(prepared.folder)]
        self._words = [*words, str(prepared.times["minimalEf"])]
        self.memory_mb: dict[str, float] = {}

    def __enter__(self) -> "Rival":
        self._process = subprocess.Popen(self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(120)

    def _read(self) -> dict:
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"{self.name} ended with {self._process.wait()}")

    def contestant(self) -> Contestant:
        """Return it as a contestant."""

        def measure() -> tuple[Round, Found]:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            answer = self._read()
            self.memory_mb = answer["memoryMb"]
            seconds = answer["seconds"]
            p = percentiles(seconds)
            return Round(p["p50Ms"], p["p99Ms"], round(answer["cpuSeconds"] / len(seconds) * 1e6)), answer["found"]

        return Contestant(self.name, measure)


def requests_of(prepared: Prepared, **extra: object) -> list[bytes]:
    """Return a request for each query; `vector=None` leaves the vector out, another member is added."""
    requests = []
    for shop, query in prepared.queries:
        body = {"mode": "own", "shop": shop, "k": K, "vector": query, "space": prepared.bundle.space, **extra}
        if body["vector"] is None:
            del body["vector"], body["space"]
        requests.append(request_bytes(_ROUTE, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)))
    return requests


def octet_requests(prepared: Prepared) -> list[bytes]:
    """Return a request for each query whose vector is bytes."""
    requests = []
    for shop, query in prepared.queries:
        head = orjson.dumps({"mode": "own", "shop": shop, "k": K, "space": prepared.bundle.space})
        body = len(head).to_bytes(4, "little") + head + query.astype("<f4").tobytes()
        requests.append(request_bytes(_ROUTE, body, "application/octet-stream"))
    return requests
