"""Words: what shares rare words with the history comes first, TF-IDF against TF-IDF; no training, no interaction.

A brand or a model number is one word of its own, which a sentence encoder blurs.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from trainer.baselines.sparse_interactions import Matrix, history_matrix
from trainer.evaluation.protocol import Scorer
from trainer.features.word_bags import WORD
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

HALF_LIVES_ITEMS = (None, 10.0, 3.0)
GRID = [{"half_life_items": half_life} for half_life in HALF_LIVES_ITEMS]


def word_vectors(prepared: Prepared) -> Matrix:
    """Return (num_items, vocabulary) float32 at unit length; empty rows where the text is missing."""
    is_there = prepared.features.modality_mask[:, 0] > 0
    texts = [
        prepared.encoders.item_text(product) if there else ""
        for product, there in zip(prepared.dataset.products, is_there, strict=True)
    ]
    if not any(texts):
        return sp.csr_matrix((len(texts), 1), dtype=np.float32)
    vectoriser = TfidfVectorizer(token_pattern=WORD, sublinear_tf=True, dtype=np.float32)
    return vectoriser.fit_transform(texts).tocsr()


class Words:
    """Makes scorers by the sum of cosines between the history's words and a candidate's."""

    def __init__(self, vectors: Matrix) -> None:
        self.vectors = vectors

    def scorer(self, half_life_items: float | None) -> Scorer:
        """Return the scorer that halves what was liked `half_life_items` further back."""

        def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float32]:
            history = history_matrix(cases, positions, self.vectors.shape[0], half_life_items)
            scores = (history @ self.vectors) @ self.vectors[cases.candidates].T
            return np.asarray(scores.toarray(), dtype=np.float32)

        return score
