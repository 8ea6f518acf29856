"""Linden: a WooCommerce-like shop. Microdata, the Store API in minor units; prices in dollars."""

import json
import re
from decimal import Decimal
from typing import Any, TypedDict

from demo.mall.catalogue import DemoProduct
from demo.mall.shops.storefront import JSON, Listing, Response, Storefront, slug
from kernel.json_object import JsonObject

FEED_LIMIT = 100


class PageData(TypedDict):
    """Whether rating and description stand outside the itemscope of a product's page."""

    by_reference: bool


class Linden(Storefront):
    """Storefront of linden, which follows WooCommerce's URLs, Store API and microdata."""

    key = "linden"
    name = "Linden Dry Goods"
    tagline = "Everyday goods, honestly priced since last Tuesday."
    language = "en-US"
    cart_path = "/cart"
    account_path = "/my-account"
    image_pattern = re.compile(
        r"/wp-content/uploads/2026/03/(?P<handle>[a-z0-9-]+?)(?P<detail>-view2)?-(?P<size>\d{3})x(?P=size)\.png"
    )

    def listing_path(self, trail: tuple[str, ...]) -> str:
        """Return /product-category/<wide>/<narrow>/."""
        return "/product-category/" + "/".join(slug(name) for name in trail) + "/"

    def page_path(self, listing: Listing, page: int) -> str:
        """Return WordPress's /page/N/ form."""
        return listing.path if page == 1 else f"{listing.path}page/{page}/"

    def image_path(self, product: DemoProduct, size: int, detail: bool = False) -> str:
        """Return a path in the form of WordPress's scaled copies."""
        return f"/wp-content/uploads/2026/03/{product.handle}{'-view2' if detail else ''}-{size}x{size}.png"

    def money(self, amount: Any) -> str:
        """Return $1,234.50."""
        return f"${amount:,.2f}"

    def robots(self) -> str:
        """Return robots.txt, with a small Crawl-delay."""
        return (
            "User-agent: *\nDisallow: /wp-admin/\nDisallow: /cart\nDisallow: /my-account\n"
            "Disallow: /search\nDisallow: /*add-to-cart=*\n"
            f"Crawl-delay: 0.005\n\nSitemap: {self.url('/sitemap.xml')}\n"
        )

    def route(self, path: str, query: dict[str, str]) -> Response | None:
        """Answer the Store API and the /page/N/ form of listings."""
        if path.rstrip("/") == "/wp-json/wc/store/v1/products":
            return self._feed(query)
        if match := re.fullmatch(r"(/product-category/.+/)page/(\d{1,5})/", path):
            listing = next((entry for entry in self.listings.values() if entry.path == match[1]), None)
            return self.listing_page(listing, match[2]) if listing else None
        return None

    def product_data(self, product: DemoProduct) -> PageData:
        """Return whether rating and description are outside the itemscope and joined to it by itemref."""
        return {"by_reference": product.number % 4 == 0}

    def _feed(self, query: dict[str, str]) -> Response:
        per_page, page = (
            int(query[name]) if query.get(name, "").isdecimal() else default
            for name, default in (("per_page", 10), ("page", 1))
        )
        if not 1 <= per_page <= FEED_LIMIT or page < 1:
            problem = {
                "code": "rest_invalid_param",
                "message": f"per_page must be between 1 and {FEED_LIMIT}, page at least 1",
                "data": {"status": 400},
            }
            return self.answer(400, JSON, json.dumps(problem))
        part = self.products[(page - 1) * per_page : page * per_page]
        answer = self.answer(200, JSON, json.dumps([self._feed_row(product) for product in part], ensure_ascii=False))
        # WordPress says this of every REST answer: it is about the JSON in search results.
        answer.headers["X-Robots-Tag"] = "noindex"
        answer.headers["X-WP-Total"] = str(len(self.products))
        answer.headers["X-WP-TotalPages"] = str(-(-len(self.products) // per_page))
        return answer

    def _feed_row(self, product: DemoProduct) -> JsonObject:
        return {
            "id": 20000 + product.number,
            "name": product.title,
            "slug": product.handle,
            "type": "variable" if product.sizes else "simple",
            "permalink": self.url(product.url_path),
            "sku": product.sku,
            "short_description": "",
            "description": f"<p>{product.description}</p>",
            "on_sale": product.regular_price is not None,
            "prices": _feed_prices(product),
            "average_rating": str(product.rating or 0),
            "review_count": product.rating_count,
            "images": [
                {"id": 90000 + product.number * 2 + n, "src": source, "thumbnail": source, "alt": product.title}
                for n, source in enumerate(self.images(product))
            ],
            "categories": [
                {"id": 10 + depth, "name": name, "slug": slug(name), "link": self.url(path)}
                for depth, (name, path) in enumerate(self.crumbs(product.category_path))
            ],
            "brands": [{"id": 1, "name": product.brand, "slug": slug(product.brand)}] if product.brand else [],
            "attributes": _feed_attributes(product),
            "variations": [
                {"id": 50000 + product.number * 10 + n, "attributes": [{"name": "Size", "value": slug(size)}]}
                for n, size in enumerate(product.sizes)
            ],
            "is_purchasable": True,
            "is_in_stock": not product.is_sold_out,
            "low_stock_remaining": 2 if product.availability == "LimitedAvailability" else None,
        }


def _cents(amount: Decimal) -> str:
    return str(int(amount * 100))


def _feed_prices(product: DemoProduct) -> JsonObject:
    """Return prices as the Store API does: whole minor units, as text."""
    return {
        "price": _cents(product.price),
        "regular_price": _cents(product.regular_price or product.price),
        "sale_price": _cents(product.price),
        "currency_code": product.currency,
        "currency_symbol": "$",
        "currency_minor_unit": 2,
        "currency_decimal_separator": ".",
        "currency_thousand_separator": ",",
        "currency_prefix": "$",
        "currency_suffix": "",
    }


def _feed_attributes(product: DemoProduct) -> list[JsonObject]:
    pattern = [] if product.pattern_key == "plain" else [product.pattern]
    terms = {
        "Color": list(product.colours),
        "Material": [product.material],
        "Pattern": pattern,
        "Size": list(product.sizes),
    }
    return [
        {
            "id": place,
            "name": name,
            "taxonomy": f"pa_{name.lower()}",
            "has_variations": name == "Size",
            "terms": [{"id": n, "name": value, "slug": slug(value)} for n, value in enumerate(values)],
        }
        for place, (name, values) in enumerate(terms.items(), 1)
        if values
    ]
