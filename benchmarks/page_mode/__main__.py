"""Ranking of a page by taste: R-precision of the demo mall's category pages, before and now.

    python -m benchmarks.page_mode [--table DIR] [--minilm DIR] [--draws N]

A shopper views six products of one taste in one shop, and opens every third page of the widest categories of another;
all six directions and twelve tastes. The R-precision of a page is the share of the taste among its first R products,
where R is how many it has. Pages without the taste do not count. The extension's own code runs in Node: extraction,
profile, towers, ranking.

`pageOrder` is the order of the shop. `minilmCosine` is what the extension shipped with before the token table and the
shop's metric. `table` is the packaged bundle as it ships, `tableCosine` is it without the metric.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks import record
from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.shops import open_shop
from demo.mall.shops.storefront import PAGE_SIZE, Storefront
from demo.mall.tastes import TASTES
from kernel.json_object import JsonObject
from scraper.values.identity import canonical_url, item_id_of

SCRIPT = Path(__file__).with_name("rank_pages.mjs")
SEED, VIEWS, PAGES_APART = 7, 6, 3
ORIGINS = {shop: f"http://{shop}.localhost:{8701 + number}" for number, shop in enumerate(SHOPS)}


class Shopper(TypedDict):
    """One shopper: what was viewed in a shop, and the pages of another that are ranked."""

    shop: str
    views: list[str]
    listings: list[str]


class Score(TypedDict):
    """R-precision over all pages with the taste: mean, and the means of the worst taste and direction."""

    mean: float
    worstTaste: float
    worstDirection: float
    pages: int


def main() -> int:
    """Print the result and write results/page_mode.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--minilm", type=Path, default=Path("var/bundles/lite-minilm"), metavar="DIR")
    parser.add_argument("--draws", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    ways = {
        "minilmCosine": {"bundle": str(arguments.minilm), "isCentred": False},
        "tableCosine": {"bundle": str(arguments.table), "isCentred": False},
        "table": {"bundle": str(arguments.table), "isCentred": True},
    }
    result = measure(ways, arguments.draws) | {"draws": arguments.draws}
    result = {**record.environment(), **result}
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('page_mode', result)}")
    return 0


def measure(ways: Mapping[str, object], num_draws: int) -> JsonObject:
    """Return the scores of the page's own order and of each way to rank."""
    products = build(SEED)
    stores = {shop: open_shop(shop, products, ORIGINS[shop]) for shop in SHOPS}
    listings = {shop: listing_pages(store)[::PAGES_APART] for shop, store in stores.items()}
    shoppers, tastes = drawn_shoppers(
        products, {shop: [url for url, _ in pages] for shop, pages in listings.items()}, num_draws
    )
    viewed = {url for shopper in shoppers for url in shopper["views"]}
    question = {
        "ways": ways,
        "shoppers": shoppers,
        "pages": {url_of(one): _html(stores[one.shop], one.url_path) for one in products if url_of(one) in viewed},
        "listings": [
            {"shop": f"{shop}.localhost", "url": url, "html": html}
            for shop, pages in listings.items()
            for url, html in pages
        ],
    }
    answer = ask(question)
    taste_of = {item_id_of(url_of(one)): one.taste for one in products}
    orders = {"pageOrder": [{url: answer["page"][url] for url in shopper["listings"]} for shopper in shoppers]}
    orders |= {name: [row["ranked"] for row in rows] for name, rows in answer["ways"].items()}
    speed = {
        name: round(statistics.median(row["millisecondsAPage"] for row in rows), 1)
        for name, rows in answer["ways"].items()
    }
    groups = [
        (taste, f"{shopper['shop']} > {shopper['listings'][0]}")
        for taste, shopper in zip(tastes, shoppers, strict=True)
    ]
    scores = {name: score(ranked, groups, taste_of) for name, ranked in orders.items()}
    return {"shoppers": len(shoppers), "rPrecision": scores, "millisecondsAPage": speed}


def url_of(product: DemoProduct) -> str:
    """Return the address of a product's page."""
    return canonical_url(ORIGINS[product.shop] + product.url_path)


def _html(store: Storefront, path: str) -> str:
    path, _, query = path.partition("?")
    response = store.respond(path, query)
    assert response.status == 200, path
    return response.body.decode()


def listing_pages(store: Storefront) -> list[tuple[str, str]]:
    """Return address and HTML of each page of the shop's widest categories."""
    found = []
    for listing in store.navigation():
        for page in range(1, -(-len(listing.products) // PAGE_SIZE) + 1):
            path = store.page_path(listing, page)
            found.append((store.url(path), _html(store, path)))
    return found


def drawn_shoppers(
    products: Sequence[DemoProduct], listings: Mapping[str, list[str]], num_draws: int
) -> tuple[list[Shopper], list[str]]:
    """Return shoppers for each direction and taste, and the taste of each."""
    shoppers: list[Shopper] = []
    tastes: list[str] = []
    for source in SHOPS:
        for target in SHOPS:
            for taste in () if source == target else TASTES:
                liked = [url_of(one) for one in products if (one.shop, one.taste) == (source, taste.key)]
                for draw in range(num_draws):
                    views = random.Random(f"{source}/{target}/{taste.key}/{draw}").sample(liked, VIEWS)
                    shoppers.append({"shop": f"{source}.localhost", "views": views, "listings": listings[target]})
                    tastes.append(taste.key)
    return shoppers, tastes


def ask(question: JsonObject) -> JsonObject:
    """Return what the extension's code answers in Node."""
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(question), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{SCRIPT.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    answer: JsonObject = json.loads(done.stdout)
    return answer


def r_precision(item_ids: Sequence[str], taste_of: Mapping[str, str], taste: str) -> float | None:
    """Return the share of a taste among the first R items, where R is how many there are; None where there is none."""
    is_hit = [taste_of[item_id] == taste for item_id in item_ids]
    wanted = sum(is_hit)
    return sum(is_hit[:wanted]) / wanted if wanted else None


def score(
    orders: Sequence[Mapping[str, Sequence[str]]], groups: Sequence[tuple[str, str]], taste_of: Mapping[str, str]
) -> Score:
    """Return the R-precision of each shopper's pages, all together.

    orders: for each shopper the item ids of each page, best first. groups: taste and direction of each shopper.
    """
    values: list[float] = []
    by_group: dict[str, list[float]] = {}
    for pages, (taste, direction) in zip(orders, groups, strict=True):
        found = [r_precision(item_ids, taste_of, taste) for item_ids in pages.values()]
        counted = [value for value in found if value is not None]
        values += counted
        by_group.setdefault(taste, []).extend(counted)
        by_group.setdefault(direction, []).extend(counted)
    means = {name: statistics.fmean(group) for name, group in by_group.items()}
    return {
        "mean": round(statistics.fmean(values), 4),
        "worstTaste": round(min(means[taste] for taste, _ in groups), 4),
        "worstDirection": round(min(means[direction] for _, direction in groups), 4),
        "pages": len(values),
    }


if __name__ == "__main__":
    sys.exit(main())
