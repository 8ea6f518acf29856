from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from scipy.stats import binom
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity

from trainer.baselines import BASELINES, als, fit_baselines, mixtures
from trainer.baselines.co_occurrence import CoOccurrence
from trainer.baselines.content import best_of_history_scorer
from trainer.baselines.ease import Ease
from trainer.baselines.mixtures import STANDARDS, fit_mixture, log_z_score, mixture_scorer, reciprocal_rank, z_score
from trainer.baselines.neighbours import ItemNeighbours, UserNeighbours
from trainer.baselines.popularity import overlap_popularity_scorer, random_scorer
from trainer.baselines.sparse_interactions import keep_largest, liked_together, user_items
from trainer.baselines.transfer import Transfer
from trainer.baselines.tuning import select_cases, tune, tuning_cases
from trainer.baselines.words import Words, word_vectors
from trainer.dataset.dataset import DISMISS, make_interactions
from trainer.errors import ConfigError
from trainer.evaluation.protocol import rank, rank_targets
from trainer.evaluation.ranking_metrics import ndcg_at_k
from trainer.features.item_features import ItemFeatures
from trainer.splits.cases import Cases, Split

NUM_ITEMS = 14
CANDIDATES = np.array([3, 5, 6, 9, 10, 12, 13])
SHOP_A = np.setdiff1d(np.arange(NUM_ITEMS), CANDIDATES)


def some_train(seed=0, num_users=23):
    """Return random likes with repeats, dismissals and an item (13) without interactions."""
    generator = np.random.default_rng(seed)
    rows = [
        (f"t{user:02d}", item, DISMISS if generator.random() < 0.1 else 0)
        for user in range(num_users)
        for item in generator.integers(0, NUM_ITEMS - 1, generator.integers(1, 9))
    ]
    users, items, kinds = zip(*rows, strict=True)
    return make_interactions(users, items, kinds, np.arange(len(rows)), [1.0] * len(rows))


def some_cases(items=SHOP_A, seed=1, num_users=6):
    generator = np.random.default_rng(seed)
    rows = [(f"u{u}", item) for u in range(num_users) for item in generator.choice(items, u + 1, replace=False)]
    users, liked = zip(*rows, strict=True)
    kinds = [DISMISS if place == 4 else 0 for place in range(len(rows))]
    history = make_interactions(users, liked, kinds, np.arange(len(rows)), [1.0] * len(rows))
    targets = np.sort(generator.choice(CANDIDATES, num_users))
    return Cases(np.arange(num_users), history, np.full(num_users, 99.0), np.arange(num_users + 1), targets, CANDIDATES)


def liked_sets(train):
    """Return each user's set of liked items, read row by row."""
    found = {}
    for user, item, kind in zip(train.user_idx.tolist(), train.item_idx.tolist(), train.kind.tolist(), strict=True):
        if kind != DISMISS:
            found.setdefault(user, set()).add(item)
    return list(found.values())


def liked_lists(cases):
    """Return the liked history of each case, oldest first."""
    history = cases.history
    return [
        [
            int(history.item_idx[row])
            for row in range(history.ptr[u], history.ptr[u + 1])
            if history.kind[row] != DISMISS
        ]
        for u in cases.users
    ]


def scores_of(scorer, cases, positions=(4, 0, 5, 2)):
    return scorer(cases, np.array(positions)), [liked_lists(cases)[position] for position in positions]


@pytest.mark.parametrize("half_life", [None, 2.0])
def test_co_occurrence_equals_its_formula(half_life):
    train, cases = some_train(), some_cases()
    people = liked_sets(train)
    count = [max(1, sum(i in p for p in people)) for i in range(NUM_ITEMS)]
    found, histories = scores_of(CoOccurrence(train, NUM_ITEMS).scorer(0.7, 0.25, half_life), cases)
    slow = [
        [
            sum(
                (1 if half_life is None else 0.5 ** (ago / half_life))
                * sum(i in p and j in p for p in people)
                / (count[i] ** 0.7 * count[j] ** 0.25)
                for ago, i in enumerate(reversed(history))
            )
            for j in CANDIDATES
        ]
        for history in histories
    ]
    np.testing.assert_allclose(found, slow, rtol=1e-5, atol=1e-7)


