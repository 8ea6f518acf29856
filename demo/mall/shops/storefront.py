"""Base of the three shops: routes, listings, images and sitemaps; each shop adds its own markup."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from demo.mall.catalogue import DemoProduct
from demo.mall.drawings.drawing import SIZES, encode
from demo.mall.tastes import COLOURS

HERE = Path(__file__).parent
PAGE_SIZE = 24
RELATED = 6
HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
JSON = "application/json; charset=utf-8"

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Response:
    """Complete response; the server adds only Date and Content-Length."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """Category page: its path, its title and its products."""

    path: str
    trail: tuple[str, ...]
    products: tuple[DemoProduct, ...]


def slug(text: str) -> str:
    """Return the text in the form of a URL segment."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def script_json(value: Any) -> Markup:
    """Return JSON for use inside a <script>: `<` is escaped, so no value can close it."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 - escaped just here


class Storefront:
    """Shop under one origin. Responses depend only on the products and the request."""

    key = ""
    name = ""
    tagline = ""
    language = "en"
    cart_path = "/cart"
    account_path = "/account"
    search_path = "/search"
    image_pattern = re.compile("")

    def __init__(self, products: Sequence[DemoProduct], origin: str) -> None:
        self.products = tuple(products)
        self.origin = origin
        self.by_path = {product.url_path: product for product in products}
        self.by_handle = {product.handle: product for product in products}
        self.listings = self._listings()
        self.opened = max(product.updated for product in products)
        self.template = _environment.get_template(f"{self.key}.html")
        self.draw = lru_cache(maxsize=4096)(self._draw)

    # What each shop decides for itself

    def listing_path(self, trail: tuple[str, ...]) -> str:
        """Return the path of a category page."""
        raise LookupError(f"{self.key} names no category paths")

    def page_path(self, listing: Listing, page: int) -> str:
        """Return the path and query of one page of a listing."""
        return listing.path if page == 1 else f"{listing.path}?page={page}"

    def image_path(self, product: DemoProduct, size: int, detail: bool = False) -> str:
        """Return the path of an image."""
        raise LookupError(f"{self.key} names no image paths")

    def money(self, amount: Any) -> str:
        """Return a price as the shop writes it."""
        return str(amount)

    def robots(self) -> str:
        """Return robots.txt."""
        return ""

    def product_data(self, product: DemoProduct) -> Mapping[str, object]:
        """Return the further data of the shop's template, beside the product."""
        return {}

    def route(self, path: str, query: dict[str, str]) -> Response | None:
        """Answer the paths that only this platform has; return None for others."""
        return None

    def sitemap(self) -> str:
        """Return /sitemap.xml: one flat list of the products."""
        return self.urlset(self.products)

    # What they share

    def respond(self, path: str, query_text: str) -> Response:
        """Answer one GET."""
        query = {name: values[-1] for name, values in parse_qs(query_text).items()}
        if product := self.by_path.get(path):
            return self._product_page(product)
        special = self._fixed(path, query) or self.route(path, query) or self._image(path)
        if special:
            return special
        listing = next((entry for entry in self.listings.values() if entry.path == path), None)
        if listing:
            return self.listing_page(listing, query.get("page", "1"))
        return self.message(
            404, "Page not found", "There is nothing at this address. The shop's front page is one click away."
        )

    def url(self, path: str) -> str:
        """Return an absolute URL."""
        return self.origin + path

    def urlset(self, products: Sequence[DemoProduct]) -> str:
        """Return a sitemap of these products."""
        rows = "".join(
            f"<url><loc>{escape(self.url(p.url_path))}</loc><lastmod>{p.updated.date().isoformat()}</lastmod></url>\n"
            for p in products
        )
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'

    def related(self, product: DemoProduct) -> list[DemoProduct]:
        """Return the products of a carousel: neighbours in the same category, then in the shop's list."""
        same = [other for other in self.products if other.category == product.category and other is not product]
        start = product.number % max(1, len(same))
        rest = [self.products[(product.number + step * 31) % len(self.products)] for step in range(1, RELATED + 2)]
        chosen = [other for other in same[start:] + same[:start] if other.has_image][: RELATED - 2]
        chosen += [other for other in rest if other is not product and other not in chosen]
        return chosen[:RELATED]

    def render(self, status: int, kind: str, modified: datetime | None = None, **context: Any) -> Response:
        """Return a page rendered with the shop's template."""
        text = self.template.render(kind=kind, shop=self, swatches=COLOURS, categories=self.navigation(), **context)
        return self.answer(status, HTML, text, modified or self.opened)

    def answer(self, status: int, content_type: str, body: str | bytes, modified: datetime | None = None) -> Response:
        """Return a response with an ETag, and Last-Modified where the content has a date."""
        raw = body.encode() if isinstance(body, str) else body
        headers = {"ETag": f'"{hashlib.sha256(raw).hexdigest()[:20]}"', "Cache-Control": "public, max-age=300"}
        if modified:
            headers["Last-Modified"] = format_datetime(modified, usegmt=True)
        return Response(status, content_type, raw, headers)

    def message(self, status: int, title: str, text: str) -> Response:
        """Return a page with only a message."""
        return self.render(status, "message", title=title, text=text, trail=[], canonical=None)

    def navigation(self) -> list[Listing]:
        """Return the widest categories."""
        return [listing for trail, listing in self.listings.items() if len(trail) == 1]

    def children(self, trail: tuple[str, ...]) -> list[Listing]:
        """Return the categories just below."""
        return [
            entry
            for other, entry in self.listings.items()
            if len(other) == len(trail) + 1 and other[: len(trail)] == trail
        ]

    def listing_page(self, listing: Listing, page_text: str) -> Response:
        """Return one page of a category; 404 past the end."""
        pages = -(-len(listing.products) // PAGE_SIZE)
        page = int(page_text) if page_text.isdecimal() and len(page_text) < 6 else 0
        if not 1 <= page <= pages:
            return self.message(404, "Page not found", f"This category has {pages} pages.")
        shown = listing.products[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        return self.render(
            200, "listing", max(product.updated for product in shown), title=listing.trail[-1], listing=listing,
            products=shown, page=page, pages=pages, trail=self.crumbs(listing.trail),
            canonical=self.url(self.page_path(listing, page)),
        )  # fmt: skip

    def crumbs(self, trail: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return (name, path) from the widest category down."""
        return [(name, self.listing_path(trail[: depth + 1])) for depth, name in enumerate(trail)]

    def images(self, product: DemoProduct, size: int = 400) -> list[str]:
        """Return absolute image URLs, best first; empty where the shop has no image."""
        if not product.has_image:
            return []
        return [self.url(self.image_path(product, size)), self.url(self.image_path(product, size, detail=True))]

    def _listings(self) -> dict[tuple[str, ...], Listing]:
        groups: dict[tuple[str, ...], list[DemoProduct]] = {}
        for product in self.products:
            for depth in range(1, len(product.category_path) + 1):
                groups.setdefault(product.category_path[:depth], []).append(product)
        return {trail: Listing(self.listing_path(trail), trail, tuple(groups[trail])) for trail in sorted(groups)}

    def _product_page(self, product: DemoProduct) -> Response:
        return self.render(
            200, "product", product.updated, title=product.title, product=product, related=self.related(product),
            trail=self.crumbs(product.category_path), canonical=self.url(product.url_path),
            data=self.product_data(product),
        )  # fmt: skip

    def _fixed(self, path: str, query: dict[str, str]) -> Response | None:
        if path == "/":
            newest = sorted(self.products, key=lambda product: product.updated, reverse=True)
            return self.render(
                200,
                "home",
                title=self.name,
                products=[p for p in newest if p.has_image][:12],
                trail=[],
                canonical=self.url("/"),
            )
        if path == "/robots.txt":
            return self.answer(200, "text/plain; charset=utf-8", self.robots())
        if path == "/sitemap.xml":
            return self.answer(200, XML, self.sitemap(), self.opened)
        if path == "/theme.css":
            return self.answer(200, "text/css; charset=utf-8", (HERE / "templates" / f"{self.key}.css").read_bytes())
        if path == "/favicon.ico":
            return Response(204, "image/x-icon", b"")
        return self._visitor_pages(path.rstrip("/"), query)

    def _visitor_pages(self, path: str, query: dict[str, str]) -> Response | None:
        if path == self.cart_path:
            chosen = next((p for p in self.products if p.sku == query.get("add", "")), None)
            text = (
                f"“{chosen.title}” would be in it now. This mall sells nothing, so nothing was stored."
                if chosen
                else "It is empty. This mall sells nothing, so it always will be."
            )
            return self.message(200, "Your basket", text)
        if path == self.account_path:
            return self.message(200, "Your account", "This mall knows no customers and keeps no accounts.")
        if path == self.search_path:
            words = query.get("q", "").lower().split()[:8]
            found = [p for p in self.products if words and all(word in p.title.lower() for word in words)]
            return self.render(
                200,
                "search",
                title="Search",
                products=found[:PAGE_SIZE],
                total=len(found),
                text=" ".join(words),
                trail=[],
                canonical=None,
            )
        return None

    def _image(self, path: str) -> Response | None:
        match = self.image_pattern.fullmatch(path)
        if not match:
            return None
        product = self.by_handle.get(match["handle"])
        size = int(match["size"] or SIZES[-1])
        if not product or not product.has_image or size not in SIZES:
            return None
        return self.draw(product, size, bool(match["detail"]))

    def _draw(self, product: DemoProduct, size: int, detail: bool) -> Response:
        kind = {"harbor": "image/jpeg", "linden": "image/png", "meridian": "image/webp"}[self.key]
        answer = self.answer(200, kind, encode(product, size, detail), product.updated)
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer
