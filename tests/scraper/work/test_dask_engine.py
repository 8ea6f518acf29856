"""What a Dask worker must have in common with the program that sends it tasks."""

import pytest

from scraper.work import dask_engine


@pytest.mark.parametrize("changed", ["scraper/a.py", "kernel/b.py", "contracts/c.json"])
def test_fingerprint_covers_scraper_kernel_and_contracts(tmp_path, monkeypatch, changed):
    for name in ("scraper/a.py", "kernel/b.py", "contracts/c.json"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("old")
    for name, path in (("ROOT", ""), ("PACKAGE", "scraper"), ("CONTRACTS", "contracts")):
        monkeypatch.setattr(dask_engine, name, tmp_path / path)
    before = dask_engine.code_fingerprint()
    assert dask_engine.code_fingerprint() == before
    (tmp_path / changed).write_text("new")
    assert dask_engine.code_fingerprint() != before
