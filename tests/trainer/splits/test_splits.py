import numpy as np
import pytest

from trainer.config.run import SplitConfig
from trainer.dataset.dataset import DISMISS, Dataset, make_interactions
from trainer.errors import ConfigError, DataError
from trainer.splits.assignment import hold_out_users
from trainer.splits.files import load_split, save_split
from trainer.splits.leakage import check_split
from trainer.splits.rules import make_split, plan_split

NUM_ITEMS, NUM_USERS = 37, 120
KEYS = [f"shop{item % 3}.example/{item:016x}" for item in range(NUM_ITEMS)]
BRANDS = ["" if item % 5 == 0 else f"Brand {item % 11}" for item in range(NUM_ITEMS)]


def interactions(seed=0, num_rows=1500):
    generator = np.random.default_rng(seed)
    return make_interactions(
        [f"user{u}" for u in generator.integers(0, NUM_USERS, num_rows)],
        generator.integers(0, NUM_ITEMS, num_rows).tolist(),
        generator.integers(0, 6, num_rows).tolist(),
        generator.uniform(0, 100, num_rows).round().tolist(),
        generator.choice([0.0, 1.0, 2.0], num_rows, p=[0.1, 0.6, 0.3]).tolist(),
    )


def dataset(data, keys=KEYS, brands=BRANDS):
    products = [
        {"shop": key.partition("/")[0], "itemId": key.partition("/")[2], **({"brand": brand} if brand else {})}
        for key, brand in zip(keys, brands, strict=True)
    ]
    return Dataset(tuple(products), data, 0, "0" * 64)


def split_by(data, seed=7, keys=KEYS, **settings):
    return make_split(dataset(data, keys), SplitConfig(**{"valid": 0.2, "test": 0.3, **settings}), seed)


SETTINGS = {
    "catalogue": {},
    "by brand": {"by": "brand"},
    "by shop": {"by": "shop", "shop": "shop1.example"},
    "new shop": {"train_sees": "a"},
    "new shop, valid hidden": {"train_sees": "a", "hide_valid_shop": True, "by": "brand"},
    "cold shop": {"rule": "cold_shop"},
    "cold items": {"rule": "cold_items", "cold": 0.4},
    "cold items only": {"rule": "cold_items", "cold": 0.4, "rank": "cold"},
    "items": {"rule": "items"},
    "users": {"rule": "users"},
    "stratified": {"rule": "users", "assignment": "stratified"},
    "fold": {"assignment": "k_fold", "folds": 4, "fold": 2},
    "temporal": {"rule": "temporal"},
    "sampled": {"max_valid_users": 12, "max_test_users": 15},
}
HOLDING_OUT = sorted(set(SETTINGS) - {"items", "temporal"})


def targets(cases, position):
    return cases.target_items[cases.target_ptr[position] : cases.target_ptr[position + 1]].tolist()


def rows_of(some, user):
    return slice(some.ptr[user], some.ptr[user + 1])


@pytest.mark.parametrize("name", SETTINGS)
def test_same_seed_gives_the_same_split(name):
    one, two = split_by(interactions(), **SETTINGS[name]), split_by(interactions(), **SETTINGS[name])
    same_split(one, two)


