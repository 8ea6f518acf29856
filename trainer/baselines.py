"""What a model must beat to be worth having: chance, what sells anyway, and content without training."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.data import Interactions
from trainer.evaluation import Scorer, evaluate, tower_scorer
from trainer.features import ItemFeatures
from trainer.splits import Cases
from trainer.towers.content import ContentItemTower, ContentUserTower

TEXT_WEIGHTS = (0.1, 0.3, 0.5, 0.7, 0.9)
HALF_LIVES_DAYS = (7.0, 30.0, 365.0)


def random_scorer() -> Scorer:
    """Return a scorer that finds everything equally good: the evaluation's shuffled ties do the rest."""
    return lambda cases, positions: np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)


def popularity_scorer(train: Interactions, num_items: int) -> Scorer:
    """Return a scorer by how many training users liked an item; the same for everybody."""
    liked = np.unique(np.stack([train.user_idx[train.is_liked], train.item_idx[train.is_liked]]), axis=1)
    num_users = np.bincount(liked[1], minlength=num_items).astype(np.float32)
    return lambda cases, positions: np.tile(num_users[cases.candidates], (len(positions), 1))


def content_towers(
    features: ItemFeatures, dim: int, text_weight: float, half_life_days: float
) -> tuple[ContentItemTower, ContentUserTower]:
    """Return content towers on the catalogue's own principal components; no interaction is looked at."""
    width = (dim - 1) // 2
    text = _principal(features.text[features.modality_mask[:, 0] > 0], width)
    image = _principal(features.image[features.modality_mask[:, 1] > 0], width)
    return ContentItemTower(*text, *image, text_weight=text_weight), ContentUserTower(half_life_days=half_life_days)


def tuned_content_scorer(
    features: ItemFeatures, valid: Cases, *, dim: int, max_items: int, seed: int, device: torch.device
) -> tuple[Scorer, dict[str, float]]:
    """Return the content scorer with the best valid NDCG@10 of a small grid, and what was chosen."""
    best: tuple[float, Scorer, dict[str, float]] | None = None
    has_images = bool((features.modality_mask[:, 1] > 0).any())
    for text_weight in TEXT_WEIGHTS if has_images else (0.5,):  # with texts alone the weight cancels out
        for half_life in HALF_LIVES_DAYS:
            towers: list[nn.Module] = [
                tower.to(device) for tower in content_towers(features, dim, text_weight, half_life)
            ]
            scorer = tower_scorer(towers[0], towers[1], features, max_items, device)
            ndcg = float(evaluate(scorer, valid, np.random.default_rng(seed), (10,))["ndcg@10"].mean())
            if best is None or ndcg > best[0]:
                best = (ndcg, scorer, {"text_weight": text_weight, "half_life_days": half_life})
    if best is None:
        raise ValueError("the grid of content towers is empty")
    return best[1], best[2]


def _principal(features: NDArray[np.float32], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean, (D,), and the first principal directions as columns, (D, at most width)."""
    if len(features) == 0:
        return torch.zeros(features.shape[1]), torch.eye(features.shape[1])[:, :1]
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.cov(features - mean, rowvar=False, dtype=np.float64, bias=True).reshape(features.shape[1], -1)
    _, vectors = np.linalg.eigh(covariance)  # ascending
    basis = vectors[:, ::-1][:, : min(width, len(features))]
    return torch.from_numpy(mean).float(), torch.from_numpy(basis.copy()).float()
