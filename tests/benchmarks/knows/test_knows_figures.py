"""Tests of the benchmark's own arithmetic, with answers worked out by hand."""

import pytest

from benchmarks.knows.__main__ import A_SHOP, LEASTS, MIXED_TASTES, adjusted_rand, clusters, mixed_shoppers
from benchmarks.shelf.recorded_mall import RecordedShop


def shop(name: str, *tastes: str) -> RecordedShop:
    products = [{"url": f"https://{name}.example/{number}", "taste": taste} for number, taste in enumerate(tastes)]
    return {"origin": f"https://{name}.example", "answers": {}, "products": products}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [
        ("aabb", "xxyy", 1.0),
        ("aabb", "xyxy", -0.5),  # no pair in common where .67 are expected of 2
        ("aabb", "xxxx", 0.0),
        ("aaabbb", "xxyyzz", 8 / 33),  # 2 pairs in common, 1.2 expected of 4.5
        ("abcd", "wxyz", 1.0),
    ],
)
def test_adjusted_rand_is_1_for_equal_partitions_and_0_for_chance(left: str, right: str, index: float) -> None:
    assert adjusted_rand(left, right) == pytest.approx(index)


def test_one_half_chooses_the_least_similarity_and_the_other_reports_it() -> None:
    tastes = {"1": "sea", "2": "sea", "3": "night", "4": "night"}
    right, wrong = [0, 0, 1, 1], [0, 1, 0, 1]
    choosing = {"urls": list(tastes), "clusters": [wrong] * 4 + [right] + [wrong] * (len(LEASTS) - 5)}
    reporting = {"urls": list(tastes), "clusters": [right] * 4 + [wrong] * (len(LEASTS) - 4)}
    found = clusters([choosing, reporting], tastes)
    assert found["chosen"] == LEASTS[4]
    assert found["choosing"][4] == 1.0  # type: ignore[index]
    assert found["reporting"][4] == -0.5  # type: ignore[index]


def test_mixed_shoppers_saw_three_tastes_in_two_shops_in_no_order() -> None:
    names = ("a", "b", "c")
    mall = {name: shop(name, *(f"taste {number % 5}" for number in range(40))) for name in names}
    tastes = {product["url"]: product["taste"] for one in mall.values() for product in one["products"]}
    for one in mixed_shoppers(mall):
        viewed = one["viewed"]
        assert len(set(viewed)) == len(viewed) == 2 * MIXED_TASTES * A_SHOP
        assert len({url.split("/")[2] for url in viewed}) == 2
        assert len({tastes[url] for url in viewed}) == MIXED_TASTES
    first = mixed_shoppers(mall)[0]["viewed"]
    assert first == mixed_shoppers(mall)[0]["viewed"] != sorted(first)
