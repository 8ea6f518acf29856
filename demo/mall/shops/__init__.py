"""The three shops: each has one module for its URLs, feeds and markup, and one template for its appearance."""

from demo.mall.catalogue import DemoProduct
from demo.mall.shops.harbor import Harbor
from demo.mall.shops.linden import Linden
from demo.mall.shops.meridian import Meridian
from demo.mall.shops.storefront import Storefront

SHOP_CLASSES: dict[str, type[Storefront]] = {"harbor": Harbor, "linden": Linden, "meridian": Meridian}


def open_shop(shop: str, products: list[DemoProduct], origin: str) -> Storefront:
    """Return the storefront of one shop under `origin` (scheme, host and port)."""
    return SHOP_CLASSES[shop]([product for product in products if product.shop == shop], origin)
