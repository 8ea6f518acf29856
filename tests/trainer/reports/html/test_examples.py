"""Tests of the users, words and verdicts on the page, from cases with known scores."""

import numpy as np
import pytest

from trainer.dataset.dataset import DISMISS, make_interactions
from trainer.reports.html.categories import groupings, largest
from trainer.reports.html.examples import (
    MAX_USERS,
    EvaluatedUser,
    confidence_auc,
    confidently_wrong,
    evaluate_users,
    long_history,
    missed_with_long_history,
    sample_users,
)
from trainer.reports.html.queries import nearest, query_words, same_group_share
from trainer.reports.html.verdict import give_verdict, headline_metric
from trainer.splits.cases import Cases

NUM_ITEMS = 40


def two_users():
    """Return the cases of u0 and u1; every item but 0 is a candidate.

    u0 liked 1, then 3, dismissed 5, and chose 30 and 7; u1 liked 2 and chose 39.
    """
    rows = [("u0", 1, 0, 1.0), ("u0", 3, 0, 2.0), ("u0", 5, DISMISS, 3.0), ("u1", 2, 0, 1.0)]
    users, items, kinds, times = zip(*rows, strict=True)
    history = make_interactions(users, items, kinds, times, [1.0] * len(rows))
    return Cases(
        users=np.array([0, 1]),
        history=history,
        now_days=np.array([4.0, 4.0]),
        target_ptr=np.array([0, 2, 3]),
        target_items=np.array([7, 30, 39]),
        candidates=np.arange(1, NUM_ITEMS),
    )


def by_number(cases, positions):
    """Score items by their number, the lowest best, for every user."""
    return np.tile(-cases.candidates.astype(np.float32), (len(positions), 1))


def test_users_are_evaluated_without_items_of_their_history():
    first, second = evaluate_users(by_number, two_users(), seed=1, num_shown=4)
    assert first.shown == (2, 4, 6, 7)  # 1, 3 and the dismissed 5 are in the history
    assert first.targets == ((7, 4), (30, 27))
    assert (first.length, first.history, first.is_missed) == (
        3,
        (3, 1),
        False,
    )  # latest first, without the dismissed item
    assert second.targets == ((39, 38),) and second.is_missed


def test_confidence_is_in_standard_deviations_of_the_scores():
    generator = np.random.default_rng(0)
    table = generator.normal(size=(2, NUM_ITEMS - 1)).astype(np.float32)
    table[1, 20:30] += 9
    flat, sharp = evaluate_users(lambda cases, positions: table[positions], two_users(), seed=1)
    assert sharp.confidence > flat.confidence
    unseen = np.delete(table[0], [0, 2, 4])  # items 1, 3, 5
    expected = (np.sort(unseen)[-10:].mean() - unseen.mean()) / unseen.std()
    assert flat.confidence == pytest.approx(expected, rel=1e-5)
    constant = evaluate_users(lambda cases, positions: np.zeros((len(positions), 39)), two_users(), seed=1)
    assert [user.confidence for user in constant] == [0, 0]


def test_a_large_test_is_sampled_with_the_seed():
    num = MAX_USERS + 50
    history = make_interactions([f"u{n:05d}" for n in range(num)], [1] * num, [0] * num, [0.0] * num, [1.0] * num)
    targets = 2 + np.arange(num) % 30
    cases = Cases(np.arange(num), history, np.zeros(num), np.arange(num + 1), targets, np.arange(1, NUM_ITEMS))
    found = evaluate_users(by_number, cases, seed=1)
    assert len(found) == MAX_USERS
    assert found == evaluate_users(by_number, cases, seed=1) != evaluate_users(by_number, cases, seed=2)


def user(length, rank, confidence=0.0):
    return EvaluatedUser(length, (1,), (2,), ((3, rank),), confidence)


def test_failures_are_misses_with_long_history_or_high_confidence():
    described = (2, 11, 5.0), (30, 11, 1.0), (20, 10, 9.0), (40, 90, 2.0), (3, 1, 4.0), (25, 12, 3.0)
    users = [user(*one) for one in described]
    assert long_history(users) == 28
    assert [one.length for one in missed_with_long_history(users, 5)] == [40, 30]
    assert [one.confidence for one in confidently_wrong(users, 3)] == [5.0, 3.0, 2.0]
    assert confidence_auc(users) == pytest.approx(7 / 8)  # of 2 x 4 pairs only (4.0, 5.0) is in the wrong order
    assert confidence_auc(users[:2]) is None
    assert long_history([user(1, 1)] * 9) == 5


