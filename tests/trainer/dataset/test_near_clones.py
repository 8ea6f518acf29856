import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.splits.test_splits import dataset, interactions
from trainer.config.run import SplitConfig
from trainer.dataset.dataset import make_interactions
from trainer.dataset.near_clones import near_clone_pairs, redundant_users
from trainer.splits.rules import make_split


def of_histories(histories):
    rows = [(f"u{user:03d}", item) for user, items in enumerate(histories) for item in items]
    users, items = zip(*rows, strict=True)
    return make_interactions(users, items, [0] * len(rows), range(len(rows)), [1.0] * len(rows))


def slow_pairs(histories, share, min_items):
    sets = [set(items) for items in histories]
    return [
        [one, other]
        for one in range(len(sets))
        for other in range(one + 1, len(sets))
        if min(len(sets[one]), len(sets[other])) >= min_items
        and len(sets[one] & sets[other]) >= share * min(len(sets[one]), len(sets[other])) - 1e-9
    ]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=8), min_size=2, max_size=12),
    st.sampled_from([0.5, 0.7, 1.0]),
    st.integers(1, 4),
)
def test_pairs_equal_those_of_comparing_all_users(histories, share, min_items):
    found = near_clone_pairs(of_histories(histories), share, min_items)
    assert found.tolist() == slow_pairs(histories, share, min_items)


def test_seven_of_ten_is_near_six_of_ten_and_short_histories_are_not():
    ten = list(range(10))
    histories = [ten, [*range(7), 20, 21, 22], [*range(6), 30, 31, 32, 33], ten[:4], [*ten, *ten]]
    assert near_clone_pairs(of_histories(histories)).tolist() == [[0, 1], [0, 4], [1, 4]]


def test_redundant_users_leave_no_pair_and_keep_the_longest():
    histories = [list(range(8)), list(range(12)), list(range(8)), [40, 41, 42, 43, 44], [40, 41, 42, 43, 44]]
    data = of_histories(histories)
    pairs = near_clone_pairs(data)
    assert redundant_users(data, pairs).tolist() == [0, 2, 4]
    left = data.select(~np.isin(data.user_idx, [0, 2, 4]))
    assert len(near_clone_pairs(left)) == 0


def test_a_split_keeps_reports_or_drops_near_clones():
    data = interactions()
    twin = data.user_idx == 5
    doubled = make_interactions(
        [*(data.user_ids[u] for u in data.user_idx), *["zz-twin"] * int(twin.sum())],
        [*data.item_idx, *data.item_idx[twin]],
        [*data.kind, *data.kind[twin]],
        [*data.time_days, *data.time_days[twin]],
        [*data.weight, *data.weight[twin]],
    )
    configs = {policy: SplitConfig(valid=0.3, test=0.3, near_clones=policy) for policy in ("keep", "report", "drop")}
    made = {policy: make_split(dataset(doubled), config, 7) for policy, config in configs.items()}
    expected = near_clone_pairs(doubled)
    twin_idx = doubled.user_ids.index("zz-twin")
    assert twin_idx in expected[:, 1]
    counted = {"pairs": len(expected), "redundant_users": len(redundant_users(doubled, expected))}
    assert made["report"].info == {"near_clones": {**counted, "are_dropped": False}}
    assert made["keep"].info == {}
    assert made["report"].train.user_idx.tolist() == made["keep"].train.user_idx.tolist()
    assert made["drop"].info["near_clones"]["are_dropped"]
    everyone = [made["drop"].train.user_idx, made["drop"].valid.users, made["drop"].test.users]
    assert not np.isin(redundant_users(doubled, expected), np.concatenate(everyone)).any()
