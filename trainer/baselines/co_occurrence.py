"""Item co-occurrence baseline, from the items of a case's history (shop A) to the candidates (shop B).

`score(j) = sum over i in history of 0.5 ** (ago_i / half_life) * together(i, j) / (n_i ** a * n_j ** b)`.
`together` counts the training users who liked both items; a user who liked them close together counts for more
(`liked_together`). The exponent a damps items that are in every history, b damps bestsellers.
"""

from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.baselines.baseline import Baseline, num_items, tune_on_valid
from trainer.baselines.sparse_interactions import (
    Matrix,
    history_matrix,
    liked_together,
    num_users_per_item,
    user_items,
)
from trainer.baselines.tuning import Fitted
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

FROM_EXPONENTS = (0.0, 0.3, 0.6, 1.0)
TO_EXPONENTS = (0.0, 0.25)
HALF_LIVES_ITEMS = (None, 10.0)
PROXIMITIES = (0.0, 0.5, 1.0)

GRID = [
    {"proximity": proximity, "from_exponent": a, "to_exponent": b, "half_life_items": half_life}
    for proximity, half_life, a, b in product(PROXIMITIES, HALF_LIVES_ITEMS, FROM_EXPONENTS, TO_EXPONENTS)
]


class CoOccurrence:
    """Factory of co-occurrence scorers on one training set."""

    def __init__(self, train: Interactions, num_items: int) -> None:
        liked = user_items(train, num_items)
        self.num_items = num_items
        self.num_users = np.maximum(num_users_per_item(liked), 1)
        self.train = train
        self._together: dict[float, Matrix] = {}
        self._columns: dict[tuple[float, int], tuple[NDArray[np.int64], Matrix]] = {}

    def scorer(
        self, from_exponent: float, to_exponent: float, half_life_items: float | None, proximity: float = 0.0
    ) -> Scorer:
        """Return the scorer with these settings."""
        from_weights = sp.diags(self.num_users**-from_exponent)
        to_weights = self.num_users**-to_exponent

        def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float32]:
            history = history_matrix(cases, positions, self.num_items, half_life_items) @ from_weights
            scores = (history @ self._to(cases.candidates, proximity)).toarray() * to_weights[cases.candidates]
            return np.asarray(scores, dtype=np.float32)

        return score

    def _to(self, candidates: NDArray[np.int64], proximity: float) -> Matrix:
        if proximity not in self._together:
            self._together[proximity] = liked_together(self.train, self.num_items, proximity)
        key = (proximity, len(candidates))
        if key not in self._columns or self._columns[key][0] is not candidates:
            self._columns[key] = (candidates, self._together[proximity][:, candidates])
        return self._columns[key][1]


def fit_co_occurrence(prepared: Prepared) -> Fitted:
    """Return co-occurrence with its exponents and recency chosen on "valid"."""
    return tune_on_valid(CoOccurrence(prepared.split.train, num_items(prepared)).scorer, GRID, prepared)


CO_OCCURRENCE = Baseline("co_occurrence", fit_co_occurrence)
