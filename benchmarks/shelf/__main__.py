"""What a catalogue that the device reads itself brings, and what it costs.

    python -m benchmarks.shelf --bundle DIR [--draws N] [--through pack]

Runs the extension's own modules in Node on recorded answers of the demo mall: the reading of each shop, six views in
one shop, ten products of another, in six directions x twelve tastes; and the same with the first shop in German.
Shuffled tastes are the control. Then embeds, stores, opens and ranks a catalogue of 10,000 products. With
`--through pack` the English shops' catalogues come from packs, and the large one is left out.
"""

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from benchmarks import record
from benchmarks.shelf.mall_packs import mall_packs
from benchmarks.shelf.node_script import measured
from benchmarks.shelf.recorded_mall import IN_GERMAN, RecordedShop, german_mall, recorded_mall
from demo.mall.catalogue import build
from kernel.json_object import JsonObject

SCRIPT = Path(__file__).with_name("measure.mjs")
MALL_SEED = 7
VIEWS, SHOWN, BAR = 6, 10, 8
# How catalogues are ranked was chosen on the draws before.
FIRST_DRAW = 9
LARGE = 10_000
ROUNDS = 5


class Draw(TypedDict):
    """One shopper: addresses seen in one shop, and the shop that is new to them."""

    where: str
    taste: str
    source: str
    target: str
    viewed: list[str]


def drawn(mall: Mapping[str, RecordedShop], num: int, language: str = "", views: int = VIEWS) -> list[Draw]:
    """Return six directions x the tastes x `num` draws of `views` products of one taste in one shop.

    language: what the names of the shops that are looked at end with; each target is another shop, in English.
    """
    found: list[Draw] = []
    tastes = sorted({product["taste"] for shop in mall.values() for product in shop["products"]})
    for shop, target in itertools.permutations([name for name in mall if not name.endswith(IN_GERMAN)], 2):
        source = shop + language
        for taste in tastes:
            liked = [product["url"] for product in mall[source]["products"] if product["taste"] == taste]
            for number in range(FIRST_DRAW, FIRST_DRAW + num):
                viewed = random.Random(f"{source}/{target}/{taste}/{number}").sample(liked, views)
                where = f"{source} > {target}"
                found.append({"where": where, "taste": taste, "source": source, "target": target, "viewed": viewed})
    return found


def large_catalogue() -> list[JsonObject]:
    """Return titles, brands, categories and attributes of products of several malls, LARGE in all."""
    found: list[JsonObject] = []
    for seed in itertools.count(100):
        for one in build(seed):
            attributes = {"color": one.colour, "material": one.material, "pattern": one.pattern}
            card: JsonObject = {"title": one.title, "categoryPath": list(one.category_path), "attributes": attributes}
            found.append(card | ({"brand": one.brand} if one.brand else {}))
        if len(found) >= LARGE:
            return found[:LARGE]
    raise AssertionError


def figures(draws: Sequence[Draw], shown: Sequence[Sequence[str]], tastes: Mapping[str, str]) -> JsonObject:
    """Return mean hits of ten, the share of draws with 8 or more, and the worst taste in any direction.

    shown: item addresses of each draw, best first; tastes: the taste of each address.
    """
    hits = [sum(tastes[url] == draw["taste"] for url in urls[:SHOWN]) for draw, urls in zip(draws, shown, strict=True)]
    by_taste: dict[str, list[int]] = {}
    for draw, hit in zip(draws, hits, strict=True):
        by_taste.setdefault(f"{draw['where']} {draw['taste']}", []).append(hit)
    worst = min(by_taste, key=lambda key: statistics.mean(by_taste[key]))
    by_direction = {
        where: round(statistics.mean(hit for draw, hit in zip(draws, hits, strict=True) if draw["where"] == where), 2)
        for where in dict.fromkeys(draw["where"] for draw in draws)
    }
    return {
        "draws": len(hits),
        "hits": _interval(np.array(hits, dtype=np.float64)),
        "withEightOrMore": _interval((np.array(hits) >= BAR).astype(np.float64)),
        "worst": [worst, round(statistics.mean(by_taste[worst]), 2)],
        "byDirection": by_direction,
    }


