"""The trained two-tower model: items and users share one space, and their cosine is the score."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.tower import Tower

NUM_KINDS = 6  # contracts/interaction.schema.json: view, wishlist, cart, purchase, rating, dismiss
DISMISS = 5
MASKED_LOGIT = -1e4  # exp() of it is 0 in float32, and unlike -inf it gives no NaN where a whole row is masked


class ResidualBlock(nn.Module):
    r"""A pre-norm residual layer that is the identity until it is trained.

    .. math:: y = x + W_2 \, \mathrm{GELU}(W_1 \, \mathrm{LayerNorm}(x))

    Shapes:
        - input and output: (N, dim)
    """

    def __init__(self, dim: int, hidden: int, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.widen = nn.Linear(dim, hidden)
        self.narrow = nn.Linear(hidden, dim)
        nn.init.kaiming_uniform_(self.widen.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(self.widen.bias)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its correction, (N, dim)."""
        correction: Tensor = self.narrow(F.gelu(self.widen(self.norm(x))))
        return x + correction


class TwoTowerItem(Tower):
    r"""Item tower of Yi et al. 2019 on content features, so that an item without interactions has an embedding too.

    .. math::
        t &= m_t \frac{x_t}{\|x_t\|} + (1 - m_t) \, c_t, \qquad
        v  = m_v \frac{x_v}{\|x_v\|} + (1 - m_v) \, c_v \\
        h_0 &= P \, [t; v], \qquad h_{l+1} = h_l + W_2 \, \mathrm{GELU}(W_1 \, \mathrm{LayerNorm}(h_l)), \qquad
        e = h_L / \|h_L\|

    The learned :math:`c_t, c_v` replace a missing text or image. P starts with orthogonal rows or columns and the
    blocks start as the identity, so before training two items are about as similar as their content.

    Shapes:
        - text: (N, text_dim) float32, zeros where missing
        - image: (N, image_dim) float32, zeros where missing
        - modality_mask: (N, 2) float32, 1 where the text or the image is present
        - output: (N, dim) float32, unit length

    Paper: "Sampling-bias-corrected neural modeling for large corpus item recommendations", Yi et al., RecSys 2019,
    https://doi.org/10.1145/3298689.3346996
    """

    def __init__(
        self,
        text_dim: int,
        image_dim: int,
        dim: int = 256,
        hidden: int = 512,
        num_blocks: int = 1,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "dim": dim,
            "hidden": hidden,
            "num_blocks": num_blocks,
        }
        self.missing_text = nn.Parameter(torch.empty(text_dim))
        self.missing_image = nn.Parameter(torch.empty(image_dim))
        self.project = nn.Linear(text_dim + image_dim, dim, bias=False)
        self.blocks = nn.Sequential(*(ResidualBlock(dim, hidden, generator=generator) for _ in range(num_blocks)))
        # About a tenth as long as a present modality: enough to differ, too little to make unrelated items similar.
        nn.init.normal_(self.missing_text, std=0.1 * text_dim**-0.5, generator=generator)
        nn.init.normal_(self.missing_image, std=0.1 * image_dim**-0.5, generator=generator)
        # One draw per modality, each keeping lengths on average: both weigh the same, although their widths differ.
        for weight in (self.project.weight[:, :text_dim], self.project.weight[:, text_dim:]):
            nn.init.orthogonal_(weight, gain=max(1.0, weight.shape[1] / dim) ** 0.5, generator=generator)

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return the embedding of each item, (N, dim), unit length."""
        has_text, has_image = modality_mask[:, 0:1], modality_mask[:, 1:2]  # (N, 1) each
        text = has_text * F.normalize(text, dim=-1) + (1 - has_text) * self.missing_text
        if self.training and not has_image.any():
            # Without any image, the widest part of the product is the same vector for all items: a third of the time.
            weight, width = self.project.weight, text.shape[1]
            projected = F.linear(text, weight[:, :width]) + F.linear(self.missing_image, weight[:, width:])
        else:
            image = has_image * F.normalize(image, dim=-1) + (1 - has_image) * self.missing_image
            projected = self.project(torch.cat([text, image], dim=-1))  # (N, dim) from (N, text_dim + image_dim)
        return F.normalize(self.blocks(projected), dim=-1)


class TwoTowerUser(Tower):
    r"""User tower: attention pooling over a shopper's interactions, as Covington et al. 2016 pool a watch history.

    .. math::
        a_i &= w^\top \tanh(A e_i + K_{k_i} + g \log(1 + \text{age}_i)), \qquad
        \alpha = \mathrm{softmax}(a \text{ over liked items}) \\
        h &= \sum_i \alpha_i e_i - \mathrm{softplus}(\beta) \, \overline{e}_\text{dismissed}, \qquad
        u = \frac{f(h)}{\|f(h)\|}

    f is a :class:`ResidualBlock`. The order of the inputs has no effect; time enters through the ages. Before training,
    all liked items weigh the same and u is their mean. With no liked item, u is all zeros, because no taste is known.

    Shapes:
        - items: (B, L, dim) float32, item embeddings
        - kinds: (B, L) int64, position in contracts/interaction.schema.json's kinds; 5 is "dismiss"
        - ages_days: (B, L) float32, days before now; below 0 counts as 0
        - item_mask: (B, L) float32, 1 where there is an interaction, 0 where there is padding
        - output: (B, dim) float32, unit length or all zeros

    Paper: "Deep Neural Networks for YouTube Recommendations", Covington et al., RecSys 2016,
    https://doi.org/10.1145/2959100.2959190
    """

    def __init__(
        self,
        dim: int = 256,
        hidden: int = 512,
        attention_dim: int = 64,
        max_items: int = 100,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "dim": dim,
            "hidden": hidden,
            "attention_dim": attention_dim,
            "max_items": max_items,  # longest history in training; the tower itself has no limit
        }
        self.attend = nn.Linear(dim, attention_dim)
        self.kind = nn.Embedding(NUM_KINDS, attention_dim)
        self.age = nn.Parameter(torch.empty(attention_dim))
        self.attention = nn.Parameter(torch.zeros(attention_dim))
        self.dislike = nn.Parameter(torch.tensor(-1.0))  # softplus(-1) = 0.31
        self.block = ResidualBlock(dim, hidden, generator=generator)
        nn.init.xavier_uniform_(self.attend.weight, generator=generator)
        nn.init.zeros_(self.attend.bias)
        nn.init.normal_(self.kind.weight, std=0.1, generator=generator)
        nn.init.normal_(self.age, std=0.1, generator=generator)

    def forward(self, items: Tensor, kinds: Tensor, ages_days: Tensor, item_mask: Tensor) -> Tensor:
        """Return the embedding of each user, (B, dim), unit length; all zeros where no item is liked."""
        is_dismissed = (kinds == DISMISS).to(item_mask.dtype)
        liked = item_mask * (1 - is_dismissed)  # (B, L)
        dismissed = item_mask * is_dismissed  # (B, L)
        log_age = torch.log1p(ages_days.clamp(min=0)).unsqueeze(-1)  # (B, L, 1)
        hidden = torch.tanh(self.attend(items) + self.kind(kinds) + log_age * self.age)  # (B, L, attention_dim)
        logits = (hidden * self.attention).sum(-1)  # (B, L)
        weights = torch.softmax(logits * liked + MASKED_LOGIT * (1 - liked), dim=-1)
        taste = (weights.unsqueeze(-1) * items).sum(1)  # (B, dim)
        share = dismissed / dismissed.sum(1, keepdim=True).clamp(min=1)
        distaste = (share.unsqueeze(-1) * items).sum(1)  # (B, dim)
        user = self.block(taste - F.softplus(self.dislike) * distaste)
        return F.normalize(user, dim=-1) * liked.amax(1, keepdim=True)
