"""Queries drawn by a seed, and how relevant each indexed item is to each; decided before anything was measured.

Fashion: words of attributes ("men navy blue casual shoes") and titles of held-out products. An item of another type is
worth nothing; one of the type is worth 1, and up to 3 by the share of the other attributes that it meets. Only names
and images are indexed, attributes never.

Offers: the title of a held-out offer, whose answers are other shops' offers of the same product; and the product's
label, whose answers are all its offers: as it is, with units written otherwise, with one typing error, and with model
numbers split. An answer is worth 1.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.data import Entry

Gains = NDArray[np.float64]
_UNIT = re.compile(r"\b([0-9]+(?:\.[0-9]+)?)( ?)(gb|tb|mb|kg|g|l|ml|cm|mm|w|inch|in|mp|mah)\b", re.IGNORECASE)
_CODE = re.compile(r"\b(?=\w*[0-9])(?=\w*[a-z])[0-9a-z]{5,}\b", re.IGNORECASE)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Query:
    """A query: what is typed, its kind, and the gain of each indexed item, (n,)."""

    text: str
    kind: str
    gains: Gains


def fashion_queries(entries: Sequence[Entry], counts: dict[str, int], seed: int) -> list[Query]:
    """Return queries by kind ("attributes", "title"), in the order drawn; of equal texts the first."""
    generator = np.random.default_rng(seed)
    indexed = [entry for entry in entries if entry.is_indexed]
    columns = {name: np.array([entry.facts[name] for entry in indexed]) for name in indexed[0].facts}
    held_out = [entry for entry in entries if not entry.is_indexed]
    queries: dict[str, Query] = {}
    while sum(query.kind == "attributes" for query in queries.values()) < counts["attributes"]:
        facts = indexed[int(generator.integers(len(indexed)))].facts
        shares = {"gender": 0.7, "colour": 0.7, "usage": 0.35}
        chosen = [name for name, share in shares.items() if generator.random() < share]
        if facts["type"].lower().startswith(facts["usage"].lower()):
            chosen = [name for name in chosen if name != "usage"]
        if chosen and "NA" not in [facts[name] for name in chosen]:
            text = " ".join([*(facts[name] for name in chosen), facts["type"]]).lower()
            queries.setdefault(text, Query(text, "attributes", _gains(columns, facts, chosen)))
    order = generator.permutation(len(held_out)).tolist()
    for entry in [held_out[position] for position in order][: counts["title"]]:
        gains = _gains(columns, entry.facts, ["gender", "colour"])
        queries.setdefault(entry.title.lower(), Query(entry.title.lower(), "title", gains))
    return [query for query in queries.values() if query.gains.any()]


def _gains(columns: dict[str, NDArray[np.str_]], facts: dict[str, str], others: Sequence[str]) -> Gains:
    met = np.mean([columns[name] == facts[name] for name in others], axis=0)
    return np.where(columns["type"] == facts["type"], 1 + 2 * met, 0.0)


def offer_queries(entries: Sequence[Entry], count: int, seed: int) -> list[Query]:
    """Return `count` queries of each kind, each of a product of its own where there are enough."""
    generator = np.random.default_rng(seed)
    indexed = [entry for entry in entries if entry.is_indexed]
    products = np.array([entry.facts["product"] for entry in indexed])
    shops = np.array([entry.facts["shop"] for entry in indexed])
    queries = []
    held_out = [entry for entry in entries if not entry.is_indexed]
    for position in generator.permutation(len(held_out)).tolist()[:count]:
        entry = held_out[position]
        gains = (products == entry.facts["product"]) & (shops != entry.facts["shop"])
        queries.append(Query(entry.title, "title", gains.astype(float)))
    labels = {entry.facts["product"]: entry.facts["label"] for entry in indexed}
    for kind, change in _CHANGES.items():
        drawn = [list(labels)[position] for position in generator.permutation(len(labels)).tolist()]
        usable = (product for product in drawn if change(labels[product], generator) is not None)
        for product in [product for product, _ in zip(usable, range(count), strict=False)]:
            text = change(labels[product], generator)
            queries.append(Query(str(text), kind, (products == product).astype(float)))
    return [query for query in queries if query.gains.any()]


def _as_it_is(label: str, _: np.random.Generator) -> str | None:
    return label


def _other_unit(label: str, _: np.random.Generator) -> str | None:
    """Write the first unit apart where it was written together, and the other way round."""
    if not _UNIT.search(label):
        return None
    return _UNIT.sub(lambda found: f"{found[1]}{'' if found[2] else ' '}{found[3]}", label, count=1)


def _mistyped(label: str, generator: np.random.Generator) -> str | None:
    """Swap two letters, drop one, or replace one, in a word of five or more."""
    places = [found for found in re.finditer(r"[A-Za-z0-9]{5,}", label) if not found[0].isdigit()]
    if not places:
        return None
    found = places[int(generator.integers(len(places)))]
    word, at = found[0], int(generator.integers(1, len(found[0]) - 1))
    letter = _LETTERS[int(generator.integers(26))]
    changed = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
    )[int(generator.integers(3))]
    return label[: found.start()] + changed + label[found.end() :]


def _split_code(label: str, generator: np.random.Generator) -> str | None:
    """Put a space or a hyphen between letters and digits of a model number."""
    found = _CODE.search(label)
    if found is None or _UNIT.fullmatch(found[0]):
        return None
    pieces = re.findall("[0-9]+|[^0-9]+", found[0])
    return label[: found.start()] + " -"[int(generator.integers(2))].join(pieces) + label[found.end() :]


_CHANGES: dict[str, Callable[[str, np.random.Generator], str | None]] = {
    "label": _as_it_is,
    "other unit": _other_unit,
    "mistyped": _mistyped,
    "split number": _split_code,
}


def halves(queries: Sequence[Query], seed: int) -> tuple[list[Query], list[Query]]:
    """Return a half to tune on and a half to report, each with half of every kind."""
    generator = np.random.default_rng(seed)
    tuning: list[Query] = []
    reporting: list[Query] = []
    for kind in dict.fromkeys(query.kind for query in queries):
        of_kind = [query for query in queries if query.kind == kind]
        order = generator.permutation(len(of_kind)).tolist()
        tuning += [of_kind[position] for position in order[: len(order) // 2]]
        reporting += [of_kind[position] for position in order[len(order) // 2 :]]
    return tuning, reporting
