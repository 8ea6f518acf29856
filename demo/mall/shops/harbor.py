"""Harbor: a Shopify-like shop. JSON-LD, /products.json, collections; prices in pounds."""

import json
import re
from typing import Any, TypedDict
from urllib.parse import urlsplit

from markupsafe import Markup

from demo.mall.catalogue import DemoProduct
from demo.mall.shops.storefront import JSON, Listing, Response, Storefront, script_json, slug
from kernel.json_object import JsonObject

FEED_LIMIT, FEED_DEFAULT_LIMIT = 250, 30
# These pages' JSON-LD was "edited by hand": a person reads it easily, json.loads does not.
BROKEN_EVERY, BROKEN_AT = 90, 41


def is_broken(product: DemoProduct) -> bool:
    """Return whether the page's JSON-LD has a trailing comma."""
    return product.shop == "harbor" and product.number % BROKEN_EVERY == BROKEN_AT


class HarborVariant(TypedDict):
    """One size (and colour) of a product."""

    id: int
    sku: str
    color: str
    size: str
    availability: str


class PageData(TypedDict):
    """The JSON-LD text and the variants of a product's page."""

    json_ld: Markup
    variants: list[HarborVariant]


class Harbor(Storefront):
    """Storefront of harbor, which follows Shopify's URLs, feed and markup."""

    key = "harbor"
    name = "Harbour & Pine"
    tagline = "Clothes and things for the house, chosen slowly."
    language = "en-GB"
    image_pattern = re.compile(
        r"/cdn/shop/files/(?P<handle>[a-z0-9-]+?)(?P<detail>_detail)?(?:_(?P<size>\d{3})x)?\.jpg"
    )

    def listing_path(self, trail: tuple[str, ...]) -> str:
        """Return /collections/<slug>; the narrowest category name is unique."""
        return f"/collections/{slug(trail[-1])}"

    def image_path(self, product: DemoProduct, size: int, detail: bool = False) -> str:
        """Return a path in the form of Shopify's CDN."""
        return (
            f"/cdn/shop/files/{product.handle}{'_detail' if detail else ''}_{size}x.jpg?v={1700000000 + product.number}"
        )

    def money(self, amount: Any) -> str:
        """Return £12.50."""
        return f"£{amount:,.2f}"

    def robots(self) -> str:
        """Return robots.txt in Shopify's form."""
        return (
            "User-agent: *\nDisallow: /cart\nDisallow: /account\nDisallow: /search\nDisallow: /checkout\n"
            f"Disallow: /collections/*sort_by*\n\nSitemap: {self.url('/sitemap.xml')}\n"
        )

    def sitemap(self) -> str:
        """Return an index, as Shopify does: products in two parts, collections in one."""
        parts = [
            f"/sitemap_products_1.xml?from=1&amp;to={FEED_LIMIT}",
            f"/sitemap_products_2.xml?from={FEED_LIMIT + 1}&amp;to={len(self.products)}",
        ]
        rows = "".join(f"<sitemap><loc>{self.url(part)}</loc></sitemap>\n" for part in parts)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</sitemapindex>\n'

    def route(self, path: str, query: dict[str, str]) -> Response | None:
        """Answer the feed, its sitemaps, and /collections/all."""
        if path == "/products.json":
            return self._feed(query)
        if path == "/meta.json":
            return self._meta()
        if match := re.fullmatch(r"/sitemap_products_([12])\.xml", path):
            part = self.products[:FEED_LIMIT] if match[1] == "1" else self.products[FEED_LIMIT:]
            return self.answer(200, "application/xml; charset=utf-8", self.urlset(part), self.opened)
        if path == "/collections/all":
            return self.listing_page(Listing(path, ("Everything",), self.products), query.get("page", "1"))
        return None

    def crumbs(self, trail: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the usual breadcrumbs; "Everything" is at /collections/all."""
        return [("Everything", "/collections/all")] if trail == ("Everything",) else super().crumbs(trail)

    def product_data(self, product: DemoProduct) -> PageData:
        """Return the JSON-LD text and the variants for the buttons."""
        graph = {"@context": "https://schema.org", "@graph": [self._breadcrumbs(product), self._node(product)]}
        text = script_json(graph)
        if is_broken(product):
            text = Markup(text[:-1] + ",}")  # noqa: S704 - script_json's own output, one comma more
        return {"json_ld": text, "variants": self.variants(product)}

    def variants(self, product: DemoProduct) -> list[HarborVariant]:
        """Return every size (and colour) of the product, for the page, the feed and the JSON-LD."""
        # What comes in no sizes is one thing in all its colours; a size is chosen in one colour of one or two.
        colours = product.colours[: 1 + (product.number % 3 == 0)] if product.sizes else (product.colour,)
        cells = [(colour, size) for colour in colours for size in (product.sizes or ("",))]
        return [
            {
                "id": 41000000 + product.number * 40 + index,
                "sku": f"{product.sku}-{index + 1}" if product.sizes else product.sku,
                "color": colour,
                "size": size,
                "availability": self._variant_availability(product, index, len(cells)),
            }
            for index, (colour, size) in enumerate(cells)
        ]

    @staticmethod
    def _variant_availability(product: DemoProduct, index: int, count: int) -> str:
        """Return a variant's availability: an available product may lack its last size."""
        is_last_gone = count > 2 and index == count - 1 and product.number % 5 == 0 and not product.is_sold_out
        return "OutOfStock" if is_last_gone else product.availability

    def _breadcrumbs(self, product: DemoProduct) -> JsonObject:
        steps = [("Home", "/"), *self.crumbs(product.category_path), (product.title, product.url_path)]
        return {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": place, "name": name, "item": self.url(path)}
                for place, (name, path) in enumerate(steps, 1)
            ],
        }

    def _node(self, product: DemoProduct) -> JsonObject:
        node: JsonObject = {
            "@type": "ProductGroup" if product.sizes else "Product",
            "@id": self.url(product.url_path) + "#product",
            "name": product.title,
            "url": self.url(product.url_path),
            "description": product.description,
            "sku": product.sku,
            "material": product.material,
        }
        node |= {"color": product.colour} | ({"pattern": product.pattern} if product.pattern_key != "plain" else {})
        node |= {"image": self.images(product)} if product.has_image else {}
        node |= {"brand": {"@type": "Brand", "name": product.brand}} if product.brand else {}
        node |= {"gtin13": product.gtin} if product.gtin else {}
        node |= {"mpn": product.mpn} if product.mpn else {}
        node |= self._ratings_and_reviews(product)
        if not product.sizes:
            return node | {"offers": self._offer(product, product.url_path, product.availability)}
        return node | {
            "productGroupID": str(7000000 + product.number),
            "variesBy": ["https://schema.org/size"] + (["https://schema.org/color"] if product.number % 3 == 0 else []),
            "hasVariant": [self._variant_node(product, variant) for variant in self.variants(product)],
        }

    def _variant_node(self, product: DemoProduct, variant: HarborVariant) -> JsonObject:
        path = f"{product.url_path}?variant={variant['id']}"
        return {
            "@type": "Product",
            "name": f"{product.title} – {variant['size']}",
            "sku": variant["sku"],
            "size": variant["size"],
            "color": variant["color"],
            "offers": self._offer(product, path, variant["availability"]),
        } | ({"image": self.images(product)[0]} if product.has_image else {})

    def _offer(self, product: DemoProduct, path: str, availability: str) -> JsonObject:
        offer = {
            "@type": "Offer",
            "url": self.url(path),
            "price": str(product.price),
            "priceCurrency": product.currency,
            "availability": f"https://schema.org/{availability}",
            "itemCondition": "https://schema.org/NewCondition",
        }
        if product.regular_price is None:
            return offer
        struck = {"@type": "UnitPriceSpecification", "priceType": "https://schema.org/StrikethroughPrice",
                  "price": str(product.regular_price), "priceCurrency": product.currency}  # fmt: skip
        return offer | {"priceSpecification": [struck]}

    @staticmethod
    def _ratings_and_reviews(product: DemoProduct) -> JsonObject:
        if product.rating is None:
            return {}
        rating = {
            "@type": "AggregateRating",
            "ratingValue": str(product.rating),
            "bestRating": "5",
            "reviewCount": product.rating_count,
        }
        reviews = [
            {
                "@type": "Review",
                "author": {"@type": "Person", "name": review.author},
                "datePublished": review.date.isoformat(),
                "reviewBody": review.text,
                "reviewRating": {"@type": "Rating", "ratingValue": review.rating, "bestRating": 5},
            }
            for review in product.reviews
        ]
        return {"aggregateRating": rating} | ({"review": reviews} if reviews else {})

    def _feed(self, query: dict[str, str]) -> Response:
        limit, page = (
            int(query[name]) if query.get(name, "").isdecimal() else default
            for name, default in (("limit", FEED_DEFAULT_LIMIT), ("page", 1))
        )
        limit = min(max(limit, 1), FEED_LIMIT)
        part = self.products[(max(page, 1) - 1) * limit : max(page, 1) * limit]
        return self.answer(
            200, JSON, json.dumps({"products": [self._feed_row(product) for product in part]}, ensure_ascii=False)
        )

    def _meta(self) -> Response:
        """Return Shopify's data of the shop as a whole; /products.json names no currency."""
        data = {
            "id": 9000001,
            "name": self.name,
            "country": "GB",
            "currency": self.products[0].currency,
            "domain": urlsplit(self.origin).netloc,
            "url": self.origin,
            "description": self.tagline,
            "money_format": "£{{amount}}",
            "published_products_count": len(self.products),
        }
        return self.answer(200, JSON, json.dumps(data, ensure_ascii=False))

    def _feed_variant(self, product: DemoProduct, variant: HarborVariant) -> JsonObject:
        image = {"src": self.images(product)[0], "width": 400, "height": 400} if product.has_image else None
        return {
            "id": variant["id"],
            "featured_image": image,
            "product_id": 7000000 + product.number,
            "title": " / ".join(filter(None, (variant["color"], variant["size"]))),
            "option1": variant["color"],
            "option2": variant["size"] or None,
            "sku": variant["sku"],
            "price": str(product.price),
            "compare_at_price": str(product.regular_price) if product.regular_price else None,
            "available": variant["availability"] != "OutOfStock",
        }

    def _feed_row(self, product: DemoProduct) -> JsonObject:
        variants = self.variants(product)
        options = [{"name": "Colour", "position": 1, "values": sorted({v["color"] for v in variants})}]
        if product.sizes:
            options.append({"name": "Size", "position": 2, "values": list(product.sizes)})
        return {
            "id": 7000000 + product.number,
            "title": product.title,
            "handle": product.handle,
            "body_html": f"<p>{product.description}</p>",
            "published_at": product.updated.isoformat(),
            "updated_at": product.updated.isoformat(),
            "vendor": product.brand or self.name,
            "product_type": " > ".join(product.category_path),
            "tags": [product.colours[0], product.material, *product.category_path],
            "options": options,
            "variants": [self._feed_variant(product, variant) for variant in variants],
            "images": [{"src": source, "width": 400, "height": 400} for source in self.images(product)],
        }  # fmt: skip
