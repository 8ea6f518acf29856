"""Image encoder of an hvsr run: a bundle's frozen image encoder and the run's CNN, side by side on the same pixels.

An item tower of a bundle sees no pixels. So what the CNN finds in them becomes a part of the image's features.
"""

import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from exporter import onnx_edit, parity, torch_export
from exporter.bundle_draft import TowerFile
from kernel.contract_types import ImageRule


class ResizedCnn(nn.Module):
    """A CNN on pixels of the bundle's size, which two matrix products resize to the size that it was trained on.

    Their weights are those of Pillow's filters, which drew the training's pixels from the files.

    Shapes:
        - input: (N, 3, S, S) float32 by the bundle's `image` rule
        - output: (N, features of the CNN) float32
    """

    weights: Tensor

    def __init__(self, cnn: nn.Module, size: int, rule: ImageRule) -> None:
        super().__init__()
        self.cnn = cnn
        whole = torch.eye(rule["size"]).reshape(1, 1, rule["size"], rule["size"])
        resized = F.interpolate(whole, size=(size, rule["size"]), mode=rule["interpolation"], antialias=True)
        self.register_buffer("weights", resized[0, 0])  # (size, S)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the CNN's features, (N, D)."""
        features: Tensor = self.cnn(self.weights @ pixels @ self.weights.T)
        return features


class FrozenBesideCnn(nn.Module):
    """Both encoders as torch sees them: the frozen one in ONNX Runtime, the CNN in torch.

    Shapes:
        - input: (N, 3, S, S) float32
        - output: (N, features of the frozen encoder + features of the CNN) float32
    """

    def __init__(self, frozen: bytes, cnn: ResizedCnn) -> None:
        super().__init__()
        self.frozen, self.cnn = parity.Runner(frozen), cnn
        self.pixels = self.frozen.session.get_inputs()[0].name

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the features side by side."""
        return torch.cat([torch.from_numpy(self.frozen({self.pixels: pixels.numpy()})), self.cnn(pixels)], dim=1)


def export(frozen: TowerFile, cnn: ResizedCnn) -> tuple[TowerFile, FrozenBesideCnn]:
    """Return the tower of both, pixels (N, 3, S, S) to (N, frozen + CNN), and the module to compare it with."""
    size = cnn.weights.shape[1]
    graph = onnx_edit.beside(onnx.load_model_from_string(frozen.data), torch_export.image_encoder(cnn, size))
    return TowerFile.of(frozen.file, graph, frozen.precision), FrozenBesideCnn(frozen.data, cnn)
