"""The content towers: text and image features combined without training.

An embedding is three blocks side by side, `[text | image | filler]`. Each feature vector is centred, projected on a few
directions and normalised to unit length. Then it is scaled so that the two blocks hold `text_weight` and
`1 - text_weight` of the squared length. The share of a missing modality goes into the one filler coordinate.
So every item has unit length. A user embedding's filler is zero, so a score is the sum over the known modalities:
a history without images neither favours nor penalises an item without an image.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.tower import Tower

KINDS = ("view", "wishlist", "cart", "purchase", "rating", "dismiss")

# Weight of one interaction of each kind, in units of a view; decision 12 has the measurements. A purchase is mostly
# also a view and a cart, so steeper weights let few items decide. Stars of a rating are not an input. A dismissal
# counts against its item. Its weight is a share of all that was liked: it moves a long history as far as a short one.
DEFAULT_KIND_WEIGHTS = (1.0, 1.4, 1.7, 2.0, 1.2, -0.03)
DEFAULT_HALF_LIFE_DAYS = 30.0
DEFAULT_HALF_LIFE_ITEMS = 30.0
# Dismissals take back at most this share of the liked weight, because the opposite of a disliked item is not a taste.
MAX_DISMISS_SHARE = 0.15
# Ten times on one day is not ten times the interest.
REPEAT_EXPONENT = 0.5
SMALLEST_NORM = 1e-6


class ContentItemTower(nn.Module):
    """Item tower with embeddings `[text | image | filler]` of unit length.

    Args:
        text_mean: (Dt,) subtracted from text features.
        text_basis: (Dt, a) directions to project on, as columns.
        image_mean: (Di,) subtracted from image features.
        image_basis: (Di, b), the same for image features.
        text_weight: the text block's share of the squared length, in (0, 1).

    The embedding has `a + b + 1` coordinates.
    """

    text_mean: Tensor
    text_basis: Tensor
    image_mean: Tensor
    image_basis: Tensor
    shares: Tensor

    def __init__(
        self, text_mean: Tensor, text_basis: Tensor, image_mean: Tensor, image_basis: Tensor, text_weight: float
    ) -> None:
        super().__init__()
        if not 0.0 < text_weight < 1.0:
            raise ValueError(f"text_weight must be between 0 and 1, got {text_weight}")
        for name, mean, basis in (("text", text_mean, text_basis), ("image", image_mean, image_basis)):
            if basis.ndim != 2 or mean.shape != basis.shape[:1]:
                raise ValueError(
                    f"{name}: expected a mean (D,) and a basis (D, d), got {tuple(mean.shape)} and {tuple(basis.shape)}"
                )
        self.dim = text_basis.shape[1] + image_basis.shape[1] + 1
        self.register_buffer("text_mean", text_mean.detach().clone())
        self.register_buffer("text_basis", text_basis.detach().clone())
        self.register_buffer("image_mean", image_mean.detach().clone())
        self.register_buffer("image_basis", image_basis.detach().clone())
        self.register_buffer("shares", torch.tensor([text_weight, 1.0 - text_weight]))

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return (N, dim) from text (N, Dt), image (N, Di) and modality_mask (N, 2), where 1 means present."""
        text_block = F.normalize((text - self.text_mean) @ self.text_basis, dim=1) * modality_mask[:, 0:1]
        image_block = F.normalize((image - self.image_mean) @ self.image_basis, dim=1) * modality_mask[:, 1:2]
        # Each block is a unit vector, or zeros where the modality is missing or nothing is left after centring.
        # Testing for zeros, instead of taking 1 - |known|^2, keeps rounding out of the filler: sqrt(1e-7) is not small.
        present = torch.cat((_is_something(text_block), _is_something(image_block)), dim=1)  # (N, 2)
        filler = ((1.0 - present) * self.shares).sum(dim=1, keepdim=True).sqrt()
        share = self.shares.sqrt()
        return F.normalize(torch.cat((text_block * share[0], image_block * share[1], filler), dim=1), dim=1)


