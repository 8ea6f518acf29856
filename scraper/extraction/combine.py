"""Combination of all Candidates of a page into one Product.

Precedence, the same for every field but those below: JSON-LD, microdata, RDFa, Open Graph, embedded state, plain
meta tags, the visible page. Markup written for machines comes first, most exact first; the visible page comes last.

- `price` and `currency` come from one candidate. The first candidate with an amount wins; where it names no
  currency, a later one with the same amount and a currency takes its place; so does a later one with a lower price
  and the first one's amount as its regular price, since markup often holds the list price. `regular_price` comes
  from the syntax of `price` or a later one that names the same price, must be higher and in the same currency.
- `sku` is the code that the page shows beside a label, where it does: markup often holds an internal number. Else it
  is the first code; a GTIN or words (a model's name) only where there is no other.
- `images`, without logos and placeholders, come whole from one syntax, `category_path` from the first with a path; a
  last step that repeats the title is the product itself and is dropped.
- `attributes` are merged, the earlier syntax winning for each name.
- `language`: `<html lang>`, `og:locale`, `Content-Language`.
"""

from typing import cast

from scraper.extraction.candidate import Candidate
from scraper.extraction.visible.address_code import CODE, rank
from scraper.extraction.visible.decorative_images import without_decoration
from scraper.values.price import Price
from scraper.values.product import FIELDS, Fields, snake
from scraper.values.text import key_of
from scraper.values.vocabulary import vocabulary

_VOCABULARY = vocabulary("combine")
PRECEDENCE = tuple(_VOCABULARY["precedence"])
_LANGUAGE_PRECEDENCE = tuple(_VOCABULARY["languagePrecedence"])
_FIELDS_WITH_OWN_RULES = frozenset(map(snake, _VOCABULARY["fieldsWithOwnRules"]))


def combine(candidates: list[Candidate]) -> tuple[Fields, dict[str, str]]:
    """Return the fields of the Product and, for each, the syntax that it was read from."""
    ordered = sorted(candidates, key=lambda candidate: (candidate.is_weak, PRECEDENCE.index(candidate.syntax)))
    found: dict[str, object] = {}
    provenance: dict[str, str] = {}
    for name in FIELDS:
        if name in _FIELDS_WITH_OWN_RULES:
            continue
        for candidate in ordered:
            value = getattr(candidate, name)
            if value := without_decoration(value) if name == "images" else value:
                found[name], provenance[name] = value, candidate.syntax
                break
    values = cast(Fields, found)
    _add_prices(ordered, values, provenance)
    _add_sku(ordered, values, provenance)
    _add_mpn(ordered, values, provenance)
    _add_attributes(ordered, values, provenance)
    _add_language(ordered, values, provenance)
    _drop_own_crumb(values, provenance)
    return values, provenance


def missing_fields(candidates: list[Candidate]) -> frozenset[str]:
    """Return the fields without a good value: a price needs a currency, a sku needs a code from outside the address."""
    found = {name for name in FIELDS for candidate in candidates if getattr(candidate, name)}
    if not any(candidate.price and candidate.price.currency for candidate in candidates):
        found.discard("price")
    named = (candidate.sku for candidate in candidates if candidate.sku and candidate.syntax != "url")
    if not any(rank(sku) == CODE for sku in named):
        found.discard("sku")
    return frozenset(FIELDS) - found


def _add_prices(ordered: list[Candidate], values: Fields, provenance: dict[str, str]) -> None:
    priced = [(index, candidate.price) for index, candidate in enumerate(ordered) if candidate.price]
    if not priced:
        return
    index, price = priced[0]
    if price.currency is None:
        same = ((at, other) for at, other in priced if other.currency and other.amount == price.amount)
        index, price = next(same, (index, price))
    index, price = _sale(ordered, index, price)
    values["price"], provenance["price"] = price, ordered[index].syntax
    for candidate in ordered[index:]:
        regular = candidate.regular_price
        is_same_price = candidate.price is None or candidate.price.amount == price.amount
        if regular and is_same_price and _is_regular_for(regular, price):
            values["regular_price"], provenance["regular_price"] = regular, candidate.syntax
            return


def _sale(ordered: list[Candidate], index: int, price: Price) -> tuple[int, Price]:
    """Return the lower price of a later source that names the one found so far as its regular price."""
    for at, candidate in enumerate(ordered[index + 1 :], start=index + 1):
        asked, before = candidate.price, candidate.regular_price
        if asked and before and before.amount == price.amount and _is_regular_for(price, asked):
            return at, asked
    return index, price


def _is_regular_for(regular: Price, price: Price) -> bool:
    return regular.currency == price.currency and regular.amount > price.amount


def _add_sku(ordered: list[Candidate], values: Fields, provenance: dict[str, str]) -> None:
    named = [(candidate.sku, candidate.syntax) for candidate in ordered if candidate.sku]
    if not named:
        return
    shown = next((pair for pair in named if pair[1] == "dom"), None)
    values["sku"], provenance["sku"] = shown or max(named, key=lambda pair: rank(pair[0]))


def _add_mpn(ordered: list[Candidate], values: Fields, provenance: dict[str, str]) -> None:
    """Add the mpn, but not one that copies its markup's sku where the page shows another sku: that is internal."""
    for candidate in ordered:
        is_copy = candidate.mpn == candidate.sku and values.get("sku") != candidate.sku
        if candidate.mpn and not is_copy:
            values["mpn"], provenance["mpn"] = candidate.mpn, candidate.syntax
            return


def _add_attributes(ordered: list[Candidate], values: Fields, provenance: dict[str, str]) -> None:
    merged: dict[str, str] = {}
    for candidate in ordered:
        if candidate.attributes:
            provenance.setdefault("attributes", candidate.syntax)
            merged = {**candidate.attributes, **merged}
    if merged:
        values["attributes"] = dict(sorted(merged.items())[:40])


def _add_language(ordered: list[Candidate], values: Fields, provenance: dict[str, str]) -> None:
    spoken: dict[str, str] = {candidate.syntax: candidate.language for candidate in ordered if candidate.language}
    for syntax in _LANGUAGE_PRECEDENCE:
        if language := spoken.get(syntax):
            values["language"], provenance["language"] = language, syntax
            return


def _drop_own_crumb(values: Fields, provenance: dict[str, str]) -> None:
    path = values.get("category_path")
    if path and key_of(path[-1]) == key_of(values.get("title", "")):
        values["category_path"] = path[:-1]
        if not path[:-1]:
            del values["category_path"], provenance["category_path"]
