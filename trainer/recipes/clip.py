"""Recipe of clip: text and image of a product in one space, by heads on frozen or on tuned encoders."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from trainer.config.checks import between, one_of
from trainer.config.model import ModelConfig
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.pixels import build_pixels, image_rule_at
from trainer.learning.contrastive_losses import info_nce, supervised_contrastive
from trainer.learning.pair_metrics import PairReport, pair_sections, valid_pair_metrics
from trainer.learning.pairs import (
    FrozenFeatures,
    Pairs,
    Rows,
    Source,
    TunedImages,
    TunedText,
    run_pairs,
    shuffled_batches,
)
from trainer.learning.row_learner import RowLearner, RowTask
from trainer.learning.tuned_encoders import ENCODERS, check_branch, tuned_features
from trainer.prepare import Prepared
from trainer.pretrained import branches
from trainer.pretrained.branches import Branch, ImageBranch, LoraSettings, TextBranch
from trainer.pretrained.open_clip_models import Source as OpenClipSource
from trainer.recipes.model import Model, config_of
from trainer.towers.clip import ContrastiveItemTower
from trainer.towers.content import ContentUserTower

STOP_METRIC = "text_to_image_recall@10"


@dataclass(frozen=True)
class ClipConfig(ModelConfig):
    """Options of the clip model: contrastive training of texts and images."""

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
    shuffle_parts: bool = False  # likewise: the parts of an item's text after the title are shuffled
    flip: float = 0.5  # where the image encoder is tuned: how often an image is mirrored
    crop: float = 0.8  # likewise: the least share of a side that is kept
    image_size: int = 0  # likewise: in pixels; 0: the bundle's

    @property
    def needs_interactions(self) -> bool:
        """False: it learns from products; interactions only serve its evaluation."""
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
        """Whether the mode trains; zero_shot only measures."""
        return self.mode != "zero_shot"

    def blocks(self, encoder: str) -> int | None:
        """Return the number of an encoder's last blocks that are trained, None for all."""
        if self.mode != "partial":
            return None
        return self.text_blocks if encoder == "text_encoder" else self.image_blocks

    @property
    def adapters(self) -> LoraSettings:
        """LoRA's rank, alpha and dropout."""
        return {"rank": self.lora_rank, "alpha": self.lora_alpha, "dropout": self.lora_dropout}


def build(prepared: Prepared) -> RowLearner:
    """Return the learner of the run's mode, with a share of the products held out."""
    config = config_of(prepared, ClipConfig)
    return learner_on(prepared, run_pairs(prepared, config.labels, config.held_out))


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the scorer by cosine of an item and the pooled history, on the features of the tuned encoders."""
    features = tuned_features(prepared, towers)
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], features, max_items, prepared.device)


def sections(prepared: Prepared, towers: Mapping[str, nn.Module]) -> PairReport:
    """Return text-to-image and image-to-text retrieval among the held-out products, and AvgMeanSimilarity@5."""
    return pair_sections(prepared, towers, config_of(prepared, ClipConfig).held_out)


def learner_on(prepared: Prepared, pairs: Pairs) -> RowLearner:
    """Return the learner of the run's mode on these pairs."""
    config, run = config_of(prepared, ClipConfig), prepared.config
    generator = torch.Generator().manual_seed(run.seed)
    item_tower = _item_tower(prepared, pairs, generator).to(prepared.device)
    tuned = _tuned_encoders(prepared, generator)
    sides = _sides(prepared, config, tuned)
    rates: dict[nn.Parameter, float] = {}
    if config.learns:
        rates |= dict.fromkeys(item_tower.parameters(), 1.0)
        share = config.encoder_learning_rate / run.training.learning_rate
        for name, branch in tuned.items():
            rates |= dict.fromkeys(branch.trainable(config.blocks(name)), share)
    task = RowTask(
        batches=partial(shuffled_batches, pairs.train, run.training.batch_size),
        batches_per_epoch=math.ceil(len(pairs.train) / run.training.batch_size),
        loss=partial(_loss, item_tower, sides, pairs, config, generator),
        validator=partial(valid_pair_metrics, item_tower, sides.text, sides.image, pairs.valid),
        stop_metric=STOP_METRIC,
    )
    towers = {"item_tower": item_tower, "user_tower": ContentUserTower(has_filler=False), **tuned}
    return RowLearner(towers, rates, task, run.training, generator, prepared.device)


