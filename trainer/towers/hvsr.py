"""The HVSR model, which uses no text: a frozen image embedding plus a trained CNN's features as a residual."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.tower import Tower


class DvbprCnn(nn.Module):
    r"""The CNN of DVBPR (CNN-F: five convolutions, two dense layers), narrower and for small images.

    Image → conv 5 × 5 stride 2, pool → conv 5 × 5, pool → three conv 3 × 3, pool → dense → dense.

    Shapes:
        - input: (N, 3, height, width) float32; resized to `size` first where its width differs
        - output: (N, dim)

    Paper: "Visually-aware fashion recommendation and design with generative image models", Kang et al., ICDM 2017,
    https://arxiv.org/abs/1711.02231, section III.B
    """

    def __init__(self, dim: int = 128, width: int = 32, size: int = 64, dropout: float = 0.2) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"dim": dim, "width": width, "size": size, "dropout": dropout}
        self.size = size
        wide = 2 * width
        self.convolutions = nn.Sequential(
            *(nn.Conv2d(3, width, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(width, wide, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(wide, wide, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(wide, wide, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(wide, wide, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        side = size // 16
        self.dense = nn.Sequential(
            *(nn.Linear(wide * side * side, 4 * dim), nn.ReLU(), nn.Dropout(dropout)),
            nn.Linear(4 * dim, dim),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (N, dim)."""
        if pixels.shape[-1] != self.size:
            pixels = F.interpolate(pixels, size=(self.size, self.size), mode="bilinear", antialias=False)
        features: Tensor = self.dense(self.convolutions(pixels).flatten(1))
        return features


class HvsrItem(Tower):
    r"""Item tower: residual fusion of a frozen image embedding x and a CNN's features c of the pixels, without text.

    .. math::
        h = P \frac{x}{\|x\|}, \qquad e = \frac{h + W_2 \, \mathrm{GELU}(W_1 \, [h ; c])}{\|\cdot\|}

    :math:`W_2` starts at zero, so before training items are as similar as their frozen embeddings. A learned vector
    replaces c where pixels are missing, so the tower also works on the frozen embedding alone. An item without an
    image is one learned vector.

    Shapes:
        - text: (N, any), ignored; modality_mask: (N, 2), of which the second column is 1 where there is an image
        - image: (N, frozen_dim) float32, or (N, frozen_dim + cnn_dim) with the CNN's features after the embedding
        - pixels: (N, 3, size, size) float32, the CNN's input, or None; has_pixels: (N,), 0 where they are missing
        - output: (N, dim) float32, unit length
    """

    def __init__(
        self,
        frozen_dim: int,
        dim: int = 512,
        hidden: int = 512,
        cnn_dim: int = 128,
        cnn_width: int = 32,
        size: int = 64,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "frozen_dim": frozen_dim,
            "dim": dim,
            "hidden": hidden,
            "cnn_dim": cnn_dim,
            "cnn_width": cnn_width,
            "size": size,
        }
        self.frozen_dim = frozen_dim
        self.cnn = DvbprCnn(cnn_dim, cnn_width, size)
        self.no_pixels = nn.Parameter(torch.zeros(cnn_dim))
        self.project = nn.Linear(frozen_dim, dim, bias=False)
        nn.init.orthogonal_(self.project.weight, gain=max(1.0, frozen_dim / dim) ** 0.5, generator=generator)
        self.widen, self.narrow = nn.Linear(dim + cnn_dim, hidden), nn.Linear(hidden, dim)
        nn.init.kaiming_uniform_(self.widen.weight, nonlinearity="relu", generator=generator)
        for zero in (self.widen.bias, self.narrow.weight, self.narrow.bias):
            nn.init.zeros_(zero)
        self.nothing = nn.Parameter(torch.empty(dim))
        nn.init.normal_(self.nothing, std=dim**-0.5, generator=generator)

    def forward(
        self,
        text: Tensor,
        image: Tensor,
        modality_mask: Tensor,
        pixels: Tensor | None = None,
        has_pixels: Tensor | None = None,
    ) -> Tensor:
        """Return (N, dim), unit length."""
        has_image = modality_mask[:, 1:] + 0 * text[:, :1]  # so that an exported graph keeps its text input
        learned = self._learned(image, pixels, has_pixels)
        h = self.project(F.normalize(image[:, : self.frozen_dim], dim=-1))
        e = h + self.narrow(F.gelu(self.widen(torch.cat([h, learned], dim=1))))
        return F.normalize(has_image * e + (1 - has_image) * self.nothing, dim=-1)

    def _learned(self, image: Tensor, pixels: Tensor | None, has_pixels: Tensor | None) -> Tensor:
        if pixels is None:
            if image.shape[1] > self.frozen_dim:
                return image[:, self.frozen_dim :]
            return self.no_pixels.expand(image.shape[0], -1)
        learned: Tensor = self.cnn(pixels)
        if has_pixels is None:
            return learned
        has = has_pixels[:, None]
        return has * learned + (1 - has) * self.no_pixels
