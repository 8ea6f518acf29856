"""What the benchmark of page mode counts, and the extension's own code behind it."""

import pytest

from benchmarks.page_mode.__main__ import (
    ORIGINS,
    SEED,
    ask,
    drawn_shoppers,
    listing_pages,
    r_precision,
    score,
    url_of,
)
from demo.mall.catalogue import build
from demo.mall.shops import open_shop

TASTES = {"a": "sea", "b": "sea", "c": "night", "d": "night"}


@pytest.mark.parametrize(
    ("order", "expected"), [("abcd", 1.0), ("acbd", 0.5), ("cdab", 0.0), ("cadb", 0.5), ("cd", None), ("ca", 0.0)]
)
def test_r_precision_is_the_share_among_as_many_as_there_are(order, expected):
    assert r_precision(order, TASTES, "sea") == expected


def test_score_counts_pages_with_the_taste_and_names_the_worst_groups():
    orders = [{"one": "abcd", "two": "cd"}, {"one": "cdab", "two": "dc"}]
    found = score(orders, [("sea", "x > y"), ("night", "y > x")], TASTES)
    # One of the four pages has nothing of the taste.
    assert found == {"mean": 1.0, "worstTaste": 1.0, "worstDirection": 1.0, "pages": 3}
    found = score(
        [{"one": "cdab"}, {"one": "abcd"}, {"one": "abcd"}], [("sea", "x"), ("sea", "y"), ("night", "y")], TASTES
    )
    assert found == {"mean": 0.3333, "worstTaste": 0.0, "worstDirection": 0.0, "pages": 3}


def test_shoppers_view_products_of_one_taste_in_another_shop_than_they_open():
    products = build(SEED)
    shoppers, tastes = drawn_shoppers(products, {shop: [f"{shop}/all"] for shop in ORIGINS}, 2)
    assert len(shoppers) == len(tastes) == 6 * 12 * 2
    taste_of = {url_of(one): one.taste for one in products}
    for shopper, taste in zip(shoppers, tastes, strict=True):
        assert {taste_of[url] for url in shopper["views"]} == {taste}
        assert len(set(shopper["views"])) == 6
        assert not shopper["listings"][0].startswith(shopper["shop"].partition(".")[0])
    assert shoppers[0]["views"] != shoppers[1]["views"], "draws differ"


def test_extension_s_code_ranks_a_page_of_the_mall(lite_bundle):
    products = build(SEED)
    harbor, linden = (open_shop(shop, products, ORIGINS[shop]) for shop in ("harbor", "linden"))
    listing, html = listing_pages(linden)[-2]
    liked = [one for one in products if (one.shop, one.taste) == ("harbor", "trailhead")][:6]
    answer = ask(
        {
            "ways": {"table": {"bundle": str(lite_bundle), "isCentred": True}},
            "shoppers": [{"shop": "harbor.localhost", "views": [url_of(one) for one in liked], "listings": [listing]}],
            "pages": {url_of(one): harbor.respond(one.url_path, "").body.decode() for one in liked},
            "listings": [{"shop": "linden.localhost", "url": listing, "html": html}],
        }
    )
    (row,) = answer["ways"]["table"]
    assert sorted(row["ranked"][listing]) == sorted(answer["page"][listing])
    assert row["ranked"][listing] != answer["page"][listing]
    assert len(answer["page"][listing]) > 0
