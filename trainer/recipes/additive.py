"""Recipe of additive: ids, words and content summed, trained by a softmax over all items of a shop.

Every batch is a shop: the target shop, where training users have been there, or else a random part of the catalogue.
A user's interactions outside the shop predict the liked items in it, against all other items that it sells. So an item
is a negative as often as in use. Of a shop with more than `max_candidates` items, each batch takes the items that its
users liked and a sample of the others, weighted to represent all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.config.checks import between
from trainer.config.model import ModelConfig
from trainer.dataset.hashed_ids import hash_keys, sorted_keys
from trainer.errors import TrainingError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.item_inputs import drop_modalities, extra_inputs, item_inputs
from trainer.features.word_bags import word_bags
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.learning.ranking_learner import valid_ranking_metrics
from trainer.learning.ranking_losses import in_float32
from trainer.learning.row_learner import RowLearner, RowTask
from trainer.learning.shop_visits import visit_shop
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.additive import AdditiveItem, AdditiveUser
from trainer.towers.known_rows import UNKNOWN

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class AdditiveConfig(ModelConfig):
    """Options of the additive model."""

    type: str = "additive"
    num_words: int = 16384  # words are hashed to so many embeddings; 0: without words
    item_ids: bool = True  # an embedding for each item of the training interactions, used where the item is known
    id_dropout: float = 0.2  # share of items that count as never seen, so that words and content alone suffice
    new_shop: float = 0.0  # share of batches in which none of the shop's items counts as seen, as in a new shop
    shop_share: float = 0.5  # share of the catalogue in a batch's shop, where there is no target shop
    history_dropout: float = 0.2  # share of histories that is left out
    proximity: float = 0.5  # how much more a choice near the history counts (trainer/learning/shop_visits.py)
    max_candidates: int = 8192  # largest number of a shop's items in one batch's softmax

    def __post_init__(self) -> None:
        super().__post_init__()
        between("model.num_words", self.num_words, 0, 2**22)
        for name in ("id_dropout", "new_shop", "history_dropout"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.shop_share", self.shop_share, 0.01, 0.99)
        between("model.proximity", self.proximity, 0, 4)
        between("model.max_candidates", self.max_candidates, 2, 10_000_000)


class IdsAndWords:
    """Inputs of the item tower beyond features: rows of the id embedding, and bags of words."""

    def __init__(self, prepared: Prepared, item_tower: AdditiveItem) -> None:
        self.config = config_of(prepared, AdditiveConfig)
        self.item_rows = item_tower.rows(torch.from_numpy(hash_keys(prepared.dataset.item_keys)))  # (num_items,)
        self.num_words = item_tower.config["num_words"]
        if self.num_words:
            texts = [prepared.encoders.item_text(product) for product in prepared.dataset.products]
            bags = word_bags(texts, self.num_words)
            # Where the features say that the text is missing, its words are, too.
            self.word_ids = torch.from_numpy(bags.ids)
            self.word_weights = torch.from_numpy(bags.weights * prepared.features.modality_mask[:, :1])
        self.new_items: Tensor | None = None  # (num_items,) bool: items that count as never seen for now

    def __call__(self, rows: Rows, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return the further arguments of :class:`AdditiveItem`; in training some items are as if never seen."""
        at = torch.from_numpy(rows)
        item_rows = self.item_rows[at]
        if generator is not None:
            forgotten = torch.rand(len(rows), generator=generator) < self.config.id_dropout
            if self.new_items is not None:
                forgotten = forgotten | self.new_items[at]
            item_rows = torch.where(forgotten, UNKNOWN, item_rows)
        if not self.num_words:
            return {"item_rows": item_rows}
        return {"item_rows": item_rows, "word_ids": self.word_ids[at], "word_weights": self.word_weights[at]}


