"""Bundles of open_clip models: both encoders, one shared space, no training."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from exporter import measurements, sample_images, sample_texts, shop_metric, torch_export
from exporter.bundle_draft import Draft, TowerFile
from exporter.encoder_inputs import pixels, token_feeds
from exporter.errors import ExportError
from kernel.shop_metric import Block
from trainer.pretrained import open_clip_models, text_cleaning
from trainer.pretrained.open_clip_models import ImageEncoder, Source, TextEncoder
from trainer.towers.content import ContentUserTower, SharedSpaceItemTower

__all__ = ["Source", "build"]

TEXT_WEIGHT = 0.5
# What both modalities have in common is averaged over as many texts and images: enough for a mean.
NUM_PHRASES, NUM_IMAGES = 256, 64
_BATCH = 32
# An ONNX file is one protobuf message of less than 2 GiB, and a bundle keeps no weights outside it.
MAX_ENCODER_BYTES = 2_000_000_000


def build(source: Source, progress: Callable[[str], None]) -> Draft:
    """Return the draft, checked against torch; raises PretrainedError or ExportError."""
    progress(f"loading {source.model}")
    loaded = open_clip_models.load(source)
    model, image, tokenizer = loaded.model, loaded.image, loaded.tokenizer
    _check_size(model, source.model)
    text_encoder, image_encoder = TextEncoder(model, loaded.pad_id).eval(), ImageEncoder(model).eval()

    progress("finding what all texts and all images have in common")
    texts = token_feeds(tokenizer, sample_texts.compose(NUM_PHRASES, seed=0))
    shown = pixels(sample_images.draw(NUM_IMAGES, seed=0), image)
    text = _encode(text_encoder, *(torch.from_numpy(value) for value in texts.values()))
    drawn = _encode(image_encoder, torch.from_numpy(shown))
    item_tower = SharedSpaceItemTower(text.mean(dim=0), drawn.mean(dim=0), TEXT_WEIGHT).eval()
    user_tower = ContentUserTower().eval()
    # One block: texts and images share its directions.
    metric = shop_metric.measured(item_tower, text, drawn, [Block(0, item_tower.dim - 1)])

    progress("exporting to ONNX")
    context_length, features = texts["inputIds"].shape[1], text.shape[1]
    where, licence = source.origin()
    draft = Draft(
        name=source.name(),
        dim=item_tower.dim,
        filler=item_tower.dim - 1,
        shop_metric=metric,
        towers={
            "textEncoder": TowerFile.of("text_encoder.onnx", torch_export.text_encoder(text_encoder, context_length)),
            "imageEncoder": TowerFile.of(
                "image_encoder.onnx", torch_export.image_encoder(image_encoder, image["size"])
            ),
            "itemTower": TowerFile.of("item_tower.onnx", torch_export.item_tower(item_tower, features, features)),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user_tower, item_tower.dim)),
        },
        tokenizer=loaded.tokenizer_file,
        tokenizer_about={"type": loaded.tokenizer_type, "maxTokens": context_length, "padTo": context_length},
        image=image,
        origin=[
            {"tower": "textEncoder", "source": where, "licence": licence, "note": text_cleaning.NOTE},
            {"tower": "imageEncoder", "source": where, "licence": licence},
            {"tower": "itemTower", "source": "carryover: mean of text and image", "licence": "MIT"},
            {"tower": "userTower", "source": "carryover: weighted pooling of recent items", "licence": "MIT"},
        ],
    )
    progress("comparing with torch, measuring speed")
    originals = {
        "textEncoder": text_encoder,
        "imageEncoder": image_encoder,
        "itemTower": item_tower,
        "userTower": user_tower,
    }
    measurements.prove(draft, originals, tokenizer)
    return draft


def _check_size(model: Any, name: str) -> None:
    """Raise ExportError where an encoder is too big for one ONNX file."""
    total, visual = (sum(p.numel() * p.element_size() for p in part.parameters()) for part in (model, model.visual))
    if max(visual, total - visual) > MAX_ENCODER_BYTES:
        raise ExportError(
            f"{name}: its encoders hold {visual / 1e9:.1f} and {(total - visual) / 1e9:.1f} GB; "
            f"a file of a bundle holds at most {MAX_ENCODER_BYTES / 1e9:.1f} GB, so take a smaller model"
        )


def _encode(encoder: nn.Module, *inputs: Tensor) -> Tensor:
    """Return an encoder's unit vectors, (N, D)."""
    with torch.no_grad():
        batches = zip(*(torch.split(value, _BATCH) for value in inputs), strict=True)
        return torch.cat([encoder(*batch) for batch in batches])
