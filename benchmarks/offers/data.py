"""Offers of the same product by several shops: PriceRunner's and Walmart-Amazon's, texts and who is the same."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_PART = re.compile(r"COL (\w+) VAL (.*?)(?=COL \w+ VAL |$)")


@dataclass(frozen=True)
class Offers:
    """Titles, which product each is, which shop's, and the product's category."""

    titles: list[str]
    product: Array
    shop: Array
    category: Array

    def __len__(self) -> int:
        return len(self.titles)

    def where(self, chosen: Array) -> "Offers":
        """Return the offers of a boolean mask or of rows."""
        rows = np.arange(len(self))[chosen]
        return Offers(
            [self.titles[row] for row in rows], *(part[rows] for part in (self.product, self.shop, self.category))
        )


def read_pricerunner(path: Path) -> Offers:
    """Read offers.csv."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = (np.array([row[name] for row in rows]) for name in ("product_id", "merchant_id", "category"))
    return Offers([" ".join(row["title"].split()) for row in rows], *columns)


def read_pairs(directory: Path) -> Offers:
    """Read labelled pairs of two shops; offers that any pair calls the same are one product."""
    offers: dict[tuple[int, str], int] = {}
    same: list[tuple[int, int]] = []
    for name in ("train.txt", "valid.txt", "test.txt"):
        for line in (directory / name).read_text("utf-8").splitlines():
            *sides, label = line.split("\t")
            pair = [offers.setdefault((shop, _title(side)), len(offers)) for shop, side in enumerate(sides)]
            if label == "1":
                same.append((pair[0], pair[1]))
    product = np.arange(len(offers))
    for one, other in same:
        product[product == product[other]] = product[one]
    shops = np.array([("walmart", "amazon")[shop] for shop, _ in offers])
    return Offers([title for _, title in offers], product, shops, np.full(len(offers), "all"))


def _title(side: str) -> str:
    parts = dict(_PART.findall(side))
    return " ".join(parts["title"].split())


@dataclass(frozen=True)
class Question:
    """Queries of some shops, a gallery of others, and which gallery rows are the same product."""

    queries: Array  # rows
    gallery: Array
    relevant: list[Array]


def across_shops(offers: Offers, seed: int, max_queries: int = 2000) -> Question:
    """Return one offer of each product as a query, drawn by the seed; other shops' offers are the gallery.

    The gallery is all offers but those of the queries' own: a query's answers are the same product at other shops.
    Offers of the query's own shop are no answers; they stay in the gallery and can only disturb.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(offers))
    _, first = np.unique(offers.product[order], return_index=True)
    chosen = np.sort(order[first])
    members: dict[Any, list[int]] = {}
    for row, product in enumerate(offers.product):
        members.setdefault(product, []).append(row)
    is_query = np.zeros(len(offers), dtype=bool)
    is_query[chosen] = True
    kept, answers = [], []
    for row in generator.permutation(chosen):
        others = [
            other
            for other in members[offers.product[row]]
            if offers.shop[other] != offers.shop[row] and not is_query[other]
        ]
        if others:
            kept.append(row)
            answers.append(others)
        if len(kept) == max_queries:
            break
    gallery = np.flatnonzero(~np.isin(np.arange(len(offers)), kept))
    place = np.full(len(offers), -1)
    place[gallery] = np.arange(len(gallery))
    return Question(np.array(kept), gallery, [place[np.array(others)] for others in answers])
