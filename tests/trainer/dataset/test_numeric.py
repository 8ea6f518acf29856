import math

import numpy as np
import pytest

from trainer.dataset.numeric import numeric_features


def priced(amount, currency="USD", **more):
    return {"title": "mug", "price": {"amount": amount, "currency": currency}, **more}


def column(found, name):
    place = found.names.index(name)
    return found.values[:, place], found.mask[:, place]


def test_log_prices_are_standardised_on_given_rows_per_currency():
    products = [priced("1"), priced("100"), priced("10"), priced("9999", "JPY"), {"title": "mug"}, priced("1000")]
    values, mask = column(numeric_features(products, np.array([0, 1, 3])), "log_price")
    mean, spread = math.log(10), math.log(10)  # of log 1 and log 100
    expected = [(math.log(amount) - mean) / spread for amount in (1, 100, 10, 1000)]
    np.testing.assert_allclose(values[[0, 1, 2, 5]], expected, rtol=1e-6)
    assert mask.tolist() == [1, 1, 1, 0, 0, 1]  # one price in yen has no spread
    assert values[[3, 4]].tolist() == [0, 0]


def test_rows_outside_the_given_ones_have_no_effect():
    products = [priced(str(n)) for n in range(1, 40)]
    rows = np.arange(20)
    one = numeric_features(products, rows)
    changed = [*products[:20], *(priced("999999") for _ in range(19))]
    np.testing.assert_array_equal(one.values[:20], numeric_features(changed, rows).values[:20])
    assert numeric_features(changed, rows).values.max() == 5  # outliers are cut


def test_discounts_ratings_images_texts_and_attributes():
    products = [
        priced("50", regularPrice={"amount": "100", "currency": "USD"}, images=["https://a.example/1"] * 3),
        priced("50", rating={"value": 8, "best": 10, "count": 99}, attributes={"weightKg": "2", "colour": "red"}),
        priced("70", regularPrice={"amount": "90", "currency": "EUR"}, attributes={"weightKg": "4", "colour": "3"}),
        {"title": "a longer title", "rating": {"value": 2, "best": 5}, "attributes": {"weightKg": "6"}},
    ]
    found = numeric_features(products, np.arange(4))
    assert found.names == (
        *("log_price", "discount_share", "rating_value", "log_num_images", "log_text_length"),
        "attribute:weightKg",
    )
    values, mask = column(found, "discount_share")
    assert mask.tolist() == [1, 1, 0, 0]
    np.testing.assert_allclose(values[:2], [1, -1])
    values, mask = column(found, "rating_value")  # 0.8 and 0.4
    np.testing.assert_allclose(values, [0, 1, 0, -1], atol=1e-6)
    values, mask = column(found, "attribute:weightKg")
    np.testing.assert_allclose(values, [0, -math.sqrt(1.5), 0, math.sqrt(1.5)], atol=1e-6)
    assert mask.tolist() == [0, 1, 1, 1]
    assert found.values.dtype == found.mask.dtype == np.float32


@pytest.mark.parametrize("products", [[], [{"title": "mug"}] * 3])
def test_products_without_numbers_give_no_column(products):
    found = numeric_features(products, np.arange(len(products)))
    assert found.values.shape == found.mask.shape == (len(products), 0)
    assert found.names == ()
