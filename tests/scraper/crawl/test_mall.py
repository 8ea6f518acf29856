"""Tests on the demo mall: three shops, three kinds of markup, the real command, killed while it runs."""

from decimal import Decimal

import pytest

from benchmarks.crawl.kills import FEED_SHOPS, disallowed, measure
from benchmarks.crawl.mall_process import MallProcess
from demo.mall.catalogue import SHOPS, build

SEED = 11
# A crawl that is killed reads so many pages of each shop; make test-long kills one of the whole mall twenty times.
PAGES = "150"


@pytest.fixture(scope="module")
def mall(tmp_path_factory):
    with MallProcess(tmp_path_factory.mktemp("mall"), SEED) as mall:
        yield mall


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crawls")


@pytest.fixture(scope="module")
def products(mall, folder):
    found = mall.crawl(folder / "whole", "--feeds", "off")
    with (folder / "whole" / "products.jsonl").open(encoding="utf-8") as lines:
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
    written = (folder / "whole" / "products.jsonl").read_text(encoding="utf-8")
    authors = {review.author for product in truth.values() for review in product.reviews}
    assert authors and not [author for author in authors if author in written]


def test_kills_change_no_product_and_repeat_only_open_requests(mall, tmp_path):
    """Six while it fetches and two while it writes, without warning, beside an undisturbed crawl."""
    killed = measure(
        mall, tmp_path, "--feeds", "off", "--max-pages", PAGES, kills=6, in_report=2, seed=SEED
    )  # fmt: skip
    check_killed(killed, kills=8, in_report=2, most_products=3 * int(PAGES))


@pytest.mark.long
def test_twenty_kills_of_a_crawl_of_the_whole_mall(mall, tmp_path, truth):
    killed = measure(mall, tmp_path, "--feeds", "off", kills=17, in_report=3, seed=SEED)
    check_killed(killed, kills=20, in_report=3, most_products=len(truth))
    assert killed.products == len(truth)


def check_killed(killed, *, kills, in_report, most_products):
    assert (killed.kills, killed.kills_in_report) == (kills, in_report)
    assert most_products / 2 < killed.products <= most_products
    assert killed.differing_products == 0
    assert killed.repeats_not_in_flight == 0
    # One request per shop can be in flight when a kill comes, and each costs one fetch more, no other.
    assert killed.repeated_fetches <= kills * len(SHOPS)
    assert killed.requests == killed.undisturbed_requests + killed.repeated_fetches


def test_kills_in_the_midst_of_feeds_cost_no_more(mall, tmp_path, truth):
    feeds = measure(
        mall, tmp_path, "--pages", "never", kills=6, in_report=0, seed=SEED, shops=FEED_SHOPS, rate=20
    )  # fmt: skip
    assert (feeds.kills, feeds.products) == (6, sum(product.shop in FEED_SHOPS for product in truth.values()))
    assert (feeds.differing_products, feeds.repeats_not_in_flight) == (0, 0)
    assert feeds.requests == feeds.undisturbed_requests + feeds.repeated_fetches < 40


@pytest.mark.usefixtures("products")
def test_no_disallowed_path_is_requested(mall):
    requests = mall.requests()
    assert len(requests) > 1700 and not any(path.startswith("/cart") for _, path in requests)
    assert disallowed(mall, requests) == []
    assert len(disallowed(mall, [("harbor", "/cart"), ("linden", "/my-account"), ("harbor", "/")])) == 2
