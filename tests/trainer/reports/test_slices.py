import math

import numpy as np
import pytest

from trainer.dataset.dataset import DISMISS, make_interactions
from trainer.evaluation.protocol import history_rows, rank_targets
from trainer.features.item_features import ItemFeatures
from trainer.reports.slices import (
    LENGTHS,
    Bootstrap,
    case_slices,
    history_lengths,
    masking_document,
    scorer_on_histories,
    slice_document,
    sliced_metrics,
    target_slices,
    truncate_histories,
    truncation_document,
    without_modality,
)
from trainer.splits.cases import Cases

BOOTSTRAP = Bootstrap([0], 0.95, 200)


def some_cases(lengths, targets, num_items=40):
    """Return cases: user i has `lengths[i]` liked items 30, 31, ... in time order, and a dismissal in the middle."""
    rows = []
    for user, length in enumerate(lengths):
        items = [(30 + n % 10, 0) for n in range(length)]
        items.insert(length // 2, (29, DISMISS))
        rows += [(f"u{user:03d}", item, kind, time) for time, (item, kind) in enumerate(items)]
    users, items, kinds, times = zip(*rows, strict=True)
    ptr = np.concatenate([[0], np.cumsum([len(mine) for mine in targets])])
    return Cases(
        users=np.arange(len(lengths)),
        history=make_interactions(users, items, kinds, times, [1.0] * len(rows)),
        now_days=np.full(len(lengths), 99.0),
        target_ptr=ptr,
        target_items=np.array([item for mine in targets for item in mine]),
        candidates=np.arange(num_items - 10),
    )


def random_problem(seed):
    generator = np.random.default_rng(seed)
    targets = [sorted(generator.choice(28, generator.integers(1, 6), replace=False).tolist()) for _ in range(17)]
    cases = some_cases([1] * 17, targets)
    scores = generator.normal(size=(17, 30))
    return cases, scores, generator.random(len(cases.target_items)) < 0.5


def test_sliced_metrics_equal_a_ranking_without_other_targets():
    """The expected values come from lists with the other targets removed."""
    for seed in range(4):
        cases, scores, is_in = random_problem(seed)
        ranks = rank_targets(lambda c, p, s=scores: s[p], cases, np.random.default_rng(0))
        slow = []
        for case in range(len(cases)):
            mine = slice(cases.target_ptr[case], cases.target_ptr[case + 1])
            wanted = cases.target_items[mine][is_in[mine]].tolist()
            others = set(cases.target_items[mine][~is_in[mine]].tolist()) | {29}  # 29 was dismissed
            if wanted:
                order = [i for i in np.argsort(-scores[case]).tolist() if i not in others][:10]
                gain = sum(1 / math.log2(2 + place) for place, item in enumerate(order) if item in wanted)
                slow.append(gain / sum(1 / math.log2(2 + place) for place in range(len(wanted))))
        np.testing.assert_allclose(sliced_metrics(ranks, cases, is_in)["ndcg@10"], slow)


def test_each_user_is_in_one_history_slice_without_dismissals():
    lengths = [1, 2, 3, 4, 5, 6, 9, 10, 37]
    cases = some_cases(lengths, [[0]] * len(lengths))
    assert history_lengths(cases).tolist() == lengths
    masks = case_slices(cases)["history_length"]
    assert list(masks) == list(LENGTHS)
    found = {name: [n for n, is_in in zip(lengths, mask, strict=True) if is_in] for name, mask in masks.items()}
    assert found == {"1": [1], "2": [2], "3": [3], "4-5": [4, 5], "6-9": [6, 9], "10+": [10, 37]}


def some_features(num_items=40):
    mask = np.ones((num_items, 2), dtype=np.float32)
    mask[3, 1] = mask[5, 0] = 0
    generator = np.random.default_rng(0)
    return ItemFeatures(
        generator.normal(size=(num_items, 4)).astype(np.float32) * mask[:, :1],
        generator.normal(size=(num_items, 3)).astype(np.float32) * mask[:, 1:],
        mask,
    )


def test_target_slices_by_temperature_popularity_and_modality():
    # 90 users like item 1, 20 like 2, 19 like 3 (one of them twice) and 1 likes 4: 80 % of 130 are 1 and 2.
    likes = [(1, u) for u in range(90)] + [(2, u) for u in range(20)] + [(3, u) for u in range(19)] + [(4, 0), (3, 0)]
    items, users = zip(*likes, strict=True)
    train = make_interactions([f"t{u}" for u in users], items, [0] * len(likes), [0.0] * len(likes), [1.0] * len(likes))
    cases = some_cases([1, 2], [[1, 2, 3], [4, 5]])
    slices = target_slices(cases, train, some_features())
    named = {kind: {name: mask.tolist() for name, mask in group.items()} for kind, group in slices.items()}
    assert named == {
        "target_temperature": {
            "hot": [True, True, False, False, False],
            "warm": [False, False, True, True, False],
            "cold": [False, False, False, False, True],
        },
        "target_popularity": {
            "head": [True, True, False, False, False],
            "tail": [False, False, True, True, True],
        },
        "target_image": {
            "there": [True, True, False, True, True],
            "missing": [False, False, True, False, False],
        },
        "target_text": {
            "there": [True, True, True, True, False],
            "missing": [False, False, False, False, True],
        },
    }


def test_slices_count_users_and_have_intervals_of_each_model():
    cases, scores, _ = random_problem(0)
    train = make_interactions(["a"], [cases.target_items[0]], [0], [0.0], [1.0])
    scorer = lambda c, p: scores[p]  # noqa: E731
    ranks = {"mine": rank_targets(scorer, cases, np.random.default_rng(0))}
    document = slice_document(ranks, cases, train, some_features(), BOOTSTRAP)
    assert [entry["num_users"] for entry in document["history_length"]] == [17, 0, 0, 0, 0, 0]
    assert document["history_length"][1]["models"] == {}
    whole = document["history_length"][0]["models"]["mine"]["ndcg@10"]
    assert whole["low"] < whole["mean"] < whole["high"]
    temperatures = {entry["slice"]: entry for entry in document["target_temperature"]}
    assert temperatures["hot"]["num_targets"] == 0
    assert sum(entry["num_targets"] for entry in temperatures.values()) == len(cases.target_items)


def liked(cases, case):
    _, rows = history_rows(cases, np.array([case]))
    return cases.history.item_idx[rows][cases.history.is_liked[rows]].tolist()


def test_truncate_histories_keeps_the_last_likes():
    cases = some_cases([4, 1, 12], [[0]] * 3)
    short = truncate_histories(cases, 3)
    assert [liked(short, case) for case in range(3)] == [[31, 32, 33], [30], [39, 30, 31]]
    assert history_lengths(short).tolist() == [3, 1, 3]
    assert short.candidates is cases.candidates
    assert short.target_items is cases.target_items


def history_size(cases, positions):
    """Score the target first for users with at least 3 likes and last for all others."""
    sign = np.where(history_lengths(cases)[positions] >= 3, 1, -1)
    scores = np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)
    scores[:, 0] = sign
    return scores


