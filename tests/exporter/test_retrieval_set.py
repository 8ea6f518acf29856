"""The retrieval set: relevance that anybody can count from the texts, and measures computed by hand."""

import numpy as np
import pytest

from exporter import retrieval_set
from exporter.retrieval_set import quality
from exporter.sample_images import Look, draw_look


@pytest.fixture(scope="module")
def texts():
    return retrieval_set.texts()


def bags(texts):
    """One number for each attribute word of the queries: 1 where a text names it."""
    words = sorted({word for query in texts.queries for word in query.split(", ")})
    return [
        np.array([[f" {word} " in f" {text.replace(',', ' ')} " for word in words] for text in side], np.float32)
        for side in (texts.queries, texts.items)
    ]


def test_gains_count_the_words_that_query_and_item_share(texts):
    queries, items = bags(texts)
    shared = queries @ items.T
    assert texts.gains.shape == (60, 360)
    assert np.mean(texts.gains == np.maximum(shared - 1, 0)) > 0.97  # a few words lie inside others: "table lamp"
    assert (texts.gains == 3).sum(axis=1).min() >= 1
    assert 0.02 < np.mean(texts.gains > 0) < 0.3  # neither everything nor next to nothing is relevant


def test_who_hears_every_word_ranks_well_and_noise_does_not(texts):
    queries, items = bags(texts)
    good = quality(queries, items, texts.gains)
    assert good.ndcg > 0.95
    deaf = quality(queries[:, ::2], items[:, ::2], texts.gains)
    assert deaf.ndcg < good.ndcg - 0.1
    noise = np.random.default_rng(1).normal(size=(420, 8))
    assert quality(noise[:60], noise[60:], texts.gains).ndcg < 0.3


def test_measures_equal_those_computed_by_hand():
    queries, items = np.eye(2, dtype=np.float32), np.array([[0.9, 0.1], [0.5, 0.2], [0.1, 0.7]], np.float32)
    gains = np.array([[0.0, 2, 1], [2, 0, 0]], np.float32)
    # query 0 ranks 0, 1, 2: gains 0, 2, 1; query 1 ranks 2, 1, 0: gains 0, 0, 2
    first = (2 / np.log2(3) + 1 / np.log2(4)) / (2 / np.log2(2) + 1 / np.log2(3))
    second = (2 / np.log2(4)) / 2
    found = quality(queries, np.concatenate([items, np.zeros((8, 2), np.float32)]), np.pad(gains, ((0, 0), (0, 8))))
    assert found.ndcg == pytest.approx((first + second) / 2)
    assert found.recall == 1.0
    gains[0, 0] = np.nan  # seen already, so not ranked: 1 and 2 move up
    found = quality(queries, np.concatenate([items, np.zeros((8, 2), np.float32)]), np.pad(gains, ((0, 0), (0, 8))))
    assert found.ndcg == pytest.approx((1 + second) / 2)


def test_images_of_equal_looks_differ_less_than_others():
    images = retrieval_set.images()
    assert images.gains.shape == (30, 120)
    shown = np.array(
        [np.asarray(image.resize((8, 8)), np.float32).ravel() for image in [*images.queries, *images.items]]
    )
    shown -= shown.mean(axis=0)
    shown /= np.linalg.norm(shown, axis=1, keepdims=True)
    scores = shown[:30] @ shown[30:].T
    assert scores[images.gains == 2].mean() > scores[images.gains == 0].mean() + 0.15
    look = Look(outline=2, surface=1, colour=4)
    assert draw_look(look, 5).tobytes() == draw_look(look, 5).tobytes() != draw_look(look, 6).tobytes()
