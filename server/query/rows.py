"""Rows of a shop by the labels that the index of words knows."""

import numpy as np

from server.catalogue.columns import Integers
from server.search.shop_state import ShopState


def rows_of(state: ShopState, labels: Integers) -> Integers:
    """Return the live row of each label, -1 where the state has none."""
    in_base, in_delta = state.base.find(labels), state.delta.find(labels)
    if len(state.base):
        in_base = np.where((in_base >= 0) & state.base_alive[in_base], in_base, -1)
    return np.where(in_delta >= 0, in_delta + len(state.base), in_base)
