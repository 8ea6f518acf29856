"""The products whose pack is measured: each has an address of its own, and chance is the same in each run."""

import random

from benchmarks.pack_size import FILES, products

ROW = {"productDisplayName": "Kelp  Men Navy Shirt", "masterCategory": "Apparel", "subCategory": "Topwear"}
ROWS = [{**ROW, "articleType": "Shirts", "baseColour": "Navy Blue"}] * 3


def test_products_of_one_name_have_addresses_of_their_own():
    cards = products(ROWS, FILES["names of products"])
    handles = [card["url"].removeprefix("https://www.shop.example/products/") for card in cards]
    assert handles == ["kelp-men-navy-shirt", "kelp-men-navy-shirt-1", "kelp-men-navy-shirt-2"]
    assert [card["image"].split("?v=")[0].rsplit("/", 1)[1] for card in cards] == [
        f"{handle}.jpg" for handle in handles
    ]
    assert cards[0]["title"] == "Kelp Men Navy Shirt"
    assert cards[0]["attributes"] == {"color": "Navy Blue"}


def test_random_names_are_the_same_in_each_run():
    for file_of in FILES.values():
        assert products(ROWS, file_of) == products(ROWS, file_of)
    assert FILES["random names"]("a", random.Random(3)) != FILES["random names"]("a", random.Random(4))
    assert "image" not in products(ROWS, None)[0]
