"""Recipe of hybrid: a CNN and a transformer from scratch, fused late, so that products of one label are neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from trainer.config.checks import between
from trainer.config.model import ModelConfig
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.pixels import build_pixels, image_rule_at
from trainer.learning.contrastive_losses import batch_hard_triplet
from trainer.learning.learner import global_chance_from
from trainer.learning.pair_metrics import PairReport, pair_sections
from trainer.learning.pairs import Pairs, Rows, TunedImages, TunedText, balanced_batches, run_pairs
from trainer.learning.row_learner import RowLearner, RowTask
from trainer.learning.tuned_encoders import tuned_features
from trainer.prepare import Prepared
from trainer.recipes.model import Model, config_of
from trainer.towers.content import ContentUserTower
from trainer.towers.hybrid import ImageCnn, LateFusionItem, TextTransformer

STOP_METRIC = "same_label@10"
NUM_NEIGHBOURS = 10
ROWS_PER_CHUNK = 256


@dataclass(frozen=True)
class HybridConfig(ModelConfig):
    """Options of the hybrid model, trained by a batch-hard triplet loss."""

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
    shuffle_parts: bool = False  # the parts of an item's text after the title are shuffled
    flip: float = 0.5  # how often an image is mirrored
    crop: float = 0.8  # the least share of a side that is kept
    held_out: float = 0.1  # share of products that only validate

    @property
    def needs_interactions(self) -> bool:
        """False: it learns from products; interactions only serve its evaluation."""
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


def build(prepared: Prepared) -> RowLearner:
    """Return the learner, with a share of the products held out."""
    config = config_of(prepared, HybridConfig)
    return learner_on(prepared, run_pairs(prepared, config.labels, config.held_out))


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of an item and the pooled history."""
    features = tuned_features(prepared, towers)
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], features, max_items, prepared.device)


def sections(prepared: Prepared, towers: Mapping[str, nn.Module]) -> PairReport:
    """Return text-to-image and image-to-text retrieval among the held-out products, and AvgMeanSimilarity@5.

    No loss draws a text to its own image. With training.modality_dropout, both become neighbours of their label.
    """
    return pair_sections(prepared, towers, config_of(prepared, HybridConfig).held_out)


