"""Errors are told apart by their class or code: nothing branches on the words of a message."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "encoders", "scraper", "trainer", "exporter", "server", "demo", "benchmarks")
SPLITS = {"partition", "rpartition", "split", "startswith", "endswith", "find", "index", "search", "match", "fullmatch"}


def branches_on_words(source: str) -> Iterator[str]:
    """Yield the expressions that look into the words of a caught error."""
    for handler in ast.walk(ast.parse(source)):
        if not isinstance(handler, ast.ExceptHandler) or handler.name is None:
            continue
        words = {f"str({handler.name})", f"repr({handler.name})", f"{handler.name}.args[0]"}
        for node in ast.walk(handler):
            if isinstance(node, ast.Compare):
                read = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SPLITS:
                read = [node.func.value, *node.args]
            else:
                continue
            if any(ast.unparse(part) in words for part in read):
                yield f"line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_code_branches_on_the_words_of_an_error(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        found = list(branches_on_words(path.read_text()))
        assert not found, f"{name}: give the error a code or a class of its own: {found}"


@pytest.mark.parametrize(
    "use",
    [
        'group = str(error).partition(", got")[0]',
        'if "expected" in str(error): pass',
        'if str(error).startswith("no"): pass',
        'if re.search("nms", str(error)): pass',
        'if error.args[0] == "empty": pass',
    ],
)
def test_planted_branches_are_found(use: str) -> None:
    assert list(branches_on_words(f"try:\n    read()\nexcept ValueError as error:\n    {use}\n"))
    assert not list(branches_on_words("try:\n    read()\nexcept ValueError as error:\n    group = error.group\n"))
