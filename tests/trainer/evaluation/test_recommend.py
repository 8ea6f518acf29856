import json

import numpy as np
import pytest

from tests.trainer.planted import planted_interactions, planted_products, write_run
from trainer.__main__ import main
from trainer.dataset.dataset import make_interactions
from trainer.evaluation.recommend import diversify, recommend
from trainer.splits.cases import Cases


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train on shoppers of two planted tastes and return (checkpoint, products, taste of each itemId)."""
    directory = tmp_path_factory.mktemp("recommend")
    assert main(["train", str(write_run(directory))]) == 0
    products, tastes = planted_products()
    return str(directory / "run" / "best"), products, {p["itemId"]: t for p, t in zip(products, tastes, strict=True)}


def recommended(capsys, run, *arguments):
    assert main(["recommend", run[0], *arguments, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def key(product):
    return f"{product['shop']}/{product['itemId']}"


def test_an_unknown_shopper_gets_unseen_items_of_their_taste(run, capsys):
    _, products, taste_of = run
    for taste in (0, 1):
        viewed = [p for p in products if taste_of[p["itemId"]] == taste][:3]
        (found,) = recommended(capsys, run, "--items", *map(key, viewed), "--k", "8")
        tastes = [taste_of[item["itemId"]] for item in found["items"]]
        assert len(tastes) == 8
        assert tastes.count(taste) >= 7
        assert not {item["itemId"] for item in found["items"]} & {p["itemId"] for p in viewed}
        assert [item["title"] for item in found["history"]] == [p["title"] for p in reversed(viewed)]
        scores = [item["score"] for item in found["items"]]
        assert scores == sorted(scores, reverse=True)


def test_known_users_get_unseen_items_unless_seen_are_included(run, capsys):
    _, products, taste_of = run
    touched = {row["itemId"] for row in planted_interactions(products, list(taste_of.values())) if row["user"] == "u3"}
    one, other = recommended(capsys, run, "--user", "u3", "u4", "--k", "5")
    assert (one["user"], other["user"]) == ("u3", "u4")
    assert one["num_history"] == len(touched)
    assert {item["itemId"] for item in one["history"]} == touched
    assert not {item["itemId"] for item in one["items"]} & touched
    (again,) = recommended(capsys, run, "--user", "u3", "--k", "5", "--include-seen")
    assert {item["itemId"] for item in again["items"]} <= touched  # they have interacted with all items of their taste


def test_recommend_filters_by_shop_and_reads_users_from_file_or_sample(run, capsys, tmp_path):
    users = tmp_path / "users.txt"
    users.write_text("u1\n\nu2\nu1\n")
    found = recommended(capsys, run, "--users-file", str(users), "--shop", "linden.localhost", "--k", "3")
    assert [shopper["user"] for shopper in found] == ["u1", "u2"]
    assert {item["shop"] for shopper in found for item in shopper["items"]} == {"linden.localhost"}
    sample = recommended(capsys, run, "--sample", "4")
    assert len({shopper["user"] for shopper in sample}) == 4
    assert recommended(capsys, run, "--sample", "4") == sample


def test_recommend_prints_a_table_or_writes_a_file(run, capsys, tmp_path):
    assert main(["recommend", run[0], "--user", "u5", "--k", "2"]) == 0
    assert "u5: 20 items" in capsys.readouterr().out
    assert main(["recommend", run[0], "--user", "u5", "--k", "2", "--json", str(tmp_path / "lists.json")]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "lists.json").read_text())[0]["user"] == "u5"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--user", "nobody"], "no interaction of user 'nobody' in the data; give their viewed items with --items"),
        (["--items", "linden.localhost/0"], "no product 'linden.localhost/0' in the data"),
        (["--user", "u1", "--shop", "x.example"], "no product of 'x.example' in the data; it has harbor.localhost"),
        (["--user", "u1", "--k", "0"], "--k and --sample must be 1 or more"),
        (["--users-file", "absent.txt"], "absent.txt: cannot be read"),
        (["--user", "u1", "--diversity", "1.5"], "--diversity from 0 to 1"),
        (["--user", "u1", "--json", "absent/lists.json"], "absent/lists.json: cannot be written"),
    ],
)
def test_recommend_refuses_bad_arguments_in_one_line(run, capsys, arguments, message):
    assert main(["recommend", run[0], *arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert message in error[-1]
    assert error[-1].startswith("error: ")


def three_clusters():
    """Return (embeddings, scores) of nine candidates in three clusters of equal vectors; the first scores best."""
    embeddings = np.repeat(np.eye(3, dtype=np.float32), 3, axis=0)
    scores = np.float32([0.9, 0.89, 0.88, 0.6, 0.59, 0.58, 0.3, 0.29, 0.28])
    return embeddings, scores


def test_diversify_visits_other_clusters_first():
    embeddings, scores = three_clusters()
    columns = np.arange(9)
    assert diversify(columns, scores, embeddings, 3, 0.01).tolist() == [0, 1, 2]
    assert diversify(columns, scores, embeddings, 4, 0.7).tolist() == [0, 3, 6, 1]
    padded = np.array([4, 7, -1, -1])
    assert diversify(padded, scores, embeddings, 3, 0.5).tolist() == [4, 7, -1]


def test_diversify_equals_slow_mmr():
    generator = np.random.default_rng(2)
    embeddings = generator.normal(size=(20, 4))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    scores = generator.normal(size=20)
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    listed = []
    for _ in range(6):
        left = [i for i in range(20) if i not in listed]
        closest = {i: max((embeddings[i] @ embeddings[j] for j in listed), default=0) for i in left}
        listed.append(max(left, key=lambda i: 0.6 * relevance[i] - 0.4 * closest[i]))
    order = np.argsort(-scores)
    found = diversify(order, scores.astype(np.float32), embeddings.astype(np.float32), 6, 0.4)
    assert found.tolist() == listed


def test_recommend_lists_the_best_unseen_items_then_minus_one():
    history = make_interactions(list("aab"), [0, 4, 3], [0] * 3, [0.0, 1, 0], [1.0] * 3)
    cases = Cases(
        np.array([0, 1]), history, np.ones(2), np.zeros(3, int), np.empty(0, int), np.array([0, 2, 3, 4])
    )  # fmt: skip
    scorer = lambda c, p: np.tile(np.float32([4, 3, 2, 1]), (len(p), 1))  # noqa: E731
    items, scores = recommend(scorer, cases, 3, np.random.default_rng(0))
    assert items.tolist() == [[2, 3, -1], [0, 2, 4]]
    assert scores.tolist() == [[3, 2, 0], [4, 3, 1]]
    items, _ = recommend(scorer, cases, 3, np.random.default_rng(0), include_seen=True)
    assert items.tolist() == [[0, 2, 3]] * 2


def test_option_diversity_recommends_more_items_of_the_other_taste(run, capsys):
    _, products, taste_of = run
    viewed = [p for p in products if taste_of[p["itemId"]] == 0][:2]
    lists = {
        amount: recommended(capsys, run, "--items", *map(key, viewed), "--k", "6", "--diversity", amount)[0]["items"]
        for amount in ("0", "1")
    }
    # Titles of one taste are similar, so the most dissimilar list has items of the other taste.
    tastes = {amount: sum(taste_of[item["itemId"]] for item in items) for amount, items in lists.items()}
    assert tastes["0"] < tastes["1"]