@dataclass(frozen=True)
class _Sides:
    """Sources of both modalities; in the first epochs only the heads learn, on the encoders' cached features."""

    text: Source
    image: Source
    frozen_text: Source
    frozen_image: Source
    frozen_epochs: int

    def at(self, epoch: int) -> tuple[Source, Source]:
        """Return (text, image) of an epoch."""
        return (self.frozen_text, self.frozen_image) if epoch <= self.frozen_epochs else (self.text, self.image)


def _loss(
    tower: ContrastiveItemTower,
    sides: _Sides,
    pairs: Pairs,
    config: ClipConfig,
    generator: torch.Generator,
    rows: Rows,
    epoch: int,
) -> dict[str, Tensor]:
    text, image = (side.features(rows, generator) for side in sides.at(epoch))
    texts, images = tower.embed_text(text).float(), tower.embed_image(image).float()
    contrast = info_nce(texts, images, tower.logit_scale)
    parts = {"info_nce": contrast.detach(), "temperature": 1 / tower.logit_scale.detach()}
    if not config.sup_con:
        return {"loss": contrast, **parts}
    labels = torch.from_numpy(pairs.labels[rows]).to(texts.device).repeat(2)
    alike = supervised_contrastive(torch.cat([texts, images]), labels, config.sup_con_temperature)
    return {"loss": contrast + config.sup_con * alike, **parts, "sup_con": alike.detach()}


def _item_tower(prepared: Prepared, pairs: Pairs, generator: torch.Generator) -> ContrastiveItemTower:
    config, encoders = config_of(prepared, ClipConfig), prepared.encoders
    if config.mode == "zero_shot" and encoders.text_dim == encoders.image_dim != config.dim:
        raise ConfigError(
            f"model.dim {config.dim}: zero_shot measures the encoders as they are, in the {encoders.text_dim} "
            f"dimensions that both have; set it to {encoders.text_dim}"
        )
    tower = ContrastiveItemTower(
        encoders.text_dim,
        encoders.image_dim,
        config.dim,
        config.hidden,
        config.dropout,
        config.text_weight,
        generator=generator,
    )
    with torch.no_grad():
        tower.log_scale.fill_(-math.log(prepared.config.training.temperature))
    if config.standardise and config.learns:
        for head, features in (
            (tower.text_head, prepared.features.text),
            (tower.image_head, prepared.features.image),
        ):
            head.standardise(torch.from_numpy(features[pairs.train]))
    return tower


def _tuned_encoders(prepared: Prepared, generator: torch.Generator) -> dict[str, Branch]:
    """Return the encoders that the mode trains, by their names in a bundle."""
    config = config_of(prepared, ClipConfig)
    if config.mode in ("zero_shot", "heads"):
        return {}
    lora = config.adapters if config.mode == "lora" else None
    if config.encoder == "lite":
        text: TextBranch = branches.lite_text(lora)
        image: ImageBranch = branches.lite_image(lora)
    else:
        file = Path(config.weights) if config.weights and Path(config.weights).is_file() else None
        tag = config.weights if file is None else None
        text, image, _ = branches.open_clip_pair(OpenClipSource(config.encoder, tag, file), lora)
    pair: dict[str, Branch] = {"text_encoder": text, "image_encoder": image}
    check_branch(prepared, pair)
    for branch in pair.values():
        branch.draw_adapters(generator)
    names = {"both": ENCODERS, "text": ENCODERS[:1], "image": ENCODERS[1:]}[config.tune]
    return {name: pair[name].to(prepared.device) for name in names}


def _sides(prepared: Prepared, config: ClipConfig, tuned: Mapping[str, Branch]) -> _Sides:
    features, encoders, device = prepared.features, prepared.encoders, prepared.device
    text: Source = FrozenFeatures(features.text, device)
    image: Source = FrozenFeatures(features.image, device)
    frozen = (text, image)
    if "text_encoder" in tuned:
        texts = [encoders.item_text(product) for product in prepared.dataset.products]
        separator = encoders.manifest["text"]["itemText"]["separator"] if config.shuffle_parts else None
        text = TunedText(tuned["text_encoder"], encoders.tokens(), texts, config.word_dropout, device, separator)
    if "image_encoder" in tuned:
        rule = image_rule_at(encoders.manifest["image"], config.image_size or 0)
        pixels = build_pixels(prepared.images, len(features), rule, Path(prepared.config.cache))
        image = TunedImages(tuned["image_encoder"], pixels, device, flip=config.flip, crop=config.crop)
    return _Sides(text, image, *frozen, config.heads_epochs if tuned else 0)


MODEL = Model(
    config=ClipConfig,
    towers=(ContrastiveItemTower, ContentUserTower, TextBranch, ImageBranch),
    build=build,
    scorer=scorer,
    sections=sections,
    stop_metric=STOP_METRIC,
)
