"""What a shared server's answers are worth and what they tell: `python -m benchmarks.clusters --bundle DIR --data DIR`.

Two worlds: the 50 synthetic shops that serving is measured on, and a department store of 76,000 real items. In each
1,000 shoppers report one of K public clusters by k-ary randomised response at epsilon 4. The device ranks the
candidates of the reported cluster by its true taste; recall@10 counts those of its true ten best that it has. An
attacker holds 2,000 true profiles, the shoppers' among them. Also: clusters made of a bundle's sample phrases in place
of the server's catalogue; more than one report of a shopper; and the product on screen in place of a report.

`--half 0` is for choosing, `--half 1` for the result: other shoppers and, of simulated ones, other products.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from benchmarks.clusters.measures import named_by_context, of_context, re_identified, recalls, truth
from benchmarks.clusters.worlds import NUM_PROFILES, World, department_store, fifty_shops
from benchmarks.record import Environment, environment, sha256, write
from benchmarks.taste.features import ItemVectors
from benchmarks.taste.rule import Floats
from exporter.sample_texts import compose
from kernel.interest_clusters import EPSILON, InterestClusters
from server.candidates.make import as_tastes, make

SEED = 20261130
MOST_ITEMS, NUM_PHRASES = 20_000, 20_000
CLUSTERS = (8, 16, 32)
CANDIDATES = {"fiftyShops": (200, 500, 1000, 2000), "departmentStore": (200, 1000, 2500, 5000, 10_000, 15_000)}
OF_CONTEXT = (200, 1000)
CHOSEN = 16
REPORTS = (1, 2, 4, 8)


class Row(TypedDict):
    """One number of clusters of one origin; recall by the number of candidates, after the device re-ranked."""

    clusters: int
    madeOf: str
    truth: float
    recallWhereTrue: dict[str, float]
    recall: dict[str, float]
    reIdentified: float


class Result(TypedDict):
    """Content of results/clusters.json."""

    environment: Environment
    data: dict[str, str]
    half: int
    seed: int
    epsilon: float
    profiles: int
    worlds: dict[str, list[Row]]
    nothingPersonal: dict[str, dict[str, float]]
    reIdentifiedByReports: dict[str, float]
    context: dict[str, float | dict[str, float]]


def main() -> None:
    """Measure both worlds, print the rows and write results/clusters.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="a bundle with shopMetric")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets (docs/data.md)")
    parser.add_argument("--half", type=int, choices=(0, 1), default=0, help="0 to choose, 1 to report")
    parser.add_argument("--cache", type=Path, help="folder that keeps the vectors of texts")
    arguments = parser.parse_args()
    vectors = ItemVectors(arguments.bundle, arguments.cache)
    fifty = fifty_shops(SEED + arguments.half)
    store = department_store(arguments.data, vectors, arguments.half)
    result: Result = {
        "environment": environment("numpy"),
        "data": {name: sha256(arguments.data / name) for name in _FILES},
        "half": arguments.half,
        "seed": SEED,
        "epsilon": EPSILON,
        "profiles": NUM_PROFILES,
        "worlds": {
            "fiftyShops": [_row(fifty, _of_catalogue(fifty, count), "catalogue", "fiftyShops") for count in CLUSTERS],
            "departmentStore": [
                *(_row(store, _of_catalogue(store, count), "catalogue", "departmentStore") for count in CLUSTERS),
                _row(store, _of_phrases(vectors, CHOSEN), "phrases", "departmentStore"),
            ],
        },
        "nothingPersonal": {
            "fiftyShops": _nothing_personal(fifty, CANDIDATES["fiftyShops"]),
            "departmentStore": _nothing_personal(store, CANDIDATES["departmentStore"]),
        },
        "reIdentifiedByReports": _by_reports(store),
        "context": {
            "recall": {str(count): round(value, 4) for count, value in of_context(store, OF_CONTEXT).items()},
            "reIdentified": round(named_by_context(store), 4),
        },
    }
    print(json.dumps({name: part for name, part in result.items() if name not in ("environment", "data")}, indent=1))
    if arguments.half == 1:
        write("clusters", result)


_FILES = (
    "amazon-departments/Beauty/item_text.txt",
    "amazon-departments/Beauty/user_sequence.txt",
    "amazon-departments/Sports/item_text.txt",
    "amazon-departments/Sports/user_sequence.txt",
    "fashion-products/styles.csv",
    "pricerunner/offers.csv",
)


def _of_catalogue(world: World, count: int, seed: int = SEED) -> InterestClusters:
    """Return clusters as a server makes them, of at most 20,000 items of all its shops."""
    total = sum(len(shop.tastes) for shop in world.shops)
    random, parts = np.random.default_rng(seed), []
    for shop in world.shops:
        rows = random.permutation(len(shop.tastes))[: -(-MOST_ITEMS * len(shop.tastes) // total)]
        parts.append((shop.tastes[rows], shop.turned[rows]))
    return make(parts, "0" * 64, count, seed)


def _of_phrases(vectors: ItemVectors, count: int) -> InterestClusters:
    """Return clusters of sample phrases in the bundle's own metric: those that a bundle could hold for all servers."""
    metric = vectors.bundle.metric
    made = vectors.of("phrases", compose(NUM_PHRASES, SEED))
    own = None if metric is None else metric.of_shop(None)
    return make([as_tastes(made, own, vectors.bundle.filler)], "0" * 64, count)


def _row(world: World, clusters: InterestClusters, made_of: str, name: str) -> Row:
    found = recalls(world, clusters, CANDIDATES[name])
    return {
        "clusters": len(clusters.centroids),
        "madeOf": made_of,
        "truth": round(truth(len(clusters.centroids)), 4),
        "recallWhereTrue": {str(count): round(true, 4) for count, (true, _) in found.items()},
        "recall": {str(count): round(overall, 4) for count, (_, overall) in found.items()},
        "reIdentified": round(re_identified(world, [clusters], np.random.default_rng(SEED)), 4),
    }


def _nothing_personal(world: World, counts: Sequence[int]) -> dict[str, float]:
    """Return the recall@10 where all get the same candidates: those nearest to the mean of the shop."""
    mean: Floats = np.mean([shop.tastes.mean(axis=0) for shop in world.shops], axis=0)
    centres = np.stack([mean, mean])
    same = InterestClusters("0" * 64, centres, centres)
    return {str(count): round(overall, 4) for count, (_, overall) in recalls(world, same, counts).items()}


def _by_reports(world: World) -> dict[str, float]:
    """Return the share that is re-identified by so many reports of different clusters, and by 30 of the same ones."""
    different = [_of_catalogue(world, CHOSEN, SEED + number) for number in range(max(REPORTS))]
    random = np.random.default_rng(SEED)
    shares = {f"{count} of different clusters": re_identified(world, different[:count], random) for count in REPORTS}
    shares["30 of the same clusters"] = re_identified(world, different[:1] * 30, random)
    return {name: round(share, 4) for name, share in shares.items()}


if __name__ == "__main__":
    main()
