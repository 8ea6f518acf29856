"""Keys of cached test data change with every source that decides what is cached, and with no other."""

from pathlib import Path

import pytest

from tests.lite_bundle import ROOT, bundle_files
from tests.source_key import imported_files, key_of

# What the export ran when this was written, of each kind: its own, the trainer's, the kernel's and data.
DECIDING = (
    "exporter/from_installed.py",
    "exporter/onnx_edit.py",
    "exporter/__main__.py",
    "exporter/goods_words.txt",
    "encoders/token_table.py",
    "trainer/pretrained/colour_shares.py",
    "trainer/towers/suggested_words.py",
    "trainer/pretrained/efficientnet.py",
    "trainer/pretrained/minilm.py",
    "trainer/pretrained/tokenizer_file.py",
    "trainer/towers/content.py",
    "contracts/bundle.schema.json",
    "requirements.txt",
)
UNRELATED = ("trainer/runs/train.py", "server/settings.py", "scraper/errors.py", "pyproject.toml")


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Return the files below the root that the key is made of."""
    return {str(path.relative_to(ROOT)) for path in bundle_files(ROOT)}


@pytest.mark.parametrize("name", DECIDING)
def test_every_deciding_source_is_in_the_bundle_key(sources: set[str], name: str) -> None:
    assert (ROOT / name).is_file()
    assert name in sources


@pytest.mark.parametrize("name", UNRELATED)
def test_no_unrelated_source_is_in_the_bundle_key(sources: set[str], name: str) -> None:
    assert (ROOT / name).is_file()
    assert name not in sources


def test_key_changes_with_a_name_or_a_content_and_not_with_the_place(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        (tmp_path / copy).mkdir()
        (tmp_path / copy / "words.txt").write_text("mug")
    first, second = tmp_path / "a" / "words.txt", tmp_path / "b" / "words.txt"
    key = key_of(tmp_path / "a", [first])
    assert key == key_of(tmp_path / "b", [second])
    second.write_text("mugs")
    assert key != key_of(tmp_path / "b", [second])
    assert key != key_of(tmp_path / "a", [first.rename(tmp_path / "a" / "word.txt")])


def test_imports_inside_functions_and_of_imports_are_followed(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("")
    (tmp_path / "room" / "program.py").write_text("def run():\n    from room import middle\n")
    (tmp_path / "room" / "middle.py").write_text("import room.end\n")
    (tmp_path / "room" / "end.py").write_text("import json\n")
    (tmp_path / "room" / "other.py").write_text("")
    names = {path.stem for path in imported_files(tmp_path, "room.program")}
    assert names == {"__init__", "program", "middle", "end"}
