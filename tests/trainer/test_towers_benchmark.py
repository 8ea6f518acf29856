"""benchmarks/towers.py: what it makes of two data sets."""

import pytest

from benchmarks import towers


@pytest.fixture
def two_departments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = {"beauty": ["both,b,1", "only beauty,b,2", "both,b,3"], "sports": ["only sports,s,4", "both,s,5"]}
    for name, lines in rows.items():
        (tmp_path / "var" / "data" / name).mkdir(parents=True)
        text = "\n".join(["user,shop,itemId", *lines]) + "\n"
        (tmp_path / "var" / "data" / name / "interactions.csv").write_text(text)


def test_of_two_departments_only_users_of_both_are_kept_each_with_all_they_did(two_departments):
    together = towers._interactions("beauty+sports")
    assert together.read_text().splitlines() == ["user,shop,itemId", "both,b,1", "both,b,3", "both,s,5"]


def test_one_department_is_read_as_it_is(two_departments):
    assert towers._interactions("beauty").as_posix() == "var/data/beauty/interactions.csv"
