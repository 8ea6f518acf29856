"""What a Dask worker must have in common with the program that sends it tasks."""

import pytest

from kernel import dask_map


@pytest.mark.parametrize("changed", ["scraper/a.py", "kernel/b.py", "contracts/c.json"])
def test_fingerprint_covers_rooms_kernel_and_contracts(tmp_path, monkeypatch, changed):
    for name in ("scraper/a.py", "kernel/b.py", "contracts/c.json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("old")
    for name, path in (("ROOT", ""), ("CONTRACTS", "contracts")):
        monkeypatch.setattr(dask_map, name, tmp_path / path)
    before = dask_map.code_fingerprint(["scraper"])
    assert dask_map.code_fingerprint(["scraper"]) == before
    (tmp_path / changed).write_text("new")
    assert dask_map.code_fingerprint(["scraper"]) != before