def test_sample_users_covers_all_history_lengths_and_uses_the_seed():
    users = [user(length, 1) for length in range(60)]
    found = [one.length for one in sample_users(users, 6, seed=4)]
    assert [length // 10 for length in found] == [0, 1, 2, 3, 4, 5]
    assert found == [one.length for one in sample_users(users, 6, seed=4)]
    assert found != [one.length for one in sample_users(users, 6, seed=5)]
    assert len(sample_users(users[:2], 6, seed=4)) == 2


def test_items_are_grouped_by_the_widest_informative_level():
    paths = [("All", "Shoes", "Boots")] * 3 + [("All", "Shoes", "Heels")] + [("All", "Hats", "Caps")] * 4 + [()]
    widest, finest = groupings([{"categoryPath": list(path)} for path in paths])
    assert widest.values == ("Shoes",) * 4 + ("Hats",) * 4 + (None,)
    assert set(finest.values) == {"Boots", "Heels", "Caps", None}
    assert "level 2" in widest.name and "level 3" in finest.name


def test_categories_of_equal_name_in_two_paths_stay_distinct():
    paths = [("Men", "Shoes"), ("Women", "Shoes"), ("Women", "Hats")] * 2
    assert set(groupings([{"categoryPath": list(path)} for path in paths])[-1].values) == {
        "Men › Shoes", "Women › Shoes", "Hats",
    }  # fmt: skip


def test_groupings_fall_back_to_brand_then_shop_then_none():
    branded = [{"brand": "a", "shop": "s"}, {"brand": "b", "shop": "s"}, {"shop": "t"}]
    assert groupings(branded)[0].values == ("a", "b", None)
    assert groupings([{"shop": "s"}, {"shop": "t"}])[0].name == "shop"
    assert groupings([{"shop": "s"}, {"shop": "s"}]) == []
    assert largest(["b", None, "a", "a", "c", "b"], 2) == ["a", "b"]


def test_query_words_are_typical_of_each_group():
    titles = [f"Red Running Shoes {n}" for n in range(6)] + [f"Red Wool Hat {n}" for n in range(4)] + ["Red Wool Coat"]
    grouping = groupings([{"brand": "shoes"}] * 6 + [{"brand": "hats"}] * 4 + [{"brand": "coats"}])[0]
    assert query_words(titles, grouping, 5) == ["running shoes", "wool hat"]  # one coat is too few
    assert query_words([], None, 5) == []


def test_nearest_leaves_out_the_query():
    """Shares of the same group are counted by hand."""
    gallery = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.2, 0.8]], dtype=np.float32)
    assert nearest(gallery[:2], gallery, 2).tolist() == [[0, 1], [0, 1]]
    assert nearest(gallery[:2], gallery, 2, own=[0, None]).tolist() == [[1, 3], [0, 1]]
    rows, values = np.arange(4), ["a", "a", "b", None]
    # Nearest other of 0 is 1 (a: yes), of 1 is 0 (yes), of 2 is 3 (no group: no); 3 has no group and is left out.
    assert same_group_share(gallery, gallery, rows, values, num=1) == pytest.approx(2 / 3)
    assert same_group_share(gallery, gallery, rows, [None] * 4) is None


def minus(**differences):
    """Return report.json's `test` with NDCG@10 differences given as (low, high)."""
    return {
        "ours_minus": {
            name: {"ndcg@10": {"mean": (low + high) / 2, "low": low, "high": high}}
            for name, (low, high) in differences.items()
        }
    }


def test_verdict_is_good_only_where_every_interval_is_above_zero():
    verdict = give_verdict("ours", minus(content=(0.01, 0.05), popularity=(0.1, 0.2)), "ndcg@10")
    assert verdict.is_good
    assert verdict.sentence.startswith(
        "ours beats every baseline at NDCG@10; the closest is content, by +0.030 [+0.010"
    )
    verdict = give_verdict("ours", minus(content=(-0.01, 0.05), knn=(-0.4, -0.2), popularity=(0.1, 0.2)), "ndcg@10")
    assert not verdict.is_good
    assert verdict.sentence == (
        "ours does not beat every baseline at NDCG@10: it loses to knn (−0.300 [−0.400, −0.200]); "
        "these users show no clear difference from content (+0.020 [−0.010, +0.050]); it beats popularity."
    )
    assert give_verdict("ours", {}, "ndcg@10") is None


def test_verdict_shows_only_the_largest_of_many_differences():
    unclear = minus(a=(-0.2, 0.1), b=(-0.4, 0.2), c=(-0.1, 0.15))
    assert "difference from 3 baselines, the largest from b (−0.100 [−0.400, +0.200]), then a and c." in (
        give_verdict("ours", unclear, "ndcg@10").sentence
    )
    test = minus(a=(-0.2, -0.1), b=(-0.4, -0.2), c=(-0.3, -0.2), d=(0.1, 0.2))
    assert give_verdict("ours", test, "ndcg@10").sentence == (
        "ours does not beat every baseline at NDCG@10: it loses to 3 baselines, most to b (−0.300 [−0.400, −0.200]), "
        "and to c and a; it beats d."
    )


def test_verdict_needs_the_corrected_p_value():
    test = minus(content=(0.01, 0.05), popularity=(0.1, 0.2))
    test["ours_minus"]["content"]["ndcg@10"]["holm_p_value"] = 0.07
    verdict = give_verdict("ours", test, "ndcg@10")
    assert not verdict.is_good and "no clear difference from content" in verdict.sentence
    assert give_verdict("ours", {**test, "confidence": 0.9}, "ndcg@10").is_good


def test_verdict_lists_other_metrics_that_it_loses():
    test = minus(content=(0.01, 0.05))
    worse = {"mean": -0.2, "low": -0.3, "high": -0.1}
    test["ours_minus"]["content"] |= {"recall@20": worse, "novelty@10": worse}
    assert give_verdict("ours", test, "ndcg@10").losses == (
        "It also loses at Recall@20 (content).",
    )  # novelty is not a ranking metric


def test_headline_metric_is_the_stop_metric_of_training():
    names = ["coverage@10", "recall@10", "ndcg@10", "ndcg@20"]
    assert headline_metric(names, "ndcg@20") == "ndcg@20"
    assert headline_metric(names, "loss") == headline_metric(names) == "ndcg@10"
    assert headline_metric(["coverage@10", "mrr@5"]) == "mrr@5"
    assert headline_metric(["coverage@10"]) is None
