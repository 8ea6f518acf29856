"""Meridian: a shop on a modern front end. Open Graph and embedded state, lazy images; euros written 49,90 €."""

import re
from decimal import Decimal
from typing import Any, TypedDict

from markupsafe import Markup

from demo.mall.catalogue import DemoProduct
from demo.mall.shops.storefront import Storefront, script_json, slug
from kernel.json_object import JsonObject

STATES = {"InStock": "in stock", "OutOfStock": "out of stock", "LimitedAvailability": "limited availability"}


class PageData(TypedDict):
    """The state of a product's page, the way it is embedded, and the availability in words."""

    state: Markup
    is_window_state: bool
    availability: str


class Meridian(Storefront):
    """Storefront of meridian, with Open Graph, embedded state and lazy images."""

    key = "meridian"
    name = "Meridian"
    tagline = "Objects and garments between north and south."
    language = "en"
    image_pattern = re.compile(r"/media/(?P<handle>[a-z0-9-]+?)(?P<detail>~2)?/(?P<size>\d{3})\.webp")

    def listing_path(self, trail: tuple[str, ...]) -> str:
        """Return /c/<wide>/<narrow>."""
        return "/c/" + "/".join(slug(name) for name in trail)

    def image_path(self, product: DemoProduct, size: int, detail: bool = False) -> str:
        """Return a path in the shop's media store."""
        return f"/media/{product.handle}{'~2' if detail else ''}/{size}.webp"

    def money(self, amount: Any) -> str:
        """Return 1.234,50 €."""
        return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + " €"

    def robots(self) -> str:
        """Return robots.txt."""
        return (
            "User-agent: *\nDisallow: /cart\nDisallow: /account\nDisallow: /search\nDisallow: /api/\n\n"
            f"Sitemap: {self.url('/sitemap.xml')}\n"
        )

    def product_data(self, product: DemoProduct) -> PageData:
        """Return the page's state, and which of the two ways it is embedded."""
        page = {
            "product": self._state(product) | {"description": product.description, "reviews": self._reviews(product)},
            "recommendations": [self._state(other) for other in self.related(product)],
            "breadcrumbs": [{"label": name, "href": path} for name, path in self.crumbs(product.category_path)],
        }
        is_window_state = product.number % 3 == 0
        state = (
            page
            if is_window_state
            else {"props": {"pageProps": page}, "page": "/p/[slug]", "query": {}, "buildId": "mrd-2026-06"}
        )
        return {
            "state": script_json(state),
            "is_window_state": is_window_state,
            "availability": STATES[product.availability],
        }

    def _state(self, product: DemoProduct) -> JsonObject:
        state: JsonObject = {
            "id": product.url_path.split("/")[2].split("-")[0],
            "sku": product.sku,
            "name": product.title,
            "url": product.url_path,
            "price": self._cents(product.price, product.currency),
            "availability": product.availability,
            "inStock": not product.is_sold_out,
            "color": product.colour,
            "material": product.material,
            "sizes": list(product.sizes),
            "images": self.images(product),
        }
        if product.regular_price is not None:
            state["regularPrice"] = self._cents(product.regular_price, product.currency)
        state |= {"brand": {"name": product.brand}} if product.brand else {}
        state |= {"gtin": product.gtin} if product.gtin else {}
        state |= (
            {"rating": {"average": float(product.rating), "count": product.rating_count, "max": 5}}
            if product.rating
            else {}
        )
        return state

    def _cents(self, amount: Decimal, currency: str) -> JsonObject:
        return {
            "centAmount": int(amount * 100),
            "fractionDigits": 2,
            "currencyCode": currency,
            "formatted": self.money(amount),
        }

    @staticmethod
    def _reviews(product: DemoProduct) -> list[JsonObject]:
        return [
            {"authorName": review.author, "date": review.date.isoformat(), "stars": review.rating, "text": review.text}
            for review in product.reviews
        ]
