"""The demo mall as recorded answers: what each address of its shops gives, without a server."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

from benchmarks.shelf.german_mall import in_german
from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.shops import open_shop
from demo.mall.shops.storefront import Storefront

SITE_PATHS = ("/robots.txt", "/sitemap.xml", "/meta.json")
FEED_PATHS = ("/products.json?limit=250&page={}", "/wp-json/wc/store/v1/products?per_page=100&page={}")
MAX_FEED_PAGES = 12
IN_GERMAN = " in German"


class Answer(TypedDict):
    """One answer of a shop; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


class Listed(TypedDict):
    """One product of a shop: its page's address and its hidden taste."""

    url: str
    taste: str


class RecordedShop(TypedDict):
    """One shop: where it is, what it answers by path and query, and what it sells."""

    origin: str
    answers: dict[str, Answer]
    products: list[Listed]


def recorded_mall(seed: int) -> dict[str, RecordedShop]:
    """Return the three shops of a mall, by name."""
    made = build(seed)
    return {
        shop: recorded_shop(shop, [one for one in made if one.shop == shop], f"https://{shop}.example")
        for shop in SHOPS
    }


def german_mall(seed: int) -> dict[str, RecordedShop]:
    """Return the same shops in German, by names such as "harbor in German"."""
    made = in_german(build(seed))
    return {
        shop + IN_GERMAN: recorded_shop(shop, [one for one in made if one.shop == shop], f"https://{shop}-de.example")
        for shop in SHOPS
    }


def recorded_shop(shop: str, products: Sequence[DemoProduct], origin: str) -> RecordedShop:
    """Return one shop with every page of its products, its feeds, and what robots read."""
    front = open_shop(shop, list(products), origin)
    paths = [*SITE_PATHS, *(path.format(page) for path in FEED_PATHS for page in range(1, MAX_FEED_PAGES + 1))]
    answers = dict(_answers(front, [*paths, *(product.url_path for product in products)]))
    listed: list[Listed] = [{"url": origin + product.url_path, "taste": product.taste} for product in products]
    return {"origin": origin, "answers": answers, "products": listed}


def _answers(front: Storefront, paths: Sequence[str]) -> Iterator[tuple[str, Answer]]:
    for path in paths:
        bare, _, query = path.partition("?")
        found = front.respond(bare, query)
        headers = {name.lower(): value for name, value in found.headers.items()}
        yield path, {"status": found.status, "headers": headers, "body": found.body.decode("utf-8", "replace")}