def first_likes(train):
    """Return each user's liked items in the order of the first like, read row by row."""
    found = {}
    for user, item, kind in zip(train.user_idx.tolist(), train.item_idx.tolist(), train.kind.tolist(), strict=True):
        mine = found.setdefault(user, [])
        if kind != DISMISS and item not in mine:
            mine.append(item)
    return list(found.values())


@pytest.mark.parametrize("proximity", [0.0, 0.5, 1.0])
def test_liked_together_weights_pairs_by_distance(proximity):
    train = some_train()
    slow = np.zeros((NUM_ITEMS, NUM_ITEMS))
    for items in first_likes(train):
        for i, one in enumerate(items):
            for j, other in enumerate(items):
                if i != j:
                    slow[one, other] += abs(i - j) ** -proximity
    np.testing.assert_allclose(liked_together(train, NUM_ITEMS, proximity).toarray(), slow, rtol=1e-5)


def test_co_occurrence_with_proximity_uses_liked_together():
    train, cases = some_train(), some_cases()
    near = liked_together(train, NUM_ITEMS, 1.0).toarray()
    found, histories = scores_of(CoOccurrence(train, NUM_ITEMS).scorer(0.0, 0.0, None, proximity=1.0), cases)
    slow = [[sum(near[i, j] for i in history) for j in CANDIDATES] for history in histories]
    np.testing.assert_allclose(found, slow, rtol=1e-5)


def test_item_neighbours_equal_their_formula():
    train, cases = some_train(), some_cases()
    people = liked_sets(train)
    count = [sum(i in p for p in people) for i in range(NUM_ITEMS)]

    def similarity(i, j):
        return sum(i in p and j in p for p in people) / (np.sqrt(count[i] * count[j]) + 2.0)

    found, histories = scores_of(ItemNeighbours(train, NUM_ITEMS).scorer(2.0, 3), cases)
    for row, history in zip(found, histories, strict=True):
        expected = np.zeros(len(CANDIDATES))
        for i in history:
            mine = np.array([similarity(i, j) for j in CANDIDATES])
            nearest = np.argsort(-mine, kind="stable")[:3]
            expected[nearest] += mine[nearest]
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-7)


def test_user_neighbours_equal_their_formula():
    train, cases = some_train(), some_cases()
    people = liked_sets(train)
    found, histories = scores_of(UserNeighbours(train, NUM_ITEMS).scorer(1.5, 4), cases)
    for row, history in zip(found, histories, strict=True):
        mine = [len(p & set(history)) / (np.sqrt(len(p) * len(set(history))) + 1.5) for p in people]
        nearest = np.argsort(-np.array(mine), kind="stable")[:4]
        expected = [sum(mine[u] for u in nearest if j in people[u]) for j in CANDIDATES]
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-7)


def test_overlap_popularity_equals_its_formula():
    """Users who share a liked item count 1; global popularity breaks ties."""
    train, cases = some_train(), some_cases()
    people = liked_sets(train)
    most = max(sum(j in p for p in people) for j in range(NUM_ITEMS))
    found, histories = scores_of(overlap_popularity_scorer(train, NUM_ITEMS), cases)
    for row, history in zip(found, histories, strict=True):
        alike = [p for p in people if p & set(history)]
        expected = [sum(j in p for p in alike) + sum(j in p for p in people) / (1 + most) for j in CANDIDATES]
        np.testing.assert_allclose(row, expected, rtol=1e-5)


def dense(train):
    people = liked_sets(train)
    return np.array([[float(i in p) for i in range(NUM_ITEMS)] for p in people])


