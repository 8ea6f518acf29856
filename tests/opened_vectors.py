"""Proof that both languages run every file of contracts/vectors/: what their tests open is recorded, then compared.

This pytest plugin and tests/extension/opened-vectors.js write a line "TEST FILE<tab>VECTOR FILE" for each vector
opened, in the folder that CARRYOVER_OPENED_VECTORS names. `python -m tests.opened_vectors FOLDER` ends `make test`. It
exits with 1 where the tests of a language left a vector unopened. Tests that only borrow a vector as input (BORROWERS)
do not count, unless they run it on a twin of their own (TWINS).
"""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "contracts" / "vectors"
LANGUAGES = ("python", "javascript")
SHOWN = 20  # problems
FOLDER_VARIABLE = "CARRYOVER_OPENED_VECTORS"
# The benchmark has the rule of dismissals in Python, and its test runs the vectors on that.
TWINS = ("tests/benchmarks/taste/test_rule.py",)
BORROWERS = ("tests/benchmarks/", "tests/contract/", "tests/docs/", "tests/house/", "tests/scraper/output/")

_opened: set[tuple[str, str]] = set()
_running = ""  # the test file that is being collected or run


def is_vector(path: Path) -> bool:
    """Tell whether this is a vector's file, and not a page that describes vectors."""
    return path.is_file() and path.suffix != ".md"


def missing(folder: Path, vectors: Path = VECTORS) -> list[str]:
    """Return "LANGUAGE never opened FILE" for each vector file that the tests of a language did not open."""
    files = {path.relative_to(vectors).as_posix() for path in vectors.rglob("*") if is_vector(path)}
    problems = []
    for language in LANGUAGES:
        lines = [line for record in folder.glob(f"{language}-*.txt") for line in record.read_text().splitlines()]
        opened = {
            name
            for test, name in (line.split("\t") for line in lines)
            if test.startswith(TWINS) or not test.startswith(BORROWERS)
        }
        problems += [f"{language} never opened {name}" for name in sorted(files - opened)]
    return problems


def pytest_configure() -> None:
    """Start recording where `make test` wants it."""
    if os.environ.get(FOLDER_VARIABLE):
        sys.addaudithook(_record)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Remember the file being collected: some read their vectors when they are imported."""
    global _running  # noqa: PLW0603 - an audit hook is given nothing of ours
    _running = collector.nodeid.partition("::")[0]


def pytest_runtest_logstart(nodeid: str) -> None:
    """Remember the file of the running test."""
    global _running  # noqa: PLW0603 - as above
    _running = nodeid.partition("::")[0]


def pytest_unconfigure() -> None:
    """Write what this process opened."""
    if (folder := os.environ.get(FOLDER_VARIABLE)) and _opened:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{test}\t{name}\n" for test, name in sorted(_opened))
        (Path(folder) / f"python-{os.getpid()}.txt").write_text(lines)


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        path = Path(arguments[0])
        if "vectors" in path.parts and (absolute := ROOT / path).is_relative_to(VECTORS):
            _opened.add((_running, absolute.relative_to(VECTORS).as_posix()))


if __name__ == "__main__":
    if problems := missing(Path(sys.argv[1])):
        first = "\n".join(problems[:SHOWN])
        sys.exit(f"contracts/vectors: {len(problems)} files are not run by the tests of both languages, first\n{first}")
