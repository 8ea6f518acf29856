import numpy as np
import pytest

from trainer.data import DISMISS, make_interactions
from trainer.errors import DataError
from trainer.splits import hold_out_users, split_catalogue, split_temporal, split_users

NUM_ITEMS, NUM_USERS = 37, 120
KEYS = [f"shop{item % 3}.example/{item:016x}" for item in range(NUM_ITEMS)]


def interactions(seed=0, num_rows=1500):
    generator = np.random.default_rng(seed)
    return make_interactions(
        [f"user{u}" for u in generator.integers(0, NUM_USERS, num_rows)],
        generator.integers(0, NUM_ITEMS, num_rows).tolist(),
        generator.integers(0, 6, num_rows).tolist(),
        generator.uniform(0, 100, num_rows).round().tolist(),
        generator.choice([0.0, 1.0, 2.0], num_rows, p=[0.1, 0.6, 0.3]).tolist(),
    )


def splits(data, seed=7):
    shares = {"valid": 0.2, "test": 0.3}
    return {
        "catalogue": split_catalogue(data, KEYS, seed=seed, **shares),
        "users": split_users(data, NUM_ITEMS, seed=seed, **shares),
        "temporal": split_temporal(data, NUM_ITEMS, **shares),
    }


RULES = ("catalogue", "users", "temporal")


def targets(cases, position):
    return cases.target_items[cases.target_ptr[position] : cases.target_ptr[position + 1]].tolist()


def rows_of(some, user):
    return slice(some.ptr[user], some.ptr[user + 1])


@pytest.mark.parametrize("rule", RULES)
def test_same_seed_gives_the_same_split(rule):
    one, two = splits(interactions())[rule], splits(interactions())[rule]
    np.testing.assert_array_equal(one.train.time_days, two.train.time_days)
    for name in ("valid", "test"):
        a, b = getattr(one, name), getattr(two, name)
        for field in ("users", "target_items", "target_ptr", "candidates", "now_days"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


@pytest.mark.parametrize("rule", ["catalogue", "users"])
def test_another_seed_gives_another_split(rule):
    assert splits(interactions(), 7)[rule].test.users.tolist() != splits(interactions(), 8)[rule].test.users.tolist()


@pytest.mark.parametrize("rule", RULES)
def test_no_target_is_in_its_history_and_every_target_is_a_candidate_that_was_liked(rule):
    data = interactions()
    for cases in (splits(data)[rule].valid, splits(data)[rule].test):
        assert len(cases) > 10
        for position, user in enumerate(cases.users):
            history = cases.history.item_idx[rows_of(cases.history, user)]
            wanted = targets(cases, position)
            assert len(wanted) == len(set(wanted)) > 0
            assert not set(wanted) & set(history.tolist())
            assert set(wanted) <= set(cases.candidates.tolist())
            assert cases.history.is_liked[rows_of(cases.history, user)].any()
            mine = rows_of(data, user)
            liked = data.item_idx[mine][(data.kind[mine] != DISMISS) & (data.weight[mine] > 0)]
            assert set(wanted) <= set(liked.tolist())


@pytest.mark.parametrize("rule", ["catalogue", "users"])
def test_held_out_users_leave_no_row_in_training(rule):
    split = splits(interactions())[rule]
    assert not np.isin(split.train.user_idx, np.concatenate([split.valid.users, split.test.users])).any()
    assert not set(split.valid.users) & set(split.test.users)


def test_catalogue_history_is_in_shop_a_and_targets_are_all_of_shop_b():
    data = interactions()
    split = split_catalogue(data, KEYS, seed=7, valid=0.2, test=0.3)
    shop_b = set(split.test.candidates.tolist())
    assert 8 < len(shop_b) < NUM_ITEMS - 8
    assert split.valid.candidates.tolist() == split.test.candidates.tolist()
    assert not shop_b & set(split.test.history.item_idx.tolist())
    user = split.test.users[3]
    mine = rows_of(data, user)
    expected = {i for i, liked in zip(data.item_idx[mine], data.is_liked[mine], strict=True) if liked and i in shop_b}
    assert set(targets(split.test, 3)) == expected


def test_catalogue_split_follows_names_not_positions():
    """Items listed in another order are dealt to the same shops, so adding products does not reshuffle the rest."""
    data = interactions()
    order = np.random.default_rng(1).permutation(NUM_ITEMS)  # new position -> old item
    place = np.argsort(order)
    moved = make_interactions(
        [data.user_ids[u] for u in data.user_idx], place[data.item_idx].tolist(), data.kind, data.time_days, data.weight
    )
    keys = [KEYS[old] for old in order]
    before = split_catalogue(data, KEYS, seed=7, valid=0.2, test=0.3).test
    after = split_catalogue(moved, keys, seed=7, valid=0.2, test=0.3).test
    assert {KEYS[i] for i in before.candidates} == {keys[i] for i in after.candidates}
    assert before.users.tolist() == after.users.tolist()


def test_hold_out_is_stable_when_users_are_added_and_keeps_its_shares():
    names = [f"u{n}" for n in range(5000)]
    part = hold_out_users(names, seed=3, valid=0.1, test=0.2)
    assert hold_out_users(names[100:200], seed=3, valid=0.1, test=0.2).tolist() == part[100:200].tolist()
    assert np.mean(part == "test") == pytest.approx(0.2, abs=0.02)
    assert np.mean(part == "valid") == pytest.approx(0.1, abs=0.02)


def test_users_split_asks_for_the_last_new_liked_item_and_shows_only_what_came_before():
    view, dismiss = 0, DISMISS
    rows = [  # user, item, kind, time; the answer for "a" is item 5: 1 is not new, 6 is dismissed
        ("a", 1, view, 1), ("a", 2, view, 2), ("a", 5, view, 3), ("a", 1, view, 4), ("a", 6, dismiss, 5),
        ("b", 3, view, 1), ("c", 1, view, 1), ("c", 4, view, 2),
    ]  # fmt: skip
    data = make_interactions(*[list(column) for column in zip(*rows, strict=True)], [1.0] * len(rows))
    seed = next(
        s
        for s in range(999)
        if hold_out_users("abc", seed=s, valid=0.4, test=0.4).tolist() == ["test", "train", "valid"]
    )
    split = split_users(data, 8, seed=seed, valid=0.4, test=0.4)
    assert [data.user_ids[user] for user in split.test.users] == ["a"]
    assert targets(split.test, 0) == [5]
    assert split.test.history.item_idx.tolist() == [1, 2]
    assert split.test.now_days.tolist() == [2]
    assert targets(split.valid, 0) == [4]


def test_temporal_split_never_looks_ahead():
    split = splits(interactions())["temporal"]
    valid_from, test_from = split.valid.now_days[0], split.test.now_days[0]
    assert split.train.time_days.max() < valid_from < test_from
    assert split.valid.history.time_days.max() < valid_from
    assert split.test.history.time_days.max() < test_from
    data = interactions()
    for position, user in enumerate(split.test.users):
        mine = rows_of(data, user)
        late = set(data.item_idx[mine][data.time_days[mine] >= test_from].tolist())
        assert set(targets(split.test, position)) <= late


def test_a_split_that_leaves_nothing_says_so():
    data = make_interactions(["a", "b"], [0, 1], [0, 0], [1.0, 2.0], [1.0, 1.0])
    with pytest.raises(DataError, match="catalogue split leaves"):
        split_catalogue(data, KEYS, seed=1, valid=0.1, test=0.2)
