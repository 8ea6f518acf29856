"""Bags of hashed words, which keep brands and model numbers apart where a sentence encoder blurs them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

MAX_WORDS = 64  # of an item; the heaviest are kept
WORD = r"(?u)\w+"


@dataclass(frozen=True)
class WordBags:
    """Hashed words and their weights, one row per text, padded with weight 0."""

    ids: NDArray[np.int64]  # (n, W) in [0, num_words)
    weights: NDArray[np.float32]  # (n, W), each row at unit length, or all 0 where there is no word


def word_bags(texts: Sequence[str], num_words: int) -> WordBags:
    """Return the TF-IDF weighted words of texts, each hashed to one of `num_words`; document counts are of these texts.

    Words are runs of letters and digits, case folded. A word's count enters as 1 + log(count).
    """
    # A hash needs nothing saved with a checkpoint, and covers the words of unseen shops.
    hashing = HashingVectorizer(n_features=num_words, alternate_sign=False, norm=None, token_pattern=WORD)
    counts = hashing.transform(text.casefold() for text in texts)
    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsr()
    sizes = np.minimum(np.diff(matrix.indptr), MAX_WORDS)
    ids = np.zeros((len(texts), max(1, int(sizes.max(initial=0)))), dtype=np.int64)
    weights = np.zeros(ids.shape, dtype=np.float32)
    for row, size in enumerate(sizes):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        heaviest = np.argsort(-matrix.data[span], kind="stable")[:size]
        ids[row, :size], weights[row, :size] = matrix.indices[span][heaviest], matrix.data[span][heaviest]
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    return WordBags(ids, (weights / np.where(lengths > 0, lengths, 1)).astype(np.float32))
