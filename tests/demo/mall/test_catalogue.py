"""What is in the mall: how much, how varied, and that the hidden label cannot be read off a single word."""

import re
from collections import Counter, defaultdict

import pytest

from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.tastes import COLOURS, TASTES
from demo.mall.vocabulary import BRANDS, CATEGORIES


def test_the_same_seed_gives_the_same_products_and_another_seed_does_not() -> None:
    from demo.mall.catalogue import _build

    first = build(11)
    _build.cache_clear()
    assert build(11) == first
    assert build(12) != first


def test_every_shop_has_at_least_540_products_and_40_of_every_taste(products: list[DemoProduct]) -> None:
    counts = Counter((product.shop, product.taste) for product in products)
    assert len(products) >= 1620
    for shop in SHOPS:
        assert sum(number for (where, _), number in counts.items() if where == shop) >= 540
        assert all(counts[shop, taste.key] >= 40 for taste in TASTES)


def test_paths_handles_and_skus_are_unique_in_a_shop(products: list[DemoProduct]) -> None:
    for attribute in ("url_path", "handle", "sku"):
        values = [(product.shop, getattr(product, attribute)) for product in products]
        assert len(set(values)) == len(values)


def _gs1_check_digit(body: str) -> int:
    """Weights 3, 1, 3 … from the right, as in the GS1 General Specifications; written apart from the catalogue's."""
    total = 0
    for distance, digit in enumerate(reversed(body), start=1):
        total += int(digit) * (3 if distance % 2 == 1 else 1)
    return (10 - total % 10) % 10


def test_the_check_digit_rule_of_this_test_knows_a_printed_example() -> None:
    assert _gs1_check_digit("629104150021") == 3  # the worked example on GS1's own page


def test_every_gtin_has_thirteen_digits_and_a_right_check_digit(products: list[DemoProduct]) -> None:
    gtins = [product.gtin for product in products if product.gtin]
    assert len(gtins) > 1200
    assert len(set(gtins)) == len(gtins)
    for gtin in gtins:
        assert re.fullmatch(r"\d{13}", gtin)
        assert int(gtin[-1]) == _gs1_check_digit(gtin[:-1])


def test_some_products_lack_what_real_products_lack(products: list[DemoProduct]) -> None:
    for shop in SHOPS:
        mine = [product for product in products if product.shop == shop]
        assert any(not product.has_image for product in mine)
        assert any(product.brand is None for product in mine)
        assert any(product.gtin is None for product in mine)
        assert any(product.rating is None for product in mine)
        assert any(product.reviews for product in mine)
        assert 0.03 < sum(product.is_sold_out for product in mine) / len(mine) < 0.10
        assert 0.10 < sum(product.regular_price is not None for product in mine) / len(mine) < 0.20


def test_a_sale_price_is_below_the_regular_price(products: list[DemoProduct]) -> None:
    assert all(product.price < product.regular_price for product in products if product.regular_price is not None)


def test_brands_of_the_three_shops_are_disjoint() -> None:
    brands = [brand for shop in SHOPS for brand in BRANDS[shop]]
    assert len(set(brands)) == len(brands)


def test_the_shops_have_different_words_for_the_same_thing() -> None:
    different = [category for category in CATEGORIES.values() if len({category.name(shop)[0] for shop in SHOPS}) > 1]
    assert len(CATEGORIES) >= 40
    assert len(different) >= 25


def test_every_taste_spans_at_least_five_categories_in_every_shop(products: list[DemoProduct]) -> None:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for product in products:
        found[product.shop, product.taste].add(product.category)
    assert len(found) == len(SHOPS) * len(TASTES)
    assert min(len(categories) for categories in found.values()) >= 5


def test_tastes_refer_only_to_categories_and_colours_that_exist() -> None:
    for taste in TASTES:
        assert set(taste.categories) <= set(CATEGORIES)
        assert set(taste.colours) <= set(COLOURS)


def test_no_word_gives_a_quarter_of_a_taste_away(products: list[DemoProduct]) -> None:
    """A word that many products of one taste and none of another carry would be the label under another name."""
    tastes_of: dict[str, Counter[str]] = defaultdict(Counter)
    for product in products:
        for word in set(re.findall(r"[a-zé]{3,}", f"{product.title} {product.description}".lower())):
            tastes_of[word][product.taste] += 1
    giveaways = [word for word, tastes in tastes_of.items() if sum(tastes.values()) >= 35 and len(tastes) == 1]
    assert giveaways == []


@pytest.mark.parametrize("taste", TASTES, ids=lambda taste: taste.key)
def test_a_taste_can_be_seen_in_words(taste: object, products: list[DemoProduct]) -> None:
    """Its own colours name most of its products: there is something to learn."""
    mine = [product for product in products if product.taste == taste.key]  # type: ignore[attr-defined]
    own = sum(set(product.colour_keys) <= set(taste.colours) for product in mine)  # type: ignore[attr-defined]
    assert own / len(mine) > 0.8
