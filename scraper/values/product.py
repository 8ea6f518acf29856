"""The Product and its one mapping to and from the wire form of `contracts/product.schema.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict, cast

from kernel import contract_types
from kernel.json_object import JsonObject
from scraper.values.price import Price, amount_on_the_wire
from scraper.values.vocabulary import vocabulary

Verdict = contract_types.Verdict
Syntax = contract_types.Syntax


def camel(name: str) -> str:
    """Return the wire spelling of a field name."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """Return the Python spelling of a wire name."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


# Every field that a page can give, in the order of the wire form.
FIELDS = tuple(map(snake, vocabulary("values", "product")["fields"]))


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating on a scale up to `best`, with the number of people where known."""

    value: float
    best: float = 5.0
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice within a product, such as a size."""

    sku: str | None = None
    gtin: str | None = None
    url: str | None = None
    image: str | None = None
    price: Price | None = None
    availability: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """A review; its author is never read."""

    rating: Rating | None = None
    date: str | None = None
    text: str | None = None


class Fields(TypedDict, total=False):
    """Fields of a Product that a page or feed gives. What is unknown is absent, or as in an empty Product."""

    title: str | None
    description: str | None
    brand: str | None
    category_path: tuple[str, ...]
    gtin: str | None
    sku: str | None
    mpn: str | None
    images: tuple[str, ...]
    price: Price | None
    regular_price: Price | None
    availability: str | None
    condition: str | None
    rating: Rating | None
    attributes: Mapping[str, str]
    variants: tuple[Variant, ...]
    reviews: tuple[Review, ...]
    language: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """One sellable item of one shop; `provenance` names the syntax each field was read from."""

    shop: str
    item_id: str
    url: str
    verdict: Verdict
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
    fetched_at: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)

    def to_wire(self) -> contract_types.Product:
        """Return the camelCase form; what is unknown is absent."""
        wire = _object_to_wire(self)
        wire["provenance"] = {camel(name): syntax for name, syntax in self.provenance.items()}
        return cast(contract_types.Product, wire)

    @classmethod
    def from_wire(cls, wire: contract_types.Product) -> "Product":
        """Return the Product of a camelCase object that fits the schema."""
        values = {snake(name): _VALUES_FROM_WIRE.get(name, _as_is)(value) for name, value in wire.items()}
        values["provenance"] = {snake(name): syntax for name, syntax in wire["provenance"].items()}
        return cls(**values)


def _object_to_wire(value: Any) -> JsonObject:
    pairs = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
    return {camel(name): _to_wire(item) for name, item in pairs if item is not None and item not in ((), {})}


def _to_wire(value: Any) -> Any:
    if isinstance(value, Price):
        return _object_to_wire(value) | {"amount": amount_on_the_wire(value.amount, value.currency)}
    if hasattr(value, "__dataclass_fields__"):
        return _object_to_wire(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, tuple):
        return [_to_wire(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


def _as_is(value: Any) -> Any:
    return value


def _price(wire: contract_types.Price) -> Price:
    return Price(Decimal(wire["amount"]), wire.get("currency"), wire.get("amountText"))


def _rating(wire: contract_types.Rating) -> Rating:
    return Rating(float(wire["value"]), float(wire["best"]), wire.get("count"))


def _nested(kind: type[Any], wire: contract_types.Variant | contract_types.Review) -> Any:
    return kind(**{snake(name): _VALUES_FROM_WIRE.get(name, _as_is)(value) for name, value in wire.items()})


_VALUES_FROM_WIRE: dict[str, Any] = {
    "categoryPath": tuple,
    "images": tuple,
    "price": _price,
    "regularPrice": _price,
    "rating": _rating,
    "variants": lambda items: tuple(_nested(Variant, item) for item in items),
    "reviews": lambda items: tuple(_nested(Review, item) for item in items),
}
