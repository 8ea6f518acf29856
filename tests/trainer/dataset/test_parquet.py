"""Rows of a .parquet file, as the CSV and JSON Lines readers give them."""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trainer.dataset import parquet
from trainer.errors import DataError


def written(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_are_numbered_from_one_across_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_ROWS_PER_BATCH", 3)
    path = written(tmp_path / "a.parquet", item=[f"i{number}" for number in range(8)])
    assert list(parquet.parquet_rows(path)) == [(number + 1, {"item": f"i{number}"}) for number in range(8)]


def test_null_cells_are_absent_and_empty_ones_stay(tmp_path):
    path = written(tmp_path / "a.parquet", item=["a", None, ""], stars=[0, 5, None])
    assert [row for _, row in parquet.parquet_rows(path)] == [{"item": "a", "stars": 0}, {"stars": 5}, {"item": ""}]


def test_times_are_iso_text_and_utc_without_a_zone(tmp_path):
    noon = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    east = noon.astimezone(timezone(timedelta(hours=2)))
    path = written(tmp_path / "a.parquet", bare=[noon.replace(tzinfo=None)], zoned=pa.array([east]))
    ((_, row),) = parquet.parquet_rows(path)
    assert row["bare"] == "2026-03-01T12:30:00+00:00"
    assert datetime.fromisoformat(row["zoned"]) == noon


@pytest.mark.parametrize(
    ("content", "message"), [(b"PAR1 and no more", "cannot be read as Parquet"), (b"", "cannot be read as Parquet")]
)
def test_what_is_no_parquet_file_is_named(content, message, tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        list(parquet.parquet_rows(path))
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.parquet: cannot be read: .*No such file"):
        list(parquet.parquet_rows(tmp_path / "none.parquet"))
