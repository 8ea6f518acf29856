"""Batches of texts and images: which rows run together, how often, and in which order answers come."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from encoders.batches import IMAGES_ON_CPU, TEXTS_ON_CPU, Pool, encode_images, encode_texts
from encoders.towers import CPU, CUDA


class FakeTower:
    """Tower whose feature of a row is the sum of its inputs; it remembers the batches that it was given."""

    def __init__(self, precision="float32", provider=CPU):
        self.precision, self.provider, self.shapes = precision, provider, []
        self.lock = threading.Lock()

    def run(self, by_role):
        rows = next(iter(by_role.values()))
        with self.lock:
            self.shapes.append(rows.shape)
        return rows.reshape(len(rows), -1).sum(axis=1, keepdims=True).astype(np.float32)


class FakeTokens:
    """Tokens that are the lengths of the words; padding is zero."""

    def encode(self, texts):
        self.texts = texts
        return [SimpleNamespace(ids=[len(word) for word in text.split()]) for text in texts]

    def pad(self, encodings):
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.array([encoding.ids + [0] * (width - len(encoding.ids)) for encoding in encodings])
        return ids, np.ones_like(ids)


def _collect(encoded, num):
    found = np.full(num, np.nan)
    for positions, features in encoded:
        assert np.isnan(found[positions]).all(), "a position came twice"
        found[positions] = features[:, 0]
    return found


@pytest.mark.parametrize("threads", [1, 3])
def test_every_text_gets_its_own_features(threads):
    texts = [" ".join(["ab"] * (1 + n * 7 % 40) + ["x" * n]) for n in range(1, 100)]
    found = _collect(encode_texts(FakeTower(), FakeTokens(), texts, Pool(threads)), len(texts))
    assert found.tolist() == [sum(map(len, text.split())) for text in texts]


def test_texts_of_one_batch_have_similar_lengths():
    """Sorted, 16 texts of one word and 16 of forty are two batches of exactly their width."""
    texts = [word * count for pair in zip("abcdefghijklmnop", "qrstuvwxyzABCDEF", strict=True)
             for word, count in ((f"{pair[0]} ", 1), (f"{pair[1]} ", 40))]  # fmt: skip
    tower = FakeTower()
    _collect(encode_texts(tower, FakeTokens(), texts, Pool(1)), len(texts))
    assert tower.shapes == [(TEXTS_ON_CPU, 40), (TEXTS_ON_CPU, 1)]


def test_equal_texts_run_once():
    tower, tokens = FakeTower(), FakeTokens()
    found = _collect(encode_texts(tower, tokens, ["mug", "red mug", "mug", "mug"], Pool(1)), 4)
    assert found.tolist() == [3, 6, 3, 3]
    assert tokens.texts == ["mug", "red mug"]
    assert tower.shapes == [(2, 2)]


def test_equal_images_are_read_and_run_once():
    tower, read = FakeTower(), []

    def pixels(position):
        read.append(position)
        return np.full((3, 2, 2), position, np.float32)

    found = _collect(encode_images(tower, ["a", "b", "a", "c", "b"], pixels, Pool(1)), 5)
    assert found.tolist() == [0, 12, 0, 36, 12]
    assert read == [0, 1, 3]


@pytest.mark.parametrize(
    ("tower", "rows"), [(FakeTower(), IMAGES_ON_CPU), (FakeTower("int8"), 1), (FakeTower("float16", CUDA), 9)]
)
def test_batches_are_small_on_a_cpu_single_in_int8_and_large_on_a_gpu(tower, rows):
    """Dynamic int8 scales by the whole batch, so a neighbour would change an item's vector."""
    _collect(encode_images(tower, list(range(9)), lambda _: np.zeros((3, 2, 2), np.float32), Pool(1)), 9)
    assert max(shape[0] for shape in tower.shapes) == rows


def test_pool_keeps_the_order_and_starts_only_a_few_tasks_ahead():
    started = []
    answers = Pool(2).map(lambda task: started.append(task) or task, range(100))
    assert next(answers) == 0
    assert len(started) <= 4
    assert list(answers) == list(range(1, 100))


def test_pool_passes_an_error_on():
    with pytest.raises(ZeroDivisionError):
        list(Pool(2).map(lambda task: 1 // task, [1, 0, 1]))
