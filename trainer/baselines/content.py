"""Content baseline without training: ranks items by similarity to the history. It uses no other interactions."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.baselines.baseline import Baseline
from trainer.baselines.sparse_interactions import liked_history
from trainer.baselines.tuning import Fitted, Settings, tune
from trainer.evaluation.protocol import Scorer, embed_items, tower_scorer
from trainer.features.item_features import ItemFeatures
from trainer.prepare import Prepared
from trainer.splits.cases import Cases
from trainer.towers.content import ContentItemTower, ContentUserTower

TEXT_WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)
WHITENINGS = (0.0, 0.5, 1.0)
HALF_LIVES_DAYS = (7.0, 30.0, 365.0)
BESTS = (1, 3, 5)  # the score is the mean cosine to the n history items that are most similar to the candidate
LASTS = (20, 5)  # only the last n items of the history are used
MAX_ITEMS = 100
SMALLEST_VARIANCE = 1e-4  # share of the largest: a direction that hardly varies is noise that whitening would amplify

Embeddings = NDArray[np.float32]


def content_towers(
    features: ItemFeatures, dim: int, text_weight: float, half_life_days: float, whitening: float = 0.0
) -> tuple[ContentItemTower, ContentUserTower]:
    """Return content towers on the principal components of the catalogue, without using interactions.

    `whitening` in [0, 1]: 0 keeps the components' variances, 1 makes them equal. Then the differences between products
    weigh as much as what they have in common.
    """
    width = (dim - 1) // 2
    text = principal_directions(features.text[features.modality_mask[:, 0] > 0], width, whitening)
    image = principal_directions(features.image[features.modality_mask[:, 1] > 0], width, whitening)
    return ContentItemTower(*text, *image, text_weight=text_weight), ContentUserTower(half_life_days=half_life_days)


def tuned_content_scorer(
    features: ItemFeatures, valid: Cases, *, seed: int, device: torch.device, max_items: int = MAX_ITEMS
) -> Fitted:
    """Return the content scorer with the best valid NDCG@10.

    Tuning has two steps. The first chooses the item embedding (weight of the text, whitening), with a plain mean of the
    history. The second chooses how to pool the history: a mean weighted by recency, or the n items most similar to the
    candidate (n = 1 is max pooling).
    """
    scorers = _ContentScorers(features, max_items, device)
    has_both = bool((features.modality_mask.sum(axis=0) > 0).all())
    weights = TEXT_WEIGHTS if has_both else (0.5,)  # with only one modality the weight cancels out
    longest = HALF_LIVES_DAYS[-1]
    embedding_settings = [
        {"text_weight": weight, "whitening": whitening, "half_life_days": longest}
        for weight in weights
        for whitening in WHITENINGS
    ]
    first = tune(scorers.scorer, embedding_settings, valid, seed)
    best_embedding = {name: first.tuned["chosen"][name] for name in ("text_weight", "whitening")}
    second = tune(scorers.scorer, [{**best_embedding, **reading} for reading in _history_settings()], valid, seed)
    best = max(first, second, key=lambda fitted: fitted.tuned["valid_ndcg@10"])
    return Fitted(best.scorer, {**best.tuned, "grid": [*first.tuned["grid"], *second.tuned["grid"]]})


def remake_content_scorer(
    features: ItemFeatures, chosen: Settings, device: torch.device, max_items: int = MAX_ITEMS
) -> Scorer:
    """Return the scorer with these chosen settings on other features, such as features without one modality."""
    return _ContentScorers(features, max_items, device).scorer(**chosen)


def content_embeddings(features: ItemFeatures, device: torch.device) -> Embeddings:
    """Return untrained content embeddings of all items, (num_items, dim), of unit length.

    Items without text and image have zero rows.
    """
    scorers = _ContentScorers(features, MAX_ITEMS, device)
    tower, _ = content_towers(features, scorers.dim, text_weight=0.5, half_life_days=HALF_LIVES_DAYS[-1])
    embeddings = embed_items(tower.to(device), features, device).cpu().numpy()[:, :-1]  # without the filler
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(norms > 0, norms, 1), dtype=np.float32)


def best_of_history_scorer(embeddings: Embeddings, best: int, last: int) -> Scorer:
    """Return a scorer by the mean of a candidate's `best` largest cosines to the history's `last` liked items.

    embeddings: (num_items, dim); items without text and image have zero rows, so their cosine is 0.
    """

    def score(cases: Cases, positions: NDArray[np.int64]) -> Embeddings:
        index, items, ago = liked_history(cases, positions)
        index, items = index[ago < last], items[ago < last]
        unique, places = np.unique(items, return_inverse=True)
        cosines = embeddings[unique] @ embeddings[cases.candidates].T
        ptr = np.searchsorted(index, np.arange(len(positions) + 1))
        scores = np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)
        for case in np.flatnonzero(np.diff(ptr)):
            mine = cosines[places[ptr[case] : ptr[case + 1]]]  # (liked, candidates)
            if len(mine) > best:
                mine = np.partition(mine, len(mine) - best, axis=0)[-best:]
            scores[case] = mine.mean(axis=0)
        return scores

    return score


class _ContentScorers:
    """Factory of content scorers on one set of features."""

    def __init__(self, features: ItemFeatures, max_items: int, device: torch.device) -> None:
        self.features, self.max_items, self.device = features, max_items, device
        # The baseline is never exported, so it may be as wide as the encoders.
        self.dim = 2 * max(features.text.shape[1], features.image.shape[1]) + 1

    def scorer(
        self,
        text_weight: float,
        whitening: float,
        half_life_days: float | None = None,
        best: int | None = None,
        last: int | None = None,
    ) -> Scorer:
        half_life = half_life_days or HALF_LIVES_DAYS[-1]
        towers: list[nn.Module] = [
            tower.to(self.device)
            for tower in content_towers(self.features, self.dim, text_weight, half_life, whitening)
        ]
        if best is None or last is None:
            return tower_scorer(towers[0], towers[1], self.features, self.max_items, self.device)
        embeddings = embed_items(towers[0], self.features, self.device).cpu().numpy()
        # Drop the last coordinate, the filler: two items that both lack an image are not similar for that reason.
        return best_of_history_scorer(np.ascontiguousarray(embeddings[:, :-1]), best, last)


def _history_settings() -> Sequence[Settings]:
    means = [{"half_life_days": half_life} for half_life in HALF_LIVES_DAYS[:-1]]
    return [*means, *({"best": best, "last": last} for best in BESTS for last in LASTS)]


def principal_directions(features: Embeddings, width: int, whitening: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean, (D,), and the first principal directions of features (n, D) as columns, (D, at most width).

    `whitening` as in :func:`content_towers`. Without features, the mean is zero and the only direction is the first
    axis.
    """
    if len(features) == 0:
        return torch.zeros(features.shape[1]), torch.eye(features.shape[1])[:, :1]
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.cov(features - mean, rowvar=False, dtype=np.float64, bias=True).reshape(features.shape[1], -1)
    values, vectors = np.linalg.eigh(covariance)  # ascending
    count = min(width, len(features))
    values, basis = values[::-1][:count], vectors[:, ::-1][:, :count]
    scale = np.maximum(values / max(values[0], np.finfo(np.float64).tiny), SMALLEST_VARIANCE) ** (-whitening / 2)
    return torch.from_numpy(mean).float(), torch.from_numpy(basis * scale).float()


def fit_content(prepared: Prepared) -> Fitted:
    """Return the content baseline, with embedding and pooling chosen on "valid"."""
    return tuned_content_scorer(
        prepared.features, prepared.split.valid, seed=prepared.config.seed, device=prepared.device
    )


CONTENT = Baseline("content", fit_content)
