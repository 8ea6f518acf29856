"""Evaluation protocol of models and baselines: rank all candidates of each case, then measure the targets' ranks."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.dataset.histories import pad_histories
from trainer.evaluation.ranking_metrics import METRICS, auc, target_ranks, top_columns
from trainer.features.item_features import ItemFeatures
from trainer.features.item_inputs import ItemExtra, extra_inputs, item_inputs
from trainer.splits.cases import Cases

# (cases, positions of some of them) -> scores (positions, candidates); higher is better.
Scorer = Callable[[Cases, NDArray[np.int64]], NDArray[np.floating]]

SCORES_PER_CHUNK = 4_000_000
ITEMS_PER_CHUNK = 4096


@dataclass(frozen=True)
class Ranking:
    """Ranks of the targets under one scorer, and the top of each case's list."""

    ranks: NDArray[np.int64]  # (m,) of each target of each case, best 1
    top: NDArray[np.int64]  # (n, k) item_idx, best first; -1 where no candidate is left
    score_seconds: float  # time spent in the scorer alone


def evaluate(
    scorer: Scorer, cases: Cases, generator: np.random.Generator, ks: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return {"ndcg@10": one value per case, ..., "auc": ...}. Equal scores are ordered at random, by `generator`.

    Random numbers are drawn in the order of the cases, so equal generators break ties equally for two models.
    """
    return rank_metrics(rank_targets(scorer, cases, generator), cases, ks)


def rank_metrics(ranks: NDArray[np.int64], cases: Cases, ks: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """Return every rank metric at every cut-off, and AUC, one value per case, each (n,)."""
    found = {f"{name}@{k}": metric(ranks, cases.target_ptr, k) for k in ks for name, metric in METRICS.items()}
    return {**found, "auc": auc(ranks, cases.target_ptr, num_ranked(cases))}


def evaluate_all(
    scorers: Mapping[str, Scorer],
    cases: Cases,
    seed: Sequence[int],
    top: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Ranking]:
    """Return the ranking of each scorer. All break ties with a generator seeded with `seed`, so equally."""
    rankings = {}
    for done, (name, scorer) in enumerate(scorers.items(), 1):
        rankings[name] = rank(scorer, cases, np.random.default_rng(seed), top)
        on_progress(done, len(scorers))
    return rankings


def rank_targets(scorer: Scorer, cases: Cases, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return the rank of each target of each case, (m,); items of a case's history rank after all others."""
    return rank(scorer, cases, generator, top=0).ranks


def rank(scorer: Scorer, cases: Cases, generator: np.random.Generator, top: int) -> Ranking:
    """Return the targets' ranks and the first `top` items of every list, without items of the case's history."""
    chunk = max(1, SCORES_PER_CHUNK // len(cases.candidates))
    ranks = np.empty(len(cases.target_items), dtype=np.int64)
    shown = np.full((len(cases), top), -1, dtype=np.int64)
    seconds = 0.0
    for start in range(0, len(cases), chunk):
        positions = np.arange(start, min(start + chunk, len(cases)))
        before = time.perf_counter()
        scores = np.array(scorer(cases, positions), dtype=np.float32)
        seconds += time.perf_counter() - before
        scores[seen_candidates(cases, positions)] = -np.inf
        priority = generator.random(scores.shape)
        ptr = cases.target_ptr[start : start + len(positions) + 1]
        columns = np.searchsorted(cases.candidates, cases.target_items[ptr[0] : ptr[-1]])
        ranks[ptr[0] : ptr[-1]] = target_ranks(scores, ptr - ptr[0], columns, priority)
        if top:
            found = top_columns(scores, priority, top)
            shown[positions, : found.shape[1]] = np.where(found >= 0, cases.candidates[found], -1)
    return Ranking(ranks, shown, seconds)


def seen_candidates(cases: Cases, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (row, column) of every candidate column in the history of positions[row]; pairs may repeat."""
    rows, items = history_rows(cases, positions)
    seen = cases.history.item_idx[items]
    columns = np.minimum(np.searchsorted(cases.candidates, seen), len(cases.candidates) - 1)
    is_candidate = cases.candidates[columns] == seen
    return rows[is_candidate], columns[is_candidate]


def history_rows(cases: Cases, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (index into positions, row of cases.history) of every interaction of these cases, in case order."""
    users, ptr = cases.users[positions], cases.history.ptr
    lengths = ptr[users + 1] - ptr[users]
    index = np.repeat(np.arange(len(positions)), lengths)
    within = np.arange(len(index)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return index, ptr[users][index] + within


def num_ranked(cases: Cases) -> NDArray[np.int64]:
    """Return the number of candidates that each case ranks, (n,): all but those of its history."""
    rows, columns = seen_candidates(cases, np.arange(len(cases)))
    seen = np.unique(rows * len(cases.candidates) + columns) // len(cases.candidates)
    return len(cases.candidates) - np.bincount(seen, minlength=len(cases))


@torch.no_grad()
def embed_items(
    tower: nn.Module, features: ItemFeatures, device: torch.device, extra: ItemExtra | None = None
) -> Tensor:
    """Return the item tower's embeddings of all items, (num_items, dim), on `device`."""
    everything = np.arange(len(features))
    chunks = [everything[start : start + ITEMS_PER_CHUNK] for start in range(0, len(features), ITEMS_PER_CHUNK)]
    return torch.cat(
        [tower(*item_inputs(features, rows, device), **extra_inputs(extra, rows, device)) for rows in chunks]
    )


def tower_scorer(
    item_tower: nn.Module,
    user_tower: nn.Module,
    features: ItemFeatures,
    max_items: int,
    device: torch.device,
    extra: ItemExtra | None = None,
    user_extra: ItemExtra | None = None,
) -> Scorer:
    """Return a scorer by cosine of the towers' embeddings; items are embedded once, in this call.

    The rows of `user_extra` are user_idx.
    """
    item_tower.eval()
    user_tower.eval()
    items = embed_items(item_tower, features, device, extra)

    @torch.no_grad()
    def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        users, ptr = cases.users[positions], cases.history.ptr
        history = pad_histories(cases.history, ptr[users], ptr[users + 1], cases.now_days[positions], max_items)
        embeddings = user_tower(
            items[torch.from_numpy(history.item_idx).to(device)],  # (B, L, dim)
            torch.from_numpy(history.kinds).to(device),
            torch.from_numpy(history.ages_days).to(device),
            torch.from_numpy(history.item_mask).to(device),
            **extra_inputs(user_extra, users, device),
        )
        candidates = items[torch.from_numpy(cases.candidates).to(device)]
        scores: NDArray[np.float32] = (embeddings @ candidates.T).cpu().numpy()
        return scores

    return score
