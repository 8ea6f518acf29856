"""Columns of a shop's items, as immutable arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from kernel.shop_metric import ShopMetric
from server.catalogue.database import Change
from server.catalogue.vectors import Vectors, vectors_of

Floats = NDArray[np.float32]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

# Available now. PreOrder, PreSale and BackOrder can be paid for, but are not available.
BUYABLE = frozenset({"InStock", "LimitedAvailability", "OnlineOnly", "InStoreOnly", "MadeToOrder"})


@dataclass
class Vocabulary:
    """Strings of one shop as small integers. It only grows, so codes in older states stay valid."""

    values: list[Any] = field(default_factory=list)
    _codes: dict[Any, int] = field(default_factory=dict)

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

    Shapes: every array has (n,). `amounts` is NaN where the price is unknown. `cards` are JSON objects without their
    closing brace: a score is appended when they are sent.
    """

    labels: Integers
    vectors: Vectors
    cards: tuple[bytes, ...]
    item_ids: tuple[str, ...]
    amounts: NDArray[np.float64]
    currencies: Integers
    brands: Integers
    categories: Integers
    buyable: Booleans
    rating_counts: Integers

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Return item id -> row; the newest row if one id has several."""
        return {item_id: row for row, item_id in enumerate(self.item_ids)}

    def find(self, labels: Integers) -> Integers:
        """Return the row of each label, -1 for absent labels."""
        if len(self) == 0:
            return np.full(len(labels), -1)
        rows = np.searchsorted(self.labels, labels)
        rows[rows == len(self)] = 0
        return np.where(self.labels[rows] == labels, rows, -1)

    def take(self, rows: Integers) -> "Rows":
        """Return a copy of some rows, which must ascend."""
        return Rows(
            self.labels[rows],
            self.vectors.take(rows),
            tuple(self.cards[row] for row in rows),
            tuple(self.item_ids[row] for row in rows),
            self.amounts[rows],
            self.currencies[rows],
            self.brands[rows],
            self.categories[rows],
            self.buyable[rows],
            self.rating_counts[rows],
        )


def rows_from(changes: Sequence[Change], dim: int, vocabularies: Vocabularies, metric: ShopMetric | None) -> Rows:
    """Return rows of changes that add items, in ascending order of label, with vectors in the shop's metric."""
    embeddings = np.frombuffer(b"".join(change.embedding or b"" for change in changes), dtype="<f4")
    cards = [change.card or b"{}" for change in changes]
    parsed = [orjson.loads(card) for card in cards]
    prices = [card.get("price", {}) for card in parsed]
    code_currency, code_brand = vocabularies.currencies.code, vocabularies.brands.code
    return Rows(
        labels=np.array([change.label for change in changes], dtype=np.int64),
        vectors=vectors_of(embeddings.reshape(len(changes), dim).astype(np.float32, copy=False), metric),
        cards=tuple(card.rstrip()[:-1] for card in cards),
        item_ids=tuple(change.item_id for change in changes),
        amounts=np.array([float(price.get("amount", "nan")) for price in prices], dtype=np.float64),
        currencies=np.array([code_currency(price.get("currency", "")) for price in prices], dtype=np.int64),
        brands=np.array([code_brand(card.get("brand", "").casefold()) for card in parsed], dtype=np.int64),
        categories=np.array(
            [vocabularies.categories.code(tuple(card.get("categoryPath", ()))) for card in parsed], dtype=np.int64
        ),
        buyable=np.array([card.get("availability", "InStock") in BUYABLE for card in parsed], dtype=np.bool_),
        rating_counts=np.array([change.rating_count for change in changes], dtype=np.int64),
    )


def concatenate(first: Rows, second: Rows) -> Rows:
    """Return the rows of both; every label of `second` must be above those of `first`."""
    return Rows(
        np.concatenate([first.labels, second.labels]),
        first.vectors.extended(second.vectors),
        first.cards + second.cards,
        first.item_ids + second.item_ids,
        np.concatenate([first.amounts, second.amounts]),
        np.concatenate([first.currencies, second.currencies]),
        np.concatenate([first.brands, second.brands]),
        np.concatenate([first.categories, second.categories]),
        np.concatenate([first.buyable, second.buyable]),
        np.concatenate([first.rating_counts, second.rating_counts]),
    )
