"""Content towers in which an image suggests words, so that items without a text can be compared with texts."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.towers.content import SMALLEST_NORM

# Of a unit vector of class names and one of colour words, added up.
COLOUR_WORDS_WEIGHT = 0.8


class SuggestedWords(nn.Module):
    r"""Text features of the words that an image suggests: names of what it shows and names of its colours.

    .. math::
        b = \frac{\hat c + 0.8 \, \hat d}{|\hat c + 0.8 \, \hat d|}, \qquad
        c = \sum_k \sqrt{p_k} \, t_k, \qquad d = \sum_j (s_j - \bar s_j) \, w_j

    p are a classifier's probabilities and t the text features of its classes' names; s are shares of named colours, and
    w the text features of their names. Hats are unit length.

    Paper: "Zero-Shot Learning by Convex Combination of Semantic Embeddings", Norouzi et al., ICLR 2014,
    https://arxiv.org/abs/1312.5650. The square root, which hears rare classes too, and the colours are ours.

    Args:
        weight, bias: (classes, Di) and (classes,), the classifier on image features.
        class_names: (classes, Dt) text features.
        colour_names: (C, Dt) text features.
        mean_shares: (C,) subtracted from shares of colours.
    """

    weight: Tensor
    bias: Tensor
    class_names: Tensor
    colour_names: Tensor
    mean_shares: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor, class_names: Tensor, colour_names: Tensor, mean_shares: Tensor
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", bias.detach().clone())
        self.register_buffer("class_names", _centred(class_names))
        self.register_buffer("colour_names", _centred(colour_names))
        self.register_buffer("mean_shares", mean_shares.detach().clone())

    def forward(self, features: Tensor, shares: Tensor) -> Tensor:
        """Return (N, Dt) of unit length from image features (N, Di) and shares of colours (N, C)."""
        # Half the logits: a softmax of them is proportional to the square roots of the probabilities.
        root = torch.softmax((features @ self.weight.T + self.bias) / 2.0, dim=-1)
        names = F.normalize(root @ self.class_names, dim=1)
        colours = F.normalize((shares - self.mean_shares) @ self.colour_names, dim=1)
        return F.normalize(names + COLOUR_WORDS_WEIGHT * colours, dim=1)


class WordsAndLooksItem(nn.Module):
    """Item tower with embeddings `[text | image | colours | filler]` of unit length.

    As of `ContentItemTower`, whose blocks and filler these are, with two differences. Where nothing is known of an
    item's text, its text block has the words that its image suggests. Colours have a block of their own, so that
    their weight is one number.

    Args:
        image_mean, image_basis: (Di,) and (Di, b), as of `ContentItemTower`.
        suggested: of image features (N, Di) and shares (N, C).
        shares: of the squared length of text, image and colours; they add up to 1.
    """

    image_mean: Tensor
    image_basis: Tensor
    mean_roots: Tensor
    shares: Tensor

    def __init__(
        self,
        image_mean: Tensor,
        image_basis: Tensor,
        suggested: SuggestedWords,
        shares: tuple[float, float, float],
    ) -> None:
        super().__init__()
        if min(shares) <= 0.0 or abs(sum(shares) - 1.0) > 1e-6:
            raise ValueError(f"shares must be above 0 and add up to 1, got {shares}")
        self.image_dim = len(image_mean)
        num_colours, text_dim = suggested.colour_names.shape
        self.dim = text_dim + image_basis.shape[1] + num_colours + 1
        self.suggested = suggested
        self.register_buffer("image_mean", image_mean.detach().clone())
        self.register_buffer("image_basis", image_basis.detach().clone())
        self.register_buffer("mean_roots", suggested.mean_shares.sqrt())
        self.register_buffer("shares", torch.tensor(shares))

    def forward(self, text: Tensor, image: Tensor, modality_mask: Tensor) -> Tensor:
        """Return (N, dim) from text (N, Dt), image (N, Di + C) and modality_mask (N, 2), where 1 means present."""
        has_text, has_image = modality_mask[:, 0:1], modality_mask[:, 1:2]
        features, shares = image[:, : self.image_dim], image[:, self.image_dim :]
        words = F.normalize(text, dim=1) * has_text
        suggested = self.suggested(features, shares) * (1.0 - _is_something(words)) * has_image
        image_block, colour_block = self.looks(features, shares)
        return self._joined((words + suggested, image_block * has_image, colour_block * has_image))

    def looks(self, features: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return the blocks of an image and of its colours, each of unit length, from (N, Di) and (N, C)."""
        return (
            F.normalize((features - self.image_mean) @ self.image_basis, dim=1),
            F.normalize(shares.clamp(min=0.0).sqrt() - self.mean_roots, dim=1),
        )

    def of_looks(self, image: Tensor) -> Tensor:
        """Return (N, dim) from image (N, Di + C) with an empty text block, into which a text's own may be put."""
        image_block, colour_block = self.looks(image[:, : self.image_dim], image[:, self.image_dim :])
        no_words = torch.zeros_like(self.suggested.colour_names[:1]).expand(image.shape[0], -1)
        return self._joined((no_words, image_block, colour_block))

    def _joined(self, blocks: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Return (N, dim) from the unit blocks of text, image and colours; zeros where one is not known."""
        known = torch.cat([_is_something(block) for block in blocks], dim=1)  # (N, 3)
        filler = ((1.0 - known) * self.shares).sum(dim=1, keepdim=True).sqrt()
        share = self.shares.sqrt()
        scaled = [block * share[place] for place, block in enumerate(blocks)]
        return F.normalize(torch.cat((*scaled, filler), dim=1), dim=1)


def _is_something(block: Tensor) -> Tensor:
    """Return (N, 1): 1.0 where a row (N, d) is not all zeros, else 0.0."""
    return (block.abs().amax(dim=1, keepdim=True) > SMALLEST_NORM).to(block.dtype)


def _centred(names: Tensor) -> Tensor:
    """Return rows of unit length without their mean, (N, D)."""
    return F.normalize(names - names.mean(dim=0), dim=1)
