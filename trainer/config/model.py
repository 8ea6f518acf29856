"""The [model] table of a run file: one frozen dataclass for each `type`, whose fields are that model's options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainer.config.checks import between, one_of
from trainer.errors import ConfigError


@dataclass(frozen=True)
class ModelConfig:
    """What every model has: a type, which picks the dataclass and the recipe, and the width of its embeddings."""

    type: str
    dim: int = 256
    init_from: str | None = None  # a checkpoint directory whose weights the towers start from, instead of chance

    def __post_init__(self) -> None:
        one_of("model.type", self.type, tuple(MODEL_CONFIGS))
        between("model.dim", self.dim, 8, 4096)  # contracts/bundle.schema.json

    @property
    def needs_interactions(self) -> bool:
        """Whether there is nothing to learn from without users."""
        return True

    @property
    def learns(self) -> bool:
        """Whether an epoch could change anything."""
        return True


LOSSES = ("sampled_softmax", "bce", "bpr", "bpr_k")
NEGATIVES = ("in_batch", "uniform", "popularity")
CONTENT = ("text", "image", "both")


@dataclass(frozen=True)
class RankingConfig(ModelConfig):
    """What every item and user tower is fitted by: a loss of trainer/learning, against some items' being chosen."""

    loss: str = "sampled_softmax"  # sampled_softmax | bce | bpr (one negative each) | bpr_k (num_negatives each)
    negatives: str = (
        "in_batch"  # in_batch | uniform | popularity: what they are drawn from (trainer/learning/negatives.py)
    )
    num_negatives: int = 8  # for each example; sampled_softmax in_batch takes the whole batch, and only hard ones more
    popularity_alpha: float = 0.75  # popularity: an item's chance is its likes to this power
    hard_share: float = 0.0  # share of the negatives that are among the positive's nearest by content
    hard_neighbours: int = 20  # how many count as nearest
    hard_features: str = "text"  # text | image | both: by which content

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.loss", self.loss, LOSSES)
        one_of("model.negatives", self.negatives, NEGATIVES)
        one_of("model.hard_features", self.hard_features, CONTENT)
        for name in ("num_negatives", "hard_neighbours"):
            between(f"model.{name}", getattr(self, name), 1, 10_000)
        between("model.popularity_alpha", self.popularity_alpha, 0, 2)
        between("model.hard_share", self.hard_share, 0, 1)


@dataclass(frozen=True)
class TwoTowerConfig(RankingConfig):
    """Sizes of trainer/towers/two_tower.py."""

    type: str = "two_tower"
    hidden: int = 512
    num_blocks: int = 1
    attention_dim: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hidden", "num_blocks", "attention_dim"):
            between(f"model.{name}", getattr(self, name), 1, 8192)


@dataclass(frozen=True)
class FusionConfig(RankingConfig):
    """Sizes of trainer/towers/fusion.py, the same in both towers, and what it learns from besides interactions."""

    type: str = "fusion"
    width: int = 128  # of a token
    hidden: int = 256
    num_heads: int = 4
    num_layers: int = 1
    dropout: float = 0.1
    item_ids: bool = True  # an embedding for each item of the training interactions, used where the item is known
    id_dropout: float = 0.3  # share of items that count as never seen, so that content alone will do
    user_ids: bool = False  # the same for users, where users of training come back, as in the temporal split
    user_dropout: float = 0.5  # share of examples whose user counts as never seen
    numbers: bool = True  # a token for price, rating and the like, where the catalogue has such
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