def build(prepared: Prepared) -> RowLearner:
    """Return the learner with fresh towers."""
    generator = torch.Generator().manual_seed(prepared.config.seed)
    item_tower, user_tower = _towers(prepared, generator)
    extra = IdsAndWords(prepared, item_tower)
    visits = _Visits(prepared, item_tower, user_tower, extra, generator)
    task = RowTask(
        batches=visits.batches,
        batches_per_epoch=-(-len(visits.users) // prepared.config.training.batch_size),
        loss=visits.loss,
        validator=partial(valid_ranking_metrics, prepared, extra, None, item_tower, user_tower),
        stop_metric=RANKING_STOP_METRIC,
    )
    towers = {"item_tower": item_tower, "user_tower": user_tower}
    rates = {weight: 1.0 for tower in towers.values() for weight in tower.parameters()}
    return RowLearner(towers, rates, task, prepared.config.training, generator, prepared.device)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of user and item, with ids of the items that training saw and words of all."""
    item_tower = towers["item_tower"]
    if not isinstance(item_tower, AdditiveItem):
        raise TypeError(f"expected an AdditiveItem, got {type(item_tower).__name__}")
    extra = IdsAndWords(prepared, item_tower)
    max_items = prepared.config.training.max_items
    return tower_scorer(item_tower, towers["user_tower"], prepared.features, max_items, prepared.device, extra)


class _Visits:
    """Batches of an epoch and their loss."""

    def __init__(
        self,
        prepared: Prepared,
        item_tower: AdditiveItem,
        user_tower: AdditiveUser,
        extra: IdsAndWords,
        generator: torch.Generator,
    ) -> None:
        self.prepared, self.config, self.extra, self.generator = (
            prepared,
            config_of(prepared, AdditiveConfig),
            extra,
            generator,
        )
        self.item_tower, self.user_tower = item_tower, user_tower
        self.train = train = prepared.split.train
        num_items = len(prepared.dataset.products)
        self.is_sold = np.bincount(train.item_idx[train.is_liked], minlength=num_items) > 0
        self.shop = target_shop(prepared)
        self.users = np.flatnonzero(np.diff(train.ptr) > 1)
        if len(self.users) < 2:
            raise TrainingError("no two training users did more than one thing, so there is nothing to learn")

    def batches(self, generator: torch.Generator) -> Sequence[Rows]:
        """Return the users of an epoch, in a new order."""
        order = self.users[torch.randperm(len(self.users), generator=generator).numpy()]
        size = self.prepared.config.training.batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def loss(self, users: Rows, epoch: int) -> dict[str, Tensor]:
        r"""Return the mean cross-entropy over users, {"loss"}.

        .. math:: -\sum_t w_t \log \mathrm{softmax}_{j \in \text{shop}}(\langle u, e_j \rangle / \tau)_t
        """
        config, training = self.config, self.prepared.config.training
        in_shop = self._draw_shop()
        is_kept = self._chance(len(self.train)) >= config.history_dropout
        visits = visit_shop(
            self.train, users, in_shop, is_kept, max_items=training.max_items, proximity=config.proximity
        )
        if len(visits) == 0:
            return {"loss": 0.0 * self.user_tower.dislike}  # nothing to learn from, and still a scalar with a gradient
        sold, log_counts = self._sold(in_shop, visits.target_item)
        unique, places = np.unique(np.concatenate([visits.item_idx.ravel(), sold]), return_inverse=True)
        embeddings = torch.nn.functional.embedding(self._tensor(places), self._embed(unique, in_shop))
        num = visits.item_idx.size
        tastes = self.user_tower(
            embeddings[:num].view(*visits.item_idx.shape, -1),  # (n, L, dim)
            self._tensor(visits.kinds),
            self._tensor(visits.ages_days),
            self._tensor(visits.item_mask),
        )
        logits = _logits(tastes, embeddings[num:], training.temperature) + self._tensor(log_counts)  # (n, sold)
        columns = self._tensor(np.searchsorted(sold, visits.target_item))
        chosen = torch.log_softmax(logits, dim=1)[self._tensor(visits.target_user), columns]
        return {"loss": -(chosen * self._tensor(visits.target_weight)).sum() / len(visits)}

    def _draw_shop(self) -> NDArray[np.bool_]:
        """Return which items the batch's shop sells, (num_items,)."""
        if self.shop is not None:
            return self.shop
        return self._chance(len(self.is_sold)) < self.config.shop_share

    def _sold(self, in_shop: NDArray[np.bool_], wanted: Rows) -> tuple[Rows, NDArray[np.float32]]:
        """Return the items of the softmax, ascending, and the log of the number of shop items that each represents."""
        sold = np.flatnonzero(in_shop & self.is_sold)
        if len(sold) <= self.config.max_candidates:
            return sold, np.zeros(len(sold), dtype=np.float32)
        others = np.setdiff1d(sold, wanted)
        sample = others[torch.randperm(len(others), generator=self.generator)[: self.config.max_candidates].numpy()]
        items = np.union1d(sample, wanted)
        represents = np.where(np.isin(items, wanted), 1.0, len(others) / max(1, len(sample)))
        return items, np.log(represents).astype(np.float32)

    def _embed(self, items: Rows, in_shop: NDArray[np.bool_]) -> Tensor:
        is_new = self._chance(1)[0] < self.config.new_shop
        self.extra.new_items = torch.from_numpy(in_shop) if is_new else None
        text, image, mask = item_inputs(self.prepared.features, items, self.prepared.device)
        chance = self._tensor(self._chance(2 * len(items)).reshape(-1, 2).astype(np.float32))
        mask = drop_modalities(mask, chance, self.prepared.config.training.modality_dropout)
        extra = extra_inputs(self.extra, items, self.prepared.device, self.generator)
        embeddings: Tensor = self.item_tower(text, image, mask, **extra)
        return embeddings

    def _chance(self, number: int) -> NDArray[np.float64]:
        drawn: NDArray[np.float64] = torch.rand(number, dtype=torch.float64, generator=self.generator).numpy()
        return drawn

    def _tensor(self, array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self.prepared.device)


@in_float32
def _logits(tastes: Tensor, sold: Tensor, temperature: float) -> Tensor:
    return tastes @ sold.T / temperature


def target_shop(prepared: Prepared) -> NDArray[np.bool_] | None:
    """Return which items (num_items,) the target shop sells; None unless training has likes inside and outside."""
    split = prepared.split
    asked = np.zeros(len(prepared.dataset.products), dtype=bool)
    asked[split.test.candidates] = True
    found = asked[split.train.item_idx[split.train.is_liked]]
    return asked if found.any() and not found.all() and not asked.all() else None


def _towers(prepared: Prepared, generator: torch.Generator) -> tuple[AdditiveItem, AdditiveUser]:
    config, encoders, features = config_of(prepared, AdditiveConfig), prepared.encoders, prepared.features
    keys = prepared.dataset.item_keys
    seen = sorted_keys(keys[item] for item in np.unique(prepared.split.train.item_idx)) if config.item_ids else None
    item_tower = AdditiveItem(
        encoders.text_dim,
        encoders.image_dim,
        num_words=config.num_words,
        num_items=0 if seen is None else len(seen),
        dim=config.dim,
        generator=generator,
    )
    if seen is not None:
        item_tower.item_keys.copy_(seen)
    means = (_mean(features.text, features.modality_mask[:, 0]), _mean(features.image, features.modality_mask[:, 1]))
    item_tower.centre(*means)
    return item_tower, AdditiveUser(config.dim, prepared.config.training.max_items)


def _mean(features: NDArray[np.float32], is_there: NDArray[np.float32]) -> Tensor:
    """Return the mean of the unit vectors of the features that are there, (D,); zeros without any."""
    known = np.asarray(features[is_there > 0], dtype=np.float64)
    if not len(known):
        return torch.zeros(features.shape[1])
    known /= np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-12)
    return torch.from_numpy(known.mean(axis=0)).float()


MODEL = Model(
    config=AdditiveConfig,
    towers=(AdditiveItem, AdditiveUser),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
