"""Every vector file is read by Python and by JavaScript; none is decoration."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = sorted(path.name for path in (ROOT / "contracts" / "vectors").iterdir())
CONTRACT_DATA = ["privacy.json", "messages.json", "urls.json", "currencies.json"]


def sources(*patterns: str) -> str:
    return "\n".join(path.read_text("utf-8") for pattern in patterns for path in sorted(ROOT.glob(pattern)))


PYTHON = sources("tests/**/*.py", "scraper/*.py", "server/*.py", "exporter/*.py", "trainer/**/*.py")
JAVASCRIPT = sources("tests/extension/**/*.js", "tests/extension/**/*.mjs", "extension/*.js", "extension/[!v]*/*.js")


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_run_in_both_languages(name: str) -> None:
    stem = re.escape(name)
    own_source = Path(__file__).name
    assert re.search(rf"\b{stem}", PYTHON), f"no Python outside {own_source} reads contracts/vectors/{name}"
    assert re.search(rf"\b{stem}", JAVASCRIPT), f"no JavaScript reads contracts/vectors/{name}"


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
