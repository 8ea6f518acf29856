"""Candidate: the fields of one product as one syntax of one page gives them; the answer type of every extractor."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scraper.values.price import Price
from scraper.values.product import Rating, Review, Syntax, Variant


@dataclass(frozen=True, slots=True)
class Candidate:
    """Fields as found by one syntax, already in Product's types; absent is None or empty.

    `is_product`: the syntax itself claims a product (a schema.org Product, `og:type` product, a priced state object),
    which a title or an image alone does not. `num_products` counts the products found on the page. A candidate that
    `is_weak` holds an id that may be internal to the shop's database; any sku named elsewhere is better.
    """

    syntax: Syntax
    is_product: bool = False
    num_products: int = 0
    title: str | None = None
    description: str | None = None
    brand: str | None = None
    category_path: tuple[str, ...] = ()
    gtin: str | None = None
    sku: str | None = None
    mpn: str | None = None
    images: tuple[str, ...] = ()
    price: Price | None = None
    regular_price: Price | None = None
    availability: str | None = None
    condition: str | None = None
    rating: Rating | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    reviews: tuple[Review, ...] = ()
    language: str | None = None
    is_weak: bool = False
