"""Filters of a request, and the rows of a shop that they keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.catalogue.columns import Booleans, Vocabulary
from server.search.shop_state import ShopState


@dataclass(frozen=True)
class Filters:
    """Filters of openapi.yaml; the defaults keep everything."""

    in_stock: bool = False
    price_min: float | None = None
    price_max: float | None = None
    currency: str | None = None
    brands: tuple[str, ...] | None = None
    category: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether every item passes."""
        return self == Filters()


def kept_rows(state: ShopState, filters: Filters) -> Booleans:
    """Return (num_rows,) bool: the rows that are live and pass every filter.

    A price filter keeps only items with a known price in its currency: comparing across currencies would be a guess.
    Brands are compared without case. A category is a prefix of categoryPath.
    """
    keep = state.alive
    if filters.in_stock:
        keep = keep & state.column("buyable")
    if filters.currency is not None:
        keep = keep & _matching(state, "currencies", state.vocabularies.currencies, {filters.currency})
    if filters.price_min is not None or filters.price_max is not None:
        amounts = state.column("amounts")
        low = -np.inf if filters.price_min is None else filters.price_min
        high = np.inf if filters.price_max is None else filters.price_max
        keep = keep & (amounts >= low) & (amounts <= high)  # NaN passes neither
    if filters.brands is not None:
        wanted = {brand.casefold() for brand in filters.brands}
        keep = keep & _matching(state, "brands", state.vocabularies.brands, wanted)
    if filters.category:
        prefix = filters.category
        paths = {path for path in tuple(state.vocabularies.categories.values) if path[: len(prefix)] == prefix}
        keep = keep & _matching(state, "categories", state.vocabularies.categories, paths)
    return keep & ~_named(state, filters.exclude) if filters.exclude else keep


def _matching(
    state: ShopState, column: str, vocabulary: Vocabulary, wanted: set[str] | set[tuple[str, ...]]
) -> Booleans:
    """Decide once per distinct value, then look each row up."""
    table = np.array([value in wanted for value in tuple(vocabulary.values)] or [False], dtype=np.bool_)
    found: Booleans = table[state.column(column)]
    return found


def _named(state: ShopState, item_ids: Sequence[str]) -> Booleans:
    named = np.zeros(state.num_rows, dtype=np.bool_)
    named[[row for item_id in item_ids if (row := state.row_of(item_id)) is not None]] = True
    return named
