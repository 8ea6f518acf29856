import math

import numpy as np
import pytest

import trainer.evaluation.retrieval_metrics as module
from trainer.errors import TrainerError
from trainer.evaluation.retrieval_metrics import (
    SIMILARITY_CAVEAT,
    avg_mean_similarity_at_5,
    relevant_by_label,
    retrieval_metrics,
)


def unit(generator, *shape):
    rows = generator.normal(size=shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def slow_metrics(queries, gallery, relevant, own):
    """Return the metrics from the full matrix and a full sort, one query at a time."""
    rows = []
    for query, answers, me in zip(queries, relevant, own, strict=True):
        order = [int(i) for i in np.argsort(-(gallery @ query), kind="stable") if i != me]
        places = [order.index(answer) + 1 for answer in answers]
        ideal = sum(1 / math.log2(1 + i) for i in range(1, min(10, len(answers)) + 1))
        row = {f"recall@{k}": sum(p <= k for p in places) / len(places) for k in (1, 5, 10)}
        row |= {f"hit_rate@{k}": float(min(places) <= k) for k in (1, 5, 10)}
        rows.append(
            {**row, "mrr": 1 / min(places), "ndcg@10": sum(1 / math.log2(1 + p) for p in places if p <= 10) / ideal}
        )
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("scores_per_chunk", [1, 100, 4_000_000])
def test_retrieval_metrics_equal_the_full_matrix_for_any_chunk_size(monkeypatch, scores_per_chunk):
    monkeypatch.setattr(module, "SCORES_PER_CHUNK", scores_per_chunk)
    generator = np.random.default_rng(4)
    queries, gallery = unit(generator, 13, 6), unit(generator, 31, 6)
    relevant = [generator.choice(30, generator.integers(1, 4), replace=False) for _ in queries]
    own = np.where(np.arange(13) % 3 == 0, 30, -1)
    found = retrieval_metrics(queries, gallery, relevant, own=own)
    for name, values in slow_metrics(queries, gallery, relevant, own).items():
        np.testing.assert_allclose(found[name], values, atol=1e-12, err_msg=name)


def test_a_query_is_not_ranked_against_itself():
    """There are two offers of each product; if its own row were ranked, every query would find itself first."""
    embeddings = unit(np.random.default_rng(0), 8, 5)
    embeddings[1::2] = embeddings[::2]
    labels = [str(row // 2) for row in range(8)]
    relevant = [rows[rows != i] for i, rows in enumerate(relevant_by_label(labels, labels))]
    found = retrieval_metrics(embeddings, embeddings, relevant, own=np.arange(8))
    assert found["recall@1"].tolist() == [1.0] * 8
    assert found["mrr"].tolist() == [1.0] * 8


@pytest.mark.parametrize("num_rows", [37, 1_501])
def test_equal_gallery_rows_tie_at_any_position(num_rows):
    """All rows are equal, so their order is random, as for zero rows, whose scores are exact."""
    generator = np.random.default_rng(0)
    queries, gallery = unit(generator, 50, 257), np.repeat(unit(generator, 1, 257), num_rows, axis=0)
    relevant = [np.array([row]) for row in generator.integers(num_rows, size=50)]
    found, known = (retrieval_metrics(queries, rows, relevant) for rows in (gallery, np.zeros_like(gallery)))
    assert found["mrr"].tolist() == known["mrr"].tolist()


def test_relevant_by_label_returns_exactly_the_rows_of_a_label():
    assert [rows.tolist() for rows in relevant_by_label(["b", "z", "a", "c"], ["c", "a", "b", "a"])] == [
        [2],
        [],
        [1, 3],
        [0],
    ]


def test_retrieval_refuses_unanswered_queries_and_wrong_shapes():
    queries = unit(np.random.default_rng(0), 2, 4)
    with pytest.raises(TrainerError, match="query 1 has no answer"):
        retrieval_metrics(queries, queries, [np.array([0]), np.array([], dtype=np.int64)])
    with pytest.raises(TrainerError, match=r"\(2, 4\), \(2, 3\)"):
        retrieval_metrics(queries, queries[:, :3], [np.array([0]), np.array([1])])
    with pytest.raises(TrainerError, match="two embeddings"):
        avg_mean_similarity_at_5(queries[:1])


def test_avg_mean_similarity_is_highest_for_a_collapsed_space(monkeypatch):
    """Items in one point retrieve nothing and get the best possible value, as SIMILARITY_CAVEAT states."""
    collapsed = np.tile(unit(np.random.default_rng(0), 1, 8), (40, 1))
    assert avg_mean_similarity_at_5(collapsed) == pytest.approx(1.0)
    assert "collapsed" in SIMILARITY_CAVEAT
    useful = unit(np.random.default_rng(1), 40, 8)
    relevant = [np.array([(row + 1) % 40]) for row in range(40)]
    assert retrieval_metrics(collapsed, collapsed, relevant, own=np.arange(40))["mrr"].mean() < 0.3
    assert avg_mean_similarity_at_5(useful) < 0.9
    monkeypatch.setattr(module, "SCORES_PER_CHUNK", 90)
    cosines = useful @ useful.T
    np.fill_diagonal(cosines, -2)
    assert avg_mean_similarity_at_5(useful) == pytest.approx(np.sort(cosines, axis=1)[:, -5:].mean(), abs=1e-6)
