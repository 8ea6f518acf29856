"""Documents that have a contract are typed by it: signatures that say dict[str, Any] may not become more."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNTYPED = ("dict[str, Any]", "Mapping[str, Any]")
# JSON whose keys nothing fixes is JsonObject or JsonMapping of kernel/json_object.py.
MOST = {"scraper": 0, "trainer": 0, "exporter": 0, "server": 0, "demo": 0, "benchmarks": 0, "encoders": 0, "kernel": 0}


def annotations(tree: ast.AST) -> Iterator[str]:
    """Yield the annotation of every parameter and return value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield ast.unparse(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield ast.unparse(node.returns)


def num_untyped(source: str) -> int:
    return sum(any(words in found for words in UNTYPED) for found in annotations(ast.parse(source)))


@pytest.mark.parametrize("room", MOST)
def test_untyped_signatures_do_not_become_more(room: str) -> None:
    counts = {path: num_untyped(path.read_text("utf-8")) for path in sorted((ROOT / room).rglob("*.py"))}
    found = {str(path.relative_to(ROOT)): count for path, count in counts.items() if count}
    assert sum(found.values()) <= MOST[room], f"use kernel/contract_types.py, a TypedDict or JsonObject: {found}"


def test_planted_signatures_are_counted() -> None:
    planted = "def card(product: dict[str, Any], *rest: Mapping[str, Any]) -> list[dict[str, Any]]: ..."
    assert num_untyped(planted) == 3
    assert num_untyped("def card(product: Product) -> Card: ...") == 0
