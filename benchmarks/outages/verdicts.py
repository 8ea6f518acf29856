"""Whether an answer is right: the numpy brute force that the server's answers are compared with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.outages.truth import Metric, Shelf, View
from kernel.json_object import JsonObject

_SCORE_TOLERANCE = 1e-4
_RANK_TOLERANCE = 2e-5


@dataclass(frozen=True)
class Asked:
    """A request for recommendations. `vector` is float32 (dim,), unit length; without one, a first screen."""

    shop: str
    k: int
    vector: Any = None
    diversity: float = 0.0
    brand: str | None = None
    section: str | None = None
    price_max: float | None = None
    in_stock: bool = False
    exclude: tuple[str, ...] = ()

    def body(self, space: str) -> JsonObject:
        """Return the request's body."""
        filters: JsonObject = {}
        if self.brand is not None:
            filters["brands"] = [self.brand]
        if self.section is not None:
            filters["category"] = [self.section]
        if self.price_max is not None:
            filters |= {"priceMax": self.price_max, "currency": "EUR"}
        if self.in_stock:
            filters["inStock"] = True
        if self.exclude:
            filters["exclude"] = list(self.exclude)
        body: JsonObject = {"mode": "own", "shop": self.shop, "k": self.k, "diversity": self.diversity}
        if filters:
            body["filters"] = filters
        if self.vector is not None:
            body |= {"vector": self.vector, "space": space}
        return body


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth: `problem` is None for a right one. `hits` of `of` items belong to the true top k."""

    problem: str | None
    staleness: float = 0.0
    hits: int = 0
    of: int = 0


def verdict_of(
    shelf: Shelf, asked: Asked, answer: JsonObject, at: tuple[float, float], missing: frozenset[str] = frozenset()
) -> Verdict:
    """Compare an answer with every state that the shop may have had between the two moments `at`.

    missing: ids of items that the server has said it does not serve, as their rows are damaged.
    """
    numbers, current = shelf.allowed(*at)
    view = shelf.view()
    problem, tried = "no state is allowed", set()
    for applied in numbers:
        state = view.live(applied)
        # Most writes are of other moments: equal states are compared once.
        key = state.tobytes()
        if key in tried:
            continue
        tried.add(key)
        found = _compare(shelf, view, asked, answer, state & ~_named(view, missing))
        if isinstance(found, str):
            problem = found if len(tried) == 1 else problem
            continue
        stale = 0.0 if applied >= current else shelf.staleness(applied, at[0])
        return Verdict(None, stale, *found)
    for applied in range(numbers.stop, -1, -1):
        if not isinstance(_compare(shelf, view, asked, answer, view.live(applied) & ~_named(view, missing)), str):
            late = at[0] - shelf.writes[applied].applied_by
            return Verdict(f"stale: write {applied + 1} of {len(shelf.writes)} was applied {late:.2f} s before", late)
    return Verdict(f"{problem} ({len(tried)} states tried, {len(shelf.writes)} writes)")


def knows_no_shop(shelf: Shelf, at: tuple[float, float]) -> str | None:
    """Return None if the shop may have had no item between two moments, a problem otherwise."""
    numbers, _ = shelf.allowed(*at)
    view = shelf.view()
    return None if any(not view.live(applied).any() for applied in numbers) else "expected items, got 404"


def _named(view: View, ids: Iterable[str]) -> Any:
    named = np.zeros(len(view.born), dtype=np.bool_)
    for item_id in ids:
        named[[row for row in view.rows_of.get(item_id, ()) if row < len(named)]] = True
    return named


def kept(view: View, asked: Asked, live: Any) -> Any:
    """Return (n,) bool: the versions of a state that pass the request's filters."""
    keep = live
    if asked.brand is not None:
        keep = keep & (view.brands == asked.brand)
    if asked.section is not None:
        keep = keep & (view.sections == asked.section)
    if asked.price_max is not None:
        keep = keep & (view.amounts <= asked.price_max)
    if asked.in_stock:
        keep = keep & view.buyable
    return keep & ~_named(view, asked.exclude)


def _compare(shelf: Shelf, view: View, asked: Asked, answer: JsonObject, live: Any) -> tuple[int, int] | str:
    """Return how many items are of the true top k, and of how many; what is wrong where something is."""
    keep = kept(view, asked, live)
    rows = _rows_of(view, keep, answer["items"])
    if isinstance(rows, str):
        return rows
    expected = min(asked.k, int(np.count_nonzero(keep)))
    if len(rows) != expected or len(set(rows)) != len(rows):
        return f"expected {expected} different items, got {len(set(rows))} of {len(rows)}"
    if asked.vector is None:
        return _first_screen(view, keep, rows)
    if not shelf.scored:
        return 0, 0
    tried = [_ranked(metric, view, asked, answer, (keep, rows)) for metric in shelf.metrics]
    return next((found for found in tried if not isinstance(found, str)), tried[0])


def _rows_of(view: View, keep: Any, items: list[JsonObject]) -> list[int] | str:
    """Return the versions that an answer shows; a problem where one is not kept, or has another card."""
    rows = []
    for item in items:
        row = next((row for row in view.rows_of.get(item["itemId"], ()) if row < len(keep) and keep[row]), None)
        if row is None:
            return f"{item['itemId']} is not among what the filters keep"
        card = {name: value for name, value in item.items() if name not in ("score", "vectorInt8")}
        if card != view.cards[row]:
            return f"{item['itemId']} has another card: {card}"
        rows.append(row)
    return rows


def _first_screen(view: View, keep: Any, rows: list[int]) -> tuple[int, int] | str:
    shown = [bool(view.buyable[row]) for row in rows]
    num_buyable = int(np.count_nonzero(keep & view.buyable))
    if shown != [True] * min(num_buyable, len(rows)) + [False] * max(0, len(rows) - num_buyable):
        return "the first screen does not show what can be bought first"
    return 0, 0


def _ranked(
    metric: Metric, view: View, asked: Asked, answer: JsonObject, of: tuple[Any, list[int]]
) -> tuple[int, int] | str:
    (keep, rows), items = of, answer["items"]
    if not rows:
        return 0, 0
    inside = np.flatnonzero(keep)
    scores = np.zeros(len(keep), dtype=np.float32)
    scores[inside] = metric.of(view.vectors)[inside] @ asked.vector / np.float32(metric.length(asked.vector))
    given = np.array([item["score"] for item in items])
    if not np.allclose(np.clip(scores[rows], -1, 1), given, atol=_SCORE_TOLERANCE):
        worst = int(np.argmax(np.abs(scores[rows] - given)))
        return f"expected the score {scores[rows][worst]:.6f} at {worst}, got {given[worst]:.6f}"
    if asked.diversity > 0:
        return 0, 0  # re-ranked: the order is no longer that of scores
    if (np.diff(given) > _RANK_TOLERANCE).any():
        return "the scores do not descend"
    kth = np.partition(scores[inside], len(inside) - len(rows))[len(inside) - len(rows)]
    hits = int(np.count_nonzero(given >= kth - _RANK_TOLERANCE))
    if hits < len(rows) and answer["strategy"] != "hnsw":  # an HNSW index is approximate: its recall is counted
        return f"{len(rows) - hits} items are not of the true top {len(rows)}"
    return hits, len(rows)
