"""Tests of shop visits: interactions outside are the history, liked items inside are the targets."""

import numpy as np

from trainer.dataset.dataset import DISMISS, KINDS, make_interactions
from trainer.learning.shop_visits import visit_shop

VIEW = KINDS.index("view")
# u0: items 0 1 2 3; u1: only outside; u2: only inside; u3: inside first, and a dismissal there.
ROWS = [
    *(("u0", item, VIEW, day) for day, item in enumerate([0, 10, 1, 11])),
    *(("u1", item, VIEW, day) for day, item in enumerate([0, 1])),
    *(("u2", item, VIEW, day) for day, item in enumerate([10, 11])),
    ("u3", 12, VIEW, 0),
    ("u3", 13, DISMISS, 1),
    ("u3", 2, VIEW, 4),
    ("u3", 3, DISMISS, 6),
]
IN_SHOP = np.arange(20) >= 10


def interactions():
    users, items, kinds, days = zip(*ROWS, strict=True)
    return make_interactions(users, items, kinds, days, [1.0] * len(ROWS))


def visits(kept=None, **options):
    train = interactions()
    is_kept = np.ones(len(train), dtype=bool) if kept is None else kept
    settings = {"max_items": 10, "proximity": 0.5} | options
    return visit_shop(train, np.arange(4), IN_SHOP, is_kept, **settings)


def test_users_who_were_only_inside_or_only_outside_are_left_out():
    found = visits()
    assert len(found) == 2
    assert found.item_idx.tolist() == [[0, 1], [2, 3]]
    assert found.item_mask.tolist() == [[1, 1], [1, 1]]
    assert sorted(zip(found.target_user, found.target_item, strict=True)) == [(0, 10), (0, 11), (1, 12)]


def test_targets_are_never_in_the_history():
    found = visits()
    assert not IN_SHOP[found.item_idx[found.item_mask > 0]].any()
    assert IN_SHOP[found.target_item].all()


def test_a_dismissal_is_history_but_never_a_target():
    found = visits()
    assert found.kinds[1].tolist() == [VIEW, DISMISS]
    assert 13 not in found.target_item


def test_ages_count_back_from_the_last_interaction_outside():
    np.testing.assert_array_equal(visits().ages_days, [[2, 0], [2, 0]])


def test_shares_follow_the_distance_to_the_history_by_hand():
    found = visits(proximity=1.0)
    # u0 did 0, 10, 1, 11: item 10 lies 1 from both of the history, item 11 lies 3 and 1 away.
    share = dict(zip(found.target_item, found.target_weight, strict=True))
    assert share[10] == np.float32(2 / (2 + 4 / 3))
    assert share[11] == np.float32((4 / 3) / (2 + 4 / 3))
    assert share[12] == 1
    even = visits(proximity=0.0)
    np.testing.assert_allclose(even.target_weight, [0.5, 0.5, 1])


def test_the_most_recent_are_kept_where_histories_are_cut():
    found = visits(max_items=1)
    assert found.item_idx.tolist() == [[1], [3]]


def test_a_history_of_which_nothing_liked_is_kept_makes_no_visit():
    train = interactions()
    kept = np.ones(len(train), dtype=bool)
    kept[(train.user_idx == 3) & (train.item_idx == 2)] = False  # the dismissal alone is no taste
    assert len(visits(kept)) == 1
