"""Personal data in texts, over contracts/vectors/personal-data.json."""

import json
from pathlib import Path

import pytest

from scraper.values.text import scrub

VECTORS = json.loads(
    (Path(__file__).parents[3] / "contracts" / "vectors" / "personal-data.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", VECTORS["personal"], ids=lambda case: case["text"])
def test_personal_data_are_removed(case: dict[str, str]) -> None:
    assert scrub(case["text"]) == case["scrubbed"]
    assert case["text"] not in scrub(f"Mug {case['text']} blue")


@pytest.mark.parametrize("text", VECTORS["ordinary"])
def test_ordinary_numbers_stay(text: str) -> None:
    assert scrub(text) == text
