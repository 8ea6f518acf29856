"""The rule of the user tower: chosen on one half of shoppers, reported on the other.

    python -m benchmarks.taste --data ../shared/data/amazon-departments/Beauty [--cache DIR]

Real shoppers are those of a department in order of time, split into two shops by a hash of the item: what they bought
in A, as if viewed, against what they bought in B. Simulated ones are those of the demo mall. Halves are by a hash of
the user or seed. Items are texts only, by each of the bundles and in the metric that its server gives a shop.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import record
from benchmarks.taste.dismissals import STEPS, Pick, dismiss_in_turn
from benchmarks.taste.features import ItemVectors
from benchmarks.taste.histories import Department, Mall
from benchmarks.taste.rule import FORMER, Floats, Rule, taste
from benchmarks.taste.shop import Case, Shop, discounted
from demo.mall.catalogue import build
from exporter.bundle_draft import ITEM_TEXT
from kernel.item_text import item_text

CHOOSE, REPORT = 0, 1
MALL_SEED = 7
NUM_LOOKS = (1, 3, 6, 30, 300)
NUM_VISITORS = 40  # of each shop
MOST_RECENT = 1500  # shoppers whose next item is asked for
MAX_ITEMS = 100  # of a manifest: what a user tower reads at most
CHOSEN = Rule()
NO_DISMISSAL = replace(CHOSEN, dismissal=0.0, penalty=None)
DISMISSALS = {
    "former": FORMER,
    "none": NO_DISMISSAL,
    "vector .03": replace(CHOSEN, penalty=None),
    "vector .08": replace(CHOSEN, dismissal=0.08, most=0.25, penalty=None),
    "penalty": replace(CHOSEN, dismissal=0.0),
    "penalty .25-.5": replace(CHOSEN, dismissal=0.0, penalty=(0.25, 0.5)),
    "chosen": CHOSEN,
}
POOLINGS = {
    "former": FORMER,
    "chosen": CHOSEN,
    "kinds equal": replace(CHOSEN, kinds=(1.0,) * 5),
    "kinds as before": replace(CHOSEN, kinds=FORMER.kinds),
    "repeats ignored": replace(CHOSEN, repeat_exponent=0.0),
    "repeats in full": replace(CHOSEN, repeat_exponent=1.0),
    "no recency": replace(CHOSEN, half_life_days=np.inf, half_life_items=np.inf),
    "30 days alone": replace(CHOSEN, half_life_items=np.inf),
    "10 items": replace(CHOSEN, half_life_items=10.0),
    "20 items": replace(CHOSEN, half_life_items=20.0),
}
HALF_LIVES = (1.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, np.inf)
REPORTED = ("former", "none", "chosen")
Figure = dict[str, Any]


@dataclass(frozen=True)
class World:
    """All shoppers and shops with the vectors of one bundle."""

    department: Department
    seen: Shop
    new: Shop
    mall: Mall


def worlds(data: Path, bundles: Sequence[Path], cache: Path | None) -> Iterator[tuple[str, World]]:
    """Yield the name of each bundle and its world."""
    department, products = Department.read(data), build(MALL_SEED)
    texts = [
        item_text(
            {
                "title": product.title,
                "brand": product.brand,
                "categoryPath": product.category_path,
                "attributes": {"color": product.colour, "material": product.material, "pattern": product.pattern},
            },
            ITEM_TEXT,
        )
        for product in products
    ]
    in_b = department.in_b
    for directory in bundles:
        made = ItemVectors(directory, cache)
        real = made.of("beauty", department.texts)
        mall = Mall.of(products, made.of("mall", texts), made.shop)
        yield made.bundle.name, World(department, made.shop(real[~in_b]), made.shop(real[in_b]), mall)


def real_dismissals(world: World, half: int, users: int) -> Figure:
    """Return what dismissals of real shoppers do, by card dismissed and rule."""
    cases = world.department.cases(world.seen, half, users)
    picks: tuple[Pick, ...] = ("unwanted",) if half == CHOOSE else ("unwanted", "first_unwanted")
    return {
        pick: {name: dismiss_in_turn(world.new, cases, rule, pick, _steps(half)) for name, rule in _rules(half).items()}
        for pick in picks
    }


def mall_dismissals(world: World, half: int) -> Figure:
    """Return what dismissals do after six views in another shop of the mall, by card dismissed and rule."""
    there, here = ("harbor", "linden") if half == CHOOSE else ("meridian", "harbor")
    cases, shop = world.mall.views(there, here, half, draws=8), world.mall.shops[here]
    picks: tuple[Pick, ...] = ("unwanted", "any")
    return {
        pick: {name: dismiss_in_turn(shop, cases, rule, pick, _steps(half)) for name, rule in _rules(half).items()}
        for pick in picks
    }


def _rules(half: int) -> dict[str, Rule]:
    return DISMISSALS if half == CHOOSE else {name: DISMISSALS[name] for name in REPORTED}


def _steps(half: int) -> tuple[int, ...]:
    return (0, 1, 2, 5) if half == CHOOSE else STEPS


def hits_by_looks(world: World, half: int) -> Figure:
    """Return the mean hits@10 by number of looks and rule, and those of the newest hundred of the longest history."""
    rules = POOLINGS if half == CHOOSE else {name: POOLINGS[name] for name in ("former", "chosen")}
    found: Figure = {}
    for num_looks in NUM_LOOKS:
        cases = {name: world.mall.visits(name, half, num_looks, NUM_VISITORS) for name in world.mall.shops}
        found[str(num_looks)] = {name: _hits(world, cases, rule) for name, rule in rules.items()}
    newest = {
        name: [replace(case, history=case.history.newest(MAX_ITEMS)) for case in those] for name, those in cases.items()
    }
    found[f"newest {MAX_ITEMS} of {NUM_LOOKS[-1]}"] = {name: _hits(world, newest, rule) for name, rule in rules.items()}
    return found


def _hits(world: World, cases: Mapping[str, list[Case]], rule: Rule) -> float:
    hits = []
    for name, those in cases.items():
        shown = world.mall.shops[name].shown(rule, [case.history for case in those], [[] for _ in those])
        hits += [np.isin(rows, case.wanted).sum() for rows, case in zip(shown, those, strict=True)]
    return round(float(np.mean(hits)), 3)


def recency(world: World, half: int) -> Figure:
    """Return NDCG@10 of real shoppers' last item of B by half-life in items, for all and for long histories."""
    found: Figure = {}
    for fewest in (4, 10):
        cases = world.department.next_cases(world.seen, half, fewest)[:MOST_RECENT]
        rows = {}
        for half_life in HALF_LIVES:
            rule = replace(CHOSEN, half_life_days=np.inf, half_life_items=half_life)
            rows[f"{half_life:g}"] = _ndcg(world.new, np.stack([taste(rule, case.history) for case in cases]), cases)
        found[f"at least {fewest}"] = {"shoppers": len(cases), "ndcg": rows}
    return found


