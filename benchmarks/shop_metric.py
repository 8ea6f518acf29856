"""Cost of the shop's metric on the server: `python -m benchmarks.shop_metric --bundle DIR`.

One shop of 100,000 clustered items is loaded by a replica with the bundle's metric and without it, in turn, each time
in a process of its own. Measured: time to load, peak memory, time of a request that is scanned exactly. With the
metric also the time to estimate the shop's moments again and to swap them in. All times are CPU time, so that other
work on the machine does not count.
"""

import argparse
import dataclasses
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Environment, environment, write
from benchmarks.serving.catalogue import fill_catalogue, unit
from server.catalogue.database import DERIVED_FOLDERS
from server.encoding.bundle import Bundle, load_bundle
from server.search.filters import Filters
from server.search.replica import Replica
from server.search.retrieval import recommend
from server.settings import Settings

NUM_ITEMS, NUM_CLUSTERS, SEED, REPEATS, NUM_QUERIES, K = 100_000, 200, 20261129, 3, 200, 10
SHOP = "shop.example"
CASES = ("without", "with")


class Spread(TypedDict):
    """Median, smallest and largest of the repeats."""

    median: float
    min: float
    max: float


class Result(TypedDict):
    """Content of results/shop_metric.json; the figures are by case, then by name."""

    environment: Environment
    items: int
    dim: int
    repeats: int
    seed: int
    figures: dict[str, dict[str, Spread]]


def make_items(dim: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return unit vectors (NUM_ITEMS, dim) around centres that share an offset."""
    centres = rng.normal(size=(NUM_CLUSTERS, dim)) + 0.5 * rng.normal(size=dim)
    points = centres[rng.integers(NUM_CLUSTERS, size=NUM_ITEMS)] + 0.6 * rng.normal(size=(NUM_ITEMS, dim))
    vectors: NDArray[np.float32] = unit(points)
    return vectors


def measure(case: str, data_dir: Path, bundle_dir: Path) -> dict[str, float]:
    """Return the figures of one case, measured in this process."""
    bundle = load_bundle(bundle_dir)
    if case == "without":
        bundle = dataclasses.replace(bundle, metric=None)
    replica = Replica(Settings(data_dir=data_dir, bundle_dir=bundle_dir, exact_max_items=10 * NUM_ITEMS), bundle)
    started = time.process_time()
    replica.refresh()
    figures = {"loadCpuSeconds": time.process_time() - started, "peakRssMb": _peak_mb()}
    figures |= _requests(replica, bundle)
    if case == "with":
        replica.stop()
        replica = _without_snapshots(data_dir, bundle_dir, bundle)
        started = time.process_time()
        replica.build_snapshots()
        figures["estimateCpuSeconds"] = time.process_time() - started
        figures["peakRssMbAfterEstimate"] = _peak_mb()
    replica.stop()
    return figures


def _without_snapshots(data_dir: Path, bundle_dir: Path, bundle: Bundle) -> Replica:
    """Return a replica that has loaded the catalogue alone, whose shop has no moments yet."""
    shutil.rmtree(data_dir / DERIVED_FOLDERS[0])
    replica = Replica(Settings(data_dir=data_dir, bundle_dir=bundle_dir, exact_max_items=10 * NUM_ITEMS), bundle)
    replica.refresh()
    return replica


def _peak_mb() -> float:
    """Return the peak of this program's own memory: `ru_maxrss` inherits that of the program that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]  # Linux always has it


def _requests(replica: Replica, bundle: Bundle) -> dict[str, float]:
    state, rng = replica.shops[SHOP], np.random.default_rng(SEED)
    queries = unit(rng.normal(size=(NUM_QUERIES, bundle.dim)))
    seconds = {"plain": [], "diverse": [], "firstScreen": []}  # type: dict[str, list[float]]
    for query in queries:
        for name, vector, diversity in (("plain", query, 0.0), ("diverse", query, 0.2), ("firstScreen", None, 0.2)):
            started = time.process_time()
            recommend(state, vector, K, Filters(), diversity, bundle.filler)
            seconds[name].append(time.process_time() - started)
    return {f"{name}CpuMs": 1000 * statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    """Measure all cases in turn, print their medians, and write results/shop_metric.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="a bundle with shopMetric")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.data, arguments.bundle)))
        return
    bundle = load_bundle(arguments.bundle)
    if bundle.metric is None:
        parser.error(f"{arguments.bundle} has no shopMetric")
    runs: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory(prefix="carryover-metric-") as scratch:
        fill_catalogue(Path(scratch), {SHOP: make_items(bundle.dim, np.random.default_rng(SEED))}, bundle.space)
        replica = Replica(Settings(data_dir=Path(scratch), exact_max_items=10 * NUM_ITEMS), bundle)
        replica.refresh()
        replica.build_snapshots()
        replica.stop()
        for _ in range(REPEATS):
            for case in CASES:
                command = [sys.executable, "-m", "benchmarks.shop_metric", "--case", case, "--data", scratch]
                done = subprocess.run([*command, "--bundle", str(arguments.bundle)], capture_output=True, check=True)
                runs[case].append(json.loads(done.stdout))
    result: Result = {
        "environment": environment("numpy"),
        "items": NUM_ITEMS,
        "dim": bundle.dim,
        "repeats": REPEATS,
        "seed": SEED,
        "figures": {case: _spreads(figures) for case, figures in runs.items()},
    }
    write("shop_metric", result)
    print(json.dumps(result["figures"], indent=1))


def _spreads(runs: list[dict[str, float]]) -> dict[str, Spread]:
    return {
        name: {
            "median": round(statistics.median([run[name] for run in runs]), 3),
            "min": round(min(run[name] for run in runs), 3),
            "max": round(max(run[name] for run in runs), 3),
        }
        for name in runs[0]
    }


if __name__ == "__main__":
    main()
