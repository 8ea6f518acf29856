"""Image tower for browsers: a bundle's image encoder at fewer pixels, with rounded weights, to the item's image blocks.

A browser puts a text's own block beside them, so an item that was seen is compared as the catalogue's are. Weights are
bytes and values float32. In onnxruntime-web's WASM on one thread that is as fast as int8 values. It loses less, and no
processor's int8 instructions decide the answer. docs/benchmarks.md has the measurements.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from exporter import precision, torch_export
from exporter.bundle_draft import TowerFile
from kernel.contract_types import ImageRule
from trainer.features.pixels import image_rule_at
from trainer.pretrained import efficientnet
from trainer.towers.suggested_words import WordsAndLooksItem

# At 224 pixels EfficientNet-Lite0 needs more than the 60 ms that a page can spare for an image.
SIZE = 192
# 28 cells do not divide 192 pixels.
GRID = 32
FILE = "lite/image_to_item.onnx"
# Six bits a weight, which lose next to nothing beside eight and let the extension's package hold the tower.
MOST_WEIGHT = 31


@dataclass(frozen=True)
class BrowserImage:
    """The tower, how images are prepared for it, and the torch module that it was exported from."""

    tower: TowerFile
    rule: ImageRule
    original: nn.Module


class PixelsToItem(nn.Module):
    """Pixels (N, 3, side, side) to items (N, dim) whose text block is empty."""

    def __init__(self, encoder: nn.Module, item_tower: WordsAndLooksItem) -> None:
        super().__init__()
        self.encoder = encoder
        self.item_tower = item_tower

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (N, dim) of unit length."""
        return self.item_tower.of_looks(self.encoder(pixels))


def of_classifier(classifier: Any, item_tower: WordsAndLooksItem) -> BrowserImage:
    """Return the image tower of a bundle whose image encoder is EfficientNet-Lite0 with colours."""
    encoder = efficientnet.ImageEncoderWithColours(classifier, GRID)
    return build(encoder, item_tower, image_rule_at(efficientnet.IMAGE, SIZE))


def build(encoder: nn.Module, item_tower: WordsAndLooksItem, rule: ImageRule) -> BrowserImage:
    """Return the image tower of an encoder that takes images by `rule`."""
    module = PixelsToItem(encoder, item_tower).eval()
    model = precision.int8_weights(torch_export.image_encoder(module, rule["size"]), MOST_WEIGHT)
    return BrowserImage(TowerFile.of(FILE, model, "int8"), rule, module)
