"""benchmarks/taste: halves of shoppers, cards that are dismissed, and what is counted afterwards."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.taste.dismissals import dismiss_in_turn, pick_card
from benchmarks.taste.histories import Department, viewed
from benchmarks.taste.rule import History, Rule
from benchmarks.taste.shop import Case, Shop, discounted
from kernel.shop_metric import Block, Moments, ShopMetric, estimate

NO_DISMISSAL = replace(Rule(), dismissal=0.0, penalty=None)


@pytest.fixture(scope="module")
def shop():
    """Sixty items about as far from each other as from the mean, the last five near copies of the first."""
    draw = np.random.default_rng(3)
    items = draw.normal(size=(60, 24))
    items[55:] = items[0] + 0.05 * draw.normal(size=(5, 24))
    return Shop((items / np.linalg.norm(items, axis=1, keepdims=True)).astype(np.float32))


def case_of(shop, rows, wanted):
    zeros = np.zeros(len(rows))
    history = History(shop.compared[rows], np.zeros(len(rows), dtype=np.int64), zeros, zeros + 1)
    return Case(history, np.array(wanted), seed=1)


def test_a_card_is_picked_as_said():
    random, shown, wanted = np.random.default_rng(0), np.array([7, 8, 9]), np.array([7])
    assert pick_card(shown, wanted, "first_unwanted", random) == 8
    assert {pick_card(shown, wanted, "unwanted", random) for _ in range(30)} == {8, 9}
    assert {pick_card(shown, wanted, "any", random) for _ in range(30)} == {7, 8, 9}
    assert pick_card(shown, shown, "unwanted", random) is None


def test_ndcg_of_a_list_by_hand():
    assert discounted(np.array([4, 5, 6]), np.array([5, 9])) == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_copies_of_a_dismissed_card_go_and_the_others_stay(shop):
    """What was seen lies half-way to the first item and its copies, so all are shown until one is dismissed."""
    seen = shop.compared[0] + 1.2 * shop.compared[[20, 30, 40]]
    case = case_of(shop, [20, 30, 40], [20])
    history = replace(case.history, items=seen / np.linalg.norm(seen, axis=1, keepdims=True))
    cases = [replace(case, history=history)]
    found = {
        name: dismiss_in_turn(shop, cases, rule, "first_unwanted", (0, 1))
        for name, rule in {"none": NO_DISMISSAL, "chosen": Rule()}.items()
    }
    assert (found["none"]["kept"], found["none"]["copies"]) == (9, 5)
    assert found["chosen"]["copies"] <= 2
    assert found["chosen"]["kept"] - found["chosen"]["copies"] == 4, "what is not a copy stays"
    assert found["none"]["hits"]["0"] == found["chosen"]["hits"]["0"] == found["chosen"]["hits"]["1"] == 1


def test_what_is_shown_leaves_the_dismissed_out(shop):
    history = case_of(shop, [1, 2], [3]).history
    first = shop.shown(Rule(), [history], [[]])[0]
    assert len(first) == 10
    assert first[0] in (1, 2)
    assert not set(first[:3].tolist()) & set(shop.shown(Rule(), [history], [first[:3].tolist()])[0].tolist())


def test_halves_share_no_user_and_targets_lie_in_the_new_shop():
    names = [f"item{number}" for number in range(40)]
    draw = np.random.default_rng(0)
    sequences = {f"user{number}": draw.permutation(40)[:12] for number in range(50)}
    department = Department(names, names, sequences)
    assert not set(department.half(0)) & set(department.half(1))
    assert len(department.half(0)) + len(department.half(1)) == 50
    in_b = department.in_b
    seen = Shop(draw.normal(size=(int((~in_b).sum()), 8)).astype(np.float32))
    user = department.half(1)[0]
    case = department.cases(seen, 1, 1)[0]
    assert len(case.wanted) == in_b[sequences[user]].sum()
    assert np.flatnonzero(in_b)[case.wanted].tolist() == sequences[user][in_b[sequences[user]]].tolist()
    assert len(case.history.items) == 12 - len(case.wanted)
    assert case.history.ages.tolist() == (12 - np.flatnonzero(~in_b[sequences[user]])).tolist()
    last = department.next_cases(seen, 1, 4)[0]
    assert len(last.wanted) == 1


def test_views_are_views():
    history = viewed(np.eye(2, dtype=np.float32), np.array([2, 1]))
    assert history.kinds.tolist() == [0, 0]
    assert history.ages.tolist() == [2.0, 1.0]


def test_a_shop_is_compared_by_the_metric_given():
    items = np.eye(3, dtype=np.float32)
    metric = ShopMetric(estimate(items, (Block(0, 2),)), 0.1)
    assert np.allclose(Shop(items, metric).compared, metric.centred(items))
    assert not np.allclose(Shop(items).compared, metric.centred(items))


def test_items_are_compared_by_what_they_have():
    items = np.array([[0.6, 0, 0, 0.8], [0, 0.6, 0, 0.8], [0, 0, 0.6, 0.8]], dtype=np.float32)
    metric = ShopMetric(Moments((Block(0, 3),), np.zeros(4), (np.eye(3),), (3,)), 0.1)
    assert np.allclose(Shop(items, metric, filler=3).compared, np.eye(3, 4))
