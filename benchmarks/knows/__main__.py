"""What an imported list brings beside views, and how well clusters of what was seen find the tastes behind it.

    python -m benchmarks.knows --bundle DIR [--draws N]

Runs the extension's own modules in Node on recorded pages of the demo mall. Twenty things of one taste in one shop
become known as views, or as a file of titles, of links, or of both; ten products of another shop are shown, in six
directions x twelve tastes. Then shoppers with three tastes look at things in two shops; one half of them chooses the
least similarity of a cluster, and the other half reports it.
"""

import argparse
import json
import random
import statistics
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb
from pathlib import Path
from typing import Any, TypedDict

from benchmarks import record
from benchmarks.shelf.__main__ import MALL_SEED, drawn, figures, shuffled
from benchmarks.shelf.node_script import measured
from benchmarks.shelf.recorded_mall import RecordedShop, recorded_mall
from kernel.json_object import JsonObject

SCRIPT = Path(__file__).with_name("measure.mjs")
THINGS = 20
MIXED, MIXED_TASTES, A_SHOP = 60, 3, 4
LEASTS = [round(0.05 * step, 2) for step in range(1, 15)]


class Mixed(TypedDict):
    """One shopper with several tastes: addresses seen in two shops."""

    viewed: list[str]


class Assigned(TypedDict):
    """The things of one mixed shopper, and the cluster of each for each least similarity."""

    urls: list[str]
    clusters: list[list[int]]


def mixed_shoppers(mall: Mapping[str, RecordedShop]) -> list[Mixed]:
    """Return shoppers with three tastes each, who saw four things of each in each of two shops."""
    tastes = sorted({product["taste"] for shop in mall.values() for product in shop["products"]})
    found: list[Mixed] = []
    for number in range(MIXED):
        dice = random.Random(f"mixed/{number}")
        shops, liked = dice.sample(sorted(mall), 2), dice.sample(tastes, MIXED_TASTES)
        viewed = [
            url
            for shop in shops
            for taste in liked
            for url in dice.sample([one["url"] for one in mall[shop]["products"] if one["taste"] == taste], A_SHOP)
        ]
        dice.shuffle(viewed)
        found.append({"viewed": viewed})
    return found


def adjusted_rand(left: Sequence[object], right: Sequence[object]) -> float:
    """Return the adjusted Rand index of two partitions: 1 for equal ones, about 0 for chance."""
    both = sum(comb(count, 2) for count in Counter(zip(left, right, strict=True)).values())
    own = [sum(comb(count, 2) for count in Counter(side).values()) for side in (left, right)]
    expected = own[0] * own[1] / comb(len(left), 2)
    most = sum(own) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def clusters(answer: Sequence[Assigned], tastes: Mapping[str, str]) -> JsonObject:
    """Return the mean adjusted Rand index for each least similarity, on the choosing and on the reporting half."""
    by_half: dict[str, list[list[float]]] = {"choosing": [], "reporting": []}
    sizes: list[list[int]] = []
    for number, one in enumerate(answer):
        true = [tastes[url] for url in one["urls"]]
        scores = [adjusted_rand(assigned, true) for assigned in one["clusters"]]
        by_half["choosing" if number % 2 == 0 else "reporting"].append(scores)
        sizes.append([len(set(assigned)) for assigned in one["clusters"]])
    means = {half: [statistics.mean(column) for column in zip(*rows, strict=True)] for half, rows in by_half.items()}
    counts = [statistics.mean(column) for column in zip(*sizes, strict=True)]
    return {
        "leastSimilarity": list(LEASTS),
        **{half: [round(value, 3) for value in values] for half, values in means.items()},
        "numClusters": [round(value, 1) for value in counts],
        "chosen": LEASTS[max(range(len(LEASTS)), key=means["choosing"].__getitem__)],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.knows", description="Imports and clusters.")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="made by `python -m exporter lite`")
    parser.add_argument("--draws", type=int, default=3, help="draws of twenty things a taste and direction (default 3)")
    arguments = parser.parse_args(argv)
    mall = recorded_mall(MALL_SEED)
    draws = drawn(mall, arguments.draws, views=THINGS)
    answer = measured(
        SCRIPT, {"shops": mall, "draws": draws, "mixed": mixed_shoppers(mall), "leasts": LEASTS}, arguments.bundle
    )
    true = {product["url"]: product["taste"] for shop in mall.values() for product in shop["products"]}
    other = shuffled(mall, MALL_SEED)
    hits = {way: figures(draws, shown, true) for way, shown in answer["shown"].items()}
    means: dict[str, Any] = {way: found["hits"] for way, found in hits.items()}
    result: JsonObject = {
        **record.environment("numpy"),
        "bundle": record.sha256(arguments.bundle / "manifest.json"),
        "mallSeed": MALL_SEED,
        "things": THINGS,
        "hits": hits,
        "shareOfViews": {way: round(mean[0] / means["views"][0], 3) for way, mean in means.items()},
        "shuffledTastes": {way: figures(draws, shown, other) for way, shown in answer["shown"].items()},
        "refusals": answer["refusals"],
        "clusters": clusters(answer["mixed"], true),
        "fullProfile": {"items": answer["fullItems"], "clusterMs": round(answer["fullMs"])},
    }
    record.write("knows", result)
    print(json.dumps({name: result[name] for name in ("hits", "shareOfViews", "clusters", "fullProfile")}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
