"""Readers of JSON Lines, CSV and plain text, gzipped or not, with line numbers and progress."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kernel.json_object import JsonObject
from trainer.errors import DataError
from trainer.formats.source import Bad, OnBytes

Numbered = Iterator[tuple[str, Any]]
_LINES_BETWEEN_REPORTS = 2000
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # descriptions may be long


def text_lines(path: Path, on_bytes: OnBytes) -> Iterator[tuple[str, str]]:
    """Yield ("file:line", line); raise DataError where the file cannot be read as UTF-8."""
    try:
        size = path.stat().st_size
        with path.open("rb") as raw:
            unpacked = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="") as file:
                for number, line in enumerate(file, 1):
                    if number % _LINES_BETWEEN_REPORTS == 0:
                        on_bytes(path.name, raw.tell(), size)
                    yield f"{path}:{number}", line
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except EOFError as error:
        raise DataError(f"{path}: ends in the middle: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def json_records(path: Path, on_bytes: OnBytes) -> Iterator[tuple[str, JsonObject] | Bad]:
    """Yield ("file:line", object) of a .jsonl file, Bad for a line that is not a JSON object."""
    for where, line in text_lines(path, on_bytes):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Bad(where, f"expected a JSON object: {error}", "not JSON")
            continue
        if isinstance(record, dict):
            yield where, record
        else:
            yield Bad(where, f"expected a JSON object, got {line.strip()[:80]}", "not JSON")


def csv_records(path: Path, needed: tuple[str, ...], on_bytes: OnBytes) -> Iterator[tuple[str, dict[str, str]] | Bad]:
    """Yield ("file:line", cells by column) of a .csv file, Bad for a row whose width differs from the header's.

    Raises DataError where the header lacks one of `needed` or names a column twice.
    """
    header: list[str] | None = None
    reader = csv.reader(line for _, line in text_lines(path, on_bytes))
    while True:
        where = f"{path}:{reader.line_num + 1}"  # first line of the row: an unclosed quote ends only with the file
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield Bad(where, f"expected CSV: {error}", "not CSV")
            continue
        if header is None:
            header = _check_header(path, cells, needed)
        elif cells and len(cells) != len(header):
            reason = f"expected {len(header)} cells as in the header, got {len(cells)}"
            yield Bad(where, reason, "cells do not match the header")
        elif cells:
            yield where, dict(zip(header, cells, strict=True))
    if header is None:
        raise DataError(f"{path}: is empty; expected a header with {', '.join(needed)}")


def _check_header(path: Path, cells: list[str], needed: tuple[str, ...]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if missing := [name for name in needed if name not in header]:
        raise DataError(f"{path}:1: the header must have {', '.join(missing)}, got {','.join(header)[:200]}")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise DataError(f"{path}:1: the header must have each column once, got {', '.join(twice)} twice")
    return header
