"""Test vectors and generated contract data. tests/opened_vectors.py proves that both languages run every vector."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT_DATA = ["privacy.json", "messages.json", "urls.json", "currencies.json"]


def test_every_page_vector_is_a_pair() -> None:
    pages = ROOT / "contracts" / "vectors" / "pages"
    html = {path.stem for path in pages.glob("*.html")}
    expected = {path.stem for path in pages.glob("*.json")}
    assert html == expected
    assert html


@pytest.mark.parametrize("name", CONTRACT_DATA)
def test_generated_copy_holds_the_contract(name: str) -> None:
    generated = (ROOT / "extension" / "generated" / "contracts.js").read_text("utf-8")
    assert Path(name).stem in generated
