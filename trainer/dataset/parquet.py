"""Reader for .parquet files that yields rows as the CSV and JSON Lines readers do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kernel.json_object import JsonObject
from trainer.errors import DataError

_ROWS_PER_BATCH = 10_000


def parquet_rows(path: Path) -> Iterator[tuple[int, JsonObject]]:
    """Yield (row number from 1, row) without null cells; raise DataError for an unreadable file.

    Times become ISO 8601 text; a time without a zone counts as UTC.
    """
    try:
        with pq.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS_PER_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {name: _plain(value) for name, value in row.items() if value is not None}
    except pa.ArrowException as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return value
