r"""Co-occurrence among the items of training, transferred by similarity to a shop that training does not know.

.. math::
    \text{score}(j) = \sum_{i \in \text{history}} \sum_{k \in N(j)}
    \frac{\text{together}(i, k)}{n_i^{0.6} \, n_k^b} \cdot
    \frac{s(k, j)^2}{\big(\sum_{l \in N(j)} s(l, j)^2\big)^{1/2}}

A candidate j is described by N(j), the training items most similar to it. N(j) never contains j itself, so settings
tuned on known items also hold for unknown ones. s is the mean of the cosines of words and of content. `together` is as
in trainer/baselines/co_occurrence.py. The model is a kernel regression (Nadaraya, 1964; Watson, 1964) of co-occurrence
on similarity. Beyond similarity, it knows that buyers of one brand buy another brand.
"""

from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from trainer.baselines.baseline import Baseline, tune_on_valid
from trainer.baselines.content import content_embeddings
from trainer.baselines.sparse_interactions import (
    Matrix,
    history_matrix,
    keep_largest,
    liked_together,
    num_users_per_item,
    user_items,
)
from trainer.baselines.tuning import Fitted
from trainer.baselines.words import word_vectors
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

NEIGHBOURS = (5, 10, 20)
GRID = [{"neighbours": k, "to_exponent": b} for k, b in product(NEIGHBOURS, (0.25, 0.5))]
FROM_EXPONENT = 0.6
PROXIMITY = 0.5
CANDIDATES_PER_CHUNK = 512


class Transfer:
    """Factory of transfer scorers on one training set.

    words: (num_items, vocabulary) and content: (num_items, dim); rows have unit length, or are zero where the item
    lacks that modality.
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
        """Return the weights of each candidate's nearest known items, (known items, candidates)."""
        if self._nearest is None or self._nearest[0] is not candidates:
            starts = range(0, len(candidates), CANDIDATES_PER_CHUNK)
            chunks = [self._alike(candidates[start : start + CANDIDATES_PER_CHUNK]) for start in starts]
            self._nearest = (candidates, sp.vstack(chunks, format="csr"))
        kept = keep_largest(self._nearest[1], neighbours)  # (candidates, known items)
        total = np.asarray(kept.sum(axis=1)).ravel()
        scale = np.where(total > 0, total, 1) ** -0.5
        return (sp.diags(scale.astype(np.float32)) @ kept).T.tocsr()

    def _alike(self, candidates: NDArray[np.int64]) -> Matrix:
        """Return the squared similarity to the nearest known items, (candidates, known items), 0 elsewhere."""
        by_words = (self.words[candidates] @ self.words[self.known].T).toarray()
        by_content = np.maximum(self.content[candidates] @ self.content[self.known].T, 0)
        similarity = (by_words + by_content) / 2
        similarity[candidates[:, None] == self.known[None, :]] = 0
        count = min(max(NEIGHBOURS), similarity.shape[1])
        nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
        found = np.zeros_like(similarity)
        np.put_along_axis(found, nearest, np.take_along_axis(similarity, nearest, axis=1) ** 2, axis=1)
        return sp.csr_matrix(found)


def fit_transfer(prepared: Prepared) -> Fitted:
    """Return co-occurrence carried over by similarity, with neighbourhood and exponent chosen on "valid"."""
    content = content_embeddings(prepared.features, prepared.device)
    model = Transfer(prepared.split.train, word_vectors(prepared), content)
    return tune_on_valid(model.scorer, GRID, prepared)


TRANSFER = Baseline("transfer", fit_transfer)
