"""Items a second of `server ingest` beside those of an earlier commit, in one run, and how far their vectors differ.

    python -m benchmarks.ingest --bundle var/bundles/lite-minilm [--data ../shared/data/fashion-products]

The data set is "Fashion Product Images". The first products with an image are ingested as one shop, by name and
image. The earlier commit (`--before`) runs from a git worktree of its own with the same Python. Both take turns, so
that a busy machine slows both. Its bundle is the same with a manifest of format 1, which is what that commit reads: it
knows no token table, so give one of `python -m exporter lite --text minilm`.
"""

import argparse
import csv
import json
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.fashion.neighbours import product_of
from kernel.json_object import JsonObject
from kernel.paths import ROOT

# The last commit whose encoder padded 64 texts as they came, and ran 64 images on all cores at once.
BEFORE = "e04080b"
REPEATS = 3


class Run(TypedDict):
    """One ingest. `cpuSeconds`: of its process and threads, which a busy machine changes less than `seconds`."""

    seconds: float
    itemsPerSecond: float
    cpuSeconds: float
    peakRssMb: float
    secondsBy: dict[str, float]


class Side(TypedDict):
    """Medians of the runs of one commit, and the runs themselves."""

    commit: str
    itemsPerSecond: float
    cpuSeconds: float
    peakRssMb: float
    runs: list[Run]


class Spread(TypedDict):
    """Median, least and greatest of the ratios of neighbouring runs: after over before."""

    median: float
    min: float
    max: float


class IngestResult(record.Environment):
    """Content of ingest.json; `vectors` are the largest absolute difference and the least cosine of any item."""

    data: dict[str, str]
    products: int
    before: Side
    after: Side
    faster: Spread
    lessCpu: Spread
    vectors: dict[str, float]


def main() -> int:
    """Print the result and write results/ingest.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/fashion-products"))
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite-minilm"))
    parser.add_argument("--products", type=int, default=1500, metavar="N")
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    arguments = parser.parse_args()
    if not (arguments.data / "styles.csv").is_file():
        print(f"expected styles.csv and images.zip in {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="carryover-ingest-") as scratch:
        result = measure(arguments, Path(scratch))
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('ingest', result)}")
    return 0


def measure(arguments: argparse.Namespace, scratch: Path) -> IngestResult:
    """Ingest with both commits in turn."""
    data, bundle, before, num_products = arguments.data, arguments.bundle, arguments.before, arguments.products
    write_shelf(data, num_products, scratch)
    shutil.copytree(bundle, scratch / "after-bundle")
    shutil.copytree(bundle, scratch / "before-bundle")
    manifest = json.loads((bundle / "manifest.json").read_text())
    (scratch / "before-bundle" / "manifest.json").write_text(json.dumps(as_format_1(manifest)))
    tree = scratch / "before-tree"
    _git("worktree", "add", "--detach", str(tree), before)
    runs: dict[str, list[Run]] = {"before": [], "after": []}
    try:
        for number in range(REPEATS):
            for name, checkout in (("before", tree), ("after", ROOT)):
                runs[name].append(ingest(checkout, num_products, scratch, name))
                print(f"{name} {number + 1} of {REPEATS}: {runs[name][-1]}", file=sys.stderr, flush=True)
        commits = {"before": _git("rev-parse", "--short", before), "after": _git("rev-parse", "--short", "HEAD")}
    finally:
        _git("worktree", "remove", "--force", str(tree))
    sides = {name: side(commits[name], runs[name]) for name in runs}
    return {
        **record.environment("onnxruntime-gpu", "numpy", "pillow", "tokenizers"),
        "data": {name: record.sha256(data / name) for name in ("styles.csv", "images.zip")},
        "products": num_products,
        "before": sides["before"],
        "after": sides["after"],
        "faster": ratios([run["seconds"] for run in runs["before"]], [run["seconds"] for run in runs["after"]]),
        "lessCpu": ratios([run["cpuSeconds"] for run in runs["before"]], [run["cpuSeconds"] for run in runs["after"]]),
        "vectors": differences(vectors(scratch / "before-data"), vectors(scratch / "after-data")),
    }


def as_format_1(manifest: JsonObject) -> JsonObject:
    """Return a manifest that the earlier commit reads: without what came later and an ingest does not need."""
    kept = {key: value for key, value in manifest.items() if key not in ("lite", "loss", "probes", "shopMetric")}
    tower = manifest["towers"]["userTower"]
    inputs = [each for each in tower["inputs"] if each["role"] != "weights"]
    return {**kept, "format": 1, "towers": {**manifest["towers"], "userTower": {**tower, "inputs": inputs}}}


def write_shelf(data: Path, num_products: int, scratch: Path) -> None:
    """Write products.jsonl and images/ with the first products that have an image."""
    with (data / "styles.csv").open(encoding="utf-8", newline="") as stream:
        named = [row for row in csv.DictReader(stream) if row["productDisplayName"].strip()]
    chosen = [row for row in named if row["has_image"] == "1"][:num_products]
    (scratch / "products.jsonl").write_text("".join(json.dumps(product_of(row)) + "\n" for row in chosen), "utf-8")
    with zipfile.ZipFile(data / "images.zip") as archive:
        archive.extractall(scratch, [f"images/{row['id']}.jpg" for row in chosen])


def ingest(checkout: Path, num_products: int, scratch: Path, name: str) -> Run:
    """Run a commit's ingest command into an empty catalogue."""
    shutil.rmtree(scratch / f"{name}-data", ignore_errors=True)
    words = ["ingest", str(scratch / "products.jsonl"), "--bundle", str(scratch / f"{name}-bundle"), "--data"]
    command = [
        sys.executable,
        "-m",
        "server",
        *words,
        str(scratch / f"{name}-data"),
        "--images",
        str(scratch / "images"),
    ]
    cpu, started = _cpu_of_children(), time.perf_counter()
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - started
    summary = json.loads(done.stdout)
    if summary["withImage"] != num_products:
        raise RuntimeError(f"{name}: expected {num_products} products with an image, got {summary['withImage']}")
    return {
        "seconds": round(seconds, 2),
        "itemsPerSecond": round(num_products / seconds, 1),
        "cpuSeconds": round(_cpu_of_children() - cpu, 2),
        "peakRssMb": summary["peakRssMb"],
        "secondsBy": summary["secondsBy"],
    }


