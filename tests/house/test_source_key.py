"""Keys of cached test data change with every source that decides what is cached, and with no other."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.world import PROGRAMS
from tests.lite_bundle import ROOT, bundle_key
from tests.source_key import imported_files, source_key

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
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources."""
    copy = tmp_path_factory.mktemp("tree")
    for room in ("kernel", "encoders", "exporter", "trainer", "server", "scraper", "contracts"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "vectors"))
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    return copy


def test_copy_of_the_tree_has_the_same_key(tree: Path) -> None:
    assert bundle_key(tree) == bundle_key(ROOT)


@pytest.mark.parametrize("name", DECIDING)
def test_bundle_key_changes_with_every_deciding_source(tree: Path, name: str) -> None:
    before, content = bundle_key(tree), (tree / name).read_bytes()
    (tree / name).write_bytes(content + b"\n")
    try:
        assert bundle_key(tree) != before
    finally:
        (tree / name).write_bytes(content)


@pytest.mark.parametrize("name", UNRELATED)
def test_bundle_key_stays_when_an_unrelated_source_changes(tree: Path, name: str) -> None:
    before, content = bundle_key(tree), (tree / name).read_bytes()
    (tree / name).write_bytes(content + b"\n")
    assert bundle_key(tree) == before
    (tree / name).write_bytes(content)


def test_imports_inside_functions_and_of_imports_are_followed(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("")
    (tmp_path / "room" / "program.py").write_text("def run():\n    from room import middle\n")
    (tmp_path / "room" / "middle.py").write_text("import room.end\n")
    (tmp_path / "room" / "end.py").write_text("import json\n")
    (tmp_path / "room" / "other.py").write_text("")
    names = {path.stem for path in imported_files(tmp_path, "room.program")}
    assert names == {"__init__", "program", "middle", "end"}


def test_catalogue_key_covers_what_crawls_and_ingests() -> None:
    found = {
        path.relative_to(ROOT).parts[0] for program in PROGRAMS for path in imported_files(ROOT, f"{program}.__main__")
    }
    assert {"demo", "scraper", "server"} <= found
    assert source_key(ROOT, [], []) != source_key(ROOT, ["scraper.__main__"], [])
