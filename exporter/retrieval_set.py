"""Retrieval set that the exporter makes itself: what a tower finds among goods whose relevance is known.

Texts have four attributes (product, colour, pattern, material), images three (outline, surface, colour). Some of the
goods made for a query share all attributes with it, others all but one or two. Goods of other queries share some by
chance and count as well. The gain of an item is the number of attributes that it shares with the query, minus one. So
an encoder must hear every attribute, and rank by how many agree: what rounding blurs first.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter import sample_texts
from exporter.sample_images import NUM_COLOURS, NUM_OUTLINES, NUM_SURFACES, Look, draw_look

NUM_TEXT_QUERIES, NUM_IMAGE_QUERIES = 60, 30
CUTOFF = 10
_TEXT_CHANGES = (0, 1, 1, 2, 2, 2)  # of the goods made for a query: how many attributes each has of its own
_IMAGE_CHANGES = (0, 0, 1, 1)
_SEED = 20_261_129
_PRODUCTS = 24  # few enough that other queries' goods share some
_Attributes = tuple[int, ...]


@dataclass(frozen=True)
class TextSet:
    """Queries and items in words; `gains` (Q, N) float32."""

    queries: Sequence[str]
    items: Sequence[str]
    gains: NDArray[np.float32]


@dataclass(frozen=True)
class ImageSet:
    """Queries and items in images; `gains` (Q, N) float32."""

    queries: Sequence[Image.Image]
    items: Sequence[Image.Image]
    gains: NDArray[np.float32]


@dataclass(frozen=True)
class Quality:
    """Mean NDCG@10 and recall@10 over the queries."""

    ndcg: float
    recall: float


def texts() -> TextSet:
    """Return 60 queries and 360 items in words."""
    rng = random.Random(_SEED)  # noqa: S311 - drawing example goods needs no secrecy
    products = rng.sample(sample_texts.PRODUCTS, _PRODUCTS)
    words = (products, sample_texts.COLOURS[:16], sample_texts.PATTERNS, sample_texts.MATERIALS[:16])
    queries, items = _goods(rng, [len(options) for options in words], NUM_TEXT_QUERIES, _TEXT_CHANGES)

    def item(attributes: _Attributes) -> str:
        product, *others = (options[number] for options, number in zip(words, attributes, strict=True))
        parts = [rng.choice(sample_texts.AUDIENCES), rng.choice(sample_texts.STYLES), *others, product]
        return " ".join(part for part in parts if part)

    def query(attributes: _Attributes) -> str:
        named = (options[number] for options, number in zip(words, attributes, strict=True))
        return ", ".join(named)

    return TextSet([query(one) for one in queries], [item(one) for one in items], _gains(queries, items))


def images() -> ImageSet:
    """Return 30 queries and 120 items in images."""
    rng = random.Random(_SEED + 1)  # noqa: S311 - as above
    sizes = (NUM_OUTLINES, NUM_SURFACES, NUM_COLOURS)
    queries, items = _goods(rng, sizes, NUM_IMAGE_QUERIES, _IMAGE_CHANGES)
    drawn = [draw_look(Look(*one), rng.getrandbits(32)) for one in [*queries, *items]]
    return ImageSet(drawn[: len(queries)], drawn[len(queries) :], _gains(queries, items))


def quality(queries: NDArray[np.float32], items: NDArray[np.float32], gains: NDArray[np.float32]) -> Quality:
    """Return how well unit vectors (Q, d) find the items (N, d) by inner product.

    For recall, items with a gain of 2 or more are relevant; queries without one are left out. An item that must not be
    ranked has the gain NaN.
    """
    scores = np.where(np.isnan(gains), -np.inf, queries @ items.T)
    gains = np.nan_to_num(gains)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :CUTOFF]
    found = np.take_along_axis(gains, best, axis=1)
    discounts = 1 / np.log2(np.arange(CUTOFF) + 2)
    ideal = (-np.sort(-gains, axis=1))[:, :CUTOFF] @ discounts
    relevant = (gains >= 2).sum(axis=1)
    asked = relevant > 0
    recall = (found >= 2).sum(axis=1)[asked] / np.minimum(relevant[asked], CUTOFF)
    return Quality(float(((found @ discounts)[asked] / ideal[asked]).mean()), float(recall.mean()))


def _goods(
    rng: random.Random, sizes: Sequence[int], num_queries: int, changes: Sequence[int]
) -> tuple[list[_Attributes], list[_Attributes]]:
    """Return the attributes of the queries and of the items made for them."""
    queries = [tuple(rng.randrange(size) for size in sizes) for _ in range(num_queries)]
    items = []
    for query in queries:
        for number in changes:
            item = list(query)
            for place in rng.sample(range(len(sizes)), number):
                item[place] = (item[place] + rng.randrange(1, sizes[place])) % sizes[place]
            items.append(tuple(item))
    return queries, items


def _gains(queries: Sequence[_Attributes], items: Sequence[_Attributes]) -> NDArray[np.float32]:
    shared = (np.array(queries)[:, None] == np.array(items)[None]).sum(axis=2)
    gains: NDArray[np.float32] = np.maximum(shared - 1, 0).astype(np.float32)
    return gains
