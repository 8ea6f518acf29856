"""Retrieval metrics between two sets of embeddings: text to image, image to text, offer to offer of a product.

Scores are computed in chunks: 25,000 queries against 25,000 items never hold more than a few thousand rows of the
score matrix.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.errors import TrainerError
from trainer.evaluation.ranking_metrics import hit_rate_at_k, mrr_at_k, ndcg_at_k, recall_at_k, target_ranks

Embeddings = NDArray[np.floating]
RECALL_KS = (1, 5, 10)
SCORES_PER_CHUNK = 4_000_000
SIMILARITY_CAVEAT = (
    "AvgMeanSimilarity@5 is not a ranking metric: it does not check whether the neighbours are right, "
    "and rewards a collapsed space, where it is 1.0."
)


def retrieval_metrics(
    queries: Embeddings,
    gallery: Embeddings,
    relevant: Sequence[NDArray[np.int64]],
    *,
    own: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Return one value per query, (n,), of recall@1, @5, @10, hit_rate@1, @5, @10, mrr and ndcg@10.

    queries (n, dim) and gallery (g, dim) are compared by dot product, so give them at unit length. `relevant[i]`: the
    gallery rows that answer query i, at least one. `own` (n,): the gallery row of the query itself, which is not
    ranked, or -1. Equal scores are ordered at random, from `seed`; equal gallery rows have equal scores.

    recall@k is the share of a query's answers among the first k. hit_rate@k is 1 where any answer is among them;
    papers with one answer per query call this recall. mrr has no cut-off. Raises TrainerError for other shapes or a
    query without an answer.
    """
    _check(queries, gallery, relevant)
    ptr = np.concatenate([[0], np.cumsum([len(rows) for rows in relevant])]).astype(np.int64)
    columns = np.concatenate(relevant).astype(np.int64)
    ranks = _ranks(queries, gallery, ptr, columns, own, np.random.default_rng(seed))
    found = {f"recall@{k}": recall_at_k(ranks, ptr, k) for k in RECALL_KS}
    found |= {f"hit_rate@{k}": hit_rate_at_k(ranks, ptr, k) for k in RECALL_KS}
    return {**found, "mrr": mrr_at_k(ranks, ptr, len(gallery)), "ndcg@10": ndcg_at_k(ranks, ptr, 10)}


def relevant_by_label(query_labels: Sequence[str], gallery_labels: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return, for each query, the gallery rows with the same label, ascending; empty where no row has it."""
    labels, label_idx = np.unique(np.asarray(gallery_labels, dtype=str), return_inverse=True)
    rows = np.argsort(label_idx, kind="stable")
    ptr = np.concatenate([[0], np.cumsum(np.bincount(label_idx, minlength=len(labels)))])
    wanted = np.asarray(query_labels, dtype=str)
    places = np.minimum(np.searchsorted(labels, wanted), len(labels) - 1)
    empty = np.array([], dtype=np.int64)
    return [
        rows[ptr[place] : ptr[place + 1]].astype(np.int64) if labels[place] == label else empty
        for place, label in zip(places, wanted, strict=True)
    ]


def avg_mean_similarity_at_5(embeddings: Embeddings) -> float:
    """Return the mean cosine of an embedding to its five nearest others, averaged over embeddings (n >= 2, dim).

    Embeddings have unit length. The metric is reported because papers report it. It is not a ranking metric: it does
    not check whether the neighbours are right, and a space collapsed to one point gets 1.0.
    """
    if len(embeddings) < 2:
        raise TrainerError(f"AvgMeanSimilarity: expected at least two embeddings, got {len(embeddings)}")
    k = min(5, len(embeddings) - 1)
    total = 0.0
    for rows in _chunks(len(embeddings), len(embeddings)):
        scores = embeddings[rows] @ embeddings.T
        scores[np.arange(len(rows)), rows] = -np.inf
        total += float(-np.partition(-scores, k - 1, axis=1)[:, :k].mean(axis=1).sum(dtype=np.float64))
    return total / len(embeddings)


def _ranks(
    queries: Embeddings,
    gallery: Embeddings,
    ptr: NDArray[np.int64],
    columns: NDArray[np.int64],
    own: NDArray[np.int64] | None,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    ranks = np.empty(len(columns), dtype=np.int64)
    first = _first_equal(gallery)
    for rows in _chunks(len(queries), len(gallery)):
        # A matrix product may round equal columns differently, depending on their position, and so break their tie.
        scores = (queries[rows] @ gallery.T)[:, first]  # (b, g)
        if own is not None:
            has = np.flatnonzero(own[rows] >= 0)
            scores[has, own[rows[has]]] = -np.inf
        mine = ptr[rows[0] : rows[-1] + 2]
        part = slice(mine[0], mine[-1])
        ranks[part] = target_ranks(scores, mine - mine[0], columns[part], generator.random(scores.shape))
    return ranks


def _first_equal(gallery: Embeddings) -> NDArray[np.int64]:
    """Return, for each row, the index of the first row equal to it, (g,)."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(row.tobytes(), place) for place, row in enumerate(gallery)], dtype=np.int64)


def _chunks(num_rows: int, width: int) -> list[NDArray[np.int64]]:
    size = max(1, SCORES_PER_CHUNK // width)
    return [np.arange(start, min(start + size, num_rows)) for start in range(0, num_rows, size)]


def _check(queries: Embeddings, gallery: Embeddings, relevant: Sequence[NDArray[np.int64]]) -> None:
    if queries.shape[1:] != gallery.shape[1:] or len(relevant) != len(queries):
        raise TrainerError(
            f"expected queries (n, dim), gallery (g, dim) and n answers, got {queries.shape}, {gallery.shape} "
            f"and {len(relevant)}"
        )
    lacking = [row for row, answers in enumerate(relevant) if len(answers) == 0]
    if lacking:
        raise TrainerError(f"query {lacking[0]} has no answer in the gallery, so it cannot be evaluated; leave it out")
