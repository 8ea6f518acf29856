"""What a model must beat to be worth having: chance, and what sells anyway."""

import numpy as np
from numpy.typing import NDArray

from trainer.baselines.sparse_interactions import history_matrix, num_users_per_item, user_items
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.splits.cases import Cases

Scores = NDArray[np.float32]


def random_scorer() -> Scorer:
    """Return a scorer that finds everything equally good: the evaluation's shuffled ties do the rest."""
    return lambda cases, positions: np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)


def popularity_scorer(train: Interactions, num_items: int) -> Scorer:
    """Return a scorer by how many training users liked an item; the same for everybody."""
    num_users = num_users_per_item(user_items(train, num_items))
    return lambda cases, positions: np.tile(num_users[cases.candidates], (len(positions), 1))


def overlap_popularity_scorer(train: Interactions, num_items: int) -> Scorer:
    """Return a scorer by how many of those training users who share a liked item with the case liked an item.

    Global popularity decides between equals, so a history that nobody shares still gets an order.
    """
    liked = user_items(train, num_items)
    popularity = num_users_per_item(liked)
    tie_break = popularity / (1 + popularity.max(initial=0))  # below 1: never worth a user

    def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
        overlap = history_matrix(cases, positions, num_items) @ liked.T  # (b, num_users)
        overlap.data[:] = 1
        scores: Scores = (overlap @ liked[:, cases.candidates]).toarray() + tie_break[cases.candidates]
        return scores

    return score
