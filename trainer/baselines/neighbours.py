"""Neighbourhood baselines: items liked by the same users, and users who like the same items.

Cosine with shrinkage: `common / (sqrt(n_a * n_b) + shrinkage)`. Without it, two items that one user liked by chance
would have a cosine of 1. Herlocker et al., "An algorithmic framework for performing collaborative filtering", 1999;
Deshpande & Karypis, "Item-based top-N recommendation algorithms", 2004.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.baselines.baseline import Baseline, num_items, tune_on_valid
from trainer.baselines.sparse_interactions import (
    Matrix,
    history_matrix,
    keep_largest,
    num_users_per_item,
    user_items,
)
from trainer.baselines.tuning import Fitted
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

Scores = NDArray[np.float32]
SHRINKAGES = (0.0, 10.0, 50.0)
ITEM_NEIGHBOURS = (50, 200, 1000)
USER_NEIGHBOURS = (50, 200, 1000)


class ItemNeighbours:
    """Factory of scorers that sum, over the history, each item's similarity to its nearest candidates."""

    def __init__(self, train: Interactions, num_items: int) -> None:
        liked = user_items(train, num_items)
        self.num_items = num_items
        self.norms = np.sqrt(num_users_per_item(liked))
        self.common: Matrix = (liked.T @ liked).tocsr()
        self.common.setdiag(0)
        self.common.eliminate_zeros()

    def scorer(self, shrinkage: float, neighbours: int) -> Scorer:
        """Return the scorer with these settings."""
        rows = np.repeat(np.arange(self.num_items), np.diff(self.common.indptr))
        cosine = self.common.data / (self.norms[rows] * self.norms[self.common.indices] + shrinkage)
        similar = sp.csr_matrix((cosine, self.common.indices, self.common.indptr), shape=self.common.shape)
        kept: tuple[NDArray[np.int64], Matrix] | None = None

        def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
            nonlocal kept
            # Neighbours are chosen among the candidates only: shop A's own items would crowd them out.
            if kept is None or kept[0] is not cases.candidates:
                kept = (cases.candidates, keep_largest(similar[:, cases.candidates], neighbours))
            scores: Scores = (history_matrix(cases, positions, self.num_items) @ kept[1]).toarray()
            return scores

        return score


class UserNeighbours:
    """Factory of scorers that let the most similar training users vote for the items they liked."""

    def __init__(self, train: Interactions, num_items: int) -> None:
        self.num_items = num_items
        self.liked = user_items(train, num_items)
        self.norms = np.sqrt(np.diff(self.liked.indptr)).astype(np.float32)

    def scorer(self, shrinkage: float, neighbours: int) -> Scorer:
        """Return the scorer with these settings."""

        def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
            history = history_matrix(cases, positions, self.num_items)
            similar = (history @ self.liked.T).tocsr()  # (b, num_users)
            rows = np.repeat(np.arange(len(positions)), np.diff(similar.indptr))
            norms = np.sqrt(np.diff(history.indptr)).astype(np.float32)
            similar.data /= norms[rows] * self.norms[similar.indices] + shrinkage
            scores: Scores = (keep_largest(similar, neighbours) @ self.liked[:, cases.candidates]).toarray()
            return scores

        return score


def grid(neighbours: tuple[int, ...]) -> list[dict[str, float]]:
    """Return every pair of settings to try."""
    return [{"shrinkage": shrinkage, "neighbours": k} for shrinkage in SHRINKAGES for k in neighbours]


def fit_item_knn(prepared: Prepared) -> Fitted:
    """Return item neighbours with shrinkage and neighbourhood chosen on "valid"."""
    model = ItemNeighbours(prepared.split.train, num_items(prepared))
    return tune_on_valid(model.scorer, grid(ITEM_NEIGHBOURS), prepared)


def fit_user_knn(prepared: Prepared) -> Fitted:
    """Return user neighbours with shrinkage and neighbourhood chosen on "valid"."""
    model = UserNeighbours(prepared.split.train, num_items(prepared))
    return tune_on_valid(model.scorer, grid(USER_NEIGHBOURS), prepared)


ITEM_KNN = Baseline("item_knn", fit_item_knn)
USER_KNN = Baseline("user_knn", fit_user_knn)
