"""benchmarks/offers/text_heads.py: what linear heads learn, and what they must not unlearn."""

import numpy as np
import pytest

from benchmarks.offers import text_heads
from benchmarks.offers.text_heads import plain, same_products, texts_and_images, trained_head

NUM_PRODUCTS, SIGNAL, NOISE = 120, 6, 6


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """So few products make few steps."""
    monkeypatch.setattr(text_heads, "BATCH", 40)
    monkeypatch.setattr(text_heads, "RATE", 0.03)


@pytest.fixture
def offers():
    """Two offers of each product, alike in the first numbers and not in the others: (features, product)."""
    draw = np.random.default_rng(0)
    product = np.repeat(np.arange(NUM_PRODUCTS), 2)
    signal = draw.normal(size=(NUM_PRODUCTS, SIGNAL))[product]
    return np.hstack([signal, 2 * draw.normal(size=(len(product), NOISE))]).astype(np.float32), product


def found_first(features, product):
    """Return the share of offers whose nearest is the product's other one."""

    def validate(embed):
        space = embed(features)
        scores = space @ space.T
        np.fill_diagonal(scores, -np.inf)
        return float((product[scores.argmax(axis=1)] == product).mean())

    return validate


def test_head_learns_what_offers_share_and_applies_it_to_others(offers):
    features, product = offers
    is_learned, validate = product < 80, found_first(features[160:], product[160:])
    embed = trained_head([same_products(features[is_learned], product[is_learned], validate)], SIGNAL + NOISE, 0)
    assert validate(plain) < 0.3
    assert validate(embed) > 0.7
    np.testing.assert_allclose(np.linalg.norm(embed(features), axis=1), 1, rtol=1e-5)


def test_a_head_that_gets_worse_is_not_kept(offers):
    features, product = offers

    def is_like_before(embed):
        return float(-np.abs(embed(features) - plain(features)).mean()) + 1

    embed = trained_head([same_products(features, product, is_like_before)], SIGNAL + NOISE, 0)
    np.testing.assert_allclose(embed(features), plain(features), atol=1e-6)


def test_of_two_domains_a_head_learns_both(offers):
    features, product = offers
    draw = np.random.default_rng(1)
    text = np.hstack([2 * draw.normal(size=(200, SIGNAL)), draw.normal(size=(200, NOISE))]).astype(np.float32)
    image = (text[:, SIGNAL:] @ draw.normal(size=(NOISE, 9))).astype(np.float32)
    validate = found_first(features[160:], product[160:])
    learned = product < 80
    shops = same_products(features[learned], product[learned], validate)
    fashion = texts_and_images(text, image, lambda embed: 1.0, 0)
    before = [parameter.detach().clone() for parameter in fashion.parameters]
    assert validate(trained_head([shops, fashion], SIGNAL + NOISE, 0)) > validate(plain)
    assert any((parameter != old).any() for parameter, old in zip(fashion.parameters, before, strict=True))


def test_the_same_seed_gives_the_same_head(offers):
    features, product = offers
    validate = found_first(features, product)
    one, other = (trained_head([same_products(features, product, validate)], SIGNAL + NOISE, 3) for _ in range(2))
    np.testing.assert_array_equal(one(features), other(features))
