"""Everything a worker needs to answer for one shop, as one object that never changes once made.

A state is a `base` (large, shared by successive states and, where it is mapped from a snapshot, by all workers) and a
`delta` (small, copied on each change). A base with an HNSW index is searched through it, otherwise it is scanned; the
delta is always scanned. What has been deleted or superseded is marked in `base_alive` and dropped from what is found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.shop_metric import ShopMetric
from server.catalogue.columns import Booleans, Floats, Integers, Rows, Vocabularies, concatenate, rows_from
from server.catalogue.database import Change
from server.catalogue.vectors import ScanQuery, Vectors
from server.search.index import Index
from server.search.snapshots import Loaded

# Folding the delta into a base in memory is only a copy; below this many rows it is not worth one.
_FOLD_AT_ROWS = 1000
# A base this dead wastes a fifth of every search.
_MAX_DEAD_SHARE = 0.2
# A shop of fewer items without a metric is loaded from the catalogue as fast as from a snapshot.
_LEAST_SNAPSHOT_ROWS = 1000


@dataclass(frozen=True)
class ShopState:
    """One moment of one shop. Rows are numbered through base, then delta.

    Attributes:
        version: the shop's version in the catalogue.
        metric: what the vectors of all rows are in; None if the bundle has none.
        has_snapshot: whether the base is that of a snapshot.
        kept: answers that depend on nothing but the state.
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
    has_snapshot: bool = False
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return self.num_base_alive + len(self.delta)

    @cached_property
    def num_base_alive(self) -> int:
        """Return the number of live rows of the base."""
        return int(np.count_nonzero(self.base_alive))

    @cached_property
    def dead_rows(self) -> Integers:
        """Return the rows of the base that are not live."""
        return np.flatnonzero(~self.base_alive)

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
        return self.base.card(row) if row < len(self.base) else self.delta.card(row - len(self.base))

    def cards_of(self, rows: Integers) -> list[bytes]:
        """Return the open cards of some rows."""
        if len(self.delta) == 0:
            return self.base.cards_of(rows)
        return [self.card(row) for row in rows.tolist()]

    def stored_of(self, rows: Integers) -> Floats:
        """Return float32 (len(rows), dim): what a user is compared with."""
        return self._gathered(rows, (len(rows), self.dim), Vectors.stored)

    def compared_of(self, rows: Integers) -> Floats:
        """Return float32 (len(rows), dim), of about unit length: what items are compared with each other by."""
        return self._gathered(rows, (len(rows), self.dim), Vectors.compared)

    def scores_of(self, rows: Integers, query: Floats) -> Floats:
        """Return float32 (len(rows),): the inner products of stored vectors with a query (dim,)."""
        return self._gathered(rows, (len(rows),), lambda vectors, own: vectors.scores(own, query))

    def scan(self, query: Floats, rows: Integers | None = None) -> tuple[NDArray[np.float64], float]:
        """Return (num_rows,), about the score of every row, or of some (which ascend), and how far two may be wrong.

        Both are up to the query's factor.
        """
        codes = ScanQuery.of(query)
        margin = max(vectors.scan_margin(codes) for vectors in (self.base.vectors, self.delta.vectors))
        if len(self.delta) == 0:
            return self.base.vectors.scan(codes, rows), margin
        base_rows = delta_rows = None
        if rows is not None:
            at = int(np.searchsorted(rows, len(self.base)))
            base_rows, delta_rows = rows[:at], rows[at:] - len(self.base)
        scores = self.base.vectors.scan(codes, base_rows), self.delta.vectors.scan(codes, delta_rows)
        return np.concatenate(scores), margin

    def typicality_of(self, rows: Integers) -> Floats | None:
        """Return float32 (len(rows),): how near each row is to the shop's mean, None without a metric."""
        parts = [vectors.typicality for vectors in (self.base.vectors, self.delta.vectors)]
        return None if parts[0] is None or parts[1] is None else np.concatenate([parts[0], parts[1]])[rows]

    def _gathered(self, rows: Integers, shape: tuple[int, ...], read: Callable[[Vectors, Integers], Floats]) -> Floats:
        if len(self.delta) == 0:
            return read(self.base.vectors, rows)
        gathered = np.empty(shape, dtype=np.float32)
        in_base = rows < len(self.base)
        gathered[in_base] = read(self.base.vectors, rows[in_base])
        gathered[~in_base] = read(self.delta.vectors, rows[~in_base] - len(self.base))
        return gathered

    def live_labels(self) -> Integers:
        """Return the labels of the live rows, ascending."""
        return np.concatenate([self.base.labels[self.base_alive], self.delta.labels])

    def row_of(self, item_id: str) -> int | None:
        """Return the live row of an item, or None if the shop does not have it."""
        row = self.delta.row_of(item_id)
        if row is not None:
            return len(self.base) + row
        row = self.base.row_of(item_id)
        return row if row is not None and self.base_alive[row] else None

    def live_rows(self) -> Rows:
        """Return the live rows alone, all in memory."""
        return concatenate([self.base.take(np.flatnonzero(self.base_alive)), self.delta])

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
            delta = concatenate([delta, fresh])
        state = replace(self, version=version, base_alive=base_alive, delta=delta, kept={})
        return state if state.has_snapshot else state.folded()

    def folded(self, at_rows: int = _FOLD_AT_ROWS) -> "ShopState":
        """Return the same items as base, all in memory, if the delta has more rows than `at_rows` or much is dead."""
        if len(self.delta) <= at_rows and len(self) >= len(self.base) // 2:
            return self
        base = self.live_rows()
        nothing = self.delta.take(np.empty(0, dtype=np.int64))
        return replace(self, base=base, base_alive=np.ones(len(base), dtype=np.bool_), delta=nothing, kept={})

    def needs_snapshot(self, exact_max_items: int, delta_max_items: int) -> bool:
        """Return whether the shop has outgrown its snapshot, or the scan without one."""
        if not self.has_snapshot:
            return len(self) > min(exact_max_items, _LEAST_SNAPSHOT_ROWS)
        if self.index is None and len(self) > exact_max_items:
            return True
        # Grows with the base, so that the work of rebuilding stays a fixed share of the work of inserting.
        limit = max(delta_max_items, len(self.base) // 4)
        return len(self.delta) > limit or len(self.dead_rows) > _MAX_DEAD_SHARE * len(self.base)


def empty_state(shop: str, dim: int, metric: ShopMetric | None = None) -> ShopState:
    """Return a shop before its first item."""
    vocabularies = Vocabularies()
    nothing = rows_from([], dim, vocabularies, metric)
    return ShopState(shop, dim, 0, vocabularies, nothing, np.ones(0, dtype=np.bool_), nothing, metric=metric)


def state_from(shop: str, dim: int, loaded: Loaded, metric: ShopMetric | None) -> ShopState:
    """Return a shop as its snapshot has it."""
    rows, vocabularies = loaded.columns.rows, loaded.columns.vocabularies
    return ShopState(
        shop, dim, loaded.columns.version, vocabularies, rows, np.ones(len(rows), dtype=np.bool_),
        rows_from([], dim, vocabularies, metric), loaded.index, metric, has_snapshot=True,
    )  # fmt: skip
