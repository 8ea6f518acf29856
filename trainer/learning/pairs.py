"""Products as pairs of text and image: their split, their labels and the sources of their features."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encoders.tokens import Tokens
from trainer.dataset.dataset import Product
from trainer.errors import TrainingError
from trainer.features.pixels import Pixels
from trainer.prepare import Prepared
from trainer.preprocess.text import augment_text

Rows = NDArray[np.int64]
ROWS_PER_CHUNK = 64
UNKNOWN = -1


@dataclass(frozen=True)
class Pairs:
    """Training and held-out items, and the label of each item."""

    train: Rows  # item_idx of products with text and image
    valid: Rows
    labels: NDArray[np.int64]  # (num_items,), UNKNOWN where a product has none

    def __post_init__(self) -> None:
        if len(self.train) < 2 or len(self.valid) < 2:
            raise TrainingError(
                f"pairs of text and image are learned from, but only {len(self.train)} products to train on and "
                f"{len(self.valid)} to validate on have both; give data.images and the products' titles"
            )


def run_pairs(prepared: Prepared, labels: Sequence[str], held_out: float) -> Pairs:
    """Return a run's pairs, a share of them held out by a hash of their names and the seed.

    Items that the run's split hides from training are in neither part.
    """
    return Pairs(*_split_pairs(prepared, held_out), product_labels(prepared.dataset.products, labels))


def held_out_pairs(prepared: Prepared, held_out: float) -> Rows:
    """Return the `valid` part of a run's pairs, which may be empty."""
    return _split_pairs(prepared, held_out)[1]


def _split_pairs(prepared: Prepared, held_out: float) -> tuple[Rows, Rows]:
    """Return (training items, held-out items), both with text and image."""
    products, seed = prepared.dataset.products, prepared.config.seed
    is_pair = prepared.features.modality_mask.min(axis=1) > 0
    is_pair[prepared.split.hidden_items] = False
    is_held_out = np.array([_fraction(product, seed) < held_out for product in products])
    return np.flatnonzero(is_pair & ~is_held_out), np.flatnonzero(is_pair & is_held_out)


