"""The clip recipe: text and image of a product in one space, by heads on frozen encoders or by tuning these too."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from trainer.config.model import ClipConfig
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer, tower_scorer
from trainer.features.pixels import build_pixels, image_rule_at
from trainer.learning.contrastive_losses import info_nce, supervised_contrastive
from trainer.learning.pair_learner import Lesson, RowFit
from trainer.learning.pair_metrics import judge_pairs, pair_sections
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
from trainer.learning.tuned_encoders import ENCODERS, check_branch, tuned_features
from trainer.prepare import Prepared
from trainer.pretrained import branches
from trainer.pretrained.branches import Branch, ImageBranch, TextBranch
from trainer.pretrained.open_clip_models import Source as OpenClipSource
from trainer.towers.clip import ContrastiveItemTower
from trainer.towers.content import ContentUserTower

STOP_METRIC = "text_to_image_recall@10"


def build(prepared: Prepared) -> RowFit:
    """Return the learner of the run's mode, with a share of the products held out."""
    config = _config(prepared)
    return learner_on(prepared, run_pairs(prepared, config.labels, config.held_out))


def scorer(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Scorer:
    """Return the cosine of pooled items and item, on what the encoders say now."""
    features = tuned_features(prepared, towers)
    max_items = prepared.config.training.max_items
    return tower_scorer(towers["item_tower"], towers["user_tower"], features, max_items, prepared.device)


def sections(prepared: Prepared, towers: Mapping[str, nn.Module]) -> Mapping[str, object]:
    """Return text-to-image and image-to-text retrieval among the held-out products, and AvgMeanSimilarity@5."""
    return pair_sections(prepared, towers, _config(prepared).held_out)


def learner_on(prepared: Prepared, pairs: Pairs) -> RowFit:
    """Return the learner of the run's mode on these pairs."""
    config, run = _config(prepared), prepared.config
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
    lesson = Lesson(
        batches=partial(shuffled_batches, pairs.train, run.training.batch_size),
        batches_per_epoch=math.ceil(len(pairs.train) / run.training.batch_size),
        loss=partial(_loss, item_tower, sides, pairs, config, generator),
        judge=partial(judge_pairs, item_tower, sides.text, sides.image, pairs.valid),
        stop_metric=STOP_METRIC,
    )
    towers = {"item_tower": item_tower, "user_tower": ContentUserTower(has_filler=False), **tuned}
    return RowFit(towers, rates, lesson, run.training, generator, prepared.device)


@dataclass(frozen=True)
class _Sides:
    """Both modalities; in the first epochs, only the heads learn, and the encoders' cached features will do."""

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
    config, encoders = _config(prepared), prepared.encoders
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
    config = _config(prepared)
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


def _config(prepared: Prepared) -> ClipConfig:
    config = prepared.config.model
    if not isinstance(config, ClipConfig):
        raise ConfigError(f'the clip recipe needs [model] type "clip", got {config.type!r}')
    return config
