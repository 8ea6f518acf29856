"""Vocabulary of pages: parts by path, and patterns from lists of alternatives."""

import pytest

from scraper.values.vocabulary import any_of, vocabulary


def test_part_of_the_vocabulary_is_found_by_folder_and_module() -> None:
    assert vocabulary("visible", "regularPrice")["struckTags"] == ["del", "s", "strike"]
    assert "pricePatterns" in vocabulary("visible", "priceAndTitle")


def test_unknown_part_of_the_vocabulary_is_an_error() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        vocabulary("visible", "nowhere")


@pytest.mark.parametrize(
    ("text", "is_found"), [("Our-PRICE", True), ("der Preis", True), ("prix", True), ("prixes", False), ("cost", False)]
)
def test_pattern_matches_any_alternative_in_any_case(text: str, is_found: bool) -> None:
    assert bool(any_of(["price", "preis", r"\bprix\b"]).search(text)) is is_found
