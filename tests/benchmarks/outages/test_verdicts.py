"""The checker of the outages: right answers pass, and each kind of wrong one is found."""

from typing import Any

import numpy as np
import pytest

from benchmarks.outages.truth import Change, Shelf
from benchmarks.outages.verdicts import Asked, knows_no_shop, verdict_of

SHOP = "harbor.example"
QUERY = np.array([1, 0], dtype=np.float32)
ASKED = Asked(SHOP, 2, QUERY)


def item(name: str, angle: float, amount: str = "10.00", **more: Any) -> Change:
    product: Any = {"itemId": name, "title": name, "price": {"amount": amount, "currency": "EUR"}, **more}
    return Change(name, product, np.array([np.cos(angle), np.sin(angle)], dtype=np.float32))


def shown(*changes: Change) -> dict[str, Any]:
    cards = [{**change.product, "score": round(float(change.vector @ QUERY), 6)} for change in changes]  # type: ignore[dict-item]
    return {"strategy": "exact", "items": cards}


NEAR, NEXT, FAR = item("near", 0.1), item("next", 0.3), item("far", 1.0)


@pytest.fixture
def shelf() -> Shelf:
    """Return a shop of three items, all applied at the moment 10."""
    shelf = Shelf(SHOP, 2)
    write = shelf.begin([FAR, NEAR, NEXT], 9.0)
    write.applied_after, write.applied_by = 9.5, 10.0
    return shelf


def problem(shelf: Shelf, answer: dict[str, Any], asked: float, answered: float) -> str | None:
    return verdict_of(shelf, ASKED, answer, (asked, answered)).problem


def test_the_two_nearest_items_in_order_are_right(shelf: Shelf) -> None:
    assert verdict_of(shelf, ASKED, shown(NEAR, NEXT), (20, 20.1)).problem is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (shown(NEAR, FAR), "not of the true top 2"),
        (shown(NEXT, NEAR), "do not descend"),
        (shown(NEAR), "expected 2 different items, got 1 of 1"),
        (shown(NEAR, NEAR), "expected 2 different items, got 1 of 2"),
        (shown(NEAR, item("next", 0.3, "11.00")), "another card"),
        (shown(NEAR, item("new", 0.2)), "not among what the filters keep"),
        ({"strategy": "exact", "items": [shown(NEAR)["items"][0], {**shown(NEXT)["items"][0], "score": 0.9}]}, "score"),
    ],
)
def test_what_is_wrong_with_an_answer_is_found(shelf: Shelf, answer: dict[str, Any], said: str) -> None:
    assert said in str(problem(shelf, answer, 20, 20.1))


def test_an_approximate_index_may_miss_items_and_that_is_counted(shelf: Shelf) -> None:
    verdict = verdict_of(shelf, ASKED, shown(NEAR, FAR) | {"strategy": "hnsw"}, (20, 20.1))
    assert (verdict.problem, verdict.hits, verdict.of) == (None, 1, 2)


def test_filters_are_computed_by_the_checker_itself(shelf: Shelf) -> None:
    cheap = item("cheap", 0.5, "2.00", brand="Kelp", availability="OutOfStock")
    shelf.begin([cheap], 11.0).applied_by = 12.0
    for asked in (Asked(SHOP, 2, QUERY, price_max=5.0), Asked(SHOP, 2, QUERY, brand="Kelp")):
        assert verdict_of(shelf, asked, shown(cheap), (20, 20.1)).problem is None
        assert verdict_of(shelf, asked, shown(cheap, NEAR), (20, 20.1)).problem is not None
    in_stock = Asked(SHOP, 3, QUERY, in_stock=True)
    assert verdict_of(shelf, in_stock, shown(NEAR, NEXT, FAR), (20, 20.1)).problem is None


def test_a_deleted_item_may_be_shown_for_a_second_and_counts_as_stale(shelf: Shelf) -> None:
    write = shelf.begin([Change("near")], 30.0)
    write.applied_after, write.applied_by = 31.0, 31.1
    assert verdict_of(shelf, ASKED, shown(NEAR, NEXT), (30.5, 30.6)).staleness == 0
    verdict = verdict_of(shelf, ASKED, shown(NEAR, NEXT), (31.6, 31.7))
    assert verdict.problem is None
    assert verdict.staleness == pytest.approx(0.6)
    assert "stale: write 2 of 2 was applied 1.10 s before" in str(problem(shelf, shown(NEAR, NEXT), 32.2, 32.3))
    assert problem(shelf, shown(NEXT, FAR), 32.2, 32.3) is None


def test_a_write_is_not_shown_before_it_is_sent(shelf: Shelf) -> None:
    shelf.begin([item("new", 0.0)], 50.0)
    assert problem(shelf, shown(item("new", 0.0), NEAR), 49.0, 49.9) is not None
    assert problem(shelf, shown(item("new", 0.0), NEAR), 49.0, 50.1) is None


def test_a_mixture_of_two_states_is_wrong(shelf: Shelf) -> None:
    """Two writes: the second is seen and the first is not, which no state of the shop ever was."""
    dear_near, dear_next = item("near", 0.1, "99.00"), item("next", 0.3, "99.00")
    for change in (dear_near, dear_next):
        shelf.begin([change], 60.0)
    for answer in (shown(NEAR, NEXT), shown(dear_near, NEXT), shown(dear_near, dear_next)):
        assert problem(shelf, answer, 60.1, 60.2) is None
    assert problem(shelf, shown(NEAR, dear_next), 60.1, 60.2) is not None


def test_a_first_screen_shows_what_can_be_bought_first() -> None:
    shelf = Shelf(SHOP, 2)
    gone = item("gone", 0.0, availability="OutOfStock")
    shelf.begin([gone, NEAR], 0.0).applied_by = 1.0
    screen = Asked(SHOP, 2)
    assert verdict_of(shelf, screen, shown(NEAR, gone), (5, 6)).problem is None
    assert verdict_of(shelf, screen, shown(gone, NEAR), (5, 6)).problem is not None


def test_a_shop_is_unknown_only_while_it_may_be_empty(shelf: Shelf) -> None:
    assert knows_no_shop(shelf, (8.0, 8.5)) is None
    assert knows_no_shop(shelf, (20.0, 20.5)) is not None


def test_what_is_said_to_be_damaged_need_not_be_shown(shelf: Shelf) -> None:
    answer = shown(NEXT, FAR)
    assert verdict_of(shelf, ASKED, answer, (20, 21)).problem is not None
    assert verdict_of(shelf, ASKED, answer, (20, 21), frozenset({"near"})).problem is None
