"""The additive model: an item is the sum of embeddings of its id, its words, its text and its image."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.known_rows import find_rows
from trainer.towers.projection import project_present, projection
from trainer.towers.tower import Tower
from trainer.towers.two_tower import DISMISS, MASKED_LOGIT, NUM_KINDS

ID_NORM = 0.3  # length of a fresh id embedding, beside words and text of about 1: enough to distinguish items
CONTENT_LENGTH = 0.7  # of the text's and the image's part, beside words of length 1


class AdditiveItem(Tower):
    r"""Item tower: a sum of embeddings, at unit length.

    .. math::
        e = \frac{z}{\|z\|}, \qquad
        z = s_\text{id} + \sum_w a_w E_w + m_t P_t \hat{x}_t + m_v P_v \hat{x}_v

    :math:`a` is a bag of hashed words, TF-IDF weighted and at unit length. :math:`\hat{x}` are centred unit features.
    :math:`s_\text{id}` is the id embedding, 0 for an item that training never saw. A missing part adds nothing.
    E starts at random, so that before training the cosine of two bags is about that of their TF-IDF vectors
    (Johnson & Lindenstrauss). P starts orthogonal, so the same holds for texts.

    Shapes:
        - text: (N, text_dim) float32; image: (N, image_dim) float32; modality_mask: (N, 2) float32, 1 where present
        - item_rows: (N,) int64, rows of the id embedding as :meth:`rows` gives them, -1 for unknown
        - word_ids: (N, W) int64 in [0, num_words); word_weights: (N, W) float32, 0 where there is no word
        - output: (N, dim) float32, unit length

    Papers: "Metadata Embeddings for User and Item Cold-start Recommendations", Kula 2015,
    https://arxiv.org/abs/1507.08439; hashed words as in "Feature Hashing for Large Scale Multitask Learning",
    Weinberger et al., ICML 2009, https://arxiv.org/abs/0902.2206
    """

    item_keys: Tensor
    text_mean: Tensor
    image_mean: Tensor

    def __init__(
        self,
        text_dim: int,
        image_dim: int,
        num_words: int = 0,
        num_items: int = 0,
        dim: int = 256,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "num_words": num_words,
            "num_items": num_items,
            "dim": dim,
        }
        self.project_text = projection(text_dim, dim, generator)
        self.project_image = projection(image_dim, dim, generator)
        self.words = nn.Embedding(num_words, dim) if num_words else None
        self.items = nn.Embedding(num_items, dim) if num_items else None
        self.register_buffer("text_mean", torch.zeros(text_dim))
        self.register_buffer("image_mean", torch.zeros(image_dim))
        self.register_buffer("item_keys", torch.zeros(num_items, dtype=torch.int64))
        if self.words is not None:
            nn.init.normal_(self.words.weight, std=dim**-0.5, generator=generator)
        if self.items is not None:
            nn.init.normal_(self.items.weight, std=ID_NORM * dim**-0.5, generator=generator)

    def centre(self, text: Tensor, image: Tensor) -> None:
        """Set the means of unit features, (text_dim,) and (image_dim,), that are subtracted before projecting.

        Pretrained encoders put everything in a narrow cone; without centring, all items start out nearly equal.
        """
        self.text_mean.copy_(text)
        self.image_mean.copy_(image)

    def rows(self, keys: Tensor) -> Tensor:
        """Return the id embedding's row of each key, -1 for those that training never saw; int64 in and out, (N,)."""
        return find_rows(self.item_keys, keys)

    def forward(
        self,
        text: Tensor,
        image: Tensor,
        modality_mask: Tensor,
        item_rows: Tensor | None = None,
        word_ids: Tensor | None = None,
        word_weights: Tensor | None = None,
    ) -> Tensor:
        """Return the embedding of each item, (N, dim), unit length; all zeros where every input is missing."""
        has_text, has_image = modality_mask[:, 0:1], modality_mask[:, 1:2]  # (N, 1) each
        text, image = F.normalize(text, dim=-1) - self.text_mean, F.normalize(image, dim=-1) - self.image_mean
        total = CONTENT_LENGTH * has_text * project_present(self.project_text, text, has_text)
        total = total + CONTENT_LENGTH * has_image * project_present(self.project_image, image, has_image)
        if self.words is not None and word_ids is not None:
            bag = F.embedding_bag(word_ids, self.words.weight, mode="sum", per_sample_weights=word_weights)
            total = total + bag
        if self.items is not None and item_rows is not None:
            known = (item_rows >= 0).unsqueeze(-1).to(total.dtype)
            total = total + known * self.items(item_rows.clamp(min=0))
        return F.normalize(total, dim=-1)


class AdditiveUser(Tower):
    r"""User tower: a weighted mean of the items that a shopper liked, less a share of those they dismissed.

    .. math::
        \alpha = \mathrm{softmax}_i(k_{\text{kind}_i} + g \log(1 + \text{age}_i)), \qquad
        u = \frac{h}{\|h\|}, \qquad
        h = \sum_{i \text{ liked}} \alpha_i e_i - \mathrm{softplus}(\beta) \, \overline{e}_\text{dismissed}

    The tower has only eight weights, because the item embeddings hold the taste. One interaction is enough and hundreds
    work too. Before training, all liked items weigh the same. With no liked item, u is all zeros.

    Shapes:
        - items: (B, L, dim) float32, item embeddings
        - kinds: (B, L) int64, position in contracts/interaction.schema.json's kinds; 5 is "dismiss"
        - ages_days: (B, L) float32, days before now; below 0 counts as 0
        - item_mask: (B, L) float32, 1 where there is an interaction, 0 where there is padding
        - output: (B, dim) float32, unit length or all zeros
    """

    def __init__(self, dim: int = 256, max_items: int = 100) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"dim": dim, "max_items": max_items}
        self.kind = nn.Parameter(torch.zeros(NUM_KINDS))
        self.age = nn.Parameter(torch.zeros(()))
        self.dislike = nn.Parameter(torch.tensor(-1.0))  # softplus(-1) = 0.31

    def forward(self, items: Tensor, kinds: Tensor, ages_days: Tensor, item_mask: Tensor) -> Tensor:
        """Return the embedding of each user, (B, dim), unit length; all zeros where no item is liked."""
        is_dismissed = (kinds == DISMISS).to(item_mask.dtype)
        liked, dismissed = item_mask * (1 - is_dismissed), item_mask * is_dismissed  # (B, L) each
        logits = self.kind[kinds] + self.age * torch.log1p(ages_days.clamp(min=0))
        weights = torch.softmax(logits * liked + MASKED_LOGIT * (1 - liked), dim=-1)
        share = dismissed / dismissed.sum(1, keepdim=True).clamp(min=1)
        weights = weights - F.softplus(self.dislike) * share
        user = torch.bmm(weights.unsqueeze(1), items).squeeze(1)  # (B, dim)
        return F.normalize(user, dim=-1) * liked.amax(1, keepdim=True)