def _ndcg(shop: Shop, tastes: Floats, cases: list[Case]) -> float:
    rows, scores = shop.candidates(tastes)
    best = np.take_along_axis(rows, np.argsort(-scores, axis=1)[:, :10], axis=1)
    return round(float(np.mean([discounted(row, case.wanted) for row, case in zip(best, cases, strict=True)])), 4)


def _measure(world: World, users: int) -> Figure:
    """Return all figures of both halves, each part in a process of its own."""
    parts: dict[str, Callable[[int], Figure]] = {
        "real dismissals": lambda half: real_dismissals(world, half, users),
        "mall dismissals": partial(mall_dismissals, world),
        "mall hits": partial(hits_by_looks, world),
        "recency": partial(recency, world),
    }
    context, figures = multiprocessing.get_context("fork"), {}
    with context.Manager() as manager:
        answers: Any = manager.dict()
        running = []
        for label, half in (("choosing", CHOOSE), ("reporting", REPORT)):
            for name, part in parts.items():
                running.append(context.Process(target=_answer, args=(answers, (label, name), part, half)))
                running[-1].start()
        for process in running:
            process.join()
        for label in ("choosing", "reporting"):
            figures[label] = {name: answers[label, name] for name in parts}
    return figures


def _answer(answers: Any, key: tuple[str, str], part: Callable[[int], Figure], half: int) -> None:
    answers[key] = part(half)


def main() -> int:
    """Print progress and write results/taste.json."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.taste", description=(__doc__ or "").splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/amazon-departments/Beauty"))
    parser.add_argument(
        "--bundles", type=Path, nargs="+", metavar="DIR",
        default=[Path("var/bundles/lite"), Path("var/bundles/lite-minilm")], help="default: %(default)s",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, help="keeps the item vectors for the next time")
    parser.add_argument("--users", type=int, default=1000, help="real shoppers of each half")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        **record.environment("numpy", "onnxruntime-gpu", "tokenizers"),
        "users": arguments.users,
        "data": {name: record.sha256(arguments.data / name) for name in ("item_text.txt", "user_sequence.txt")},
        "mallSeed": MALL_SEED,
        "vectors": {},
    }
    for name, world in worlds(arguments.data, arguments.bundles, arguments.cache):
        result["vectors"][name] = _measure(world, arguments.users)
        print(f"{name}: {record.write('taste', result)}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
