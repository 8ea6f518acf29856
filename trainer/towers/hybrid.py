"""The hybrid model, trained from scratch: a small CNN for images, a small transformer for words, fused late."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.tower import Tower

MASKED_LOGIT = -1e4  # exp() of it is 0 in float32, and unlike -inf it gives no NaN where a whole row is masked


class ImageCnn(Tower):
    r"""Small CNN: strided 3 × 3 convolutions, each halving the image, then the mean over positions.

    .. math:: h_{l+1} = \mathrm{ReLU}(\mathrm{GroupNorm}(C_l * h_l)), \qquad v = W \, \overline{h_L}

    It uses group instead of batch normalisation, so that an image's features do not depend on its batch.

    Shapes:
        - input: (N, 3, height, width) float32, at least 16 a side
        - output: (N, dim), not of unit length
    """

    def __init__(self, dim: int = 128, width: int = 32, num_layers: int = 4) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"dim": dim, "width": width, "num_layers": num_layers}
        layers: list[nn.Module] = []
        wide = 3
        for layer in range(num_layers):
            narrow, wide = wide, min(width * 2**layer, 8 * width)
            layers += [nn.Conv2d(narrow, wide, 3, stride=2, padding=1, bias=False), nn.GroupNorm(8, wide), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.project = nn.Linear(wide, dim)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (N, dim)."""
        maps: Tensor = self.layers(pixels)  # (N, C, h, w)
        features: Tensor = self.project(maps.mean(dim=(2, 3)))
        return features


class _Layer(nn.Module):
    """A pre-norm transformer layer."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value, self.output = (nn.Linear(dim, dim) for _ in range(4))
        self.widen, self.narrow = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        num, length, dim = states.shape
        normed = self.attention_norm(states)
        shape = (num, length, self.heads, dim // self.heads)
        query, key, value = (part(normed).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / (dim // self.heads) ** 0.5 + mask  # (N, heads, T, T)
        mixed = (scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(num, length, dim)
        states = states + self.output(mixed)
        correction: Tensor = self.narrow(F.gelu(self.widen(self.norm(states))))
        return states + correction


class TextTransformer(Tower):
    r"""Small transformer over token ids of the bundle's tokenizer, with its own embeddings.

    .. math::
        h_0 = E[\text{ids}] + P, \qquad h_{l+1} = \mathrm{Layer}_l(h_l), \qquad
        t = \frac{\sum_i m_i \, \mathrm{LayerNorm}(h_L)_i}{\sum_i m_i}

    Shapes:
        - input_ids, attention_mask: (N, T) int64, T at most `max_tokens`; the mask is 1 at tokens
        - output: (N, dim), not of unit length

    Paper: "Attention is all you need", Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    def __init__(self, vocab_size: int, max_tokens: int, dim: int = 128, num_layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        if dim % heads:
            raise ValueError(f"dim must be a multiple of the {heads} heads, got {dim}")
        self.config: dict[str, Any] = {
            "vocab_size": vocab_size,
            "max_tokens": max_tokens,
            "dim": dim,
            "num_layers": num_layers,
            "heads": heads,
        }
        self.words = nn.Embedding(vocab_size, dim)
        self.positions = nn.Embedding(max_tokens, dim)
        self.layers = nn.ModuleList(_Layer(dim, heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return (N, dim)."""
        present = attention_mask.to(torch.float32)
        states = self.words(input_ids) + self.positions.weight[: input_ids.shape[1]]
        mask = ((1.0 - present) * MASKED_LOGIT)[:, None, None, :]
        for layer in self.layers:
            states = layer(states, mask)
        weights = present.unsqueeze(-1)
        pooled: Tensor = (self.norm(states) * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        return pooled


class LateFusionItem(Tower):
    r"""Late fusion: a small network maps both towers' concatenated outputs into one space.

    .. math::
        x = [m_t \, t + (1 - m_t) \, c_t \,;\; m_v \, v + (1 - m_v) \, c_v], \qquad
        e = \frac{W_2 \, \mathrm{GELU}(W_1 \, x)}{\|\cdot\|}

    The learned :math:`c_t, c_v` replace a missing text or image.

    Shapes:
        - text: (N, text_dim), image: (N, image_dim) float32; modality_mask: (N, 2), 1 where present
        - output: (N, dim) float32, unit length
    """

    def __init__(self, text_dim: int, image_dim: int, dim: int = 256, hidden: int = 512) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"text_dim": text_dim, "image_dim": image_dim, "dim": dim, "hidden": hidden}
        self.missing_text = nn.Parameter(torch.zeros(text_dim))
        self.missing_image = nn.Parameter(torch.zeros(image_dim))
        self.fuse = nn.Sequential(nn.Linear(text_dim + image_dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return (N, dim), unit length."""
        has_text, has_image = modality_mask[:, :1], modality_mask[:, 1:]
        text = has_text * text + (1 - has_text) * self.missing_text
        image = has_image * image + (1 - has_image) * self.missing_image
        return F.normalize(self.fuse(torch.cat([text, image], dim=1)), dim=-1)

    def embed_text(self, text: Tensor) -> Tensor:
        """Return the embeddings (N, dim), unit length, of items without images from text (N, text_dim)."""
        mask = torch.tensor([[1.0, 0.0]], device=text.device)
        embeddings: Tensor = self(text, torch.zeros_like(self.missing_image).expand(len(text), -1), mask)
        return embeddings

    def embed_image(self, image: Tensor) -> Tensor:
        """Return the embeddings (N, dim), unit length, of items without texts from image (N, image_dim)."""
        mask = torch.tensor([[0.0, 1.0]], device=image.device)
        embeddings: Tensor = self(torch.zeros_like(self.missing_text).expand(len(image), -1), image, mask)
        return embeddings
