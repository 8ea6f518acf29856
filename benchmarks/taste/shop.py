"""A shop in its own metric, and the list that a shopper sees there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.taste.rule import DISMISS, LEAST, Floats, History, Rule, nearest_liked, penalty, taste
from exporter.shop_metric import LAMBDA
from kernel.shop_metric import Block, ShopMetric, estimate

NUM_CANDIDATES, NUM_SHOWN = 30, 10


class Shop:
    """Items in the shop's metric: `stored` is what a taste is compared with, `compared` what two items are.

    Without a metric of a bundle the shop has that of its items alone, in one block. All items lack an
    image, and the coordinate for what is missing, `filler`, describes none of them.
    """

    def __init__(self, vectors: Floats, metric: ShopMetric | None = None, filler: int | None = None) -> None:
        self.metric = metric or ShopMetric(estimate(vectors, (Block(0, vectors.shape[1]),)), LAMBDA)
        self.stored, self.compared = self.metric.stored(vectors), self.metric.centred(vectors)
        if filler is not None:
            self.compared[:, filler] = 0
            self.compared /= np.maximum(np.linalg.norm(self.compared, axis=1, keepdims=True), LEAST)

    def candidates(self, tastes: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Return what the server answers tastes (n, dim) with: rows and scores, both (n, 30), in no order."""
        scores = tastes @ self.stored.T
        rows = np.argpartition(-scores, NUM_CANDIDATES, axis=1)[:, :NUM_CANDIDATES]
        lengths = np.array([[self.metric.length(one)] for one in tastes], dtype=np.float32)
        return rows, np.take_along_axis(scores, rows, axis=1) / lengths

    def shown(
        self, rule: Rule, histories: Sequence[History], dismissed: Sequence[Sequence[int]]
    ) -> list[NDArray[np.int64]]:
        """Return the ten rows that each shopper sees, best first; `dismissed` holds the rows of each."""
        wholes = [
            one.with_dismissals(self.compared[list(rows)]) for one, rows in zip(histories, dismissed, strict=True)
        ]
        answers = self.candidates(np.stack([taste(rule, one) for one in wholes]))
        lists = []
        for rows, scores, whole, gone in zip(*answers, wholes, dismissed, strict=True):
            liked, apart = whole.items[whole.kinds != DISMISS], whole.items[whole.kinds == DISMISS]
            items = self.compared[rows]
            total = scores + nearest_liked(items, liked)
            if rule.penalty is not None:
                total = total - penalty(items, liked, apart, rule.penalty)
            ordered = rows[np.argsort(-total, kind="stable")]
            lists.append(ordered[~np.isin(ordered, gone)][:NUM_SHOWN])
        return lists


@dataclass(frozen=True)
class Case:
    """One shopper in a shop: what they did elsewhere, and the rows of the shop that they want."""

    history: History
    wanted: NDArray[np.int64]
    seed: int


def discounted(shown: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """Return NDCG@10 of a list."""
    discounts = 1 / np.log2(np.arange(2, NUM_SHOWN + 2))
    gains = discounts[: len(shown)][np.isin(shown, wanted)].sum()
    return float(gains / discounts[: min(NUM_SHOWN, len(wanted))].sum())
