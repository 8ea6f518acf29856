"""Columns of a shop's items, as immutable arrays: in memory, or mapped from a file that all workers share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from kernel.chunks import chunks_of
from kernel.shop_metric import ShopMetric
from server.catalogue.database import Change
from server.catalogue.vectors import Vectors, extended, vectors_of

Floats = NDArray[np.float32]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Codes = NDArray[np.int32]

# Available now. PreOrder, PreSale and BackOrder can be paid for, but are not available.
BUYABLE = frozenset({"InStock", "LimitedAvailability", "OnlineOnly", "InStoreOnly", "MadeToOrder"})
_ROWS_AT_ONCE = 4096


@dataclass
class Vocabulary:
    """Strings of one shop as small integers. It only grows, so codes in older states stay valid."""

    values: list[Any] = field(default_factory=list)
    _codes: dict[Any, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Vocabulary":
        """Return a vocabulary of distinct values, in their order."""
        kept = list(values)
        return cls(kept, {value: code for code, value in enumerate(kept)})

    def code(self, value: Any) -> int:
        """Return the number of `value`; a new value gets the next number."""
        code = self._codes.get(value)
        if code is None:
            code = len(self.values)
            self.values.append(value)  # before the code is published, so that a reader always finds it
            self._codes[value] = code
        return code


@dataclass(frozen=True)
class Vocabularies:
    """Vocabularies of a shop: currencies, case-folded brands, category paths as tuples."""

    currencies: Vocabulary = field(default_factory=Vocabulary)
    brands: Vocabulary = field(default_factory=Vocabulary)
    categories: Vocabulary = field(default_factory=Vocabulary)


@dataclass(frozen=True)
class Rows:
    """n items in ascending order of label.

    Shapes: every array has (n,), but `card_ends` (n + 1,) and `cards`, the bytes of all cards. `amounts` is NaN where
    the price is unknown. `item_ids` are numbers, `by_id` the rows in ascending order of them, of equals the newest
    last. A card is a JSON object without its closing brace: a score is appended when it is sent.
    """

    labels: Integers
    vectors: Vectors
    cards: NDArray[np.uint8]
    card_ends: Integers
    item_ids: NDArray[np.uint64]
    by_id: Codes
    amounts: NDArray[np.float64]
    currencies: Codes
    brands: Codes
    categories: Codes
    buyable: Booleans
    rating_counts: Integers

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def _card_view(self) -> memoryview:
        return self.cards.data

    def card(self, row: int) -> bytes:
        """Return the open card of a row."""
        return bytes(self._card_view[self.card_ends[row] : self.card_ends[row + 1]])

    def cards_of(self, rows: Integers) -> list[bytes]:
        """Return the open cards of some rows."""
        view = self._card_view
        starts, ends = self.card_ends[rows].tolist(), self.card_ends[rows + 1].tolist()
        return [bytes(view[start:end]) for start, end in zip(starts, ends, strict=True)]

    def row_of(self, item_id: str) -> int | None:
        """Return the newest row of an item, None without one."""
        wanted = np.uint64(int(item_id, 16))
        at = int(np.searchsorted(self.item_ids, wanted, side="right", sorter=self.by_id)) - 1
        if at < 0 or self.item_ids[self.by_id[at]] != wanted:
            return None
        return int(self.by_id[at])

    def find(self, labels: Integers) -> Integers:
        """Return the row of each label, -1 for absent labels."""
        if len(self) == 0:
            return np.full(len(labels), -1)
        rows = np.searchsorted(self.labels, labels)
        rows[rows == len(self)] = 0
        return np.where(self.labels[rows] == labels, rows, -1)

    def take(self, rows: Integers) -> "Rows":
        """Return a copy of some rows, which must ascend."""
        cards = self.cards_of(rows)
        return _rows(
            self.labels[rows],
            self.vectors.take(rows),
            cards,
            self.item_ids[rows],
            {name: getattr(self, name)[rows] for name in _SIMPLE},
        )


_SIMPLE = ("amounts", "currencies", "brands", "categories", "buyable", "rating_counts")


def rows_from(changes: Iterable[Change], dim: int, vocabularies: Vocabularies, metric: ShopMetric | None) -> Rows:
    """Return rows of changes that add items, in ascending order of label, with vectors in the shop's metric."""
    parts = [_rows_from(part, dim, vocabularies, metric) for part in chunks_of(changes, _ROWS_AT_ONCE)]
    return concatenate(parts) if parts else _rows_from((), dim, vocabularies, metric)


def _rows_from(changes: Sequence[Change], dim: int, vocabularies: Vocabularies, metric: ShopMetric | None) -> Rows:
    embeddings = np.frombuffer(b"".join(change.embedding or b"" for change in changes), dtype="<f4")
    cards = [change.card or b"{}" for change in changes]
    parsed = [orjson.loads(card) for card in cards]
    prices = [card.get("price", {}) for card in parsed]
    code_currency, code_brand = vocabularies.currencies.code, vocabularies.brands.code
    code_category = vocabularies.categories.code
    return _rows(
        np.array([change.label for change in changes], dtype=np.int64),
        vectors_of(embeddings.reshape(len(changes), dim).astype(np.float32, copy=False), metric),
        [card.rstrip()[:-1] for card in cards],
        np.array([int(change.item_id, 16) for change in changes], dtype=np.uint64),
        {
            "amounts": np.array([float(price.get("amount", "nan")) for price in prices], dtype=np.float64),
            "currencies": np.array([code_currency(price.get("currency", "")) for price in prices], dtype=np.int32),
            "brands": np.array([code_brand(card.get("brand", "").casefold()) for card in parsed], dtype=np.int32),
            "categories": np.array([code_category(tuple(card.get("categoryPath", ()))) for card in parsed], np.int32),
            "buyable": np.array([card.get("availability", "InStock") in BUYABLE for card in parsed], dtype=np.bool_),
            "rating_counts": np.array([change.rating_count for change in changes], dtype=np.int64),
        },
    )


def _rows(
    labels: Integers,
    vectors: Vectors,
    cards: Sequence[bytes],
    item_ids: NDArray[np.uint64],
    simple: dict[str, NDArray[Any]],
) -> Rows:
    ends = np.zeros(len(cards) + 1, dtype=np.int64)
    np.cumsum([len(card) for card in cards], out=ends[1:])
    return Rows(labels, vectors, np.frombuffer(b"".join(cards), np.uint8), ends, item_ids, _by_id(item_ids), **simple)


def _by_id(item_ids: NDArray[np.uint64]) -> Codes:
    return np.argsort(item_ids, kind="stable").astype(np.int32)


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts; every label of a part must be above those before."""
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    ends, num_bytes = [np.zeros(1, dtype=np.int64)], 0
    for part in parts:
        ends.append(part.card_ends[1:] + num_bytes)
        num_bytes += len(part.cards)
    item_ids = np.concatenate([part.item_ids for part in parts])
    simple = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _SIMPLE}
    return Rows(
        np.concatenate([part.labels for part in parts]),
        extended([part.vectors for part in parts]),
        np.concatenate([part.cards for part in parts]),
        np.concatenate(ends),
        item_ids,
        _by_id(item_ids),
        **simple,
    )
