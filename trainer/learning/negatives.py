"""Negative sampling: items of the batch, random items, and hard items that are easily confused.

Only items with a training interaction are drawn. An item that no training user could have met, such as new goods of the
other shop, is not disliked, and as a negative it would be learned as such.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from trainer.config.model import RankingConfig
from trainer.dataset.dataset import Interactions
from trainer.errors import TrainingError
from trainer.features.cache import FeatureCache, Metadata
from trainer.features.item_features import ItemFeatures

REDRAWS = 6  # of items that a user had; what is still unfair after them is masked
ROWS_PER_CHUNK = 1024


@dataclass(frozen=True)
class Negatives:
    """K items for each of B examples."""

    items: NDArray[np.int64]  # (B, K) item_idx
    is_fair: NDArray[np.bool_]  # (B, K) false where only items that the user had were left to draw


class NegativeSampler:
    r"""Sampler of the negatives of a batch, all at once and from one generator.

    `in_batch` takes what the batch's other users chose, `uniform` any item of training, `popularity` item j with
    probability :math:`q_j \propto n_j^\alpha`, where n_j is how often it was liked: alpha 1 follows popularity, and
    0.75 is the usual middle (Mikolov et al. 2013, https://arxiv.org/abs/1310.4546). Each of them may instead be hard,
    with probability `hard_share`: one of the positive's nearest neighbours by content, so that a user's choice has to
    be told from what looks or reads alike (Robinson et al. 2021, https://arxiv.org/abs/2010.04592). Never drawn: the
    positive itself, and what the user had in training, before it or after it.

    Args:
        train: the training interactions.
        num_items: size of the catalogue.
        config: which, and how many.
        neighbours: (num_items, k) from :func:`nearest_items`, where config.hard_share is above 0.
    """

    def __init__(
        self, train: Interactions, num_items: int, config: RankingConfig, neighbours: NDArray[np.int64] | None = None
    ) -> None:
        if config.hard_share and neighbours is None:
            raise ValueError("hard negatives need neighbours")
        self.num_items, self.config, self.neighbours = num_items, config, neighbours
        self.catalogue = np.unique(train.item_idx)
        self.chances = np.ones(len(self.catalogue))
        if config.negatives == "popularity":
            likes = np.bincount(train.item_idx[train.is_liked], minlength=num_items)[self.catalogue]
            self.chances = np.where(likes > 0, likes, 0.0) ** config.popularity_alpha * (likes > 0)
        self.chances = self.chances / self.chances.sum()
        self.thresholds = np.cumsum(self.chances)
        self.had = np.unique(train.user_idx * num_items + train.item_idx)

    @property
    def q(self) -> NDArray[np.float64]:
        """The probability that one draw (not a hard one) is this item, (num_items,).

        An item that is never drawn, yet can be met as a hard one, counts as the rarest that is.
        """
        chances = np.full(self.num_items, self.chances[self.chances > 0].min())
        chances[self.catalogue] = np.maximum(self.chances, chances[0])
        return chances

    def hard_q(
        self, targets: NDArray[np.int64], items: NDArray[np.int64], chances: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the probability that a hard draw for target i, (B,), is this item; items and result as `contains`.

        `chances`, (num_items,), is how probable an item is where a target has a neighbour too few and chance decides.
        """
        if self.neighbours is None:
            return np.zeros((len(targets), items.shape[-1]))
        nearest = self.neighbours[targets]  # (B, k)
        is_there = nearest >= 0
        is_near = contains(np.nonzero(is_there)[0], nearest[is_there], len(targets), items)
        by_chance = 1 - is_there.mean(axis=1, keepdims=True)
        found: NDArray[np.float64] = is_near / nearest.shape[1] + by_chance * chances[items]
        return found

    def had_by(self, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether user i, (B,), had this item in training, before or after; items and result as `contains`."""
        starts, ends = (np.searchsorted(self.had, (users + more) * self.num_items) for more in (0, 1))
        rows = np.repeat(np.arange(len(users)), ends - starts)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(ends - starts) - ends, ends - starts)
        return contains(rows, self.had[places] % self.num_items, len(users), items)

    def draw(
        self,
        users: NDArray[np.int64],
        targets: NDArray[np.int64],
        num: int,
        generator: torch.Generator,
        *,
        hard_share: float | None = None,
    ) -> Negatives:
        """Return `num` negatives for each (user, target), both (B,); hard_share: instead of the configuration's."""
        share = self.config.hard_share if hard_share is None else hard_share
        is_hard = _uniform(len(users), num, generator) < share if share else np.zeros((len(users), num), dtype=np.bool_)
        items = self._candidates(targets, is_hard, generator)
        is_fair = self.is_fair(users, targets, items)
        for redraw in range(REDRAWS):
            if is_fair.all():
                break
            if redraw >= REDRAWS // 2:  # the user seems to have had all neighbours
                is_hard = np.zeros_like(is_hard)
            items = np.where(is_fair, items, self._candidates(targets, is_hard, generator))
            is_fair = self.is_fair(users, targets, items)
        return Negatives(items, is_fair)

    def _candidates(
        self, targets: NDArray[np.int64], is_hard: NDArray[np.bool_], generator: torch.Generator
    ) -> NDArray[np.int64]:
        chance = _uniform(len(targets), is_hard.shape[1], generator)
        if self.config.negatives == "in_batch":
            items = targets[_place(chance, len(targets))]
        else:
            places = np.searchsorted(self.thresholds, chance * self.thresholds[-1], side="right")
            items = self.catalogue[np.minimum(places, len(self.catalogue) - 1)]  # rounding may reach the last threshold
        if self.neighbours is not None and is_hard.any():
            nearest = self.neighbours[targets]  # (B, k)
            hard = np.take_along_axis(
                nearest, _place(_uniform(len(targets), is_hard.shape[1], generator), nearest.shape[1]), axis=1
            )
            items = np.where(is_hard & (hard >= 0), hard, items)
        return items

    def is_fair(
        self, users: NDArray[np.int64], targets: NDArray[np.int64], items: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return whether an item may stand against target i, being neither it nor what user i had; as `contains`."""
        is_fair: NDArray[np.bool_] = ~self.had_by(users, items) & (items != targets[:, None])
        return is_fair


def contains(
    rows: NDArray[np.int64], members: NDArray[np.int64], num_sets: int, items: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether set i has an item, (num_sets, K): items are (K,), the same for all sets, or (num_sets, K).

    The sets are written as pairs: `members[p]` is in set `rows[p]`.
    """
    unique, columns = np.unique(items, return_inverse=True)
    places = np.minimum(np.searchsorted(unique, members), len(unique) - 1)
    is_asked = unique[places] == members if len(unique) else np.zeros(len(members), dtype=np.bool_)
    table = np.zeros((num_sets, len(unique)), dtype=np.bool_)
    table[rows[is_asked], places[is_asked]] = True
    if items.ndim == 1:
        return table[:, columns]
    return np.take_along_axis(table, columns.reshape(items.shape), axis=1)


def nearest_items(
    features: ItemFeatures,
    which: str,
    catalogue: NDArray[np.int64],
    k: int,
    device: torch.device,
    cache_dir: Path | None = None,
) -> NDArray[np.int64]:
    """Return the k items of `catalogue` nearest to each item by the cosine of "text", "image" or "both" features.

    (num_items, k) item_idx, nearest first, never the item itself; all -1 for an item without these features, and -1 in
    place of neighbours that are not there. Exact, in chunks on `device`; with a cache directory, searched once.
    """
    vectors = _content(features, which)  # (num_items, D) unit length, or zeros
    catalogue = catalogue[np.abs(vectors[catalogue]).max(axis=1) > 0]
    if len(catalogue) < 2:
        raise TrainingError(
            f"hard negatives need at least two training items with {which} features, got {len(catalogue)}; "
            "set model.hard_features to another, or model.hard_share to 0"
        )
    if cache_dir is None:
        return _nearest(vectors, catalogue, k, device)
    digest = hashlib.sha256(f"neighbours {which} {k} {vectors.shape}".encode())
    digest.update(vectors.data)
    digest.update(catalogue.data)
    cache, name, shape = FeatureCache(cache_dir), digest.hexdigest(), (len(vectors), k)
    metadata: Metadata = {"what": f"neighbours by {which}", "encoder": "", "rule": f"k {k}"}
    if (kept := cache.find(name, shape, np.int64, metadata)) is not None:
        return np.array(kept)
    found = _nearest(vectors, catalogue, k, device)
    with cache.add(name, shape, metadata) as file:
        np.save(file, found, allow_pickle=False)
    return found


def _nearest(
    vectors: NDArray[np.float32], catalogue: NDArray[np.int64], k: int, device: torch.device
) -> NDArray[np.int64]:
    everything = torch.from_numpy(vectors).to(device)
    offered = everything[torch.from_numpy(catalogue).to(device)].T
    column = np.full(len(vectors), -1)
    column[catalogue] = np.arange(len(catalogue))
    found = np.full((len(vectors), k), -1, dtype=np.int64)
    width = min(k, len(catalogue) - 1)
    for start in range(0, len(vectors), ROWS_PER_CHUNK):
        cosines = everything[start : start + ROWS_PER_CHUNK] @ offered  # (rows, len(catalogue))
        own = column[start : start + ROWS_PER_CHUNK]
        itself = np.flatnonzero(own >= 0)
        cosines[torch.from_numpy(itself), torch.from_numpy(own[itself])] = -torch.inf
        nearest = catalogue[cosines.topk(width, dim=1).indices.cpu().numpy()]
        found[start : start + ROWS_PER_CHUNK, :width] = nearest
    found[np.abs(vectors).max(axis=1) == 0] = -1
    return found


def _content(features: ItemFeatures, which: str) -> NDArray[np.float32]:
    parts = {"text": (features.text, 0), "image": (features.image, 1)}
    chosen = [parts[name] for name in (("text", "image") if which == "both" else (which,))]
    unit = [
        F.normalize(torch.from_numpy(np.array(values)), dim=1) * torch.from_numpy(features.modality_mask[:, [column]])
        for values, column in chosen
    ]
    vectors: NDArray[np.float32] = F.normalize(torch.cat(unit, dim=1), dim=1).numpy()
    return vectors


def _uniform(rows: int, columns: int, generator: torch.Generator) -> NDArray[np.float64]:
    drawn: NDArray[np.float64] = torch.rand(rows, columns, generator=generator, dtype=torch.float64).numpy()
    return drawn


def _place(chance: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    return np.minimum((chance * size).astype(np.int64), size - 1)