class CatalogueContentItem(ContentItemTower, Tower):
    """Content item tower of given sizes, which `fill` gives a catalogue's own directions.

    Args:
        text_dim, image_dim: of the features.
        text_width, image_width: how many directions each block has; `text_width + image_width + 1` coordinates.
        text_weight: the text block's share of the squared length, in (0, 1).
    """

    def __init__(self, text_dim: int, image_dim: int, text_width: int, image_width: int, text_weight: float) -> None:
        text, image = (
            (torch.zeros(d), torch.zeros(d, w)) for d, w in ((text_dim, text_width), (image_dim, image_width))
        )
        super().__init__(*text, *image, text_weight)
        self.config = {
            "text_dim": text_dim,
            "image_dim": image_dim,
            "text_width": text_width,
            "image_width": image_width,
            "text_weight": text_weight,
        }

    def fill(self, text: tuple[Tensor, Tensor], image: tuple[Tensor, Tensor]) -> None:
        """Set a mean (D,) and a basis (D, d) of each modality; coordinates beyond d stay zero."""
        for (mean, basis), own_mean, own_basis in (
            (text, self.text_mean, self.text_basis),
            (image, self.image_mean, self.image_basis),
        ):
            own_mean.copy_(mean)
            own_basis.zero_()
            own_basis[:, : basis.shape[1]] = basis


def _is_something(block: Tensor) -> Tensor:
    """Return (N, 1): 1.0 where a row (N, d) is not all zeros, else 0.0."""
    return (block.abs().amax(dim=1, keepdim=True) > SMALLEST_NORM).to(block.dtype)


