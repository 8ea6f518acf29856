"""docs/owasp.md names a test for each item of the list, and the tests that it names exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ITEMS = re.split(r"^## ", (ROOT / "docs" / "owasp.md").read_text(), flags=re.M)[1:]


def test_every_item_of_the_list_is_there_in_order():
    assert [item.split()[0] for item in ITEMS] == [f"API{number}:2023" for number in range(1, 11)]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.split(":")[0])
def test_the_tests_that_an_item_names_exist(item):
    named = re.findall(r"`(tests/[\w/.-]+)::(\w+)`", item)
    assert named
    assert len(named) == item.count("`tests/"), "a file without the test in it"
    for path, name in named:
        functions = {
            node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, f"{path} has no {name}"
    assert "**Not protected.**" in item


def test_the_files_that_it_names_exist():
    for path in re.findall(r"`((?:server|requirements)[\w/.-]*\.(?:py|lock))`", "".join(ITEMS)):
        assert (ROOT / path).is_file(), path
