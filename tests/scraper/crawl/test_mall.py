"""Tests on the demo mall: three shops, three kinds of markup, the real command, killed while it runs."""

from decimal import Decimal

import pytest

from benchmarks.crawl.kills import FEED_SHOPS, disallowed, measure
from benchmarks.crawl.mall_process import MallProcess, products_of
from demo.mall.catalogue import SHOPS, build

SEED = 11
KILLS_IN_FETCHING, KILLS_IN_REPORT = 17, 3


@pytest.fixture(scope="module")
def mall(tmp_path_factory):
    with MallProcess(tmp_path_factory.mktemp("mall"), SEED) as mall:
        yield mall


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crawls")


@pytest.fixture(scope="module")
def killed(mall, folder):
    """Return the mall's pages, once undisturbed and once with twenty kills without warning."""
    return measure(
        mall, folder, "--feeds", "off", kills=KILLS_IN_FETCHING, in_report=KILLS_IN_REPORT, seed=SEED
    )  # fmt: skip


@pytest.fixture(scope="module")
def products(killed, folder):
    found = products_of(folder / "killed")
    with (folder / "killed" / "products.jsonl").open(encoding="utf-8") as lines:
        assert len({product["itemId"] for product in found.values()}) == len(found) == sum(1 for _ in lines)
    return found


@pytest.fixture(scope="module")
def truth(mall):
    return {mall.url(product.shop, product.url_path): product for product in build(SEED)}


def test_exactly_the_malls_products_are_found(products, truth):
    assert set(products) == set(truth)


@pytest.mark.parametrize("shop", SHOPS)
def test_every_field_of_every_product_is_right(products, truth, shop):
    wrong = []
    for url, product in truth.items():
        if product.shop != shop:
            continue
        found = products[url]
        regular = found.get("regularPrice", {}).get("amount")
        said = {
            "shop": found["shop"],
            "title": found.get("title"),
            "price": Decimal(found["price"]["amount"]),
            "currency": found["price"].get("currency"),
            "regular": Decimal(regular) if regular else None,
            "availability": found.get("availability"),
            "category": tuple(found.get("categoryPath", ())),
            "images": len(found.get("images", ())),
            "brand": found.get("brand"),
            "sku": found.get("sku"),
            "gtin": found.get("gtin"),
            "rating": found.get("rating", {}).get("value"),
            "reviews": sorted(review["text"] for review in found.get("reviews", ())),
        }
        true = {
            "shop": f"{shop}.localhost",
            "title": product.title,
            "price": product.price,
            "currency": product.currency,
            "regular": product.regular_price,
            "availability": product.availability,
            "category": product.category_path,
            "images": 2 if product.has_image else 0,
            "brand": product.brand,
            "sku": product.sku,
            "gtin": product.gtin.zfill(14) if product.gtin else None,
            "rating": float(product.rating) if product.rating else None,
            "reviews": sorted(review.text for review in product.reviews),
        }
        wrong += [(url, name, said[name], true[name]) for name in true if said[name] != true[name]]
    assert wrong == []


def test_no_reviewer_is_named_anywhere(products, folder, truth):
    written = (folder / "killed" / "products.jsonl").read_text(encoding="utf-8")
    authors = {review.author for product in truth.values() for review in product.reviews}
    assert authors and not [author for author in authors if author in written]


def test_twenty_kills_change_no_product_and_repeat_only_open_requests(killed):
    assert (killed.kills, killed.kills_in_report) == (20, 3) and killed.products > 1600
    assert killed.differing_products == 0
    assert killed.repeats_not_in_flight == 0
    # One request per shop can be in flight when a kill comes, and each costs one fetch more, no other.
    assert killed.repeated_fetches <= 20 * len(SHOPS)
    assert killed.requests == killed.undisturbed_requests + killed.repeated_fetches


def test_kills_in_the_midst_of_feeds_cost_no_more(mall, tmp_path, truth):
    feeds = measure(
        mall, tmp_path, "--pages", "never", kills=6, in_report=0, seed=SEED, shops=FEED_SHOPS, rate=20
    )  # fmt: skip
    assert (feeds.kills, feeds.products) == (6, sum(product.shop in FEED_SHOPS for product in truth.values()))
    assert (feeds.differing_products, feeds.repeats_not_in_flight) == (0, 0)
    assert feeds.requests == feeds.undisturbed_requests + feeds.repeated_fetches < 40


def test_no_disallowed_path_is_requested(mall, killed):
    requests = mall.requests()
    assert len(requests) > 3000 and not any(path.startswith("/cart") for _, path in requests)
    assert disallowed(mall, requests) == []
    assert len(disallowed(mall, [("harbor", "/cart"), ("linden", "/my-account"), ("harbor", "/")])) == 2
