"""Linear heads on the published text encoder, trained on one kind of goods or on several together.

A head starts as the identity, so epoch 0 is the encoder as it was published, and the epoch that is best on validation
data, by the mean over its domains, is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.learning.contrastive_losses import info_nce
from trainer.towers.clip import Head

EPOCHS, BATCH, RATE, TEMPERATURE = 30, 512, 1e-3, 0.07
Floats = NDArray[np.float32]
Embed = Callable[[Floats], Floats]
Loss = Callable[[nn.Module], Tensor]  # of a batch, by the head


@dataclass(frozen=True)
class Domain:
    """One kind of goods to learn from."""

    batches: Callable[[torch.Generator], list[Loss]]  # of one epoch
    validate: Callable[[Embed], float]  # of validation data, between 0 and 1
    parameters: Sequence[nn.Parameter] = ()  # of what learns besides the head


def plain(features: Floats) -> Floats:
    """Return the published encoder's vectors at unit length."""
    unit: Floats = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    return unit


def trained_head(domains: Sequence[Domain], dim: int, seed: int) -> Embed:
    """Train a head for text features of `dim` numbers by symmetric InfoNCE, batches of all domains mixed."""
    generator = torch.Generator().manual_seed(seed)
    head = Head(dim, dim, 0, 0.0, generator=generator)
    others = [parameter for domain in domains for parameter in domain.parameters]
    optimiser = torch.optim.AdamW([*head.parameters(), *others], lr=RATE, weight_decay=0.05)
    best, weights = -1.0, {}
    for epoch in range(EPOCHS + 1):
        score = float(np.mean([domain.validate(_embedder(head)) for domain in domains]))
        if score > best:
            best, weights = score, {key: tensor.clone() for key, tensor in head.state_dict().items()}
        losses = [loss for domain in domains for loss in domain.batches(generator)] if epoch < EPOCHS else []
        for place in torch.randperm(len(losses), generator=generator).tolist():
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(losses[place](head))
            optimiser.step()
    head.load_state_dict(weights)
    return _embedder(head)


def same_products(features: Floats, product: NDArray[Any], validate: Callable[[Embed], float]) -> Domain:
    """Return the domain of (n, dim) features and (n,) products: pairs of two offers of each product that has two."""
    data, groups = torch.from_numpy(np.array(features)), _groups(product)

    def batches(generator: torch.Generator) -> list[Loss]:
        def loss(chosen: list[NDArray[np.int64]]) -> Loss:
            pairs = [group[torch.randperm(len(group), generator=generator)[:2].numpy()] for group in chosen]
            one, other = (data[[pair[side] for pair in pairs]] for side in (0, 1))
            return lambda head: _contrast(head(one), head(other))

        order = torch.randperm(len(groups), generator=generator).tolist()
        cuts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        return [loss([groups[place] for place in cut]) for cut in cuts if len(cut) > 1]

    return Domain(batches, validate)


def texts_and_images(text: Floats, image: Floats, validate: Callable[[Embed], float], seed: int) -> Domain:
    """Return the domain of names (n, dim) and images (n, image_dim) of products; images get a head of their own."""
    words, images = torch.from_numpy(np.array(text)), torch.from_numpy(plain(np.array(image)))
    image_head = Head(image.shape[1], text.shape[1], 0, 0.0, generator=torch.Generator().manual_seed(seed))

    def batches(generator: torch.Generator) -> list[Loss]:
        def loss(rows: Tensor) -> Loss:
            return lambda head: _contrast(head(words[rows]), image_head(images[rows]))

        order = torch.randperm(len(words), generator=generator)
        return [loss(rows) for rows in order.split(BATCH) if len(rows) > 1]

    return Domain(batches, validate, tuple(image_head.parameters()))


def _contrast(one: Tensor, other: Tensor) -> Tensor:
    loss: Tensor = info_nce(F.normalize(one, dim=1), F.normalize(other, dim=1), 1 / TEMPERATURE)
    return loss


def _groups(product: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Return the rows of each product with at least two offers."""
    order = np.argsort(product, kind="stable")
    cuts = np.flatnonzero(product[order][1:] != product[order][:-1]) + 1
    return [group for group in np.split(order, cuts) if len(group) > 1]


def _embedder(head: nn.Module) -> Embed:
    def embed(features: Floats) -> Floats:
        with torch.no_grad():
            found: Floats = F.normalize(head.eval()(torch.from_numpy(np.array(features))), dim=1).numpy()
        return found

    return embed
