"""Tests of the leakage checks: each kind of leak, planted alone in a sound split, must be named."""

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer.splits.test_splits import dataset, interactions, split_by
from trainer.config.run import SplitConfig
from trainer.errors import DataError
from trainer.splits.cases import build_split
from trainer.splits.leakage import check_split, refuse_leaks
from trainer.splits.rules import plan_split


def plan_of(**settings):
    data = dataset(interactions())
    return data.interactions, plan_split(data, SplitConfig(**{"valid": 0.2, "test": 0.3, **settings}), 7)


def with_rows(mask, rows):
    mask = mask.copy()
    mask[rows] = True
    return mask


def test_a_target_in_its_own_history_is_found():
    split = split_by(interactions())
    user, item = int(split.test.users[4]), int(split.test.target_items[split.test.target_ptr[4]])
    history = split.test.history
    item_idx = history.item_idx.copy()
    item_idx[history.ptr[user]] = item
    leaking = replace(split, test=replace(split.test, history=replace(history, item_idx=item_idx)))
    assert check_split(leaking) == ["1 test targets are in their own user's history"]
    with pytest.raises(DataError, match="the catalogue split leaks: 1 test targets are in their own"):
        refuse_leaks(leaking)


def test_a_target_outside_the_candidates_is_found():
    split = split_by(interactions())
    lost = split.test.target_items[0]
    without = replace(split.test, candidates=split.test.candidates[split.test.candidates != lost])
    assert check_split(replace(split, test=without)) == [
        f"{np.sum(split.test.target_items == lost)} test targets are not among the candidates"
    ]


@pytest.mark.parametrize("part", ["valid", "test"])
@pytest.mark.parametrize(
    "settings", [{}, {"rule": "users"}, {"rule": "cold_items", "cold": 0.4}, {"assignment": "k_fold"}]
)
def test_one_row_of_a_held_out_user_in_training_is_found(part, settings):
    data, plan = plan_of(**settings)
    cases = getattr(plan, part)
    leaking = replace(plan, train=with_rows(plan.train, np.flatnonzero(cases.may_see)[:1]))
    assert check_split(build_split(data, leaking)) == [f"1 {part} users are in training"]


def test_held_out_users_outside_the_sample_stay_out_of_training():
    data, plan = plan_of(max_test_users=5)
    unsampled = np.flatnonzero(plan.test.may_see & ~plan.test.sampled_users[data.user_idx])[:1]
    leaking = replace(plan, train=with_rows(plan.train, unsampled))
    assert check_split(build_split(data, leaking)) == ["1 test users are in training"]


@pytest.mark.parametrize(
    "settings",
    [{"train_sees": "a"}, {"rule": "cold_shop"}, {"rule": "cold_items", "cold": 0.4}, {"rule": "items"}],
)
def test_one_training_row_with_a_hidden_item_is_found(settings):
    """Shop B under train_sees = "a", a cold shop and cold items are all hidden and checked alike."""
    data, plan = plan_of(**settings)
    held_out = np.isin(data.user_idx, data.user_idx[plan.valid.may_see | plan.test.may_see | plan.test.is_target])
    rows = np.flatnonzero(np.isin(data.item_idx, plan.hidden_items) & (~held_out | (plan.rule == "items")))[:1]
    leaking = replace(plan, train=with_rows(plan.train, rows))
    assert "1 training rows are with items that the rule hides" in check_split(build_split(data, leaking))


def test_validation_on_hidden_items_is_found():
    data, plan = plan_of(train_sees="a")
    both = plan_of()[1]
    peeking = replace(plan, valid=both.valid)
    (leak,) = check_split(build_split(data, peeking))
    assert leak.endswith("valid targets are items that the rule hides")


def test_a_test_target_that_is_not_hidden_is_found():
    split = split_by(interactions(), train_sees="a")
    known = split.test.target_items[0]
    count = np.sum(split.test.target_items == known)
    assert check_split(replace(split, hidden_items=split.hidden_items[split.hidden_items != known])) == [
        f"{count} test targets are items that the rule does not hide"
    ]


def test_rows_after_the_evaluation_time_are_found():
    data, plan = plan_of(rule="temporal")
    late = np.flatnonzero(data.time_days >= plan.valid.now_days)[:1]
    assert check_split(build_split(data, replace(plan, train=with_rows(plan.train, late)))) == [
        "1 training rows are not before the evaluation time"
    ]
    early = replace(plan, test=replace(plan.test, now_days=plan.test.now_days - 5))
    (leak,) = check_split(build_split(data, early))
    assert leak.endswith("rows of test histories are not before the evaluation time")
