"""Worlds to measure in: shops, and shoppers with a true taste, made elsewhere, that the shop has never seen."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import serving
from benchmarks.offers.data import read_pricerunner
from benchmarks.taste.features import ItemVectors
from benchmarks.taste.histories import Department, number_of, viewed
from benchmarks.taste.rule import Floats, Rule, taste
from kernel.pack_reader import MAX_FIRST_PART
from kernel.shop_metric import BundleMetric, estimate
from server.candidates.make import as_tastes

Integers = NDArray[np.intp]
K = 10
NUM_USERS, NUM_PROFILES = 1000, 2000
_FEWEST, _MOST = 3, 8
# Of a simulated shopper's views, those of the very kind of product that they came for; the others are of a wider one.
_SAME_KIND = 0.6
_ELSEWHERE = 8
_ROWS = 100


@dataclass(frozen=True)
class Catalogue:
    """One shop: what a taste is compared with, and its items as tastes (server.candidates.make.as_tastes).

    Attributes:
        stored: float32 (n, dim), in the shop's metric.
        on_device: the same in the metric that a device has, which knows a thousand items of the shop beside candidates.
    """

    stored: Floats
    on_device: Floats
    tastes: Floats
    turned: Floats

    @classmethod
    def of(cls, vectors: Floats, own: BundleMetric | None, filler: int | None) -> "Catalogue":
        """Return the shop of item vectors (n, dim), by a bundle's metric or as they are."""
        if own is None:
            return cls(vectors, vectors, *as_tastes(vectors, None, filler))
        metric = own.of_shop(estimate(vectors, own.own.blocks))
        sample = np.random.default_rng(0).permutation(len(vectors))[:MAX_FIRST_PART]
        on_device = own.of_shop(estimate(vectors[sample], own.own.blocks)).stored(vectors)
        return cls(metric.stored(vectors), on_device, *as_tastes(vectors, metric, filler))


@dataclass(frozen=True)
class World:
    """Shops and the profiles of 2,000 shoppers, of whom the first 1,000 ask.

    Attributes:
        tastes: float32 (2000, dim).
        shop_of: (1000,), the number of the shop that each shopper who asks is in.
        best: (1000, 10), the rows of that shop that are theirs by the true taste.
        scores: of each shop, float32 (users of it, n): those of its shoppers on their devices.
        on_screen: (1000,), the row of a product that they look at there; empty where the world has none.
    """

    shops: Sequence[Catalogue]
    tastes: Floats
    shop_of: Integers
    best: Integers
    scores: Sequence[Floats]
    on_screen: Integers


def fifty_shops(seed: int) -> World:
    """Return the 50 shops of 655 to 15,323 synthetic items that serving is measured on; a taste is four items' mean."""
    random = np.random.default_rng(seed)
    vectors = list(serving.make_shops(256, random).values())
    shops = [Catalogue.of(one, None, None) for one in vectors]
    shop_of = np.arange(NUM_PROFILES) % len(shops)
    means = [vectors[shop][random.integers(len(vectors[shop]), size=4)].mean(axis=0) for shop in shop_of]
    tastes = serving.unit(np.stack(means) + 0.02 * random.normal(size=(NUM_PROFILES, 256)))
    return _world(shops, tastes, shop_of[:NUM_USERS], np.zeros(0, dtype=np.intp))


def department_store(data: Path, vectors: ItemVectors, half: int) -> World:
    """Return one shop of some 76,000 real items of four kinds, with shoppers of one half, who were elsewhere before.

    A half of Amazon's Beauty and Sports and an eighth of the fashion products and offers are the shops elsewhere; the
    rest is the store. Shoppers of Amazon are real: what they bought elsewhere before their last item of the store,
    which is the product on screen. The others are simulated: they view products of one kind, and some of a wider one.
    """
    parts = [
        *(_department(data / "amazon-departments" / name, vectors, half) for name in ("Beauty", "Sports")),
        _offers(data / "pricerunner" / "offers.csv", vectors, half),
        _fashion(data / "fashion-products" / "styles.csv", vectors, half),
    ]
    items = np.concatenate([part.items for part in parts])
    starts = np.cumsum([0, *(len(part.items) for part in parts)])
    screens = [part.on_screen + start for part, start in zip(parts, starts[:-1], strict=True)]
    each, asking = NUM_PROFILES // len(parts), NUM_USERS // len(parts)
    tastes = np.concatenate([*(part.tastes[:asking] for part in parts), *(part.tastes[asking:each] for part in parts)])
    on_screen = np.concatenate([screen[:asking] for screen in screens])
    shop = Catalogue.of(items, vectors.bundle.metric, vectors.bundle.filler)
    return _world([shop], tastes, np.zeros(NUM_USERS, dtype=np.intp), on_screen)


