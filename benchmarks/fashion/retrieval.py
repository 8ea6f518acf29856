"""Text to image and back on real products: untrained, heads, LoRA, partial and full tuning, hybrid and hvsr.

    python -m benchmarks.fashion.retrieval [--rows heads lora] [--seeds 0 1 2] [--data DIR] [--bundle DIR]

9,583 products with an image are split once: 7,583 for training, 500 for validation, 1,500 as queries. Text encoders see
only a product's name. The gallery is these 1,500 or all 9,583. The one right answer is the product itself, though many
share their name with others. Type and colour of the ten nearest are measured for 500 of the test products among all.
The result file is written after every row and seed, and a second start resumes; --again measures the named rows again.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.documents import (
    MetricIntervals,
    Neighbours,
    QueryInterval,
    RetrievalResult,
    RetrievalRun,
    RowConfig,
    SeedsSpread,
)
from benchmarks.fashion.data import Fashion, read
from benchmarks.fashion.rows import ROWS, Row
from benchmarks.fashion.spaces import Trained, train_row
from kernel.json_object import JsonMapping, JsonObject
from trainer.evaluation.retrieval_metrics import SIMILARITY_CAVEAT, avg_mean_similarity_at_5, retrieval_metrics
from trainer.evaluation.statistics import bootstrap_interval

NAME = "fashion_retrieval"
NUM_NEIGHBOUR_QUERIES, NUM_NEIGHBOURS = 500, 10
METRICS = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")
Floats = NDArray[np.float32]
WAYS: tuple[Literal["text_to_image"], Literal["image_to_text"]] = ("text_to_image", "image_to_text")


def main() -> int:
    """Print a table and write results/fashion_retrieval.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/fashion-products"))
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite-minilm"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache"))
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--slow-seeds", nargs="+", type=int, default=[0, 1, 2], help="of rows that take ten minutes")
    parser.add_argument("--again", action="store_true", help="measure the named rows anew")
    arguments = parser.parse_args()
    try:
        fashion = read(arguments.data, arguments.bundle, arguments.cache)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    result = started(fashion)
    for name in arguments.rows or ROWS:
        for seed in arguments.slow_seeds if ROWS[name].is_slow else arguments.seeds:
            if arguments.again or not is_done(result, name, seed):
                run = measure(fashion, ROWS[name], seed)
                print(f"{name:14s} seed {seed}: {line_of(run)}", flush=True)
                result = keep(started(fashion), name, seed, run)
    print(json.dumps({name: found["over_seeds"] for name, found in result["rows"].items()}, indent=1))
    print(f"written: {record.write(NAME, result)}")
    return 0


def started(fashion: Fashion) -> RetrievalResult:
    """Return the result so far, or a new one where the data, the split or the encoders have changed."""
    about = {
        "data": dict(fashion.hashes),
        "encoders": fashion.encoders.space,
        "split": {name: len(rows) for name, rows in fashion.parts.items()},
    }
    path = record.RESULTS / f"{NAME}.json"
    found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    is_same = all(found.get(key) == value for key, value in about.items())
    result = {
        **record.environment("torch", "onnxruntime-gpu", "open_clip_torch", "peft", "numpy"),
        **about,
        "caveat": SIMILARITY_CAVEAT,
        "plain": found["plain"] if is_same else plain_neighbours(fashion),
        "rows": found["rows"] if is_same else {},
    }
    return cast(RetrievalResult, result)


def is_done(result: RetrievalResult, name: str, seed: int) -> bool:
    """Return whether this row was measured with this seed and its present configuration."""
    row = result["rows"].get(name)
    run = row["runs"].get(str(seed)) if row else None
    return run is not None and run["config"] == config_of(ROWS[name])


def keep(result: RetrievalResult, name: str, seed: int, run: RetrievalRun) -> RetrievalResult:
    """Add a run to the result and write it, so that nothing measured is lost."""
    known = result["rows"][name]["runs"] if name in result["rows"] else {}
    runs = {key: kept for key, kept in known.items() if key != str(seed)}
    same = {key: kept for key, kept in runs.items() if kept["config"] == run["config"]}
    same[str(seed)] = run
    result["rows"][name] = {"about": ROWS[name].about, "runs": same, "over_seeds": over_seeds(same)}
    result["not_run"] = {
        name: f"{row.about}; python -m benchmarks.fashion.retrieval --rows {name}"
        for name, row in ROWS.items()
        if name not in result["rows"]
    }
    record.write(NAME, result)
    return result


def config_of(row: Row) -> RowConfig:
    """Return the settings that decide a run besides the seed."""
    return {"model": dict(row.model), "training": dict(row.training), "labels": list(row.labels)}


