"""Shoppers: real ones of a department that is split into two shops, and simulated ones of the demo mall."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.taste.rule import History
from benchmarks.taste.shop import Case, Shop
from demo.mall.catalogue import DemoProduct
from demo.mall.shoppers import CART_SHARE, PURCHASE_SHARE, RATING_SHARE, STRAY_SHARE, WISHLIST_SHARE
from trainer.towers.content import KINDS

VIEW, WISHLIST, CART, PURCHASE, RATING = (KINDS.index(k) for k in ("view", "wishlist", "cart", "purchase", "rating"))
FEWEST_SEEN = 2
# Looks again at a product on the same day: likelier at what is in taste. An assumption of ours, like the shares above.
AGAIN_IN_TASTE, AGAIN_ASTRAY, MOST_AGAIN = 0.15, 0.04, 4


def number_of(text: str) -> int:
    """Return a number that depends on the text alone, for halves and seeds."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


@dataclass(frozen=True)
class Department:
    """Users' items, oldest first, in a catalogue that a hash splits into shop A, seen, and shop B, new."""

    names: Sequence[str]
    texts: Sequence[str]
    sequences: dict[str, NDArray[np.int64]]

    @property
    def in_b(self) -> NDArray[np.bool_]:
        """Mark the items of shop B, (num_items,)."""
        return np.array([number_of(f"shop/{name}") % 2 == 1 for name in self.names])

    @classmethod
    def read(cls, folder: Path) -> "Department":
        """Return the department in item_text.txt and user_sequence.txt."""
        lines = (folder / "item_text.txt").read_text("utf-8").splitlines()
        names, texts = zip(*(line.split(" ", 1) for line in lines), strict=True)
        index = {name: row for row, name in enumerate(names)}
        users = (line.split() for line in (folder / "user_sequence.txt").read_text("utf-8").splitlines())
        return cls(names, texts, {user: np.array([index[name] for name in items]) for user, *items in users})

    def half(self, half: int) -> list[str]:
        """Return the users of half 0, to choose on, or 1, to report."""
        return [user for user in self.sequences if number_of(f"user/{user}") % 2 == half]

    def cases(self, seen: Shop, half: int, most: int) -> list[Case]:
        """Return at most `most` shoppers: all items of A against those of B. A user's n-th item counts as of day n."""
        in_b = self.in_b
        row_in_shop = np.where(in_b, np.cumsum(in_b), np.cumsum(~in_b)) - 1
        found = []
        for user in self.half(half):
            items = self.sequences[user]
            there, here = np.flatnonzero(~in_b[items]), np.flatnonzero(in_b[items])
            if len(there) >= FEWEST_SEEN and len(here) > 0:
                history = viewed(seen.compared[row_in_shop[items[there]]], len(items) - there)
                found.append(Case(history, row_in_shop[items[here]], number_of(f"seed/{user}")))
            if len(found) == most:
                break
        return found

    def next_cases(self, seen: Shop, half: int, fewest: int) -> list[Case]:
        """Return shoppers with at least `fewest` items of A before their last one of B, which is what they want."""
        in_b = self.in_b
        row_in_shop = np.where(in_b, np.cumsum(in_b), np.cumsum(~in_b)) - 1
        found = []
        for user in self.half(half):
            items = self.sequences[user]
            here = np.flatnonzero(in_b[items])
            last = int(here[-1]) if len(here) else 0
            there = np.flatnonzero(~in_b[items[:last]])
            if len(there) >= fewest:
                history = viewed(seen.compared[row_in_shop[items[there]]], last - there)
                found.append(Case(history, row_in_shop[items[last : last + 1]], number_of(f"seed/{user}")))
        return found


def viewed(items: NDArray[np.float32], ages: NDArray[np.int64]) -> History:
    """Return a history of views: whichever kind all of a history are, the chosen rule gives them equal weights."""
    num = len(items)
    return History(items, np.full(num, VIEW), ages.astype(np.float64), np.ones(num))


@dataclass(frozen=True)
class Mall:
    """The demo mall's products with the taste of each, and its shops."""

    shop: NDArray[np.str_]
    taste: NDArray[np.str_]
    shops: dict[str, Shop]
    compared: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        products: Sequence[DemoProduct],
        vectors: NDArray[np.float32],
        shop_of: Callable[[NDArray[np.float32]], Shop],
    ) -> "Mall":
        """Return the mall of its products and their vectors (n, dim); `shop_of` makes a shop of some of them."""
        shop, tastes = np.array([p.shop for p in products]), np.array([p.taste for p in products])
        shops = {name: shop_of(vectors[shop == name]) for name in sorted(set(shop.tolist()))}
        compared = np.zeros_like(vectors)
        for name, one in shops.items():
            compared[shop == name] = one.compared
        return cls(shop, tastes, shops, compared)

    def views(self, there: str, here: str, half: int, draws: int, num_views: int = 6) -> list[Case]:
        """Return shoppers who viewed items of one taste in one shop and want that taste in another."""
        cases = []
        for name in np.unique(self.taste):
            pool = np.flatnonzero((self.shop == there) & (self.taste == name))
            wanted = np.flatnonzero(self.taste[self.shop == here] == name)
            for draw in range(draws):
                seed = number_of(f"{half}/{there}/{here}/{name}/{draw}")
                rows = np.random.default_rng(seed).choice(pool, num_views, replace=False)
                zeros = np.zeros(num_views)
                history = History(self.compared[rows], np.full(num_views, VIEW), zeros, zeros + 1)
                cases.append(Case(history, wanted, seed))
        return cases

    def visits(self, here: str, half: int, num_looks: int, num_shoppers: int) -> list[Case]:
        """Return shoppers who looked at so many items of the other shops, some of them astray."""
        return [self._visit(here, number_of(f"{half}/{here}/{number}"), num_looks) for number in range(num_shoppers)]

    def _visit(self, here: str, seed: int, num_looks: int) -> Case:
        random = np.random.default_rng(seed)
        liked = random.choice(np.unique(self.taste), 1 + int(random.random() < 0.4), replace=False)
        is_liked = np.isin(self.taste, liked)
        away = np.flatnonzero(self.shop != here)
        pools = (away[is_liked[away]], away)
        looks, now = [], 0.0
        for _ in range(num_looks):
            item = int(random.choice(pools[int(random.random() < STRAY_SHARE)]))
            now += float(random.choice([0.0005, 0.003, random.uniform(0.5, 4)]))
            looks += [(item, kind, now) for kind in _deeds(bool(is_liked[item]), random)]
        times = np.array([time for *_, time in looks])
        items, kinds = (np.array([look[place] for look in looks]) for place in (0, 1))
        chance = np.where(is_liked[items], AGAIN_IN_TASTE, AGAIN_ASTRAY)
        repeats = 1.0 + np.where(kinds == VIEW, random.binomial(MOST_AGAIN, chance), 0)
        wanted = np.flatnonzero(is_liked[self.shop == here])
        return Case(History(self.compared[items], kinds, now - times, repeats), wanted, seed)


def _deeds(is_liked: bool, random: np.random.Generator) -> list[int]:
    """Return the kinds that one look leads to, as demo/mall/shoppers.py has them."""
    kinds = [VIEW]
    if is_liked and random.random() < WISHLIST_SHARE:
        kinds.append(WISHLIST)
    if is_liked and random.random() < CART_SHARE:
        kinds.append(CART)
        if random.random() < PURCHASE_SHARE:
            kinds.append(PURCHASE)
            if random.random() < RATING_SHARE:
                kinds.append(RATING)
    return kinds
