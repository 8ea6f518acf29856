"""The fusion model: each input of an item or a user is a token, and self-attention combines the tokens."""

from collections.abc import Sequence
from typing import Any, TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.known_rows import find_rows
from trainer.towers.projection import project_present, projection
from trainer.towers.tower import Tower
from trainer.towers.two_tower import DISMISS, MASKED_LOGIT, NUM_KINDS, ResidualBlock


class SelfAttentionBlock(nn.Module):
    r"""A pre-norm transformer layer that is the identity until it is trained.

    .. math::
        y = x + \mathrm{Attention}(\mathrm{LayerNorm}(x)), \qquad
        z = y + W_2 \, \mathrm{GELU}(W_1 \, \mathrm{LayerNorm}(y))

    Shapes:
        - tokens and output: (B, T, width)
        - padding: (B, T) float32 added to the attention's logits, 0 where a token is present

    Papers: "Attention Is All You Need", Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; the norm comes first as
    in "On Layer Normalization in the Transformer Architecture", Xiong et al. 2020, https://arxiv.org/abs/2002.04745
    """

    def __init__(
        self, width: int, num_heads: int, hidden: int, dropout: float, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, num_heads, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.block = ResidualBlock(width, hidden, generator=generator)
        nn.init.xavier_uniform_(self.attention.in_proj_weight, generator=generator)
        nn.init.zeros_(self.attention.out_proj.weight)

    def forward(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """Return the tokens after attention and the residual layer, (B, T, width)."""
        x = self.norm(tokens)
        attended, _ = self.attention(x, x, x, key_padding_mask=padding, need_weights=False)
        mixed: Tensor = self.block(tokens + self.dropout(attended))
        return mixed


class AttentionSettings(TypedDict, total=False):
    """Sizes of a `SelfAttention`, which has a default for each."""

    width: int
    hidden: int
    num_heads: int
    num_layers: int
    dropout: float


class SelfAttention(nn.Module):
    """Stack of self-attention blocks; `config` holds their sizes."""

    def __init__(
        self,
        width: int = 128,
        hidden: int = 256,
        num_heads: int = 4,
        num_layers: int = 1,
        dropout: float = 0.1,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if width % num_heads:
            raise ValueError(f"width must be a multiple of num_heads, got {width} and {num_heads}")
        self.width = width
        self.config: dict[str, Any] = {
            "width": width,
            "hidden": hidden,
            "num_heads": num_heads,
            "num_layers": num_layers,
            "dropout": dropout,
        }
        self.blocks = nn.ModuleList(
            SelfAttentionBlock(width, num_heads, hidden, dropout, generator=generator) for _ in range(num_layers)
        )

    def forward(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """Return the tokens after all blocks, (B, T, width); `padding` as in :class:`SelfAttentionBlock`."""
        for block in self.blocks:
            tokens = block(tokens, padding)
        return tokens


class FusionItem(Tower):
    r"""Item tower: self-attention over an item's id, image, text and numbers.

    .. math::
        X = [x_\text{id}; x_v; x_t; x_n] + [\tau_\text{id}; \tau_v; \tau_t; \tau_n], \qquad
        Y = \mathrm{SelfAttentionBlock}^{L}(X), \qquad
        e = \frac{P \, \overline{Y}}{\|P \, \overline{Y}\|}

    :math:`x_v, x_t` are linear projections of the unit features, :math:`x_n` is an MLP on the numbers and on which of
    them are known, :math:`x_\text{id}` is the id embedding. A learned vector replaces each missing token; an item that
    training never saw has no id. Server and browser know an item by its content alone, so id and numbers are missing
    there. :math:`\tau` marks the type of each token. Without training, two items are about as similar as their content.

    Shapes:
        - text: (N, text_dim) float32; image: (N, image_dim) float32; modality_mask: (N, 2) float32, 1 where present
        - numeric: (N, n) float32, standardised, as numeric_names orders them
        - numeric_mask: (N, n) float32, 1 where known
        - item_rows: (N,) int64, rows of the id embedding as :meth:`rows` gives them, -1 for unknown
        - output: (N, dim) float32, unit length

    Paper: the tokens follow "AutoInt: Automatic Feature Interaction Learning via Self-Attentive Neural Networks", Song
    et al., CIKM 2019, https://arxiv.org/abs/1810.11921
    """

    item_keys: Tensor

    def __init__(
        self,
        text_dim: int,
        image_dim: int,
        numeric_names: Sequence[str] = (),
        num_items: int = 0,
        dim: int = 256,
        attention: AttentionSettings | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.attention = SelfAttention(**(attention or {}), generator=generator)
        width = self.attention.width
        self.config: dict[str, Any] = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "numeric_names": list(numeric_names),  # of the columns; another catalogue's numbers are matched by name
            "num_items": num_items,
            "dim": dim,
            "attention": self.attention.config,
        }
        self.project_image = projection(image_dim, width, generator)
        self.project_text = projection(text_dim, width, generator)
        self.numbers = _NumericToken(len(numeric_names), width, generator) if numeric_names else None
        self.items = nn.Embedding(num_items, width) if num_items else None
        self.register_buffer("item_keys", torch.zeros(num_items, dtype=torch.int64))
        num_tokens = 2 + (self.numbers is not None) + (self.items is not None)
        self.missing = nn.Parameter(torch.empty(num_tokens, width))
        self.types = nn.Parameter(torch.empty(num_tokens, width))
        self.out = projection(width, dim, generator)
        for small in (self.missing, self.types, *([self.items.weight] if self.items is not None else [])):
            nn.init.normal_(small, std=0.1 * width**-0.5, generator=generator)  # a tenth as long as a content token

    def forward(
        self,
        text: Tensor,
        image: Tensor,
        modality_mask: Tensor,
        numeric: Tensor | None = None,
        numeric_mask: Tensor | None = None,
        item_rows: Tensor | None = None,
    ) -> Tensor:
        """Return the embedding of each item, (N, dim), unit length; inputs not given count as missing."""
        has_text, has_image = modality_mask[:, 0:1], modality_mask[:, 1:2]
        found = [
            (project_present(self.project_image, image, has_image), has_image),
            (project_present(self.project_text, text, has_text), has_text),
        ]
        missing_token = torch.zeros_like(found[0][0]), torch.zeros_like(has_text)
        if self.numbers is not None:
            is_given = numeric is not None and numeric_mask is not None
            found.append(self.numbers(numeric, numeric_mask) if is_given else missing_token)
        if self.items is not None:
            found.append(missing_token if item_rows is None else _look_up(self.items, item_rows))
        tokens = torch.stack([token * has for token, has in found], dim=1)  # (N, T, width)
        has = torch.stack([has for _, has in found], dim=1)  # (N, T, 1)
        tokens = self.attention(tokens + (1 - has) * self.missing + self.types)
        return F.normalize(self.out(tokens.mean(dim=1)), dim=-1)

    def rows(self, keys: Tensor) -> Tensor:
        """Return the id embedding's row of each key, -1 for those that training never saw; int64 in and out, (N,)."""
        return find_rows(self.item_keys, keys)

    def projections(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the m items that have both modalities, by text (m, width) and by image (m, width), unit length.

        Arguments as of :meth:`forward`.
        """
        has_both = modality_mask.sum(1) == 2
        texts = F.normalize(self.project_text(F.normalize(text[has_both], dim=-1)), dim=-1)
        images = F.normalize(self.project_image(F.normalize(image[has_both], dim=-1)), dim=-1)
        return texts, images


class FusionUser(Tower):
    r"""User tower: self-attention over a shopper's interactions and, where known, over their id.

    .. math::
        x_i &= W e_i + K_{k_i} + g \log(1 + \text{age}_i), \qquad
        Y = \mathrm{SelfAttentionBlock}^{L}([x_1; \dots; x_n; x_\text{user}]) \\
        \alpha &= \mathrm{softmax}(a^\top y_i \text{ over liked items}), \qquad
        u \propto \sum_i \alpha_i e_i + P \left( \sum_i \alpha_i y_i + y_\text{user} \right)

    P and a start at zero, so before training a user is the mean of the liked items. The order of the inputs has no
    effect; time enters through the ages. A dismissed item is a token like any other but is never pooled. With no liked
    item, u is all zeros, because no taste is known.

    Shapes:
        - items: (B, L, dim) float32, item embeddings
        - kinds: (B, L) int64, position in contracts/interaction.schema.json's kinds; 5 is "dismiss"
        - ages_days: (B, L) float32, days before now; below 0 counts as 0
        - item_mask: (B, L) float32, 1 where there is an interaction, 0 where there is padding
        - user_rows: (B,) int64, rows of the user embedding as :meth:`rows` gives them, -1 for unknown
        - output: (B, dim) float32, unit length or all zeros

    Paper: "Self-Attentive Sequential Recommendation", Kang and McAuley, ICDM 2018, https://arxiv.org/abs/1808.09781,
    with ages in place of positions and pooling in place of the last token
    """

    user_keys: Tensor

    def __init__(
        self,
        dim: int = 256,
        num_users: int = 0,
        max_items: int = 100,
        attention: AttentionSettings | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.attention = SelfAttention(**(attention or {}), generator=generator)
        width = self.attention.width
        self.config: dict[str, Any] = {
            "dim": dim,
            "num_users": num_users,
            "max_items": max_items,  # longest history in training; the tower itself has no limit
            "attention": self.attention.config,
        }
        self.project = projection(dim, width, generator)
        self.kind = nn.Embedding(NUM_KINDS, width)
        self.age = nn.Parameter(torch.empty(width))
        self.users = nn.Embedding(num_users, width) if num_users else None
        self.register_buffer("user_keys", torch.zeros(num_users, dtype=torch.int64))
        self.unknown_user = nn.Parameter(torch.empty(1, width))
        self.pool = nn.Parameter(torch.zeros(width))
        self.out = nn.Linear(width, dim, bias=False)
        nn.init.zeros_(self.out.weight)
        embeddings = [self.kind.weight] if self.users is None else [self.kind.weight, self.users.weight]
        for small in (*embeddings, self.age, self.unknown_user):
            nn.init.normal_(small, std=0.1 * width**-0.5, generator=generator)

    def forward(
        self, items: Tensor, kinds: Tensor, ages_days: Tensor, item_mask: Tensor, user_rows: Tensor | None = None
    ) -> Tensor:
        """Return the embedding of each user, (B, dim), unit length; all zeros where no item is liked."""
        liked = item_mask * (kinds != DISMISS).to(item_mask.dtype)  # (B, L)
        log_age = torch.log1p(ages_days.clamp(min=0)).unsqueeze(-1)  # (B, L, 1)
        history = self.project(items) + self.kind(kinds) + log_age * self.age  # (B, L, width)
        tokens = torch.cat([history, self._user_token(item_mask, user_rows)], dim=1)  # (B, L + 1, width)
        padding = MASKED_LOGIT * (1 - torch.cat([item_mask, torch.ones_like(item_mask[:, :1])], dim=1))
        tokens = self.attention(tokens, padding)
        history, user = tokens[:, :-1], tokens[:, -1]
        logits = (history * self.pool).sum(-1)  # (B, L)
        weights = torch.softmax(logits * liked + MASKED_LOGIT * (1 - liked), dim=-1).unsqueeze(-1)
        taste = (weights * items).sum(1) + self.out((weights * history).sum(1) + user)  # (B, dim)
        return F.normalize(taste, dim=-1) * liked.amax(1, keepdim=True)

    def rows(self, keys: Tensor) -> Tensor:
        """Return the user embedding's row of each key, -1 for those that training never saw; int64 in and out, (B,)."""
        return find_rows(self.user_keys, keys)

    def _user_token(self, item_mask: Tensor, user_rows: Tensor | None) -> Tensor:
        """Return the user's token, (B, 1, width): its embedding, or a learned vector for unknown users."""
        unknown = self.unknown_user * torch.ones_like(item_mask[:, :1])  # (B, width)
        if self.users is not None and user_rows is not None:
            known, has = _look_up(self.users, user_rows)
            unknown = known * has + unknown * (1 - has)
        return unknown.unsqueeze(1)


class _NumericToken(nn.Module):
    """MLP from numbers and their mask, (N, n) each, to a token (N, width) and (N, 1), 1 where any number is known."""

    def __init__(self, numeric_dim: int, width: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.widen = nn.Linear(2 * numeric_dim, width)
        self.project = nn.Linear(width, width)
        for linear in (self.widen, self.project):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            nn.init.zeros_(linear.bias)

    def forward(self, numeric: Tensor, numeric_mask: Tensor) -> tuple[Tensor, Tensor]:
        token = self.project(F.gelu(self.widen(torch.cat([numeric * numeric_mask, numeric_mask], dim=1))))
        return token, numeric_mask.amax(dim=1, keepdim=True)


def _look_up(embedding: nn.Embedding, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the embeddings of rows, (N, width), and (N, 1), 0 where the row is -1."""
    return embedding(rows.clamp(min=0)), (rows >= 0).unsqueeze(1).to(embedding.weight.dtype)
