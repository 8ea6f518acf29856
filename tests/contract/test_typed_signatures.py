"""Documents that have a contract are typed by it: signatures that say dict[str, Any] may not become more."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNTYPED = ("dict[str, Any]", "Mapping[str, Any]")
# JSON of strangers, configurations, and reports without a contract. Lower a number when signatures get types.
MOST = {"scraper": 42, "trainer": 145, "exporter": 2, "server": 4, "demo": 21, "benchmarks": 79, "kernel": 4}


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
    assert sum(found.values()) <= MOST[room], f"use a type of kernel/contract_types.py or write a TypedDict: {found}"


def test_planted_signatures_are_counted() -> None:
    planted = "def card(product: dict[str, Any], *rest: Mapping[str, Any]) -> list[dict[str, Any]]: ..."
    assert num_untyped(planted) == 3
    assert num_untyped("def card(product: Product) -> Card: ...") == 0