def _interval(values: "np.ndarray[Any, np.dtype[np.float64]]") -> list[float]:
    """Return mean, low and high, the interval by a bootstrap over draws."""
    generator = np.random.default_rng(0)
    means = values[generator.integers(0, len(values), (1000, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [round(float(value), 3) for value in (values.mean(), low, high)]


def shuffled(mall: Mapping[str, RecordedShop], seed: int) -> dict[str, str]:
    """Return a taste for each address, drawn from the tastes of its shop in another order."""
    found: dict[str, str] = {}
    for name, shop in mall.items():
        tastes = [product["taste"] for product in shop["products"]]
        random.Random(f"{seed}/{name}").shuffle(tastes)
        found |= {product["url"]: taste for product, taste in zip(shop["products"], tastes, strict=True)}
    return found


def through_packs(bundle: Path, num_draws: int) -> JsonObject:
    """Return sizes and hits of packs."""
    mall = recorded_mall(MALL_SEED)
    draws = drawn(mall, num_draws)
    true = {product["url"]: product["taste"] for shop in mall.values() for product in shop["products"]}
    other = shuffled(mall, MALL_SEED)
    with tempfile.TemporaryDirectory() as folder:
        packs = mall_packs(mall, bundle, Path(folder))
        work: JsonObject = {"shops": mall, "draws": draws, "large": [], "rounds": 0, "packs": folder}
        answer = measured(SCRIPT, work, bundle)
    return {
        "packs": packs,
        "readings": answer["readings"],
        "hits": {name: figures(draws, shown, true) for name, shown in answer["shown"].items()},
        "shuffledTastes": {name: figures(draws, shown, other) for name, shown in answer["shown"].items()},
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shelf", description="The catalogue on the device.")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="made by `python -m exporter lite`")
    parser.add_argument("--draws", type=int, default=3, help="draws of six views a taste and direction (default 3)")
    parser.add_argument("--through", choices=("shelf", "pack"), default="shelf", help="where catalogues come from")
    arguments = parser.parse_args(argv)
    about: JsonObject = {
        **record.environment("numpy"),
        "bundle": record.sha256(arguments.bundle / "manifest.json"),
        "mallSeed": MALL_SEED,
        "views": VIEWS,
    }
    if arguments.through == "pack":
        packs = through_packs(arguments.bundle, arguments.draws)
        record.write("packs", about | packs)
        print(json.dumps(packs["hits"], indent=1), file=sys.stderr)
        return 0
    mall = recorded_mall(MALL_SEED) | german_mall(MALL_SEED)
    draws = drawn(mall, arguments.draws)
    german = drawn(mall, arguments.draws, IN_GERMAN)
    work: JsonObject = {"shops": mall, "draws": [*draws, *german], "large": large_catalogue(), "rounds": ROUNDS}
    answer = measured(SCRIPT, work, arguments.bundle)
    true = {product["url"]: product["taste"] for shop in mall.values() for product in shop["products"]}
    other = shuffled(mall, MALL_SEED)
    result: JsonObject = {
        **about,
        "readings": answer["readings"],
        "hits": {name: figures(draws, shown[: len(draws)], true) for name, shown in answer["shown"].items()},
        "hitsFromGerman": {name: figures(german, shown[len(draws) :], true) for name, shown in answer["shown"].items()},
        "shuffledTastes": {name: figures(draws, shown[: len(draws)], other) for name, shown in answer["shown"].items()},
        "large": answer["large"],
    }
    record.write("shelf", result)
    print(
        json.dumps({name: result[name] for name in ("readings", "hits", "hitsFromGerman", "large")}, indent=1),
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
