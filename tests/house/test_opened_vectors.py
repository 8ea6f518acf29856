"""The proof that vectors are run: it records what is opened, and misses what is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.opened_vectors import FOLDER_VARIABLE, ROOT, VECTORS, is_vector, missing


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    """Return a folder of two vector files."""
    folder = tmp_path / "vectors"
    (folder / "pages").mkdir(parents=True)
    for name in ("price.json", "pages/plain.html"):
        (folder / name).write_text("")
    return folder


def write(folder: Path, language: str, *lines: tuple[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{language}-1.txt").write_text("".join(f"{test}\t{name}\n" for test, name in lines))


def test_vectors_opened_by_both_languages_miss_nothing(tmp_path: Path, vectors: Path) -> None:
    folder = tmp_path / "opened"
    write(folder, "python", ("tests/a.py", "price.json"), ("tests/a.py", "pages/plain.html"))
    write(folder, "javascript", ("a.test.js", "price.json"), ("b.test.js", "pages/plain.html"))
    assert missing(folder, vectors) == []


def test_vector_opened_in_one_language_only_is_named(tmp_path: Path, vectors: Path) -> None:
    folder = tmp_path / "opened"
    write(folder, "python", ("tests/a.py", "price.json"), ("tests/a.py", "pages/plain.html"))
    write(folder, "javascript", ("a.test.js", "price.json"))
    assert missing(folder, vectors) == ["javascript never opened pages/plain.html"]


def test_vector_only_borrowed_as_input_counts_as_unopened(tmp_path: Path, vectors: Path) -> None:
    folder = tmp_path / "opened"
    write(folder, "python", ("tests/a.py", "price.json"), ("tests/benchmarks/b.py", "pages/plain.html"))
    write(folder, "javascript", ("a.test.js", "price.json"), ("a.test.js", "pages/plain.html"))
    assert missing(folder, vectors) == ["python never opened pages/plain.html"]


def test_no_record_at_all_misses_every_vector(tmp_path: Path) -> None:
    found = missing(tmp_path)
    files = [path for path in VECTORS.rglob("*") if is_vector(path)]
    assert len(found) == 2 * len(files) > 0


def test_python_run_records_what_it_opens(tmp_path: Path) -> None:
    environment = {**os.environ, FOLDER_VARIABLE: str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/extension/core/test_envelope.py"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    (record,) = tmp_path.glob("python-*.txt")
    assert record.read_text().splitlines() == ["tests/extension/core/test_envelope.py\tenvelope.json"]


def test_node_run_records_what_it_opens(tmp_path: Path) -> None:
    environment = {**os.environ, FOLDER_VARIABLE: str(tmp_path)}
    hook, test = "./tests/extension/opened-vectors.js", "tests/extension/values/price.test.js"
    subprocess.run(
        ["node", "--import", hook, "--test", test], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    (record,) = tmp_path.glob("javascript-*.txt")
    assert record.read_text().splitlines() == [f"{test}\tprice.json"]