def side(commit: str, runs: list[Run]) -> Side:
    """Return the medians of a commit's runs."""
    return {
        "commit": commit,
        "itemsPerSecond": statistics.median(run["itemsPerSecond"] for run in runs),
        "cpuSeconds": statistics.median(run["cpuSeconds"] for run in runs),
        "peakRssMb": statistics.median(run["peakRssMb"] for run in runs),
        "runs": runs,
    }


def ratios(before: list[float], after: list[float]) -> Spread:
    """Return the ratios of each run of the earlier commit to the runs of the later one beside it.

    The runs took turns, before first: each neighbours the one that follows it and the one ahead of it.
    """
    turns = [seconds for pair in zip(before, after, strict=True) for seconds in pair]
    found = [first / second if at % 2 == 0 else second / first for at, (first, second) in enumerate(pairwise(turns))]
    return {
        "median": round(statistics.median(found), 3),
        "min": round(min(found), 3),
        "max": round(max(found), 3),
    }


def vectors(data_dir: Path) -> dict[str, NDArray[np.float32]]:
    """Return the stored vector of each item id."""
    connection = sqlite3.connect(data_dir / "catalogue.sqlite")
    try:
        rows = connection.execute("SELECT item_id, embedding FROM items WHERE deleted = 0").fetchall()
    finally:
        connection.close()
    return {item_id: np.frombuffer(embedding, dtype="<f4") for item_id, embedding in rows}


def differences(before: dict[str, NDArray[np.float32]], after: dict[str, NDArray[np.float32]]) -> dict[str, float]:
    """Return the largest absolute difference of any coordinate, and the least cosine of any item."""
    if before.keys() != after.keys():
        raise RuntimeError(f"expected the same items, got {len(before)} and {len(after)}")
    one, other = (np.stack([side[key] for key in before]) for side in (before, after))
    return {
        "maxAbsDiff": float(f"{np.abs(one - other).max():.3g}"),
        "minCosine": float(np.sum(one.astype(np.float64) * other, axis=1).min().round(9)),
    }


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
