"""The checker's own memory of a shop: every version of every item, and between which writes it lived.

A shop's writes are numbered in the order in which they were accepted. An answer is right if there is one number of
applied writes that explains all of it: a whole state of the shop, neither older than allowed nor newer than what has
been sent. So a mixture of two states is wrong, too.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from kernel.contract_types import Product
from kernel.json_object import JsonObject
from kernel.shop_metric import BundleMetric, ShopMetric

# From when a write is applied until every worker must serve it.
ALLOWED_SECONDS = 1.0
# A worker may compare by an estimate that has been replaced already.
_MOST_METRICS = 6
_NEVER = np.iinfo(np.int64).max
_BUYABLE = frozenset({"InStock", "LimitedAvailability", "OnlineOnly", "InStoreOnly", "MadeToOrder"})
_CARD = ("itemId", "url", "title", "brand", "categoryPath", "price", "regularPrice", "availability")


@dataclass
class Write:
    """A change of a shop. `applied_after` and `applied_by` are moments between which it took effect."""

    sent: float
    applied_after: float = inf
    applied_by: float = inf


@dataclass(frozen=True)
class Change:
    """An item that is written (with its vector), or removed (without product and vector)."""

    item_id: str
    product: Product | None = None
    vector: Any = None


def card_of(product: Product) -> JsonObject:
    """Return what a recommendation shows of a product: RecommendedItem of openapi.yaml without its score."""
    fields: JsonObject = dict(product)
    card = {name: fields[name] for name in _CARD if name in fields}
    if fields.get("images"):
        card["image"] = fields["images"][0]
    return card


@dataclass
class Metric:
    """A metric that a shop's items may be compared by, with their vectors in it as far as they were asked for."""

    metric: ShopMetric | None
    _stored: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, vectors: Any) -> Any:
        """Return float32 (n, dim) of the first n item vectors, computed once each."""
        if self.metric is None:
            return vectors
        with self._lock:
            known = 0 if self._stored is None else len(self._stored)
            if known < len(vectors):
                fresh = self.metric.stored(np.ascontiguousarray(vectors[known:]))
                self._stored = fresh if self._stored is None else np.concatenate([self._stored, fresh])
            return self._stored[: len(vectors)]

    def length(self, query: Any) -> float:
        """Return the length of a user vector, by which scores are divided."""
        return 1.0 if self.metric is None else max(self.metric.length(query), 1e-6)


@dataclass
class View:
    """Arrays of all versions at one moment of the checker; only `died` may still change, for later writes."""

    vectors: Any
    born: Any
    died: Any
    amounts: Any
    brands: Any
    sections: Any
    buyable: Any
    cards: list[JsonObject]
    rows_of: dict[str, list[int]]

    def live(self, applied: int) -> Any:
        """Return (n,) bool: the versions that live after so many writes."""
        return (self.born <= applied) & (applied < self.died)


@dataclass
class Shelf:
    """One shop, as it was written. Methods may be called from any thread.

    Attributes:
        scored: whether the vectors are known, so that scores and order can be computed.
    """

    name: str
    dim: int
    bundle_metric: BundleMetric | None = None
    scored: bool = True
    writes: list[Write] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._size = 0
        self._room = 256
        self._vectors = np.zeros((self._room, self.dim), dtype=np.float32)
        self._columns = {
            "born": np.zeros(self._room, dtype=np.int64), "died": np.full(self._room, _NEVER),
            "amounts": np.zeros(self._room), "buyable": np.zeros(self._room, dtype=np.bool_),
            "brands": np.zeros(self._room, dtype=object), "sections": np.zeros(self._room, dtype=object),
        }  # fmt: skip
        self._cards: list[JsonObject] = []
        self._products: list[Product] = []
        self._rows_of: dict[str, list[int]] = {}
        self.metrics = [Metric(self.bundle_metric.of_shop(None) if self.bundle_metric else None)]

    def add_metric(self, metric: ShopMetric) -> None:
        """Add a metric that was estimated; the newest first, the bundle's own last."""
        with self._lock:
            *estimated, own = self.metrics
            self.metrics = [Metric(metric), *estimated[: _MOST_METRICS - 1], own]

    def begin(self, changes: Sequence[Change], now: float) -> Write:
        """Note that a write is being sent. What it says may be served from now on."""
        with self._lock:
            number = len(self.writes) + 1
            for change in changes:
                for row in self._rows_of.get(change.item_id, [])[-1:]:
                    if self._columns["died"][row] == _NEVER:
                        self._columns["died"][row] = number
                if change.product is not None:
                    self._append(change, number)
            write = Write(now)
            self.writes.append(write)
            return write

    def _append(self, change: Change, number: int) -> None:
        if self._size == self._room:
            self._room *= 2
            self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._columns = {
                name: np.concatenate([column, np.full_like(column, _NEVER if name == "died" else 0)])
                for name, column in self._columns.items()
            }
        row, card = self._size, card_of(change.product)
        if change.vector is not None:
            self._vectors[row] = change.vector
        self._columns["born"][row], self._columns["died"][row] = number, _NEVER
        self._columns["amounts"][row] = float(card.get("price", {}).get("amount", "nan"))
        self._columns["buyable"][row] = card.get("availability", "InStock") in _BUYABLE
        self._columns["brands"][row] = card.get("brand")
        self._columns["sections"][row] = (card.get("categoryPath") or [None])[0]
        self._cards.append(card)
        self._products.append(change.product)
        self._rows_of.setdefault(change.item_id, []).append(row)
        self._size += 1

    def view(self) -> View:
        """Return the arrays as they are now."""
        with self._lock:
            n = self._size
            columns = {name: column[:n] for name, column in self._columns.items()}
            return View(self._vectors[:n], cards=self._cards, rows_of=self._rows_of, **columns)

    def product(self, row: int) -> Product:
        """Return the product of a version."""
        return self._products[row]

    def allowed(self, asked: float, answered: float) -> tuple[range, int]:
        """Return the numbers of applied writes that an answer may show, newest first, and the one without staleness."""
        with self._lock:
            newest = sum(write.sent <= answered for write in self.writes)
            oldest = sum(write.applied_by + ALLOWED_SECONDS <= asked for write in self.writes)
            current = sum(write.applied_by <= asked for write in self.writes)
        return range(newest, oldest - 1, -1), current

    def staleness(self, applied: int, asked: float) -> float:
        """Return how long before `asked` the first write beyond `applied` had taken effect, 0 if it had not."""
        with self._lock:
            if applied >= len(self.writes):
                return 0.0
            write = self.writes[applied]
            return max(0.0, asked - write.applied_after) if write.applied_by <= asked else 0.0

    def live_ids(self) -> list[str]:
        """Return the ids of the items that live after all writes."""
        with self._lock:
            return [key for key, rows in self._rows_of.items() if self._columns["died"][rows[-1]] == _NEVER]

    @property
    def num_versions(self) -> int:
        """Return how many versions were written, those that died among them."""
        return self._size
