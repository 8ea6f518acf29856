"""benchmarks/tower_files.py: what it makes of two data sets, and which rows are to be measured again."""

import pytest

from benchmarks import tower_files, tower_rows


@pytest.fixture
def two_departments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = {"beauty": ["both,b,1", "only beauty,b,2", "both,b,3"], "sports": ["only sports,s,4", "both,s,5"]}
    for name, lines in rows.items():
        (tmp_path / "var" / "data" / name).mkdir(parents=True)
        text = "\n".join(["user,shop,itemId", *lines]) + "\n"
        (tmp_path / "var" / "data" / name / "interactions.csv").write_text(text)


def test_of_two_departments_only_users_of_both_are_kept_each_with_all_they_did(two_departments):
    together = tower_files.interactions_of("beauty+sports")
    assert together.read_text().splitlines() == ["user,shop,itemId", "both,b,1", "both,b,3", "both,s,5"]


def test_one_department_is_read_as_it_is(two_departments):
    assert tower_files.interactions_of("beauty").as_posix() == "var/data/beauty/interactions.csv"


def test_a_row_counts_as_done_until_its_settings_or_the_data_change(two_departments, monkeypatch, tmp_path):
    def is_done(row="two_tower"):
        tower_files.fingerprint.cache_clear()
        return tower_files.is_done(where, "beauty", row, 0)

    def set_rows(rows):
        for module in (tower_files, tower_rows):
            monkeypatch.setattr(module, "ROWS", rows)

    where = tmp_path / "both"
    where.mkdir()
    products = tmp_path / "var" / "data" / "beauty" / "products.jsonl"
    products.write_text("{}\n")
    for row in ("two_tower", "fusion", "ease", "stack"):
        assert not is_done(row)
        tower_files.done_file(where, row, 0).write_text(tower_files.fingerprint("beauty", "both", row))
        assert is_done(row)
    other = {**tower_rows.ROWS, "fusion": {"model": {"type": "fusion"}, "training": {"epochs": 99}}}
    set_rows(other)
    assert [is_done(row) for row in ("two_tower", "fusion", "ease", "stack")] == [True, False, True, True]
    changed = {**other, "additive": {"model": {"type": "additive", "dim": 8}, "training": {}}}
    set_rows(changed)
    assert not is_done("stack")  # it sums that tower
    products.write_text('{"another": 1}\n')
    assert [is_done(row) for row in ("two_tower", "ease")] == [False, False]
    tower_files.fingerprint.cache_clear()