@dataclass(frozen=True)
class GraphSageConfig(RankingConfig):
    """Sizes of trainer/towers/graphsage.py and of its graph (trainer/recipes/item_graph.py)."""

    type: str = "graphsage"
    width: int = 128  # of a node
    hidden: int = 256
    attention_dim: int = 64  # of the user tower
    max_degree: int = 10  # an item has at most this many neighbours of each relation
    fan_out: tuple[int, ...] = (5, 3)  # how many of them are sampled in training: of an item, of its neighbours, ...
    neighbour_dropout: float = 0.2  # share of items that count as having no neighbours, so that content alone will do

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("width", "hidden", "attention_dim"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        between("model.max_degree", self.max_degree, 1, 1000)
        between("model.fan_out's length, the number of layers,", len(self.fan_out), 1, 4)
        for number in self.fan_out:
            between("model.fan_out", number, 1, self.max_degree)
        between("model.neighbour_dropout", self.neighbour_dropout, 0, 1)


@dataclass(frozen=True)
class AdditiveConfig(ModelConfig):
    """Sizes of trainer/towers/additive.py, and what it is fitted to (trainer/recipes/additive.py)."""

    type: str = "additive"
    num_words: int = 16384  # words are hashed to so many embeddings; 0: without words
    item_ids: bool = True  # an embedding for each item of the training interactions, used where the item is known
    id_dropout: float = 0.2  # share of items that count as never seen, so that words and content alone will do
    new_shop: float = 0.0  # share of batches in which none of the shop's items counts as seen, as in a new shop
    shop_share: float = 0.5  # of the catalogue in a batch's shop, where no shop is asked for
    history_dropout: float = 0.2  # share of histories that is left out
    proximity: float = 0.5  # how much more a choice counts that is near the history (trainer/learning/shop_visits.py)
    max_candidates: int = 8192  # of a shop's items that stand against each other in a batch

    def __post_init__(self) -> None:
        super().__post_init__()
        between("model.num_words", self.num_words, 0, 2**22)
        for name in ("id_dropout", "new_shop", "history_dropout"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.shop_share", self.shop_share, 0.01, 0.99)
        between("model.proximity", self.proximity, 0, 4)
        between("model.max_candidates", self.max_candidates, 2, 10_000_000)


@dataclass(frozen=True)
class ClipConfig(ModelConfig):
    """Contrastive text and images: trainer/recipes/clip.py."""

    type: str = "clip"
    mode: str = "heads"  # zero_shot | heads (encoders stay frozen) | partial (their last blocks, too) | full | lora
    encoder: str = "lite"  # what partial, full and lora tune: lite, or a model of open_clip, as the run's bundle has it
    weights: str | None = None  # open_clip: the published tag, or a checkpoint file
    tune: str = "both"  # partial, full, lora: both | text | image; the other encoder stays frozen
    text_blocks: int = 2  # partial: how many of the last blocks are trained
    image_blocks: int = 2
    lora_rank: int = 8
    lora_alpha: float = 16.0
    lora_dropout: float = 0.05
    hidden: int = 1024  # of the heads; 0: the heads are linear
    dropout: float = 0.2
    standardise: bool = True  # features by their mean and spread; false for encoders that share a space already
    text_weight: float = 0.5  # the text's part of an item's embedding
    sup_con: float = 0.2  # weight of the supervised contrastive loss beside the contrastive one; 0: without
    sup_con_temperature: float = 0.1
    labels: tuple[str, ...] = ("category",)  # what counts as the same for it: category, brand, names of attributes
    held_out: float = 0.1  # share of products that only validate
    heads_epochs: int = 10  # partial, full, lora: epochs for the heads alone before the encoders move
    encoder_learning_rate: float = 2e-5
    word_dropout: float = 0.1  # where the text encoder is tuned: share of words that are left out
    shuffle_parts: bool = False  # likewise: what an item's text says after the title comes in any order
    flip: float = 0.5  # where the image encoder is tuned: how often an image is mirrored
    crop: float = 0.8  # likewise: the least share of a side that is kept
    image_size: int = 0  # likewise: in pixels; 0: the bundle's

    @property
    def needs_interactions(self) -> bool:
        """Products teach it; users only judge it."""
        return False

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.mode", self.mode, ("zero_shot", "heads", "partial", "full", "lora"))
        one_of("model.tune", self.tune, ("both", "text", "image"))
        for name in ("text_blocks", "image_blocks", "hidden", "heads_epochs"):
            between(f"model.{name}", getattr(self, name), 0, 100_000)
        between("model.lora_rank", self.lora_rank, 1, 1024)
        for name in ("dropout", "lora_dropout", "word_dropout"):
            between(f"model.{name}", getattr(self, name), 0, 0.95)
        for name in ("text_weight", "flip"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.crop", self.crop, 0.05, 1)
        between("model.held_out", self.held_out, 0.001, 0.9)
        between("model.sup_con", self.sup_con, 0, 1000)
        for name in ("sup_con_temperature", "encoder_learning_rate", "lora_alpha"):
            between(f"model.{name}", getattr(self, name), 1e-9, 1e6)
        if self.image_size:
            between("model.image_size", self.image_size, 32, 1024)

    @property
    def learns(self) -> bool:
        """zero_shot only measures."""
        return self.mode != "zero_shot"

    def blocks(self, encoder: str) -> int | None:
        """How many of an encoder's last blocks are trained, None for all of it."""
        if self.mode != "partial":
            return None
        return self.text_blocks if encoder == "text_encoder" else self.image_blocks

    @property
    def adapters(self) -> dict[str, float]:
        """LoRA's rank, alpha and dropout."""
        return {"rank": self.lora_rank, "alpha": self.lora_alpha, "dropout": self.lora_dropout}


@dataclass(frozen=True)
class HybridConfig(ModelConfig):
    """A CNN and a transformer from scratch, fused late, by a batch-hard triplet loss: trainer/recipes/hybrid.py."""

    type: str = "hybrid"
    labels: tuple[str, ...] = ("category",)  # products with equal ones belong together: category, brand, attributes
    labels_per_batch: int = 16  # P of Hermans et al. 2017
    per_label: int = 4  # their K
    margin: float = 0.2
    soft_margin: bool = False  # log(1 + exp(.)) instead of the margin
    hidden: int = 512
    text_width: int = 128
    text_layers: int = 2
    text_heads: int = 4
    image_width: int = 128
    cnn_width: int = 32
    cnn_layers: int = 4
    image_size: int = 64  # pixels a side
    word_dropout: float = 0.1  # share of words that are left out
    shuffle_parts: bool = False  # what an item's text says after the title comes in any order
    flip: float = 0.5  # how often an image is mirrored
    crop: float = 0.8  # the least share of a side that is kept
    held_out: float = 0.1  # share of products that only validate

    @property
    def needs_interactions(self) -> bool:
        """Products teach it; users only judge it."""
        return False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.labels:
            raise ConfigError("model.labels must name at least one field: category, brand or an attribute")
        between("model.labels_per_batch", self.labels_per_batch, 2, 4096)
        between("model.per_label", self.per_label, 2, 256)
        between("model.margin", self.margin, 0, 2)
        for name in ("hidden", "text_width", "text_layers", "text_heads", "image_width", "cnn_layers"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        for name in ("cnn_width", "text_width"):
            if getattr(self, name) % 8 or self.text_width % self.text_heads:
                raise ConfigError(f"model.{name} must be a multiple of 8 and text_width one of text_heads")
        between("model.image_size", self.image_size, 2**self.cnn_layers, 1024)
        for name in ("word_dropout", "flip"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.crop", self.crop, 0.05, 1)
        between("model.held_out", self.held_out, 0.001, 0.9)


@dataclass(frozen=True)
class HvsrConfig(RankingConfig):
    """Text-free items, by BPR with K negatives, some of them near in images: trainer/recipes/hvsr.py."""

    type: str = "hvsr"
    dim: int = 512
    loss: str = "bpr_k"
    negatives: str = "uniform"
    num_negatives: int = 10
    hard_share: float = 0.5
    hard_features: str = "image"
    hidden: int = 512
    attention_dim: int = 64  # of the user tower
    cnn_dim: int = 128
    cnn_width: int = 32
    image_size: int = 64  # pixels a side, of what the CNN looks at
    pixel_dropout: float = 0.1  # share of items whose pixels are hidden, so that the frozen embedding alone will do
    flip: float = 0.5  # how often an image is mirrored
    crop: float = 0.9  # the least share of a side that is kept

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hidden", "attention_dim", "cnn_dim", "cnn_width"):
            between(f"model.{name}", getattr(self, name), 1, 8192)
        between("model.image_size", self.image_size, 16, 1024)
        for name in ("pixel_dropout", "flip"):
            between(f"model.{name}", getattr(self, name), 0, 1)
        between("model.crop", self.crop, 0.05, 1)


@dataclass(frozen=True)
class ContentConfig(ModelConfig):
    """How trainer/towers/content.py combines what the encoders say; nothing is trained."""

    type: str = "content"
    text_weight: float = 0.5  # the text's share of the squared length
    whitening: float = 0.0  # 0: as the catalogue varies; 1: every direction weighs the same
    half_life_days: float = 30.0  # after how many days an interaction counts half

    def __post_init__(self) -> None:
        super().__post_init__()
        between("model.text_weight", self.text_weight, 0.01, 0.99)
        between("model.whitening", self.whitening, 0, 1)
        between("model.half_life_days", self.half_life_days, 0.01, 100_000)

    @property
    def learns(self) -> bool:
        """Training would change nothing."""
        return False


MODEL_CONFIGS: dict[str, type[ModelConfig]] = {
    "content": ContentConfig,
    "two_tower": TwoTowerConfig,
    "fusion": FusionConfig,
    "graphsage": GraphSageConfig,
    "additive": AdditiveConfig,
    "clip": ClipConfig,
    "hybrid": HybridConfig,
    "hvsr": HvsrConfig,
}


def model_config_type(values: Mapping[str, Any]) -> type[ModelConfig]:
    """Return the dataclass of a [model] table by its `type`, two_tower where it names none; raises ConfigError."""
    kind = values.get("type", "two_tower")
    one_of("model.type", kind, tuple(MODEL_CONFIGS))
    return MODEL_CONFIGS[kind]