def test_ease_between_shops_is_ridge_regression():
    train, cases = some_train(), some_cases()
    x = dense(train)
    a, b = x[:, SHOP_A], x[:, CANDIDATES]
    weights = np.linalg.inv(a.T @ a + 7 * np.eye(len(SHOP_A))) @ a.T @ b
    model = Ease(user_items(train, NUM_ITEMS), CANDIDATES, may_repeat=False)
    found, histories = scores_of(model.scorer(7.0), cases)
    history = np.array([[float(i in h) for i in SHOP_A] for h in histories])
    np.testing.assert_allclose(found, history @ weights, atol=1e-5)


def test_ease_with_proximity_is_weighted_ridge_regression():
    train, cases = some_train(), some_cases()
    a = dense(train)[:, SHOP_A]
    near = liked_together(train, NUM_ITEMS, 0.5)
    weights = np.linalg.inv(a.T @ a + 7 * np.eye(len(SHOP_A))) @ near.toarray()[np.ix_(SHOP_A, CANDIDATES)]
    model = Ease(user_items(train, NUM_ITEMS), CANDIDATES, may_repeat=False, near={0.5: near})
    found, histories = scores_of(model.scorer(7.0, 0.5), cases)
    history = np.array([[float(i in h) for i in SHOP_A] for h in histories])
    np.testing.assert_allclose(found, history @ weights, atol=1e-5)


def test_ease_in_one_shop_is_the_closed_form_of_steck():
    train, cases = some_train(), some_cases(items=np.arange(NUM_ITEMS))
    x = dense(train)
    inverse = np.linalg.inv(x.T @ x + 7 * np.eye(NUM_ITEMS))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    model = Ease(user_items(train, NUM_ITEMS), CANDIDATES, may_repeat=True)
    found, histories = scores_of(model.scorer(7.0), cases)
    expected = np.array([[float(i in h) for i in range(NUM_ITEMS)] for h in histories]) @ weights[:, CANDIDATES]
    for row, wanted, history in zip(found, expected, histories, strict=True):
        fresh = ~np.isin(CANDIDATES, history)  # items of the history are never ranked
        np.testing.assert_allclose(row[fresh], wanted[fresh], atol=1e-5)


