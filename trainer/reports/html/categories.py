"""Which of the catalogue's own groupings a map is coloured by."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_SHARE = 0.5  # a level on which one category holds more than this says too little
OTHER = "other"


@dataclass(frozen=True)
class Grouping:
    """One value per item, None where it has none, and what the values are."""

    what: str  # as in "coloured by WHAT"
    values: tuple[str | None, ...]


def groupings(products: Sequence[Mapping[str, Any]]) -> list[Grouping]:
    """Return the grouping to colour by first and, where the catalogue has a finer one, that second.

    It is the widest level of `categoryPath` that is not mostly one category, else the brand, else the shop.
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
    for field in ("brand", "shop"):
        grouping = Grouping(field, tuple(product.get(field) for product in products))
        if len({value for value in grouping.values if value}) > 1:
            return [grouping]
    return []


def largest(values: Sequence[str | None], most: int) -> list[str]:
    """Return the most frequent values, the largest first; of equal ones the first by alphabet."""
    counts = Counter(value for value in values if value is not None)
    return sorted(counts, key=lambda value: (-counts[value], value))[:most]


def _is_useful(grouping: Grouping) -> bool:
    counts = Counter(value for value in grouping.values if value is not None)
    return len(counts) > 1 and max(counts.values()) <= LARGEST_SHARE * sum(counts.values())


def _last_names(grouping: Grouping) -> Grouping:
    """Return the grouping with "Shoes › Boots" as "Boots", where no other category ends like that."""
    ends = {value: value.split(" › ")[-1] for value in set(grouping.values) if value is not None}
    times = Counter(ends.values())
    short = {value: end if times[end] == 1 else value for value, end in ends.items()}
    return Grouping(grouping.what, tuple(None if value is None else short[value] for value in grouping.values))
