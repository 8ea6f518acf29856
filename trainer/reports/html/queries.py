"""Queries against the item embeddings: typical words of the titles, and images."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainer.reports.html.categories import Grouping, largest

FEWEST_TITLES = 3  # words in fewer titles are a product's name, not a query
WORD = re.compile(r"[^\W\d_]{3,}")


def query_words(titles: Sequence[str], grouping: Grouping | None, most: int) -> list[str]:
    """Return pairs of adjacent title words that are typical of the largest groups, one pair per group.

    Typical: frequent in the group's titles and rarer elsewhere. Groups without such a pair are left out.
    """
    pairs = [_pairs(title) for title in titles]
    everywhere = Counter(pair for found in pairs for pair in found)
    values: Sequence[str | None] = grouping.values if grouping else [""] * len(titles)
    chosen: list[str] = []
    for value in largest(values, 2 * most):
        mine = [found for found, own in zip(pairs, values, strict=True) if own == value]
        counts = Counter(pair for found in mine for pair in found)
        usual = len(mine) / len(titles)
        weights = {
            pair: count * math.log(1 + count / everywhere[pair] / usual)
            for pair, count in counts.items()
            if count >= FEWEST_TITLES and pair not in chosen
        }
        if weights and len(chosen) < most:
            chosen.append(max(weights, key=lambda pair: (weights[pair], pair)))
    return chosen


def nearest(
    queries: NDArray[np.floating], gallery: NDArray[np.floating], num: int, own: Sequence[int | None] | None = None
) -> NDArray[np.int64]:
    """Return the `num` gallery rows with the largest dot product with each query, best first, (n, num).

    Shapes: queries (n, dim), gallery (g, dim). `own`: the gallery row of each query itself, which is left out, or None.
    """
    scores = queries @ gallery.T
    for row, mine in enumerate(own or ()):
        if mine is not None:
            scores[row, mine] = -np.inf
    order: NDArray[np.int64] = np.argsort(-scores, axis=1, kind="stable")[:, :num]
    return order


def same_group_share(
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    rows: NDArray[np.int64],
    values: Sequence[str | None],
    num: int = 10,
) -> float | None:
    """Return the mean share of the `num` nearest other rows that are in the query's group.

    `rows` (n,): the gallery row of each query. Queries without a group are left out; None where none is left.
    """
    kept = [position for position, row in enumerate(rows) if values[row] is not None]
    if not kept or len(gallery) < 2:
        return None
    own = [int(rows[position]) for position in kept]
    found = nearest(queries[kept], gallery, min(num, len(gallery) - 1), own)
    return float(
        np.mean([[values[item] == values[mine] for item in row] for row, mine in zip(found, own, strict=True)])
    )


def _pairs(title: str) -> set[str]:
    words = WORD.findall(title.lower())
    return {f"{one} {other}" for one, other in pairwise(words) if one != other}
