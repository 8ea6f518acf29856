"""Equal literals in the two extractors: words, key names and patterns belong in contracts/, which both read."""

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ("scraper/extraction", "scraper/values")
JAVASCRIPT = ("extension/extract", "extension/values")
# What remains is code: property and attribute names of JSON-LD, microdata and RDFa that an algorithm reads, tag names,
# names of syntaxes and verdicts, and the marks of JSON's and numbers' grammar. There were 538 before the vocabulary.
MAX_EQUAL_LITERALS = 151
FOLDERS = ("values", "markup", "state", "visible")
VOCABULARY = json.loads((ROOT / "contracts" / "page-vocabulary.json").read_text("utf-8"))


def python_literals() -> set[str]:
    """Return the string literals of the Python extractor, docstrings left out."""
    found: set[str] = set()
    for path in (path for folder in PYTHON for path in sorted((ROOT / folder).rglob("*.py"))):
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings)
        found |= {node.value for node in constants if isinstance(node.value, str)}
    return found


def javascript_literals() -> set[str]:
    """Return the string literals, template texts and regular expressions of the JavaScript extractor."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "eslint").exists():
        pytest.skip("needs Node.js and the packages of package.json")
    paths = [str(path) for folder in JAVASCRIPT for path in sorted((ROOT / folder).rglob("*.js"))]
    script = str(ROOT / "tests" / "contract" / "js_literals.mjs")
    printed = subprocess.run([node, script, *paths], capture_output=True, check=True, cwd=ROOT, text=True)
    return set(json.loads(printed.stdout))


def test_equal_literals_do_not_grow() -> None:
    equal = sorted(text for text in python_literals() & javascript_literals() if len(text) > 1)
    assert len(equal) <= MAX_EQUAL_LITERALS, f"move new words into contracts/page-vocabulary.json: {equal}"


def lists_of(part: object, path: str) -> list[tuple[str, list[str]]]:
    """Return the lists below a part of the vocabulary, with their paths."""
    if isinstance(part, dict):
        return [found for name, inner in part.items() for found in lists_of(inner, f"{path}.{name}")]
    return [(path, part)] if isinstance(part, list) else []


def test_vocabulary_lists_name_nothing_twice() -> None:
    lists = lists_of(VOCABULARY, "page-vocabulary")
    assert len(lists) > 100
    assert [path for path, words in lists if len(set(words)) != len(words)] == []


def test_both_languages_read_every_module_of_the_vocabulary() -> None:
    """A part that one language alone reads is a copy in the making; `stepStems` only narrows a CSS selector."""
    python = "\n".join(path.read_text("utf-8") for folder in PYTHON for path in (ROOT / folder).rglob("*.py"))
    javascript = "\n".join(path.read_text("utf-8") for folder in JAVASCRIPT for path in (ROOT / folder).rglob("*.js"))
    parts = [(f"{folder}.{name}", inner) for folder in FOLDERS for name, inner in VOCABULARY[folder].items()]
    parts += [(name, inner) for name, inner in VOCABULARY.items() if name not in (*FOLDERS, "about")]
    named = [path.rpartition(".")[2] for path, _ in parts] + [name for _, inner in parts for name in inner]
    assert [name for name in named if f'"{name}"' not in python and f"'{name}'" not in python] == ["stepStems"]
    assert [name for name in named if f".{name}" not in javascript] == []
