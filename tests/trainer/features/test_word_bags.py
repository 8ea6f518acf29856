"""Tests of hashed word bags against scikit-learn's TF-IDF without hashing."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from trainer.features.word_bags import MAX_WORDS, word_bags

TEXTS = [
    "Rene Furterer complexe 5",
    "rene furterer shampoo, shampoo for dry hair",
    "jump rope olympic style",
    "",
    "rope 5",
]


def dense(texts: list[str], num_words: int = 2**18) -> np.ndarray:
    bags = word_bags(texts, num_words)
    rows = np.zeros((len(texts), num_words), dtype=np.float64)
    for row, (ids, weights) in enumerate(zip(bags.ids, bags.weights, strict=True)):
        np.add.at(rows[row], ids, weights)
    return rows


def test_bag_similarities_equal_tf_idf_similarities():
    oracle = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\w+").fit_transform(TEXTS)
    bags = dense(TEXTS)
    np.testing.assert_allclose(bags @ bags.T, (oracle @ oracle.T).toarray(), atol=1e-6)


def test_a_text_without_words_is_all_zeros_and_the_others_have_unit_length():
    lengths = np.linalg.norm(word_bags(TEXTS, 4096).weights, axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 0, 1], atol=1e-6)


def test_a_word_has_the_same_id_in_every_catalogue():
    alone = word_bags(["furterer"], 4096)
    assert alone.ids[0, 0] in word_bags(TEXTS, 4096).ids[0]


def test_a_very_long_text_keeps_its_rarest_words():
    common = [f"w{number}" for number in range(3 * MAX_WORDS)]
    texts = [" ".join(common), " ".join([*common, "rarest"])]
    bags = word_bags(texts, 2**18)
    assert bags.ids.shape == (2, MAX_WORDS)
    assert word_bags(["rarest"], 2**18).ids[0, 0] in bags.ids[1]
    assert np.linalg.norm(bags.weights[1]) == pytest.approx(1)
