"""The mall's storefronts, built once: they hold no state that a test could spoil."""

import pytest

from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.shops import open_shop
from demo.mall.shops.storefront import Storefront

SEED = 7
ORIGINS = {
    "harbor": "http://harbor.localhost:8701",
    "linden": "http://linden.localhost:8702",
    "meridian": "http://meridian.localhost:8703",
}


@pytest.fixture(scope="session")
def products() -> list[DemoProduct]:
    """Every product of the mall."""
    return build(SEED)


@pytest.fixture(scope="session")
def shops(products: list[DemoProduct]) -> dict[str, Storefront]:
    """Return the three shops under their own origins."""
    return {shop: open_shop(shop, products, ORIGINS[shop]) for shop in SHOPS}


@pytest.fixture(scope="session")
def pages(shops: dict[str, Storefront], products: list[DemoProduct]) -> dict[str, dict[str, str]]:
    """Return the HTML of every product page: shop -> url_path -> text."""
    found: dict[str, dict[str, str]] = {shop: {} for shop in SHOPS}
    for product in products:
        found[product.shop][product.url_path] = shops[product.shop].respond(product.url_path, "").body.decode()
    return found
