"""Random and popularity baselines: the least that a model must beat."""

import numpy as np
from numpy.typing import NDArray

from trainer.baselines.baseline import Baseline, num_items
from trainer.baselines.sparse_interactions import history_matrix, num_users_per_item, user_items
from trainer.baselines.tuning import Fitted, untuned
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

Scores = NDArray[np.float32]


def random_scorer() -> Scorer:
    """Return a scorer that gives every item the same score; evaluation orders ties at random."""
    return lambda cases, positions: np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)


def popularity_scorer(train: Interactions, num_items: int) -> Scorer:
    """Return a scorer by the number of training users who liked an item; the same for every user."""
    num_users = num_users_per_item(user_items(train, num_items))
    return lambda cases, positions: np.tile(num_users[cases.candidates], (len(positions), 1))


def overlap_popularity_scorer(train: Interactions, num_items: int) -> Scorer:
    """Return a scorer by popularity among the training users who share a liked item with the case.

    Global popularity breaks ties, so a history that shares no item with anyone is still ranked.
    """
    liked = user_items(train, num_items)
    popularity = num_users_per_item(liked)
    tie_break = popularity / (1 + popularity.max(initial=0))  # below 1, so it never outweighs a user

    def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
        overlap = history_matrix(cases, positions, num_items) @ liked.T  # (b, num_users)
        overlap.data[:] = 1
        scores: Scores = (overlap @ liked[:, cases.candidates]).toarray() + tie_break[cases.candidates]
        return scores

    return score


def fit_random(prepared: Prepared) -> Fitted:
    """Return the random baseline, which has nothing to fit."""
    return untuned(random_scorer())


def fit_popularity(prepared: Prepared) -> Fitted:
    """Return global popularity, which has no settings to tune."""
    return untuned(popularity_scorer(prepared.split.train, num_items(prepared)))


def fit_overlap_popularity(prepared: Prepared) -> Fitted:
    """Return popularity among overlapping users, which has no settings to tune."""
    return untuned(overlap_popularity_scorer(prepared.split.train, num_items(prepared)))


RANDOM = Baseline("random", fit_random)
POPULARITY = Baseline("popularity", fit_popularity)
POPULARITY_OVERLAP = Baseline("popularity_overlap", fit_overlap_popularity)