@dataclass(frozen=True)
class _Part:
    """Items (n, dim) of the store; tastes (500, dim) of shoppers, and the rows of what they look at."""

    items: Floats
    tastes: Floats
    on_screen: Integers


def _department(folder: Path, vectors: ItemVectors, half: int) -> _Part:
    department = Department.read(folder)
    made = vectors.of(folder.name.lower(), department.texts)
    cases = department.next_cases(vectors.shop(made[~department.in_b]), half, _FEWEST)[: NUM_PROFILES // 4]
    tastes = np.stack([taste(Rule(), case.history) for case in cases])
    return _Part(made[department.in_b], tastes, np.array([case.wanted[0] for case in cases]))


def _offers(path: Path, vectors: ItemVectors, half: int) -> _Part:
    offers = read_pricerunner(path)
    return _simulated(vectors, "pricerunner", offers.titles, offers.category, offers.category, half)


def _fashion(path: Path, vectors: ItemVectors, half: int) -> _Part:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["productDisplayName"].strip()]
    titles = [row["productDisplayName"] for row in rows]
    kinds = np.array([f"{row['gender']}/{row['articleType']}" for row in rows])
    wider = np.array([f"{row['gender']}/{row['usage']}" for row in rows])
    return _simulated(vectors, "fashion", titles, kinds, wider, half)


def _simulated(
    vectors: ItemVectors, name: str, titles: Sequence[str], kinds: NDArray[np.str_], wider: NDArray[np.str_], half: int
) -> _Part:
    made = vectors.of(name, titles)
    numbers = np.array([number_of(f"{name}/{row}") for row in range(len(titles))])
    is_elsewhere = numbers % _ELSEWHERE == 0
    seen, kinds_there, wider_there = vectors.shop(made[is_elsewhere]).compared, kinds[is_elsewhere], wider[is_elsewhere]
    pool = np.flatnonzero((numbers[is_elsewhere] // _ELSEWHERE) % 2 == half)
    random = np.random.default_rng(number_of(f"{name}/{half}"))
    here = kinds[~is_elsewhere]
    tastes, on_screen = [], []
    while len(tastes) < NUM_PROFILES // 4:
        anchor = random.choice(pool)
        wanted = np.flatnonzero(here == kinds_there[anchor])
        if len(wanted) == 0:
            continue
        near, far = pool[kinds_there[pool] == kinds_there[anchor]], pool[wider_there[pool] == wider_there[anchor]]
        others = random.integers(_FEWEST - 1, _MOST)
        rows = [anchor, *(random.choice(near if random.random() < _SAME_KIND else far) for _ in range(others))]
        tastes.append(taste(Rule(), viewed(seen[rows], np.arange(len(rows)))))
        on_screen.append(random.choice(wanted))
    return _Part(made[~is_elsewhere], np.stack(tastes), np.array(on_screen))


def _world(shops: Sequence[Catalogue], tastes: Floats, shop_of: Integers, on_screen: Integers) -> World:
    best = np.zeros((len(shop_of), K), dtype=np.intp)
    scores = []
    for number, shop in enumerate(shops):
        users = np.flatnonzero(shop_of == number)
        scores.append(tastes[users] @ shop.on_device.T)
        for start in range(0, len(users), _ROWS):
            rows = users[start : start + _ROWS]
            best[rows] = np.argpartition(-(tastes[rows] @ shop.stored.T), K, axis=1)[:, :K]
    return World(shops, tastes, shop_of, best, scores, on_screen)
