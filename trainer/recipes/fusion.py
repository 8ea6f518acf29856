"""Recipe of fusion: self-attention over ids, images, texts and numbers (trainer/towers/fusion.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.config.checks import between
from trainer.config.model import RankingConfig
from trainer.dataset.hashed_ids import hash_keys, sorted_keys
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.learning.contrastive_losses import info_nce
from trainer.learning.learner import RANKING_STOP_METRIC
from trainer.learning.ranking_learner import ItemBatch, RankingLearner
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.fusion import AttentionSettings, FusionItem, FusionUser
from trainer.towers.known_rows import UNKNOWN


@dataclass(frozen=True)
class FusionConfig(RankingConfig):
    """Options of the fusion model: sizes, the same in both towers, and inputs besides content."""

    type: str = "fusion"
    width: int = 128  # of a token
    hidden: int = 256
    num_heads: int = 4
    num_layers: int = 1
    dropout: float = 0.1
    item_ids: bool = True  # an embedding for each item of the training interactions, used where the item is known
    id_dropout: float = 0.3  # share of items that count as never seen, so that content alone suffices
    user_ids: bool = False  # the same for users, where users of training come back, as in the temporal split
    user_dropout: float = 0.5  # share of examples whose user counts as never seen
    numbers: bool = True  # a token for numbers such as price and rating, where the catalogue has them
    numeric_dropout: float = 0.3  # share of items whose numbers count as unknown, as a bundle's tower gets none
    alignment: float = 0.0  # weight of the loss that draws images and texts of the same items together
    alignment_temperature: float = 0.07

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("width", "hidden", "num_heads", "num_layers"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        for name in ("dropout", "id_dropout", "user_dropout", "numeric_dropout"):
            between(f"model.{name}", getattr(self, name), 0, 0.95)
        between("model.alignment", self.alignment, 0, 1000)
        between("model.alignment_temperature", self.alignment_temperature, 1e-9, 1e6)
        if self.width % self.num_heads:
            raise ConfigError(f"model.width must be a multiple of model.num_heads, got {self.width}, {self.num_heads}")


class IdsAndNumbers:
    """Inputs of the item tower beyond content: rows of the id embedding and the catalogue's numbers."""

    def __init__(self, prepared: Prepared, item_tower: FusionItem) -> None:
        self.model = config_of(prepared, FusionConfig)
        self.item_rows = item_tower.rows(torch.from_numpy(hash_keys(prepared.dataset.item_keys)))  # (num_items,)
        self.names = item_tower.config["numeric_names"]
        features = prepared.features
        self.numeric, self.known = np.zeros((2, len(features), len(self.names)), dtype=np.float32)
        for column, name in enumerate(self.names):
            if name in features.numeric_names:
                source = features.numeric_names.index(name)
                self.numeric[:, column] = features.numeric[:, source]
                self.known[:, column] = features.numeric_mask[:, source]

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return the further arguments of :class:`FusionItem`; in training some items are as if never seen."""
        item_rows, known = self.item_rows[torch.from_numpy(rows)], torch.from_numpy(self.known[rows])
        if generator is not None:
            chance = torch.rand(len(rows), 2, generator=generator)
            item_rows = torch.where(chance[:, 0] < self.model.id_dropout, UNKNOWN, item_rows)
            known = torch.where(chance[:, 1:] < self.model.numeric_dropout, 0.0, known)
        if not self.names:
            return {"item_rows": item_rows}
        return {"item_rows": item_rows, "numeric": torch.from_numpy(self.numeric[rows]), "numeric_mask": known}


class UserIds:
    """Rows of the user embedding for the users of the data set, found by a hash of their id."""

    def __init__(self, prepared: Prepared, user_tower: FusionUser) -> None:
        self.dropout = config_of(prepared, FusionConfig).user_dropout
        self.user_rows = user_tower.rows(torch.from_numpy(hash_keys(prepared.dataset.interactions.user_ids)))

    def __call__(self, rows: NDArray[np.int64], generator: torch.Generator | None) -> dict[str, Tensor]:
        """Return the further argument of :class:`FusionUser`; in training some users are as if never seen."""
        user_rows = self.user_rows[torch.from_numpy(rows)]
        if generator is not None:
            is_dropped = torch.rand(len(rows), generator=generator) < self.dropout
            user_rows = torch.where(is_dropped, UNKNOWN, user_rows)
        return {"user_rows": user_rows}


def build(prepared: Prepared) -> RankingLearner:
    """Return the learner with fresh towers; each item of training interactions gets its own embedding."""
    config, encoders = config_of(prepared, FusionConfig), prepared.encoders
    generator = torch.Generator().manual_seed(prepared.config.seed)
    attention: AttentionSettings = {
        "width": config.width,
        "hidden": config.hidden,
        "num_heads": config.num_heads,
        "num_layers": config.num_layers,
        "dropout": config.dropout,
    }
    keys = prepared.dataset.item_keys
    seen = sorted_keys(keys[item] for item in np.unique(prepared.split.train.item_idx)) if config.item_ids else None
    item_tower = FusionItem(
        encoders.text_dim,
        encoders.image_dim,
        numeric_names=prepared.features.numeric_names if config.numbers else (),
        num_items=0 if seen is None else len(seen),
        dim=config.dim,
        attention=attention,
        generator=generator,
    )
    if seen is not None:
        item_tower.item_keys.copy_(seen)
    train = prepared.split.train
    known = sorted_keys(train.user_ids[user] for user in np.unique(train.user_idx)) if config.user_ids else None
    user_tower = FusionUser(
        config.dim,
        0 if known is None else len(known),
        prepared.config.training.max_items,
        attention,
        generator=generator,
    )
    if known is not None:
        user_tower.user_keys.copy_(known)
    extra = IdsAndNumbers(prepared, item_tower)
    auxiliary = partial(_alignment, item_tower, config) if config.alignment else None
    users = UserIds(prepared, user_tower) if config.user_ids else None
    return RankingLearner.on(
        prepared, item_tower, user_tower, generator, extra=extra, user_extra=users, auxiliary=auxiliary
    )


def alignment_loss(
    item_tower: FusionItem, temperature: float, text: Tensor, image: Tensor, modality_mask: Tensor
) -> Tensor:
    """Return the InfoNCE loss between texts and images of the same items, a scalar; 0 for fewer than two items."""
    texts, images = item_tower.projections(text, image, modality_mask)
    return info_nce(texts, images, 1 / temperature) if len(texts) > 1 else texts.new_zeros(())


def _alignment(item_tower: FusionItem, config: FusionConfig, batch: ItemBatch) -> Tensor:
    content = (batch.text, batch.image, batch.modality_mask)
    return config.alignment * alignment_loss(item_tower, config.alignment_temperature, *content)


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of user and item, with ids of the items that training saw."""
    item_tower, user_tower = towers["item_tower"], towers["user_tower"]
    if not isinstance(item_tower, FusionItem) or not isinstance(user_tower, FusionUser):
        raise TypeError(f"expected fusion towers, got {type(item_tower).__name__} and {type(user_tower).__name__}")
    extra = IdsAndNumbers(prepared, item_tower)
    users = UserIds(prepared, user_tower) if user_tower.users is not None else None
    max_items = prepared.config.training.max_items
    return tower_scorer(item_tower, user_tower, prepared.features, max_items, prepared.device, extra, users)


MODEL = Model(
    config=FusionConfig,
    towers=(FusionItem, FusionUser),
    build=build,
    scorer=scorer,
    stop_metric=RANKING_STOP_METRIC,
)