def test_als_minimises_the_loss_of_hu_and_folds_histories_in(monkeypatch):
    """The gradients of the loss of Hu, Koren & Volinsky are zero; a new user's vector is the least-squares solution."""
    alpha, weight, kept = 5.0, 1.5, []

    class Kept(als.AlternatingLeastSquares):
        def __init__(self, **settings):
            super().__init__(**settings | {"iterations": 400})
            kept.append(self)

    monkeypatch.setattr(als, "AlternatingLeastSquares", Kept)
    train, cases = some_train(), some_cases()
    found, histories = scores_of(als.AlsFactors(user_items(train, NUM_ITEMS), seed=0).scorer(alpha, weight), cases)
    liked, (model,) = dense(train), kept
    x, y = model.user_factors.astype(float), model.item_factors.astype(float)
    assert y.shape == (NUM_ITEMS, NUM_ITEMS // 2)
    confidence = np.where(liked > 0, alpha, 1.0)
    error = confidence * (x @ y.T - liked)
    np.testing.assert_allclose(error @ y + alpha * weight * x, 0, atol=2e-3)
    np.testing.assert_allclose(error.T @ x + alpha * weight * y, 0, atol=2e-3)
    assert np.abs(y).max() > 0.1  # all zeros would also have zero gradients
    for row, history in zip(found, histories, strict=True):
        own = np.array([float(i in history) for i in range(NUM_ITEMS)])
        c = np.diag(np.where(own > 0, alpha, 1.0))
        user = np.linalg.solve(y.T @ c @ y + alpha * weight * np.eye(y.shape[1]), y.T @ c @ own)
        np.testing.assert_allclose(row, y[CANDIDATES] @ user, atol=1e-4)


def test_als_scores_unliked_items_zero():
    train = some_train()
    unvisited = make_interactions(["a", "b"], [int(SHOP_A[0]), int(SHOP_A[1])], [0, 0], [0.0, 1.0], [1.0, 1.0])
    assert np.isin(CANDIDATES, train.item_idx).any()
    found, _ = scores_of(als.AlsFactors(user_items(unvisited, NUM_ITEMS), seed=0).scorer(1.0, 1.0), some_cases())
    assert np.abs(found).max() == 0


def test_ease_keeps_the_most_liked_items_of_a_large_catalogue():
    train = some_train()
    count = dense(train).sum(axis=0)
    model = Ease(user_items(train, NUM_ITEMS), CANDIDATES, may_repeat=False, max_items=3)
    assert len(model.inputs) == 3
    assert min(count[model.inputs]) >= max(count[np.setdiff1d(SHOP_A, model.inputs)])


def test_best_of_history_is_the_mean_of_the_largest_cosines():
    embeddings = np.random.default_rng(5).normal(size=(NUM_ITEMS, 4)).astype(np.float32)
    cases = some_cases()
    found, histories = scores_of(best_of_history_scorer(embeddings, best=2, last=3), cases)
    for row, history in zip(found, histories, strict=True):
        expected = [np.mean(sorted(embeddings[i] @ embeddings[j] for i in history[-3:])[-2:]) for j in CANDIDATES]
        np.testing.assert_allclose(row, expected, rtol=1e-5)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_words_equal_scikit_learn_cosines():
    """An item without text has cosine 0."""
    prepared, cases = planted(), planted().split.test
    prepared.features.modality_mask[5, 0] = 0
    titles = [product["title"] if item != 5 else "" for item, product in enumerate(prepared.dataset.products)]
    cosines = cosine_similarity(TfidfVectorizer(sublinear_tf=True).fit_transform(titles))
    found = Words(word_vectors(prepared)).scorer(None)(cases, np.arange(30))
    for position, history in enumerate(liked_lists(cases)):
        expected = sum(cosines[item][cases.candidates] for item in set(history))
        np.testing.assert_allclose(found[position], expected, atol=1e-5)
    assert np.all(found[:, cases.candidates.tolist().index(5)] == 0)


def test_transfer_equals_its_formula():
    """The neighbours of a candidate never include the candidate itself."""
    generator, train, cases = np.random.default_rng(5), some_train(), some_cases()
    words, content = unit(generator.random((NUM_ITEMS, 4))), unit(generator.normal(size=(NUM_ITEMS, 3)))
    found = Transfer(train, sp.csr_matrix(words), content).scorer(5, 0.25)(cases, np.arange(6))
    together = liked_together(train, NUM_ITEMS, 0.5).toarray()
    count = np.array([sum(item in liked for liked in liked_sets(train)) for item in range(NUM_ITEMS)])
    for column, j in enumerate(CANDIDATES):
        similarity = {
            k: (words[k] @ words[j] + max(content[k] @ content[j], 0)) / 2
            for k in range(NUM_ITEMS)
            if count[k] and k != j
        }
        nearest = sorted(similarity, key=similarity.get)[-5:]
        total = sum(similarity[k] ** 2 for k in nearest)
        for position, history in enumerate(liked_lists(cases)):
            expected = sum(
                together[i, k] / max(count[i], 1) ** 0.6 / count[k] ** 0.25 * similarity[k] ** 2 / total**0.5
                for i in set(history)
                for k in nearest
            )
            assert found[position, column] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_keep_largest_keeps_k_entries_of_each_row():
    matrix = user_items(some_train(), NUM_ITEMS)
    matrix.data = np.random.default_rng(0).random(len(matrix.data)).astype(np.float32)
    kept = keep_largest(matrix, 2).toarray()
    for row, all_of_it in zip(kept, matrix.toarray(), strict=True):
        assert sorted(row[row > 0]) == sorted(all_of_it[all_of_it > 0])[-2:]


def test_standards_equal_hand_computed_values():
    """Rows of equal scores stay finite."""
    scores = np.float32([[1, 2, 3, 1000], [5, 5, 5, 5], [0.1, 0.1, 0.1, 0.1]])
    assert z_score(scores)[1:].tolist() == [[0] * 4] * 2
    np.testing.assert_allclose([z_score(scores)[0].mean(), z_score(scores)[0].std()], [0, 1], atol=1e-5)
    # The positive scores' mean is 4: log(1 + 0), log(1 + 1/4), log(1 + 7/4).
    logs = np.log1p(np.float32([[0, 0, 1, 7]]) / 4)
    np.testing.assert_allclose(log_z_score(np.float32([[0, 0, 1, 7]])), (logs - logs.mean()) / logs.std(), rtol=1e-5)
    assert log_z_score(np.float32([[0, 0, 0], [2, 2, 2]])).tolist() == [[0] * 3] * 2
    np.testing.assert_array_equal(log_z_score(np.float32([[-1, 0, 1, 7]])), log_z_score(np.float32([[0, 0, 1, 7]])))
    assert (1 / reciprocal_rank(scores)).round(3).tolist() == [[64, 63, 62, 61], [62.5] * 4, [62.5] * 4]


def test_mixture_combines_complementary_parts():
    """One part knows the right half of the candidates, the second the right item of each half; the third is noise."""
    generator = np.random.default_rng(3)
    num_users, num_items = 60, 20
    history = make_interactions([f"u{i:02d}" for i in range(num_users)], [20] * num_users, [0] * num_users,
                                [0.0] * num_users, [1.0] * num_users)  # fmt: skip
    targets = generator.integers(0, num_items, num_users)
    cases = Cases(
        np.arange(num_users), history, np.zeros(num_users), np.arange(num_users + 1), targets, np.arange(num_items)
    )
    half = (np.arange(num_items) // 10)[None, :] == (targets // 10)[:, None]
    digit = (np.arange(num_items) % 10)[None, :] == (targets % 10)[:, None]
    noise = generator.normal(size=half.shape) * 1000
    parts = {name: (lambda c, p, s=s: s[p].astype(np.float32)) for name, s in
             {"half": half, "digit": digit * 0.001, "noise": noise}.items()}  # fmt: skip
    fitted = fit_mixture(parts, cases, seed=0)
    assert fitted.tuned["valid_ndcg@10"] > 0.99
    weights = fitted.tuned["chosen"]["weights"]
    assert min(weights["half"], weights["digit"]) > weights["noise"]
    assert fitted.tuned["grid"] == fit_mixture(parts, cases, seed=0).tuned["grid"]
    ranks = rank_targets(fitted.scorer, cases, np.random.default_rng(0))
    assert ndcg_at_k(ranks, cases.target_ptr, 10).mean() > 0.99


def test_mixture_never_calls_a_part_of_weight_zero():
    scorer = mixture_scorer([random_scorer(), None], [1.0, 0.0], ["rank", "rank"])
    assert scorer(some_cases(), np.array([0])).shape == (1, len(CANDIDATES))


def test_mixture_scores_do_not_depend_on_other_users_in_the_batch(monkeypatch):
    """One row of one part has negative scores; scoring a row alone gives the same as scoring all rows."""
    monkeypatch.setattr(mixtures, "STANDARDS", {"log_z_score": log_z_score, "z_score": z_score})
    cases = some_cases()
    scores = np.random.default_rng(1).pareto(1.0, (len(cases), len(CANDIDATES))).astype(np.float32)
    columns = np.searchsorted(CANDIDATES, cases.target_items)
    scores[np.repeat(np.arange(len(cases)), np.diff(cases.target_ptr)), columns] += (
        3  # gives the part a positive weight
    )
    scores[0, scores[0] < 2] = -0.5
    parts = {"some": lambda c, p: scores[p], "others": lambda c, p: scores[p] ** 2}
    fitted = fit_mixture(parts, cases, seed=0)
    assert fitted.tuned["chosen"]["standards"] == {"some": "z_score", "others": "log_z_score"}
    together = fitted.scorer(cases, np.arange(len(cases)))
    for position in range(len(cases)):
        np.testing.assert_array_equal(fitted.scorer(cases, np.array([position]))[0], together[position])


def test_tune_chooses_the_best_on_valid_and_records_the_grid():
    cases = some_cases()
    right = np.zeros((len(cases), len(CANDIDATES)), dtype=np.float32)
    right[np.arange(len(cases)), np.searchsorted(CANDIDATES, cases.target_items)] = 1
    fitted = tune(lambda sign: lambda c, p: sign * right[p], [{"sign": -1}, {"sign": 1}, {"sign": 2}], cases, 0)
    assert fitted.tuned["chosen"] == {"sign": 1}
    assert [point["sign"] for point in fitted.tuned["grid"]] == [-1, 1, 2]
    assert fitted.tuned["valid_ndcg@10"] == 1.0 > fitted.tuned["grid"][0]["ndcg@10"]


def test_select_cases_keeps_targets_and_histories():
    cases = replace(some_cases(num_users=4), target_ptr=np.array([0, 2, 3, 6, 7]),
                    target_items=np.array([3, 5, 6, 3, 9, 10, 12]))  # fmt: skip
    chosen = select_cases(cases, np.array([3, 0, 2]))
    assert chosen.target_items.tolist() == [12, 3, 5, 3, 9, 10]
    assert chosen.target_ptr.tolist() == [0, 1, 3, 6]
    assert liked_lists(chosen) == [liked_lists(cases)[i] for i in (3, 0, 2)]
    assert tuning_cases(cases, 0) is cases


def planted(*, train_sees_b=True, seed=0):
    """Return prepared data with two tastes, visible in interactions and texts; shop A has even items, B odd."""
    generator = np.random.default_rng(seed)
    num_items = 24
    taste = np.arange(num_items) // 2 % 2
    text = (np.eye(2)[taste] + 0.3 * generator.normal(size=(num_items, 2))).astype(np.float32)
    candidates = np.flatnonzero(np.arange(num_items) % 2)

    def people(prefix, n, items):
        rows = [
            (f"{prefix}{u:02d}", int(i))
            for u in range(n)
            for i in generator.permutation(items[taste[items] == u % 2])[: 5 if len(items) < num_items else 9]
        ]
        users, chosen = zip(*rows, strict=True)
        return make_interactions(users, chosen, [0] * len(rows), np.arange(len(rows)), [1.0] * len(rows))

    def cases(prefix):
        history = people(prefix, 30, np.flatnonzero(np.arange(num_items) % 2 == 0))
        targets = np.array([generator.choice(candidates[taste[candidates] == u % 2]) for u in range(30)])
        return Cases(np.arange(30), history, np.full(30, 500.0), np.arange(31), targets, candidates)

    items = np.arange(num_items)
    train = people("t", 40, items if train_sees_b else items[items % 2 == 0])
    features = ItemFeatures(text, np.zeros((num_items, 3), np.float32), np.tile(np.float32([1, 0]), (num_items, 1)))
    return SimpleNamespace(
        split=Split("planted", train, cases("v"), cases("w")),
        dataset=SimpleNamespace(products=[{"title": f"kind{taste[i]} item{i}"} for i in range(num_items)]),
        encoders=SimpleNamespace(item_text=lambda product: product["title"]),
        features=features,
        config=SimpleNamespace(seed=0),
        device=torch.device("cpu"),
    )


def share_of_taste(prepared, fit):
    """Return the share of the first six items that are of the user's taste, as six of the twelve candidates are."""
    shown = rank(fit.fitted.scorer, prepared.split.test, np.random.default_rng(0), top=6).top
    return (shown // 2 % 2 == np.arange(30)[:, None] % 2).mean()


def test_baselines_find_planted_tastes():
    prepared = planted()
    found = {name: share_of_taste(prepared, fit) for name, fit in fit_baselines(prepared).items()}
    assert found.keys() == BASELINES.keys()
    assert found.pop("random") == pytest.approx(0.5, abs=0.15)
    assert found.pop("popularity") == pytest.approx(0.5, abs=0.15)  # both tastes are equally common
    assert min(found.values()) > 0.9, found


def test_only_content_baselines_work_for_an_unvisited_shop():
    """With train_sees = "a", no training user has interacted with a candidate, and no baseline fails."""
    prepared = planted(train_sees_b=False)
    found = {name: share_of_taste(prepared, fit) for name, fit in fit_baselines(prepared).items()}
    knows = {"content", "popularity_content", "hybrid_score", "hybrid_linear", "words", "transfer", "hybrid_transfer"}
    assert min(found[name] for name in knows) > 0.9, found
    assert {value for name, value in found.items() if name not in knows} == {
        found["random"]
    }  # equal ties give equal values


def test_baselines_do_not_depend_on_test_targets():
    """Other test targets must not change the tuned settings or the scores."""
    prepared = planted()
    test = prepared.split.test
    swapped = replace(test, target_items=np.sort(test.candidates)[np.arange(30) % len(test.candidates)])
    other = SimpleNamespace(**{**vars(prepared), "split": replace(prepared.split, test=swapped)})
    for (name, one), two in zip(fit_baselines(prepared).items(), fit_baselines(other).values(), strict=True):
        assert one.fitted.tuned == two.fitted.tuned, name
        positions = np.arange(30)
        np.testing.assert_array_equal(one.fitted.scorer(test, positions), two.fitted.scorer(swapped, positions))


def test_a_baseline_fitted_alone_equals_one_fitted_among_others():
    prepared = planted()
    together = fit_baselines(prepared, ["popularity_content", "hybrid_score"])
    for name in together:
        assert BASELINES[name].fit(prepared).tuned == together[name].fitted.tuned


def test_fit_baselines_fits_parts_of_mixtures_once(monkeypatch):
    """Only the requested baselines are returned."""
    fits = []
    content = BASELINES["content"]
    counted = replace(content, fit=lambda prepared: fits.append(1) or content.fit(prepared))
    monkeypatch.setitem(BASELINES, "content", counted)
    names = ("hybrid_score", "popularity_content")
    assert tuple(fit_baselines(planted(), names)) == names
    assert fits == [1]
    assert all(BASELINES[part.name] for mixture in BASELINES.values() for part in getattr(mixture, "parts", ()))


def test_fit_baselines_refuses_an_unknown_name_and_lists_known_ones():
    with pytest.raises(ConfigError, match=r"no baseline 'itemknn'; choose from random, popularity, .*item_knn"):
        fit_baselines(planted(), ["itemknn"])


def test_mixture_search_tries_every_part_alone():
    tuned = fit_baselines(planted(), ["hybrid_score"])["hybrid_score"].fitted.tuned
    alone = [(point["standard"], *point["weights"].values()) for point in tuned["grid"]][: -mixtures.POINTS]
    assert {*product(STANDARDS, [(1, 0, 0), (0, 1, 0), (0, 0, 1)])} <= {(each[0], each[1:]) for each in alone}
    assert len(tuned["grid"]) == len(STANDARDS) * (3 + 1 + mixtures.POINTS) + mixtures.POINTS


def test_bagged_weights_equal_the_binomial_expectation():
    """One part is right for 60 of 100 users, another for the rest, so any mixture is as good as one of the two.

    The first wins where a sample has 50 or more of its users, which is a binomial chance. (A third part, like the
    first, keeps equal weights from being a tie.)
    """
    num_users, num_first = 100, 60
    users = [f"u{i:03d}" for i in range(num_users)]
    history = make_interactions(users, [2] * num_users, [0] * num_users, [0.0] * num_users, [1.0] * num_users)
    targets = np.where(np.arange(num_users) < num_first, 0, 1)
    ptr = np.arange(num_users + 1)
    cases = Cases(np.arange(num_users), history, np.zeros(num_users), ptr, targets, np.arange(2))
    parts = {
        name: (lambda c, p, item=item: np.tile(np.arange(2) == item, (len(p), 1)).astype(np.float32))
        for name, item in (("first", 0), ("second", 1), ("as the first", 0))
    }
    weights = fit_mixture(parts, cases, seed=0).tuned["chosen"]["weights"]
    expected = binom.sf(num_first - 11, num_users, num_first / num_users)  # P(at least 50)
    assert weights["second"] > 0 == weights["as the first"]
    assert weights["first"] == pytest.approx(expected, abs=4 * (expected * (1 - expected) / mixtures.BAGS) ** 0.5)
