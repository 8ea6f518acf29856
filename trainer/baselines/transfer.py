r"""Co-occurrence among what training knows, carried over to a shop that it does not know.

.. math::
    \text{score}(j) = \sum_{i \in \text{history}} \sum_{k \in N(j)}
    \frac{\text{together}(i, k)}{n_i^{0.6} \, n_k^b} \cdot
    \frac{s(k, j)^2}{\big(\sum_{l \in N(j)} s(l, j)^2\big)^{1/2}}

A candidate is described by N(j), the items of training that are most like it, never itself: one that is known gains
nothing by it, so what is tuned where items are known holds where they are not. s is the mean of the cosines of words
and of content. `together` is that of trainer/baselines/co_occurrence.py. It is a kernel regression (Nadaraya, 1964;
Watson, 1964) of co-occurrence on likeness, and beyond likeness it knows that one brand's buyers buy another brand's.
"""

from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.baselines.sparse_interactions import (
    Matrix,
    history_matrix,
    keep_largest,
    liked_together,
    num_users_per_item,
    user_items,
)
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.splits.cases import Cases

NEIGHBOURS = (5, 10, 20)
GRID = [{"neighbours": k, "to_exponent": b} for k, b in product(NEIGHBOURS, (0.25, 0.5))]
FROM_EXPONENT = 0.6
PROXIMITY = 0.5
CANDIDATES_PER_CHUNK = 512


class Transfer:
    """Makes scorers of one training set.

    words: (num_items, vocabulary) and content: (num_items, dim), rows at unit length or zero where nothing is known.
    """

    def __init__(self, train: Interactions, words: Matrix, content: NDArray[np.float32]) -> None:
        num_items = len(content)
        num_users = num_users_per_item(user_items(train, num_items))
        self.known = np.flatnonzero(num_users)
        self.num_users = np.maximum(num_users, 1)
        self.words, self.content = words, content
        self.together: Matrix = sp.diags(self.num_users**-FROM_EXPONENT) @ liked_together(train, num_items, PROXIMITY)
        self._nearest: tuple[NDArray[np.int64], Matrix] | None = None

    def scorer(self, neighbours: int, to_exponent: float) -> Scorer:
        """Return the scorer with these settings."""
        ready: tuple[NDArray[np.int64], Matrix] | None = None

        def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float32]:
            nonlocal ready
            if ready is None or ready[0] is not cases.candidates:
                to_weights = sp.diags(self.num_users[self.known] ** -to_exponent)
                ready = (cases.candidates, to_weights @ self._carried_to(cases.candidates, neighbours))
            history = history_matrix(cases, positions, len(self.content))
            found = (history @ self.together)[:, self.known] @ ready[1]
            return np.asarray(found.toarray(), dtype=np.float32)

        return score

    def _carried_to(self, candidates: NDArray[np.int64], neighbours: int) -> Matrix:
        """Return (known items, candidates): how much each candidate takes after its nearest known items."""
        if self._nearest is None or self._nearest[0] is not candidates:
            starts = range(0, len(candidates), CANDIDATES_PER_CHUNK)
            chunks = [self._alike(candidates[start : start + CANDIDATES_PER_CHUNK]) for start in starts]
            self._nearest = (candidates, sp.vstack(chunks, format="csr"))
        kept = keep_largest(self._nearest[1], neighbours)  # (candidates, known items)
        total = np.asarray(kept.sum(axis=1)).ravel()
        scale = np.where(total > 0, total, 1) ** -0.5
        return (sp.diags(scale.astype(np.float32)) @ kept).T.tocsr()

    def _alike(self, candidates: NDArray[np.int64]) -> Matrix:
        """Return (candidates, known items): the squared likeness to the nearest."""
        by_words = (self.words[candidates] @ self.words[self.known].T).toarray()
        by_content = np.maximum(self.content[candidates] @ self.content[self.known].T, 0)
        likeness = (by_words + by_content) / 2
        likeness[candidates[:, None] == self.known[None, :]] = 0
        count = min(max(NEIGHBOURS), likeness.shape[1])
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        found = np.zeros_like(likeness)
        np.put_along_axis(found, nearest, np.take_along_axis(likeness, nearest, axis=1) ** 2, axis=1)
        return sp.csr_matrix(found)