def product_labels(products: Sequence[Product], by: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each different value of the fields `by`, (n,); UNKNOWN where one of them is missing.

    A field is "category" (the narrowest of categoryPath), "brand", or the name of an attribute, such as "color".
    """
    values = [tuple(_value(product, field) for field in by) for product in products]
    known = sorted({value for value in values if value and all(value)})
    numbers = {value: number for number, value in enumerate(known)}
    return np.array([numbers.get(value, UNKNOWN) for value in values], dtype=np.int64)


def _value(product: Product, field: str) -> str:
    if field == "category":
        return str((list(product.get("categoryPath") or [""]))[-1]).casefold()
    found = product.get("brand") if field == "brand" else product.get("attributes", {}).get(field)
    return str(found or "").casefold()


def _fraction(product: Product, seed: int) -> float:
    name = f"pair/{seed}/{product['shop']}/{product['itemId']}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


class Source(Protocol):
    """Source of one modality: the features that a head takes."""

    def features(self, rows: Rows, generator: torch.Generator | None = None) -> Tensor:
        """Return (n, features) of these items; augmented by chance from `generator` in training, None otherwise."""


class FrozenFeatures:
    """Source of features that a bundle's encoder computed in advance."""

    def __init__(self, features: NDArray[np.float32], device: torch.device) -> None:
        self._features, self._device = features, device

    def features(self, rows: Rows, generator: torch.Generator | None = None) -> Tensor:
        """Return (n, features), never augmented."""
        return torch.from_numpy(np.array(self._features[rows])).to(self._device)


class TunedText:
    """Source of features from a text encoder in training.

    In training, words are dropped at random. With the `separator` of the texts' parts, all parts after the first are
    shuffled.
    """

    def __init__(
        self,
        encoder: nn.Module,
        tokens: Tokens,
        texts: Sequence[str],
        word_dropout: float,
        device: torch.device,
        separator: str | None = None,
    ) -> None:
        self._encoder, self._tokens, self._texts = encoder, tokens, texts
        self._word_dropout, self._device, self._separator = word_dropout, device, separator

    def features(self, rows: Rows, generator: torch.Generator | None = None) -> Tensor:
        """Return (n, features)."""
        texts = [self._texts[row] for row in rows]
        if generator is not None:
            drop, separator = self._word_dropout, self._separator
            texts = [augment_text(text, generator, drop=drop, separator=separator) for text in texts]
        ids, mask = self._tokens.pad(self._tokens.encode(texts))
        inputs = (torch.from_numpy(array).to(self._device) for array in (ids, mask))
        features: Tensor = self._encoder(*inputs)
        return features


class TunedImages:
    """Source of features from an image encoder in training; then images are mirrored and cropped at random."""

    def __init__(
        self, encoder: nn.Module, pixels: Pixels, device: torch.device, *, flip: float = 0.5, crop: float = 0.8
    ) -> None:
        self._encoder, self._pixels, self._device = encoder, pixels, device
        self._flip, self._crop = flip, crop

    def features(self, rows: Rows, generator: torch.Generator | None = None) -> Tensor:
        """Return (n, features)."""
        pixels = self._pixels.batch(rows, generator, flip=self._flip, crop=self._crop)
        features: Tensor = self._encoder(pixels.to(self._device))
        return features


@torch.no_grad()
def all_features(source: Source, rows: Rows, width: int, num_items: int) -> NDArray[np.float32]:
    """Return a source's features of these rows, (num_items, width) float32, zeros elsewhere."""
    features = np.zeros((num_items, width), dtype=np.float32)
    for start in range(0, len(rows), ROWS_PER_CHUNK):
        chunk = rows[start : start + ROWS_PER_CHUNK]
        features[chunk] = source.features(chunk).float().cpu().numpy()
    return features


def balanced_batches(
    labels: NDArray[np.int64], rows: Rows, num_labels: int, per_label: int, generator: torch.Generator
) -> list[Rows]:
    """Return batches of `num_labels` labels with `per_label` rows each, in random order: the P × K of Hermans et al.

    Rows are assigned until every label has fewer than two left; a label with fewer than `per_label` gives all it has.
    Rows of unknown or lonely labels are left out.
    """
    order = rows[torch.randperm(len(rows), generator=generator).numpy()]
    order = order[labels[order] >= 0]
    order = order[np.argsort(labels[order], kind="stable")]
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    groups = [
        part[start : start + per_label]
        for part in np.split(order, cuts)
        for start in range(0, len(part), per_label)
        if len(part[start : start + per_label]) >= 2
    ]
    return _spread(groups, labels, num_labels, generator)


def _spread(groups: list[Rows], labels: NDArray[np.int64], num_labels: int, generator: torch.Generator) -> list[Rows]:
    """Return batches of groups in random order, no label twice in a batch as long as others are left."""
    shuffled = [groups[place] for place in torch.randperm(len(groups), generator=generator).tolist()]
    seen: dict[int, int] = {}
    keyed = []
    for place, group in enumerate(shuffled):
        label = int(labels[group[0]])
        keyed.append((seen.get(label, 0), place))
        seen[label] = seen.get(label, 0) + 1
    ordered = [shuffled[place] for _, place in sorted(keyed)]
    batches = [np.concatenate(ordered[i : i + num_labels]) for i in range(0, len(ordered), num_labels)]
    mixed = [batch for batch in batches if len(np.unique(labels[batch])) > 1]
    return [mixed[place] for place in torch.randperm(len(mixed), generator=generator).tolist()]


def shuffled_batches(rows: Rows, size: int, generator: torch.Generator) -> list[Rows]:
    """Return all rows in random order, in batches; a last batch of less than two joins the one before it."""
    order = rows[torch.randperm(len(rows), generator=generator).numpy()]
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    if len(batches) > 1 and len(batches[-1]) < 2:
        batches[-2:] = [np.concatenate(batches[-2:])]
    return batches
