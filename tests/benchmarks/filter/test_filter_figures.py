"""The figures of benchmarks.filter, and the sets of titles that they are of."""

from collections import Counter

import pytest

from benchmarks.filter.__main__ import SETS, Counts, by, counted, dropped_by_language
from benchmarks.filter.titles import Described, Title, described, titles

LANGUAGES = {"ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "tr"}


def test_a_sensitive_title_counts_in_whatever_category_it_was_dropped() -> None:
    found = Title("en", "drugs", is_sensitive=True, text="a")
    plain = Title("de", "drugs", is_sensitive=False, text="b")
    decided = [(found, "health"), (found, None), (plain, None), (plain, "drugs")]
    assert counted(decided) == Counts(right=1, wrong=1, missed=1)
    assert by(decided, "language")["en"] == {"recall": 0.5, "precision": 1.0, "sensitive": 2, "wronglyDropped": 0}


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_every_language_and_category_and_no_title_twice(name: str) -> None:
    rows = titles(name)
    assert {row.language for row in rows} == LANGUAGES
    assert len({row.category for row in rows}) == 10
    assert max(Counter(row.text for row in rows).values()) == 1
    assert {row.half for row in rows} == {"choosing", "reporting"}


def test_what_is_dropped_is_counted_by_language() -> None:
    products = [Described(language, "a", "b") for language in ("de", "en", "de")]
    counted_so = {"products": 3, "dropped": 2, "language": {"de": 2, "en": 0}}
    assert dropped_by_language(products, ["drugs", None, "health"]) == counted_so


@pytest.mark.parametrize(("name", "num"), [("ordinary", 60), ("described", 10)])
def test_products_with_descriptions_are_as_many_in_each_language(name: str, num: int) -> None:
    rows = described(name)
    assert Counter(row.language for row in rows) == dict.fromkeys(LANGUAGES, num)
    assert len({row.title for row in rows}) == len({row.description for row in rows}) == len(rows)
