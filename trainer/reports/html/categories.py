"""Groupings of the catalogue (category, brand or shop) that colour a map."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kernel.contract_types import Product

LARGEST_SHARE = 0.5  # a category level is uninformative where one category has more items than this share
OTHER = "other"


@dataclass(frozen=True)
class Grouping:
    """Grouping of items: one value per item, or None, and a name."""

    name: str  # for example "brand", as in "marked by brand"
    values: tuple[str | None, ...]


def groupings(products: Sequence[Product]) -> list[Grouping]:
    """Return the grouping to colour by and, where the catalogue has one, a finer grouping second; [] where none fits.

    The first is the widest level of `categoryPath` that is not mostly one category, else the brand, else the shop.
    """
    paths = [tuple(product.get("categoryPath") or ()) for product in products]
    levels = [
        Grouping(f"category (level {level + 1})", tuple(" › ".join(path[: level + 1]) or None for path in paths))
        for level in range(max(map(len, paths), default=0))
    ]
    useful = [level for level in levels if _is_useful(level)]
    if useful:
        widest, finest = useful[0], useful[-1]
        return [_last_names(widest)] if widest is finest else [_last_names(widest), _last_names(finest)]
    brands = Grouping("brand", tuple(product.get("brand") for product in products))
    shops = Grouping("shop", tuple(product.get("shop") for product in products))
    for grouping in (brands, shops):
        if len({value for value in grouping.values if value}) > 1:
            return [grouping]
    return []


def largest(values: Sequence[str | None], most: int) -> list[str]:
    """Return the `most` most frequent values, the most frequent first; ties in alphabetical order."""
    counts = Counter(value for value in values if value is not None)
    return sorted(counts, key=lambda value: (-counts[value], value))[:most]


def _is_useful(grouping: Grouping) -> bool:
    counts = Counter(value for value in grouping.values if value is not None)
    return len(counts) > 1 and max(counts.values()) <= LARGEST_SHARE * sum(counts.values())


def _last_names(grouping: Grouping) -> Grouping:
    """Return the grouping with "Shoes › Boots" shortened to "Boots", where no other category ends in that name."""
    ends = {value: value.split(" › ")[-1] for value in set(grouping.values) if value is not None}
    times = Counter(ends.values())
    short = {value: end if times[end] == 1 else value for value, end in ends.items()}
    return Grouping(grouping.name, tuple(None if value is None else short[value] for value in grouping.values))
