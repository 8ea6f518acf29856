"""Everything a worker needs to answer for one shop, as one object that never changes once made.

A state is a `base` (large, shared by successive states) and a `delta` (small, copied on each change). A base with an
HNSW index is searched through it, otherwise it is scanned; the delta is always scanned. What has been deleted or
superseded is marked in `base_alive` and dropped from the index's results.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.shop_metric import ShopMetric
from server.catalogue.columns import Booleans, Floats, Integers, Rows, Vocabularies, concatenate, rows_from
from server.catalogue.database import Change, Estimate
from server.catalogue.vectors import Vectors, vectors_of
from server.errors import CatalogueError
from server.search.index import Index

# Folding the delta into a base that has no index is only a copy; below this many rows it is not worth one.
_FOLD_AT_ROWS = 1000
# A base this dead wastes a fifth of every search.
_MAX_DEAD_SHARE = 0.2


@dataclass(frozen=True)
class ShopState:
    """One moment of one shop. Rows are numbered through base, then delta.

    Attributes:
        metric: what the vectors of all rows are in; None if the bundle has none.
        estimate: what `metric` comes from; None if it is the bundle's own.
    """

    shop: str
    dim: int
    version: int
    vocabularies: Vocabularies
    base: Rows
    base_alive: Booleans
    delta: Rows
    index: Index | None = None
    metric: ShopMetric | None = None
    estimate: Estimate | None = None

    def __len__(self) -> int:
        return self.num_base_alive + len(self.delta)

    @cached_property
    def num_base_alive(self) -> int:
        """Return the number of live rows of the base."""
        return int(np.count_nonzero(self.base_alive))

    @cached_property
    def alive(self) -> Booleans:
        """Return (num_rows,) bool: whether each row is live."""
        return np.concatenate([self.base_alive, np.ones(len(self.delta), dtype=np.bool_)])

    @property
    def num_rows(self) -> int:
        """Return the number of rows of base and delta, live or not."""
        return len(self.base) + len(self.delta)

    def column(self, name: str) -> NDArray[Any]:
        """Return (num_rows,): one of Rows's arrays through base and delta."""
        base: NDArray[Any] = getattr(self.base, name)
        delta: NDArray[Any] = getattr(self.delta, name)
        return base if len(self.delta) == 0 else np.concatenate([base, delta])

    def card(self, row: int) -> bytes:
        """Return the open card of a row."""
        return self.base.cards[row] if row < len(self.base) else self.delta.cards[row - len(self.base)]

    def stored_of(self, rows: Integers) -> Floats:
        """Return float32 (len(rows), dim): what a user is compared with."""
        return self._gathered(rows, lambda vectors, own: vectors.stored[own])

    def compared_of(self, rows: Integers) -> Floats:
        """Return float32 (len(rows), dim), of about unit length: what items are compared with each other by."""
        return self._gathered(rows, Vectors.compared)

    def typicality_of(self, rows: Integers) -> Floats | None:
        """Return float32 (len(rows),): how near each row is to the shop's mean, None without a metric."""
        parts = [vectors.typicality for vectors in (self.base.vectors, self.delta.vectors)]
        return None if parts[0] is None or parts[1] is None else np.concatenate([parts[0], parts[1]])[rows]

    def _gathered(self, rows: Integers, read: Callable[[Vectors, Integers], Floats]) -> Floats:
        if len(self.delta) == 0:
            return read(self.base.vectors, rows)
        gathered = np.empty((len(rows), self.dim), dtype=np.float32)
        in_base = rows < len(self.base)
        gathered[in_base] = read(self.base.vectors, rows[in_base])
        gathered[~in_base] = read(self.delta.vectors, rows[~in_base] - len(self.base))
        return gathered

    def live_labels(self) -> Integers:
        """Return the labels of the live rows, ascending."""
        return np.concatenate([self.base.labels[self.base_alive], self.delta.labels])

    def row_of(self, item_id: str) -> int | None:
        """Return the live row of an item, or None if the shop does not have it."""
        row = self.delta.row_of.get(item_id)
        if row is not None:
            return len(self.base) + row
        row = self.base.row_of.get(item_id)
        return row if row is not None and self.base_alive[row] else None

    def live_rows(self) -> Rows:
        """Return the live rows alone."""
        return concatenate(self.base.take(np.flatnonzero(self.base_alive)), self.delta)

    def with_changes(self, changes: Sequence[Change], version: int) -> "ShopState":
        """Return the state after `changes`, which are in order; an existing index is kept."""
        added = {change.label: change for change in changes if change.embedding is not None}
        gone = np.array([change.label for change in changes if change.embedding is None], dtype=np.int64)
        for label in gone:
            added.pop(int(label), None)
        base_alive = self.base_alive
        dead_rows = self.base.find(gone)
        if (dead_rows >= 0).any():
            base_alive = base_alive.copy()
            base_alive[dead_rows[dead_rows >= 0]] = False
        delta = self.delta
        if np.isin(delta.labels, gone).any():
            delta = delta.take(np.flatnonzero(~np.isin(delta.labels, gone)))
        if added:
            fresh = rows_from([added[label] for label in sorted(added)], self.dim, self.vocabularies, self.metric)
            delta = concatenate(delta, fresh)
        state = replace(self, version=version, base_alive=base_alive, delta=delta)
        return state if state.index is not None else state._folded()

    def _folded(self) -> "ShopState":
        if len(self.delta) <= _FOLD_AT_ROWS and len(self) >= len(self.base) // 2:
            return self
        return self.with_index(None)

    def with_index(self, index: Index | None) -> "ShopState":
        """Return the same items with the content of `index` as base; with None everything is base and scanned."""
        live = self.live_rows()
        inside = np.ones(len(live), dtype=np.bool_) if index is None else np.isin(live.labels, index.labels)
        base = live if inside.all() else live.take(np.flatnonzero(inside))
        return replace(
            self,
            base=base,
            base_alive=np.ones(len(base), dtype=np.bool_),
            delta=live.take(np.flatnonzero(~inside)),
            index=index,
        )

    def with_metric(
        self, metric: ShopMetric | None, estimate: Estimate | None, labels: Integers, items: Floats
    ) -> "ShopState":
        """Return the same items compared by another metric, scanned until an index of it is loaded.

        labels: (n,), ascending; items: float32 (n, dim), their item vectors as the catalogue holds them. An item whose
        vector is not among them has been damaged since it was loaded, and is left out.
        """
        live = self.live_rows()
        if not np.isin(labels, live.labels).all():
            raise CatalogueError(f"{self.shop}: expected the vectors of its {len(live)} items, got {len(labels)}")
        if len(labels) < len(live):
            live = live.take(np.flatnonzero(np.isin(live.labels, labels)))
        rows = replace(live, vectors=vectors_of(items, metric))
        return replace(
            self,
            base=rows,
            base_alive=np.ones(len(rows), dtype=np.bool_),
            delta=rows.take(np.empty(0, dtype=np.int64)),
            index=None,
            metric=metric,
            estimate=estimate,
        )

    def needs_index(self, exact_max_items: int, delta_max_items: int) -> bool:
        """Return whether the shop has outgrown its current search structure."""
        if len(self) <= exact_max_items:
            return False
        if self.index is None:
            return True
        # Grows with the base, so that the work of rebuilding stays a fixed share of the work of inserting.
        limit = max(delta_max_items, len(self.base) // 4)
        num_dead = len(self.index) - self.num_base_alive
        return len(self.delta) > limit or num_dead > _MAX_DEAD_SHARE * len(self.index)


def empty_state(shop: str, dim: int, metric: ShopMetric | None = None, estimate: Estimate | None = None) -> ShopState:
    """Return a shop before its first item."""
    vocabularies = Vocabularies()
    nothing = rows_from([], dim, vocabularies, metric)
    base_alive = np.ones(0, dtype=np.bool_)
    return ShopState(shop, dim, 0, vocabularies, nothing, base_alive, nothing, metric=metric, estimate=estimate)
