"""Labels of the index of words to rows of a state, in its base and its delta."""

import numpy as np
import orjson
import pytest

from server.catalogue.database import Change
from server.query.rows import rows_of
from server.search.shop_state import empty_state

DIM = 4


def change(label, *, is_there=True):
    card = orjson.dumps({"title": f"item {label}"}) if is_there else None
    vector = np.full(DIM, 0.5, dtype="<f4").tobytes() if is_there else None
    return Change(label, label, "shop", f"{label:016x}", "space", 0, card, vector)


@pytest.mark.parametrize("is_base", [True, False])
def test_live_rows_alone_are_found(is_base):
    state = empty_state("shop", DIM).with_changes([change(label) for label in (2, 5, 9)], 1)
    state = state.folded(0) if is_base else state
    state = state.with_changes([change(5, is_there=False), change(12)], 2)
    rows = rows_of(state, np.array([1, 2, 5, 9, 12, 13]))
    assert [orjson.loads(state.card(row) + b"}")["title"] if row >= 0 else None for row in rows.tolist()] == [
        None, "item 2", None, "item 9", "item 12", None,
    ]  # fmt: skip
    assert rows_of(empty_state("shop", DIM), np.array([1])).tolist() == [-1]
