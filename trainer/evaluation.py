"""One protocol for every model and baseline: rank all candidates for each case, then measure where the targets are."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.features import ItemFeatures
from trainer.histories import pad_histories
from trainer.item_inputs import ItemExtra, extra_inputs, item_inputs
from trainer.metrics import METRICS, target_ranks
from trainer.splits import Cases

# (cases, positions of some of them) -> scores (positions, candidates); higher is better.
Scorer = Callable[[Cases, NDArray[np.int64]], NDArray[np.floating]]

SCORES_PER_CHUNK = 4_000_000
ITEMS_PER_CHUNK = 4096


def evaluate(
    scorer: Scorer, cases: Cases, generator: np.random.Generator, ks: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Return {"ndcg@10": one value per case, ...}. Equal scores are ordered at random, by `generator`.

    The generator is drawn from in the cases' order, so two models given equal generators meet the same luck.
    """
    ranks = rank_targets(scorer, cases, generator)
    return {f"{name}@{k}": metric(ranks, cases.target_ptr, k) for k in ks for name, metric in METRICS.items()}


def rank_targets(scorer: Scorer, cases: Cases, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return the rank of each target of each case, (m,); items in a case's history come after everything else."""
    chunk = max(1, SCORES_PER_CHUNK // len(cases.candidates))
    ranks = np.empty(len(cases.target_items), dtype=np.int64)
    for start in range(0, len(cases), chunk):
        positions = np.arange(start, min(start + chunk, len(cases)))
        scores = np.array(scorer(cases, positions), dtype=np.float32)
        _hide_seen(scores, cases, positions)
        ptr = cases.target_ptr[start : start + len(positions) + 1]
        columns = np.searchsorted(cases.candidates, cases.target_items[ptr[0] : ptr[-1]])
        ranks[ptr[0] : ptr[-1]] = target_ranks(scores, ptr - ptr[0], columns, generator.random(scores.shape))
    return ranks


def _hide_seen(scores: NDArray[np.float32], cases: Cases, positions: NDArray[np.int64]) -> None:
    history = cases.history
    for row, user in enumerate(cases.users[positions]):
        seen = history.item_idx[history.ptr[user] : history.ptr[user + 1]]
        columns = np.searchsorted(cases.candidates, seen)
        is_candidate = columns < len(cases.candidates)
        columns, seen = columns[is_candidate], seen[is_candidate]
        scores[row, columns[cases.candidates[columns] == seen]] = -np.inf


@torch.no_grad()
def embed_items(
    tower: nn.Module, features: ItemFeatures, device: torch.device, extra: ItemExtra | None = None
) -> Tensor:
    """Return the embeddings of all items, (num_items, dim)."""
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
) -> Scorer:
    """Return a scorer by cosine; the items are embedded once, now."""
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
        )
        candidates = items[torch.from_numpy(cases.candidates).to(device)]
        scores: NDArray[np.float32] = (embeddings @ candidates.T).cpu().numpy()
        return scores

    return score
