import pytest

from trainer.errors import DataError
from trainer.prepare import find_files


def test_patterns_name_files_in_order_and_each_once(tmp_path):
    for shop in ("b", "a", "c"):
        (tmp_path / shop).mkdir()
        (tmp_path / shop / "products.jsonl").touch()
    found = find_files([str(tmp_path / "c" / "products.jsonl"), str(tmp_path / "*" / "products.jsonl")])
    assert [path.parent.name for path in found] == ["c", "a", "b"]


def test_a_plain_path_is_taken_as_it_is_and_an_empty_pattern_is_an_error(tmp_path):
    assert find_files([str(tmp_path / "absent.jsonl")]) == [tmp_path / "absent.jsonl"]
    with pytest.raises(DataError, match=r"no file matches .*\*\.jsonl"):
        find_files([str(tmp_path / "*.jsonl")])