def same_split(one, two):
    np.testing.assert_array_equal(one.train.time_days, two.train.time_days)
    np.testing.assert_array_equal(one.train.item_idx, two.train.item_idx)
    np.testing.assert_array_equal(one.hidden_items, two.hidden_items)
    for name in ("valid", "test"):
        a, b = getattr(one, name), getattr(two, name)
        np.testing.assert_array_equal(a.history.item_idx, b.history.item_idx)
        for field in ("users", "target_items", "target_ptr", "candidates", "now_days"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


@pytest.mark.parametrize("name", HOLDING_OUT)
def test_another_seed_gives_another_split(name):
    one, two = (split_by(interactions(), seed, **SETTINGS[name]) for seed in (7, 8))
    assert one.test.users.tolist() != two.test.users.tolist()


@pytest.mark.parametrize("name", SETTINGS)
def test_targets_are_liked_candidates_outside_the_history(name):
    data = interactions()
    split = split_by(data, **SETTINGS[name])
    for cases in (split.valid, split.test):
        assert len(cases) > 10
        for position, user in enumerate(cases.users):
            history = cases.history.item_idx[rows_of(cases.history, user)]
            found = targets(cases, position)
            assert len(found) == len(set(found)) > 0
            assert not set(found) & set(history.tolist())
            assert set(found) <= set(cases.candidates.tolist())
            assert cases.history.is_liked[rows_of(cases.history, user)].any()
            mine = rows_of(data, user)
            liked = data.item_idx[mine][(data.kind[mine] != DISMISS) & (data.weight[mine] > 0)]
            assert set(found) <= set(liked.tolist())


@pytest.mark.parametrize("name", HOLDING_OUT)
def test_held_out_users_leave_no_row_in_training(name):
    split = split_by(interactions(), **SETTINGS[name])
    assert not np.isin(split.train.user_idx, np.concatenate([split.valid.users, split.test.users])).any()
    assert not set(split.valid.users) & set(split.test.users)


@pytest.mark.parametrize("name", SETTINGS)
def test_no_rule_leaks(name):
    assert check_split(split_by(interactions(), **SETTINGS[name])) == []


def test_catalogue_history_is_in_shop_a_and_targets_are_all_of_shop_b():
    data = interactions()
    split = split_by(data)
    shop_b = set(split.test.candidates.tolist())
    assert 8 < len(shop_b) < NUM_ITEMS - 8
    assert split.valid.candidates.tolist() == split.test.candidates.tolist()
    assert not shop_b & set(split.test.history.item_idx.tolist())
    user = split.test.users[3]
    mine = rows_of(data, user)
    expected = {i for i, liked in zip(data.item_idx[mine], data.is_liked[mine], strict=True) if liked and i in shop_b}
    assert set(targets(split.test, 3)) == expected


def test_catalogue_split_follows_names_not_positions():
    """Items listed in another order are assigned to the same shops, so adding products does not move the rest."""
    data = interactions()
    order = np.random.default_rng(1).permutation(NUM_ITEMS)  # new position to old item
    place = np.argsort(order)
    moved = make_interactions(
        [data.user_ids[u] for u in data.user_idx], place[data.item_idx].tolist(), data.kind, data.time_days, data.weight
    )
    keys = [KEYS[old] for old in order]
    before = split_by(data).test
    after = split_by(moved, keys=keys).test
    assert {KEYS[i] for i in before.candidates} == {keys[i] for i in after.candidates}
    assert before.users.tolist() == after.users.tolist()


def test_hold_out_is_stable_when_users_are_added_and_keeps_its_shares():
    names = [f"u{n}" for n in range(5000)]
    part = hold_out_users(names, seed=3, valid=0.1, test=0.2)
    assert hold_out_users(names[100:200], seed=3, valid=0.1, test=0.2).tolist() == part[100:200].tolist()
    assert np.mean(part == "test") == pytest.approx(0.2, abs=0.02)
    assert np.mean(part == "valid") == pytest.approx(0.1, abs=0.02)


def test_users_rule_targets_the_last_new_liked_item_after_its_history():
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
    split = split_by(data, seed, rule="users", valid=0.4, test=0.4)
    assert [data.user_ids[user] for user in split.test.users] == ["a"]
    assert targets(split.test, 0) == [5]
    assert split.test.history.item_idx.tolist() == [1, 2]
    assert split.test.now_days.tolist() == [2]
    assert targets(split.valid, 0) == [4]


def test_temporal_split_never_looks_ahead():
    split = split_by(interactions(), rule="temporal")
    valid_from, test_from = split.valid.now_days[0], split.test.now_days[0]
    assert split.train.time_days.max() < valid_from < test_from
    assert split.valid.history.time_days.max() < valid_from
    assert split.test.history.time_days.max() < test_from
    data = interactions()
    for position, user in enumerate(split.test.users):
        mine = rows_of(data, user)
        late = set(data.item_idx[mine][data.time_days[mine] >= test_from].tolist())
        assert set(targets(split.test, position)) <= late


def test_a_split_with_an_empty_part_is_an_error():
    data = make_interactions(["a", "b"], [0, 1], [0, 0], [1.0, 2.0], [1.0, 1.0])
    with pytest.raises(DataError, match="catalogue split leaves"):
        split_by(data, 1)


def test_by_brand_keeps_brands_together_and_assigns_other_items_alone():
    shop_b = set(split_by(interactions(), by="brand").test.candidates.tolist())
    for brand in set(BRANDS) - {""}:
        assert len({item in shop_b for item in range(NUM_ITEMS) if BRANDS[item] == brand}) == 1
    assert len({item in shop_b for item in range(NUM_ITEMS) if not BRANDS[item]}) == 2
    other_spelling = [brand.upper().replace(" ", "  ") for brand in BRANDS]
    again = make_split(dataset(interactions(), brands=other_spelling), SplitConfig(valid=0.2, test=0.3, by="brand"), 7)
    assert set(again.test.candidates.tolist()) == shop_b


def test_a_new_shop_has_the_test_targets_and_occurs_nowhere_else():
    data = interactions()
    known, new = split_by(data), split_by(data, train_sees="a")
    shop_b = set(known.test.candidates.tolist())
    assert new.test.target_items.tolist() == known.test.target_items.tolist()
    assert new.test.users.tolist() == known.test.users.tolist()
    assert set(known.train.item_idx.tolist()) == set(range(NUM_ITEMS))
    touched = (new.train.item_idx, new.valid.history.item_idx, new.valid.target_items, new.valid.candidates)
    assert all(not shop_b & set(items.tolist()) for items in touched)
    valid_shop = set(new.valid.candidates.tolist())
    assert 3 < len(valid_shop) < NUM_ITEMS - len(shop_b) - 3
    assert valid_shop & set(new.train.item_idx.tolist())
    hidden = split_by(data, train_sees="a", hide_valid_shop=True)
    assert set(hidden.train.item_idx.tolist()) == set(range(NUM_ITEMS)) - shop_b - valid_shop


def test_a_cold_shop_is_one_real_shop_named_or_drawn():
    split = split_by(interactions(), rule="cold_shop", shop="shop1.example")
    assert set(split.test.candidates.tolist()) == {i for i in range(NUM_ITEMS) if i % 3 == 1}
    assert not np.any(split.train.item_idx % 3 == 1)
    drawn = {split_by(interactions(), seed, rule="cold_shop").info["cold_shop"] for seed in range(12)}
    assert drawn == {"shop0.example", "shop1.example", "shop2.example"}
    with pytest.raises(DataError, match=r"split.shop: no interaction is with an item of shop9.example; shops: shop0"):
        split_by(interactions(), rule="cold_shop", shop="shop9.example")


def test_by_shop_predicts_a_known_real_shop_from_other_shops():
    split = split_by(interactions(), by="shop", shop="shop1.example")
    assert set(split.test.candidates.tolist()) == {i for i in range(NUM_ITEMS) if i % 3 == 1}
    assert set(split.train.item_idx.tolist()) == set(range(NUM_ITEMS)), "training users shop in both"
    assert not np.any(split.test.history.item_idx % 3 == 1), "test users have never been there"
    assert split.info["shop_b"] == "shop1.example"
    with pytest.raises(ConfigError, match="cold_shop"):
        split_by(interactions(), by="shop", train_sees="a")


def test_cold_items_rank_against_all_items_or_only_against_each_other():
    against_all, among_cold = (split_by(interactions(), rule="cold_items", cold=0.4, rank=r) for r in ("all", "cold"))
    assert against_all.test.candidates.tolist() == list(range(NUM_ITEMS))
    assert against_all.test.target_items.tolist() == among_cold.test.target_items.tolist()
    cold = set(among_cold.test.candidates.tolist())
    assert cold == set(range(NUM_ITEMS)) - set(against_all.valid.candidates.tolist())
    assert not cold & set(against_all.train.item_idx.tolist())


def test_folds_test_every_user_once():
    data = interactions()
    users = []
    for fold in range(4):
        plan = plan_split(dataset(data), SplitConfig(assignment="k_fold", folds=4, fold=fold, near_clones="keep"), 7)
        users.append(np.unique(data.user_idx[plan.test.may_see | plan.test.is_target]))
        assert len(users[-1]) > NUM_USERS / 8
    assert sorted(np.concatenate(users)) == np.unique(data.user_idx).tolist()


def test_stratified_assignment_keeps_shares_in_every_history_length():
    lengths = [1] * 100 + [2] * 50 + [7] * 20 + [30] * 10
    users = [f"u{u}" for u, length in enumerate(lengths) for _ in range(length)]
    data = make_interactions(
        users, [n % NUM_ITEMS for n in range(len(users))], [0] * len(users), range(len(users)), [1.0] * len(users)
    )
    split = split_by(data, assignment="stratified", by="hash", valid=0.2, test=0.3)
    in_train = np.bincount(np.bincount(split.train.user_idx, minlength=len(lengths)))
    assert [in_train[length] for length in (1, 2, 7, 30)] == [50, 25, 10, 5]


def test_sampled_cases_are_a_subset_and_others_stay_out_of_training():
    whole, some = split_by(interactions()), split_by(interactions(), max_test_users=15)
    assert len(some.test) == 15 < len(whole.test)
    assert set(some.test.users) < set(whole.test.users)
    assert some.train.item_idx.tolist() == whole.train.item_idx.tolist()
    for position, user in enumerate(some.test.users):
        assert targets(some.test, position) == targets(whole.test, whole.test.users.tolist().index(user))


@pytest.mark.parametrize("suffix", [".npz", ".json"])
@pytest.mark.parametrize("name", SETTINGS)
def test_a_saved_split_is_the_same_split(tmp_path, name, suffix):
    data = dataset(interactions())
    plan = plan_split(data, SplitConfig(**{"valid": 0.2, "test": 0.3, **SETTINGS[name]}), 7)
    save_split(plan, data, tmp_path / f"split{suffix}")
    same_split(load_split(tmp_path / f"split{suffix}", data), split_by(interactions(), **SETTINGS[name]))
    assert [path.name for path in tmp_path.iterdir()] == [f"split{suffix}"]


def test_a_saved_split_is_refused_for_other_data_and_when_damaged(tmp_path):
    data = dataset(interactions())
    path = tmp_path / "split.json"
    save_split(plan_split(data, SplitConfig(), 7), data, path)
    other = Dataset(data.products, data.interactions, 0, "1" * 64)
    with pytest.raises(DataError, match=r"split.json: a split of other data: its data hash is 000000000000"):
        load_split(path, other)
    path.write_text(path.read_text().replace('"train": [', '"train": [99999999, '))
    with pytest.raises(DataError, match=r"split.json: not a split saved by python -m trainer split"):
        load_split(path, data)
    for name in ("x.npz", "x.json"):
        (tmp_path / name).write_bytes(b"PK nonsense")
        with pytest.raises(DataError, match="not a split"):
            load_split(tmp_path / name, data)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load_split(tmp_path / "none.npz", data)
    with pytest.raises(DataError, match=r"named .npz or .json, got .pkl"):
        save_split(plan_split(data, SplitConfig(), 7), data, tmp_path / "split.pkl")


def test_assignment_of_users_needs_a_rule_that_holds_out_users():
    with pytest.raises(ConfigError, match="temporal rule holds out none"):
        SplitConfig(rule="temporal", assignment="k_fold")
