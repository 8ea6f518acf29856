"""Projection heads that map frozen text and image features into one space, as CLIP's projections do."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.tower import Tower

MAX_LOGIT_SCALE = 100.0  # Radford et al. 2021, section 2.5
START_TEMPERATURE = 0.07  # likewise
SMALLEST_SCALE = 1e-3


class Head(nn.Module):
    r"""Projection head: a linear map plus a correction that is zero before training.

    .. math::
        x' = \mathrm{drop}\left(\frac{x - \mu}{\sigma}\right), \qquad
        y = P x' + W_2 \, \mathrm{drop}(\mathrm{GELU}(W_1 x'))

    P starts as the identity where both widths are equal, so that encoders that already share a space, as CLIP's do,
    keep it at the start. Otherwise P starts with orthogonal rows or columns. μ and σ are 0 and 1 until `standardise`.

    Shapes:
        - input: (N, in_dim); output: (N, dim), not of unit length
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        in_dim: int,
        dim: int,
        hidden: int,
        dropout: float,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(in_dim))
        self.register_buffer("scale", torch.ones(in_dim))
        self.project = nn.Linear(in_dim, dim, bias=False)
        if in_dim == dim:
            nn.init.eye_(self.project.weight)
        else:
            nn.init.orthogonal_(self.project.weight, gain=max(1.0, in_dim / dim) ** 0.5, generator=generator)
        self.dropout = nn.Dropout(dropout)
        self.correction = nn.Sequential()
        if hidden:
            widen, narrow = nn.Linear(in_dim, hidden), nn.Linear(hidden, dim)
            nn.init.kaiming_uniform_(widen.weight, nonlinearity="relu", generator=generator)
            for zero in (widen.bias, narrow.weight, narrow.bias):
                nn.init.zeros_(zero)
            self.correction = nn.Sequential(widen, nn.GELU(), nn.Dropout(dropout), narrow)

    @torch.no_grad()
    def standardise(self, features: Tensor) -> None:
        """Set μ and σ to the mean and deviation of each coordinate of features (n, in_dim)."""
        self.mean.copy_(features.mean(dim=0))
        self.scale.copy_(features.std(dim=0, correction=0) + SMALLEST_SCALE)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, dim)."""
        x = self.dropout((features - self.mean) / self.scale)
        y: Tensor = self.project(x)
        return y + self.correction(x) if len(self.correction) else y


class ContrastiveItemTower(Tower):
    r"""Item tower with two heads that map text and image into one space; the item is their weighted mean.

    .. math::
        t = \frac{h_t(x_t)}{\|h_t(x_t)\|}, \qquad v = \frac{h_v(x_v)}{\|h_v(x_v)\|}, \qquad
        e \propto m_t w_t t + m_v (1 - w_t) v

    w is `text_weight`. A missing modality adds nothing; an item with neither is one fixed vector. `log_scale` is the
    logarithm of the contrastive loss's logit scale (1 / temperature); it is learned with the heads, and no embedding
    uses it. Where text and image features have equal widths, both heads start from one P, so a shared space stays
    shared.

    Shapes:
        - text: (N, text_dim), image: (N, image_dim) float32; modality_mask: (N, 2), 1 where present
        - output: (N, dim) float32, unit length

    Paper: "Learning transferable visual models from natural language supervision", Radford et al., ICML 2021,
    https://arxiv.org/abs/2103.00020; frozen encoders as in Zhai et al. 2022, https://arxiv.org/abs/2111.07991
    """

    nothing: Tensor

    def __init__(
        self,
        text_dim: int,
        image_dim: int,
        dim: int = 256,
        hidden: int = 1024,
        dropout: float = 0.2,
        text_weight: float = 0.5,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not 0.0 <= text_weight <= 1.0:
            raise ValueError(f"text_weight must be from 0 to 1, got {text_weight}")
        self.config: dict[str, Any] = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "dim": dim,
            "hidden": hidden,
            "dropout": dropout,
            "text_weight": text_weight,
        }
        self.text_head = Head(text_dim, dim, hidden, dropout, generator=generator)
        self.image_head = Head(image_dim, dim, hidden, dropout, generator=generator)
        if text_dim == image_dim:
            self.image_head.project.load_state_dict(self.text_head.project.state_dict())
        self.log_scale = nn.Parameter(torch.tensor(-math.log(START_TEMPERATURE)))
        self.text_weight = text_weight
        self.register_buffer("nothing", torch.full((dim,), dim**-0.5))

    @property
    def logit_scale(self) -> Tensor:
        """1 / temperature, at most `MAX_LOGIT_SCALE`; a scalar with gradient."""
        return self.log_scale.clamp(max=math.log(MAX_LOGIT_SCALE)).exp()

    def embed_text(self, text: Tensor) -> Tensor:
        """Return (N, dim), unit length, from text features (N, text_dim)."""
        return F.normalize(self.text_head(text), dim=-1)

    def embed_image(self, image: Tensor) -> Tensor:
        """Return (N, dim), unit length, from image features (N, image_dim)."""
        return F.normalize(self.image_head(image), dim=-1)

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return (N, dim), unit length."""
        has_text, has_image = modality_mask[:, :1], modality_mask[:, 1:]
        known = self.text_weight * has_text * self.embed_text(text)
        known = known + (1 - self.text_weight) * has_image * self.embed_image(image)
        is_nothing = (modality_mask.amax(dim=1, keepdim=True) <= 0).to(known.dtype)
        return F.normalize(known + is_nothing * self.nothing, dim=-1)
