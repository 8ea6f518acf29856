"""The figures of benchmarks.filter, and the sets of titles that they are of."""

from collections import Counter

import pytest

from benchmarks.filter.__main__ import SETS, Counts, by, counted
from benchmarks.filter.titles import Title, titles

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
