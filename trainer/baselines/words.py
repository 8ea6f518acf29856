"""Words baseline: ranks items by TF-IDF cosine of their words to the history's, without training or other interactions.

A brand or a model number stays one word here, while a sentence encoder blurs it.
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from trainer.baselines.baseline import Baseline, tune_on_valid
from trainer.baselines.sparse_interactions import Matrix, history_matrix
from trainer.baselines.tuning import Fitted
from trainer.evaluation.protocol import Scorer
from trainer.features.word_bags import WORD
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

HALF_LIVES_ITEMS = (None, 10.0, 3.0)
GRID = [{"half_life_items": half_life} for half_life in HALF_LIVES_ITEMS]


def word_vectors(prepared: Prepared) -> Matrix:
    """Return TF-IDF vectors, (num_items, vocabulary) float32, of unit length; items without text have empty rows."""
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
    """Factory of scorers by the sum of cosines between the words of the history and of a candidate."""

    def __init__(self, vectors: Matrix) -> None:
        self.vectors = vectors

    def scorer(self, half_life_items: float | None) -> Scorer:
        """Return the scorer; the weight of a liked item halves every `half_life_items` further back."""

        def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float32]:
            history = history_matrix(cases, positions, self.vectors.shape[0], half_life_items)
            scores = (history @ self.vectors) @ self.vectors[cases.candidates].T
            return np.asarray(scores.toarray(), dtype=np.float32)

        return score


def fit_words(prepared: Prepared) -> Fitted:
    """Return the cosine of TF-IDF words, with the half-life of the history chosen on "valid"."""
    return tune_on_valid(Words(word_vectors(prepared)).scorer, GRID, prepared)


WORDS = Baseline("words", fit_words)