def learner_on(prepared: Prepared, pairs: Pairs) -> RowLearner:
    """Return the learner on these products."""
    config, generator = config_of(prepared, HybridConfig), torch.Generator().manual_seed(prepared.config.seed)
    towers = _towers(prepared, config, generator)
    known = np.bincount(pairs.labels[pairs.train][pairs.labels[pairs.train] >= 0])
    if (known >= 2).sum() < 2:
        raise ConfigError(
            f"model.labels {', '.join(config.labels)}: fewer than two of them are shared, so nothing can be "
            "told apart; name other fields"
        )
    embed = partial(_embed, towers, _sources(prepared, config, towers))
    task = RowTask(
        batches=partial(balanced_batches, pairs.labels, pairs.train, config.labels_per_batch, config.per_label),
        batches_per_epoch=-(-len(pairs.train) // (config.labels_per_batch * config.per_label)),
        loss=partial(_loss, embed, pairs, prepared, generator),
        validator=partial(_valid_metrics, embed, pairs),
        stop_metric=STOP_METRIC,
    )
    rates = {weight: 1.0 for tower in towers.values() for weight in tower.parameters()}
    return RowLearner(towers, rates, task, prepared.config.training, generator, prepared.device)


def _towers(prepared: Prepared, config: HybridConfig, generator: torch.Generator) -> dict[str, nn.Module]:
    tokens = prepared.encoders.tokens()
    max_tokens = prepared.encoders.manifest["text"]["tokenizer"]["maxTokens"]
    with global_chance_from(generator):
        return {
            "text_encoder": TextTransformer(
                tokens.vocab_size, max_tokens, config.text_width, config.text_layers, config.text_heads
            ),
            "image_encoder": ImageCnn(config.image_width, config.cnn_width, config.cnn_layers),
            "item_tower": LateFusionItem(config.text_width, config.image_width, config.dim, config.hidden),
            "user_tower": ContentUserTower(has_filler=False),
        }


def _sources(
    prepared: Prepared, config: HybridConfig, towers: Mapping[str, nn.Module]
) -> tuple[TunedText, TunedImages]:
    encoders, device = prepared.encoders, prepared.device
    texts = [encoders.item_text(product) for product in prepared.dataset.products]
    separator = encoders.manifest["text"]["itemText"]["separator"] if config.shuffle_parts else None
    rule = image_rule_at(encoders.manifest["image"], config.image_size)
    pixels = build_pixels(prepared.images, len(prepared.features), rule, Path(prepared.config.cache))
    return (
        TunedText(towers["text_encoder"], encoders.tokens(), texts, config.word_dropout, device, separator),
        TunedImages(towers["image_encoder"], pixels, device, flip=config.flip, crop=config.crop),
    )


def _embed(
    towers: Mapping[str, nn.Module],
    sources: tuple[TunedText, TunedImages],
    rows: Rows,
    mask: Tensor,
    generator: torch.Generator | None = None,
) -> Tensor:
    text, image = (source.features(rows, generator) for source in sources)
    embeddings: Tensor = towers["item_tower"](text, image, mask.to(text.device))
    return embeddings.float()


def _loss(
    embed: partial[Tensor], pairs: Pairs, prepared: Prepared, generator: torch.Generator, rows: Rows, epoch: int
) -> dict[str, Tensor]:
    config = config_of(prepared, HybridConfig)
    chance = torch.rand(len(rows), 2, generator=generator)
    is_hit = chance[:, 0] < prepared.config.training.modality_dropout
    loses_text = is_hit & (chance[:, 1] < 0.5)
    mask = 1 - torch.stack([loses_text, is_hit & ~loses_text], dim=1).to(torch.float32)
    embeddings = embed(rows, mask, generator)
    labels = torch.from_numpy(pairs.labels[rows]).to(embeddings.device)
    return {"loss": batch_hard_triplet(embeddings, labels, None if config.soft_margin else config.margin)}


def _valid_metrics(embed: partial[Tensor], pairs: Pairs) -> dict[str, float]:
    """Return same_label@10 of the held-out products, by both modalities and by each alone."""
    rows = pairs.valid[pairs.labels[pairs.valid] >= 0]
    labels = torch.from_numpy(pairs.labels[rows])
    found = {}
    for name, mask in (("", (1.0, 1.0)), ("text_", (1.0, 0.0)), ("image_", (0.0, 1.0))):
        chunks = [rows[start : start + ROWS_PER_CHUNK] for start in range(0, len(rows), ROWS_PER_CHUNK)]
        space = torch.cat([embed(chunk, torch.tensor(mask).expand(len(chunk), 2)) for chunk in chunks]).cpu()
        found[f"{name}{STOP_METRIC}"] = same_label(space, labels)
    return found


def same_label(space: Tensor, labels: Tensor) -> float:
    """Return the share of the nearest that have the label of an embedding, (n, dim) with labels (n,), averaged.

    The nearest are ten, or as many as share the label where those are fewer, so 1 can be reached; embeddings that
    share their label with none are left out.
    """
    scores = (space @ space.T).fill_diagonal_(-torch.inf)
    nearest = scores.topk(min(NUM_NEIGHBOURS, len(labels) - 1), dim=1).indices
    alike = (labels[:, None] == labels[None, :]).sum(dim=1) - 1
    wanted = alike.clamp(max=nearest.shape[1])  # (n,)
    is_counted = torch.arange(nearest.shape[1])[None, :] < wanted[:, None]
    is_same = (labels[nearest] == labels[:, None]) & is_counted
    shares = is_same.sum(dim=1)[wanted > 0] / wanted[wanted > 0]
    return float(shares.mean()) if len(shares) else 0.0


MODEL = Model(
    config=HybridConfig,
    towers=(LateFusionItem, ContentUserTower, TextTransformer, ImageCnn),
    build=build,
    scorer=scorer,
    sections=sections,
    stop_metric=STOP_METRIC,
)
