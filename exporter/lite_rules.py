"""Rules that stand for a browser's towers: a text's block in the item embedding, and pooling of a history.

The twins of extension/core/text-block.js and extension/core/pooling.js, with which an export and `verify` compare a
bundle's towers. contracts/vectors/text-block.json and user-tower.json hold the cases.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.contract_types import InteractionKind, PoolingRule, TextBlockRule

Floats = NDArray[np.floating[Any]]
History = Mapping[str, NDArray[Any]]

SMALLEST_NORM = 1e-6
SMALLEST_REST = 1e-6  # of a squared length of 1; less is the rounding of nothing
_NUM_HISTORIES, _NUM_ITEMS = 6, 16


def text_block(features: Floats, rule: TextBlockRule, dim: int, filler: int) -> NDArray[np.float32]:
    """Return item embeddings (N, dim) of the features (N, Dt) of texts, without an image."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    is_something = np.abs(features).max(axis=1, keepdims=True) > SMALLEST_NORM
    items = np.zeros((len(features), dim))
    units = np.divide(features, lengths, out=np.zeros(features.shape), where=is_something)
    items[:, rule["start"] : rule["start"] + features.shape[1]] = units * rule["share"] ** 0.5
    items[:, filler] = np.where(is_something[:, 0], (1 - rule["share"]) ** 0.5, 1.0)
    return items.astype(np.float32)


def with_text_block(images: Floats, texts: Floats, block: slice, filler: int) -> NDArray[np.float32]:
    """Return item embeddings (N, dim) of which text and image are known.

    Args:
        images: items of `lite.image.toItem`, (N, dim).
        texts: items of the texts alone, (N, dim).
        block: the coordinates of the text block.
        filler: the coordinate that holds what the others leave of a squared length of 1.
    """
    items = images.astype(np.float64)
    items[:, block] = texts[:, block]
    items[:, filler] = 0.0
    rest = 1.0 - (items**2).sum(axis=1)
    items[:, filler] = np.sqrt(np.where(rest > SMALLEST_REST, rest, 0.0))
    return items.astype(np.float32)


def pool(history: History, rule: PoolingRule, filler: int | None) -> NDArray[np.float32]:
    """Return user embeddings (B, dim); zeros where nothing is liked or where likes and dislikes cancel out.

    history: items (B, L, dim), kinds, agesDays, itemMask and weights (B, L), as a user tower takes them.
    """
    pooled = (history["items"] * _weights(history, rule)[..., None]).sum(axis=1)
    if filler is not None:
        pooled[:, filler] = 0.0
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    users = np.divide(pooled, lengths, out=np.zeros_like(pooled), where=lengths >= SMALLEST_NORM)
    result: NDArray[np.float32] = users.astype(np.float32)
    return result


def _weights(history: History, rule: PoolingRule) -> NDArray[np.float64]:
    """Return the weight of each interaction, (B, L); the liked ones of a history sum to 1, or all are 0."""
    ages, repeats = history["agesDays"].astype(np.float64), history["weights"].astype(np.float64)
    of_kind = np.array(rule["kindWeights"])[history["kinds"]] * history["itemMask"]
    is_liked = of_kind > 0
    newest = np.where(is_liked, ages, np.inf).min(axis=1, keepdims=True)
    has_liked = np.isfinite(newest)
    age = np.maximum(0.0, ages - np.where(has_liked, newest, 0.0))
    newer = ((ages[:, None, :] < ages[:, :, None]) & is_liked[:, None, :]).sum(axis=2)
    faded = of_kind * np.exp2(-age / rule["halfLifeDays"] - newer / rule["halfLifeItems"])
    liked = np.where(is_liked, faded * np.maximum(1.0, repeats) ** rule["repeatExponent"], 0.0)
    disliked = np.where(is_liked, 0.0, -faded)
    shares = np.divide(liked, liked.sum(axis=1, keepdims=True), out=np.zeros_like(liked), where=has_liked)
    total, most = disliked.sum(axis=1, keepdims=True), rule["maxDismissShare"]
    tamed = np.divide(most, total, out=np.ones_like(total), where=total > most)
    weights: NDArray[np.float64] = np.where(has_liked, shares - disliked * tamed, 0.0)
    return weights


def sample_histories(dim: int, kinds: list[InteractionKind]) -> dict[str, NDArray[Any]]:
    """Return histories of unit vectors that use every number of a pooling rule, by role.

    The first has one liked item and many dismissals; the last has dismissals alone.
    """
    rng = np.random.default_rng(11)
    shape = (_NUM_HISTORIES, _NUM_ITEMS)
    items = rng.normal(size=(*shape, dim)).astype(np.float32)
    drawn = rng.integers(0, len(kinds), size=shape)
    dismissal = kinds.index("dismiss")
    drawn[0], drawn[-1] = dismissal, dismissal
    drawn[0, 0] = kinds.index("view")
    mask = np.ones(shape, dtype=np.float32)
    mask[1, _NUM_ITEMS // 2 :] = 0.0
    return {
        "items": items / np.linalg.norm(items, axis=2, keepdims=True),
        "kinds": drawn,
        "agesDays": rng.uniform(0, 200, size=shape).astype(np.float32),
        "itemMask": mask,
        "weights": rng.integers(1, 6, size=shape).astype(np.float32),
    }
