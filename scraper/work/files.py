"""Pages read from plain or gzip files, with a size limit."""

import gzip
import zlib
from pathlib import Path

from scraper.errors import InputError


def read_page(path: Path, max_bytes: int) -> bytes:
    """Return a page's bytes, unpacked where the name ends in .gz; raises InputError, also for more than `max_bytes`."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content: bytes = file.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > max_bytes:
        raise InputError(f"cannot read {path}: expected at most {max_bytes} bytes unpacked")
    return content