def measure(fashion: Fashion, row: Row, seed: int) -> RetrievalRun:
    """Train one row with one seed and measure all its figures."""
    start = time.perf_counter()
    trained = train_row(fashion, row, seed)
    test, everything = fashion.parts["test"], np.arange(len(fashion.rows))
    found: JsonObject = {
        "config": config_of(row),
        "commit": record.environment()["commit"],
        "best_epoch": trained.best_epoch,
        "valid": trained.valid,
        "seconds": {**trained.seconds, "all": round(time.perf_counter() - start, 1)},
    }
    if trained.text is not None and trained.image is not None:
        for way, queries, gallery in (
            ("text_to_image", trained.text, trained.image),
            ("image_to_text", trained.image, trained.text),
        ):
            found[way] = {
                str(len(among)): retrieved(queries[test], gallery[among], np.searchsorted(among, test), seed)
                for among in (test, everything)
            }
    found["neighbours"] = {name: agreement(fashion, space) for name, space in spaces_of(trained).items()}
    found["avg_mean_similarity@5"] = {
        name: round(avg_mean_similarity_at_5(space[test]), 4) for name, space in spaces_of(trained).items()
    }
    return cast(RetrievalRun, found)


def spaces_of(trained: Trained) -> dict[str, Floats]:
    """Return the embeddings that a row has, by modality."""
    found = {"text": trained.text, "image": trained.image, "both": trained.both}
    return {name: space for name, space in found.items() if space is not None}


def retrieved(queries: Floats, gallery: Floats, own: NDArray[np.int64], seed: int) -> MetricIntervals:
    """Return each metric's mean and its 95 % interval over queries."""
    values = retrieval_metrics(queries, gallery, [np.array([row]) for row in own], seed=seed)
    return {name: with_interval(values[name]) for name in METRICS}


def agreement(fashion: Fashion, space: Floats) -> MetricIntervals:
    """Return the shares of the ten nearest with the query's type and colour."""
    queries = fashion.parts["test"][:NUM_NEIGHBOUR_QUERIES]
    scores = space[queries] @ space.T
    scores[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NUM_NEIGHBOURS]
    columns = {"articleType": fashion.column("articleType"), "baseColour": fashion.column("baseColour")}
    return {
        name: with_interval((values[nearest] == values[queries, None]).mean(axis=1).astype(np.float64))
        for name, values in columns.items()
    }


def with_interval(values: NDArray[np.float64]) -> QueryInterval:
    """Return mean and bootstrap interval over queries."""
    interval = bootstrap_interval(values, np.random.default_rng(0))
    return {"mean": round(interval.mean, 4), "ci95": [round(interval.low, 4), round(interval.high, 4)]}


def plain_neighbours(fashion: Fashion) -> Neighbours:
    """Return type and colour of the ten nearest by the encoders' own features, nothing trained."""
    text, image = (np.array(part) for part in (fashion.features.text, fashion.features.image))
    unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in (text, image)]
    both = np.concatenate(unit, axis=1) / np.float32(2**0.5)
    spaces = {"text": unit[0], "image": unit[1], "both": both}
    return {
        "neighbours": {name: agreement(fashion, space) for name, space in spaces.items()},
        "avg_mean_similarity@5": {
            name: round(avg_mean_similarity_at_5(space[fashion.parts["test"]]), 4) for name, space in spaces.items()
        },
    }


def over_seeds(runs: Mapping[str, RetrievalRun]) -> dict[str, SeedsSpread]:
    """Return mean and standard deviation over seeds of every number that has an interval."""
    flat = [_means(run) for run in runs.values()]
    return {
        key: {
            "mean": round(float(np.mean([one[key] for one in flat])), 4),
            "sd": round(float(np.std([one[key] for one in flat], ddof=1)), 4) if len(flat) > 1 else None,
            "seeds": len(flat),
        }
        for key in flat[0]
    }


def _means(found: JsonMapping, prefix: str = "") -> dict[str, float]:
    flat: dict[str, float] = {}
    for key, value in found.items():
        if isinstance(value, Mapping) and "ci95" in value:
            flat[f"{prefix}{key}"] = value["mean"]
        elif isinstance(value, Mapping) and key != "config":
            flat |= _means(value, f"{prefix}{key} ")
    return flat


def line_of(found: RetrievalRun) -> str:
    """Return one run as a line of text."""
    words = []
    for way in WAYS:
        words += [
            f"{way} of {gallery} recall@10 {metrics['recall@10']['mean']:.3f}"
            for gallery, metrics in found.get(way, {}).items()
        ]
    for name, shares in found["neighbours"].items():
        words.append(f"{name} {shares['articleType']['mean']:.3f}/{shares['baseColour']['mean']:.3f}")
    return f"{', '.join(words)}; {found['seconds']['all']:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
