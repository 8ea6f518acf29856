"""Bundles of two encoders that never shared a space: a Hugging Face text encoder and an image model of timm."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from exporter import content_basis, measurements, sample_images, sample_texts, shop_metric, torch_export
from exporter.bundle_draft import Draft, TokenizerAbout, TowerFile
from exporter.encoder_inputs import pixels, token_feeds
from exporter.errors import ExportError
from kernel.contract_types import TowerOrigin
from kernel.shop_metric import Block
from trainer.pretrained import hugging_face, timm_models
from trainer.pretrained.hugging_face import Pooling, TextModel
from trainer.pretrained.timm_models import ImageModel
from trainer.towers.content import ContentItemTower, ContentUserTower

# A mean over as many drawn images, and directions from them where a model has no classifier.
NUM_IMAGES, NUM_IMAGES_FOR_DIRECTIONS = 64, 256
_BATCH = 32
# An ONNX file is one protobuf message of less than 2 GiB, and a bundle keeps no weights outside it.
MAX_ENCODER_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Source:
    """Origin of both encoders. Settings that are None are the text folder's own; `seed` stands for missing weights."""

    text: Path
    image: str
    image_weights: Path | None = None
    pooling: Pooling | None = None
    prefix: str | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def name(self, image: ImageModel) -> str:
        """Return the bundle's name, which tells random weights from published ones."""
        label = "" if self.seed is None else f"-random-{self.seed}"
        return re.sub(r"[^a-z0-9._-]+", "-", f"encoders-{self.text.resolve().name}-{image.name}{label}".lower())[:80]


def build(source: Source, progress: Callable[[str], None]) -> Draft:
    """Return the draft, checked against torch; raises PretrainedError, UnsupportedModelError or ExportError."""
    progress(f"loading {source.text} and {source.image}")
    text = hugging_face.load(
        source.text, pooling=source.pooling, prefix=source.prefix, max_tokens=source.max_tokens, seed=source.seed
    )
    image = timm_models.load(source.image, source.image_weights, source.seed)
    for name, encoder in ((str(source.text), text.encoder), (source.image, image.encoder)):
        _check_size(encoder, name)
    file = text.tokenizer.file(text.max_tokens, fixed=False)

    progress("finding the content tower's directions")
    phrases, drawn = _text_features(text), _image_features(image)
    item_tower, user_tower = _content_tower(phrases, drawn, image.classifier).eval(), ContentUserTower().eval()
    text_dim, image_dim = item_tower.text_mean.shape[0], item_tower.image_mean.shape[0]

    widths = item_tower.text_basis.shape[1], item_tower.image_basis.shape[1]
    blocks = Block(0, widths[0]), Block(*widths)

    progress("exporting to ONNX")
    about: TokenizerAbout = {"type": text.tokenizer.type, "maxTokens": text.max_tokens}
    draft = Draft(
        name=source.name(image),
        dim=item_tower.dim,
        filler=item_tower.dim - 1,
        shop_metric=shop_metric.measured(item_tower, phrases, drawn, blocks),
        towers={
            "textEncoder": TowerFile.of("text_encoder.onnx", torch_export.text_encoder(text.encoder)),
            "imageEncoder": TowerFile.of(
                "image_encoder.onnx", torch_export.image_encoder(image.encoder, image.image["size"])
            ),
            "itemTower": TowerFile.of("item_tower.onnx", torch_export.item_tower(item_tower, text_dim, image_dim)),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user_tower, item_tower.dim)),
        },
        tokenizer=file,
        tokenizer_about=about,
        prefix=text.prefix,
        image=image.image,
        origin=_origin(source, text, image),
    )
    progress("comparing with torch, measuring speed")
    originals = {
        "textEncoder": text.encoder,
        "imageEncoder": image.encoder,
        "itemTower": item_tower,
        "userTower": user_tower,
    }
    measurements.prove(draft, originals, text.tokenizer.tokenizer)
    return draft


def _check_size(encoder: nn.Module, name: str) -> None:
    """Raise ExportError where an encoder is too big for one ONNX file."""
    size = sum(weight.numel() * weight.element_size() for weight in encoder.parameters())
    if size > MAX_ENCODER_BYTES:
        raise ExportError(
            f"{name}: holds {size / 1e9:.1f} GB; a file of a bundle holds at most {MAX_ENCODER_BYTES / 1e9:.1f} GB, "
            "so take a smaller model"
        )


def _content_tower(phrases: Tensor, drawn: Tensor, classifier: Tensor | None) -> ContentItemTower:
    """Return the tower of centred and projected features; narrow features are not projected to more directions.

    phrases: text features (N, Dt). drawn: image features (M, Di). classifier: the image model's, (classes, Di).
    """
    texts = content_basis.of_texts(phrases, min(content_basis.TEXT_DIM, phrases.shape[1]))
    dim = min(content_basis.IMAGE_DIM, drawn.shape[1], len(drawn) - 1 if classifier is None else len(classifier) - 1)
    if classifier is not None:
        images = content_basis.of_linear(classifier, drawn.double().mean(dim=0), dim)
    else:
        images = content_basis.of_texts(drawn, dim, whitening=0.0)
    return ContentItemTower(
        texts.mean, texts.directions, images.mean, images.directions, text_weight=content_basis.TEXT_WEIGHT
    )


def _text_features(text: TextModel) -> Tensor:
    """Return the features of composed phrases, (N, Dt)."""
    phrases = sample_texts.compose(content_basis.NUM_PHRASES, seed=0)
    phrases = sorted(phrases, key=lambda phrase: (len(phrase), phrase))  # alike in length, so little is padded
    found = []
    for start in range(0, len(phrases), _BATCH):
        feeds = token_feeds(text.tokenizer.tokenizer, phrases[start : start + _BATCH], text.prefix)
        with torch.inference_mode():
            found.append(text.encoder(*(torch.from_numpy(value) for value in feeds.values())))
    return torch.cat(found)


def _image_features(image: ImageModel) -> Tensor:
    """Return the features of drawn images, (M, Di): more of them where the model has no classifier."""
    shown = sample_images.draw(NUM_IMAGES_FOR_DIRECTIONS if image.classifier is None else NUM_IMAGES, seed=0)
    with torch.inference_mode():
        batches = (shown[start : start + _BATCH] for start in range(0, len(shown), _BATCH))
        return torch.cat([image.encoder(torch.from_numpy(pixels(batch, image.image))) for batch in batches])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _origin(source: Source, text: TextModel, image: ImageModel) -> list[TowerOrigin]:
    directions = "the image encoder's classifier" if image.classifier is not None else "drawn images"
    if source.seed is not None:
        weights = f"random weights of seed {source.seed}: not pretrained"
        text_source, image_source, licence = (
            f"{source.text.name}, {weights}",
            f"timm {image.name}, {weights}",
            "none needed",
        )
    else:
        digest = _sha256(image.file) if image.file is not None else "unknown"
        text_source = f"Hugging Face folder {source.text.resolve().name}"
        image_source = f"timm {image.name}, file with SHA-256 {digest}"
        licence = "that of whoever published the weights"
    return [
        {"tower": "textEncoder", "source": text_source, "licence": licence, "note": f"Pooling: {text.pooling}."},
        {"tower": "imageEncoder", "source": image_source, "licence": licence},
        {
            "tower": "itemTower",
            "source": f"carryover: directions from composed phrases and from {directions}",
            "licence": "MIT",
            "note": "Not trained.",
        },
        {"tower": "userTower", "source": "carryover: weighted pooling of recent items", "licence": "MIT"},
    ]
