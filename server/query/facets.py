"""Facets: how many of the items that match a search have each brand, category, price band, availability and value."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypedDict

import numpy as np
import orjson

from kernel.json_object import JsonMapping
from server.catalogue.checksums import product_checksum
from server.catalogue.columns import Integers
from server.catalogue.database import Catalogue
from server.search.shop_state import ShopState

MAX_VALUES = 20
# Products whose attributes are read: the catalogue keeps them as JSON.
MAX_PRODUCTS = 200
_ATTRIBUTES = ("color", "size")
_LADDER = (1, 2, 5)


class Value(TypedDict):
    """A value of a facet, and how many items have it."""

    value: Any
    count: int


class PriceBand(TypedDict):
    """A band of prices from `min` to below `max`, in one currency."""

    currency: str
    min: float
    max: float
    count: int


class Facets(TypedDict):
    """Facets of openapi.yaml."""

    brands: list[Value]
    categories: list[Value]
    prices: list[PriceBand]
    availability: list[Value]
    color: list[Value]
    size: list[Value]


def facets_of(
    state: ShopState, catalogue: Catalogue, rows: Integers, prefix: Sequence[str], currency: str | None
) -> Facets:
    """Return the facets of some rows, best first.

    prefix: the category that was filtered by; categories are counted one level below it. currency: of the prices,
    by default the one that most rows have.
    """
    attributes = _attributes(state, catalogue, rows[:MAX_PRODUCTS])
    return {
        "brands": _brands(state, rows),
        "categories": _categories(state, rows, len(prefix)),
        "prices": _prices(state, rows, currency),
        "availability": _availability(state, rows),
        "color": _most(attributes["color"]),
        "size": _most(attributes["size"]),
    }


def _brands(state: ShopState, rows: Integers) -> list[Value]:
    codes = state.column("brands")[rows]
    values: list[Value] = []
    counts = np.bincount(codes) if len(codes) else np.empty(0, dtype=np.int64)
    for code in np.argsort(-counts, kind="stable")[: MAX_VALUES + 1].tolist():
        if counts[code] and state.vocabularies.brands.values[code]:
            # The vocabulary is without case; a card has it as the shop writes it.
            card = orjson.loads(state.card(int(rows[np.argmax(codes == code)])) + b"}")
            values.append({"value": card["brand"], "count": int(counts[code])})
    return values[:MAX_VALUES]


def _categories(state: ShopState, rows: Integers, depth: int) -> list[Value]:
    counted: Counter[tuple[str, ...]] = Counter()
    codes, counts = np.unique(state.column("categories")[rows], return_counts=True)
    for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
        path = state.vocabularies.categories.values[code]
        if len(path) > depth:
            counted[path[: depth + 1]] += count
    return [{"value": list(value["value"]), "count": value["count"]} for value in _most(counted)]


def _prices(state: ShopState, rows: Integers, currency: str | None) -> list[PriceBand]:
    codes, amounts = state.column("currencies")[rows], state.column("amounts")[rows]
    names = state.vocabularies.currencies.values
    priced = np.isfinite(amounts) & np.array([bool(names[code]) for code in codes.tolist()], dtype=np.bool_)
    if not priced.any():
        return []
    if currency is None:
        currency = names[int(np.argmax(np.bincount(codes[priced])))]
    amounts = amounts[priced & np.array([names[code] == currency for code in codes.tolist()], dtype=np.bool_)]
    if len(amounts) == 0:
        return []
    edges = _edges(float(amounts.min()), float(amounts.max()))
    bands = np.searchsorted(edges, amounts, side="right") - 1
    counts = np.bincount(bands, minlength=len(edges) - 1).tolist()
    return [
        {"currency": currency, "min": low, "max": high, "count": count}
        for (low, high), count in zip(pairwise(edges), counts, strict=True)
        if count
    ]


def _edges(low: float, high: float) -> list[float]:
    """Return 0, then 1, 2, 5, 10, 20, … from below `low` to above `high`."""
    start = math.floor(math.log10(max(low, 0.01)))
    ladder = [
        step * 10.0**power for power in range(start, math.floor(math.log10(max(high, 0.01))) + 2) for step in _LADDER
    ]
    below = [edge for edge in ladder if edge <= low]
    above = [edge for edge in ladder if edge > low]
    kept = [edge for edge, before in zip(above, [0.0, *above], strict=False) if before <= high]
    return [below[-1] if below else 0.0, *kept]


def _availability(state: ShopState, rows: Integers) -> list[Value]:
    num_buyable = int(np.count_nonzero(state.column("buyable")[rows]))
    counts = {"inStock": num_buyable, "other": len(rows) - num_buyable}
    return [{"value": name, "count": count} for name, count in counts.items() if count]


def _attributes(state: ShopState, catalogue: Catalogue, rows: Integers) -> dict[str, Counter[str]]:
    """Count each colour and size once an item, those of its variants among them."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in _ATTRIBUTES}
    labels = state.column("labels")[rows].tolist()
    marks = ",".join("?" * len(labels))
    found = catalogue.db.execute(
        f"SELECT product, product_sum FROM items WHERE label IN ({marks}) AND deleted = 0",  # noqa: S608 (marks alone)
        labels,
    )
    for raw, checksum in found:
        if isinstance(raw, bytes) and checksum in (None, product_checksum(raw)):
            product = orjson.loads(raw)
            for name in _ATTRIBUTES:
                counted[name].update(set(_values(product, name)))
    return counted


def _values(product: JsonMapping, name: str) -> Iterable[str]:
    for part in (product, *product.get("variants", ())):
        value = part.get("attributes", {}).get(name)
        if isinstance(value, str):
            yield value


def _most(counted: Counter[Any]) -> list[Value]:
    ranked = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [{"value": value, "count": count} for value, count in ranked[:MAX_VALUES]]