def test_truncation_evaluates_the_same_users_on_shorter_histories():
    cases = some_cases([10] * 25 + [11] * 10 + [2] * 30, [[0]] * 65)
    entries = truncation_document({"needs three": history_size}, cases, [0], BOOTSTRAP)
    assert [entry["slice"] for entry in entries] == ["last 1", "last 2", "last 3", "last 5", "last 10", "all"]
    assert {entry["num_users"] for entry in entries} == {35}
    means = [entry["models"]["needs three"]["ndcg@10"]["mean"] for entry in entries]
    assert means == [0, 0, 1, 1, 1, 1]
    few_long = some_cases([10] * 29 + [5] * 5, [[0]] * 34)
    assert [entry["slice"] for entry in truncation_document({"x": history_size}, few_long, [0], BOOTSTRAP)][-2:] == [
        "last 5",
        "all",
    ]
    assert truncation_document({"x": history_size}, some_cases([1] * 40, [[0]] * 40), [0], BOOTSTRAP) == []


def test_items_truncated_from_a_history_are_still_not_ranked():
    """Item 29 is a candidate that every user dismissed: it scores best and stays hidden after truncation."""
    cases = some_cases([3], [[0]])
    favourite = lambda c, p: np.tile(np.where(c.candidates == 29, 2.0, c.candidates == 0), (len(p), 1))  # noqa: E731
    short = truncate_histories(cases, 1)
    assert 29 not in liked(short, 0)
    ranks = rank_targets(scorer_on_histories(favourite, short), cases, np.random.default_rng(0))
    assert ranks.tolist() == [1]


def test_without_modality_removes_one_modality_of_all_items():
    features = some_features()
    without_images, without_texts = without_modality(features, 1), without_modality(features, 0)
    assert (without_images.modality_mask[:, 1] == 0).all()
    assert not without_images.image.any()
    np.testing.assert_array_equal(without_images.text, features.text)
    assert not without_texts.text.any()
    np.testing.assert_array_equal(without_texts.image, features.image)
    assert (features.modality_mask[:, 1] == 0).sum() == 1  # the original features are unchanged


def test_masked_modalities_are_scored_on_masked_features():
    cases = some_cases([1] * 5, [[0]] * 5)

    def by_image(features):
        right = float(features.modality_mask[0, 1])
        return {"by image": lambda c, p: np.tile(np.where(c.candidates == 0, right, 0.5), (len(p), 1))}

    entries = masking_document(by_image, some_features(), cases, [0], BOOTSTRAP)
    means = {entry["slice"]: entry["models"]["by image"]["ndcg@10"]["mean"] for entry in entries}
    assert means == {"everything": 1.0, "no images": 0.0, "no texts": 1.0}
    assert masking_document(by_image, without_modality(some_features(), 1), cases, [0], BOOTSTRAP) == []


def test_bootstrap_uses_the_same_redraws_for_all_models():
    values = np.random.default_rng(0).random(30)
    found = BOOTSTRAP.intervals({"one": {"x": values}, "two": {"x": values + 1}})
    assert found["two"]["x"]["low"] - found["one"]["x"]["low"] == pytest.approx(1)