class SharedSpaceItemTower(nn.Module):
    """Content item tower for encoders whose texts and images already share one space, as CLIP's do.

    An embedding is `[weighted mean of both unit vectors | filler]`. The filler brings the mean to unit length, so
    that a text can be compared with an image and a missing modality is again neutral.

    Args:
        text_mean, image_mean: (D,) subtracted from the unit features; zeros where unknown.
            CLIP's two modalities lie in two narrow cones, so subtracting means closes the gap between them.
        text_weight: the text's weight in the mean, in (0, 1).
    """

    text_mean: Tensor
    image_mean: Tensor
    weights: Tensor

    def __init__(self, text_mean: Tensor, image_mean: Tensor, text_weight: float) -> None:
        super().__init__()
        if not 0.0 < text_weight < 1.0:
            raise ValueError(f"text_weight must be between 0 and 1, got {text_weight}")
        if text_mean.ndim != 1 or text_mean.shape != image_mean.shape:
            raise ValueError(f"means must be two (D,), got {tuple(text_mean.shape)} and {tuple(image_mean.shape)}")
        self.dim = text_mean.shape[0] + 1
        self.register_buffer("text_mean", text_mean.detach().clone())
        self.register_buffer("image_mean", image_mean.detach().clone())
        self.register_buffer("weights", torch.tensor([text_weight, 1.0 - text_weight]))

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return (N, D + 1) from text (N, D), image (N, D) and modality_mask (N, 2)."""
        text_part = F.normalize(F.normalize(text, dim=1) - self.text_mean, dim=1)
        image_part = F.normalize(F.normalize(image, dim=1) - self.image_mean, dim=1)
        scale = modality_mask * self.weights  # (N, 2)
        known = text_part * scale[:, 0:1] + image_part * scale[:, 1:2]
        held = (known * known).sum(dim=1, keepdim=True)
        filler = (1.0 - held).clamp(min=0.0).sqrt()
        return F.normalize(torch.cat((known, filler), dim=1), dim=1)


class ContentUserTower(Tower):
    """User tower: the weighted sum of the items in a history without the filler, at unit length.

    A liked item weighs `kind_weights[kind] * weight ** REPEAT_EXPONENT * fade`. The fade halves every `half_life_days`
    of age and every `half_life_items` liked interactions that are newer. Age is counted from the most recent liked
    item, so that a history that ended years ago still has a direction. A dismissal weighs `kind_weights[kind] * fade`
    of all liked items together. All dismissals weigh at most `MAX_DISMISS_SHARE` of them.

    Args:
        kind_weights: one number per entry of `KINDS`; above 0 is liked, below 0 is disliked.
        half_life_days: number of days after which an interaction counts half.
        half_life_items: number of newer liked interactions after which an interaction counts half.
        has_filler: whether the items' last coordinate is a filler that must be zero in a user embedding.
    """

    kind_weights: Tensor

    def __init__(
        self,
        kind_weights: Sequence[float] = DEFAULT_KIND_WEIGHTS,
        half_life_days: float = DEFAULT_HALF_LIFE_DAYS,
        half_life_items: float = DEFAULT_HALF_LIFE_ITEMS,
        *,
        has_filler: bool = True,
    ) -> None:
        super().__init__()
        if len(kind_weights) != len(KINDS):
            raise ValueError(f"expected {len(KINDS)} kind weights, one for each of {KINDS}, got {len(kind_weights)}")
        for name, half_life in (("half_life_days", half_life_days), ("half_life_items", half_life_items)):
            if half_life <= 0:
                raise ValueError(f"{name} must be above 0, got {half_life}")
        self.config = {
            "kind_weights": list(kind_weights),
            "half_life_days": half_life_days,
            "half_life_items": half_life_items,
            "has_filler": has_filler,
        }
        self.has_filler = has_filler
        self.half_life_days = half_life_days
        self.half_life_items = half_life_items
        self.register_buffer("kind_weights", torch.tensor(kind_weights, dtype=torch.float32))

    def forward(
        self, items: Tensor, kinds: Tensor, ages_days: Tensor, item_mask: Tensor, item_weights: Tensor | None = None
    ) -> Tensor:
        """Return (B, dim) from items (B, L, dim), kinds (B, L) int64, ages_days (B, L) and item_mask (B, L).

        item_weights: (B, L), how often each interaction happened, 1 or more; None where each happened once.
        A row is all zeros where no item is liked or where likes and dislikes cancel out.
        """
        weights = self.weights(kinds, ages_days, item_mask, item_weights)
        pooled = (items * weights.unsqueeze(-1)).sum(dim=1)  # (B, dim)
        if self.has_filler:
            pooled = torch.cat((pooled[:, :-1], torch.zeros_like(pooled[:, -1:])), dim=1)
        norm = pooled.square().sum(dim=1, keepdim=True).sqrt()
        has_taste = (weights.clamp(min=0.0).sum(dim=1, keepdim=True) > 0) & (norm >= SMALLEST_NORM)
        return torch.where(has_taste, pooled / norm.clamp(min=SMALLEST_NORM), torch.zeros_like(pooled))

    def weights(
        self, kinds: Tensor, ages_days: Tensor, item_mask: Tensor, item_weights: Tensor | None = None
    ) -> Tensor:
        """Return the weight of each item, (B, L), normalised so that the liked ones sum to 1."""
        kind_weights = self.kind_weights[kinds.clamp(0, len(KINDS) - 1)] * item_mask
        fades = kind_weights * self._fade(kind_weights > 0, ages_days)
        liked = fades.clamp(min=0.0)
        if item_weights is not None:
            liked = liked * item_weights.clamp(min=1.0).pow(REPEAT_EXPONENT)
        liked = liked / liked.sum(dim=1, keepdim=True).clamp(min=SMALLEST_NORM)
        disliked = (-fades).clamp(min=0.0)
        total = disliked.sum(dim=1, keepdim=True)
        return liked - disliked * (MAX_DISMISS_SHARE / total.clamp(min=MAX_DISMISS_SHARE))

    def _fade(self, is_liked: Tensor, ages_days: Tensor) -> Tensor:
        """Return how much of each interaction is left, (B, L) in [0, 1], by its age and by what was liked since."""
        far_past = torch.full_like(ages_days, torch.finfo(torch.float32).max)
        newest_liked = torch.where(is_liked, ages_days, far_past).amin(dim=1, keepdim=True)
        age = (ages_days - newest_liked).clamp(min=0.0)
        is_newer = ages_days.unsqueeze(1) < ages_days.unsqueeze(2)  # (B, L, L): the last index is newer than the middle
        num_newer = (is_newer & is_liked.unsqueeze(1)).to(ages_days.dtype).sum(dim=2)
        return torch.exp2(-age / self.half_life_days - num_newer / self.half_life_items)
