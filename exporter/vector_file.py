"""Vectors on disk, written chunk by chunk: a process may be killed at any moment and the next one continues.

While they are made, OUT.partial and OUT.rows.jsonl.partial grow, and OUT.progress.json says how far both are whole.
Whatever a killed process wrote beyond that is cut off. At the end the partial files take their names.
"""

import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.lib import format as npy

from encoders.product_lines import Line
from exporter.embed_chunks import Counts, EncodedChunk, Row
from exporter.errors import BundleError
from kernel.files import sync, write_text_whole


class Origin(TypedDict):
    """Everything that decides the vectors; a file is continued only where all of it is the same."""

    products: str  # SHA-256 of the products.jsonl
    images: str  # SHA-256 of the names, sizes and times of the image files; "" without any
    bundleId: str
    space: str
    dim: int
    chunkLines: int


@dataclass
class _Progress:
    """How far both partial files are whole."""

    origin: Origin
    rows: int = 0
    rows_bytes: int = 0
    line: int = 0  # the last line of the products.jsonl that is done
    end_bytes: int = 0  # where it ends
    counts: Counts = field(default_factory=Counts)


class VectorFile:
    """A .npy of float32 (rows, dim) and its rows file, open for the chunks that are missing."""

    def __init__(self, out: Path, origin: Origin) -> None:
        if out.suffix != ".npy":
            raise BundleError(f"{out}: expected a name that ends in .npy")
        self._out = out
        self.rows_path = out.with_suffix(".rows.jsonl")
        self.about_path = out.with_suffix(".json")
        self._progress_path = out.with_name(f"{out.name}.progress.json")
        self._dim = origin["dim"]
        out.parent.mkdir(parents=True, exist_ok=True)
        self._state = self._read_progress(origin) or _Progress(origin)
        self._open()

    @property
    def num_rows(self) -> int:
        """Return the number of rows that are on disk."""
        return self._state.rows

    @property
    def counts(self) -> Counts:
        """Return the counts of all chunks that are on disk."""
        return self._state.counts

    @property
    def last(self) -> Line | None:
        """Return the last line that is done, None at the beginning."""
        return Line(self._state.line, None, None, self._state.end_bytes) if self._state.line else None

    def append(self, chunk: EncodedChunk) -> None:
        """Write a chunk; on return it survives a power cut."""
        self._vectors.write(np.ascontiguousarray(chunk.vectors, dtype="<f4").tobytes())
        rows = "".join(_row_line(self._state.rows + at, row) for at, row in enumerate(chunk.rows)).encode()
        self._rows.write(rows)
        for file in (self._vectors, self._rows):
            file.flush()
            os.fsync(file.fileno())
        state = self._state
        self._state = _Progress(
            state.origin, state.rows + len(chunk.rows), state.rows_bytes + len(rows), chunk.last.number,
            chunk.last.end_bytes, state.counts + chunk.counts,
        )  # fmt: skip
        self._write_progress()

    def finish(self) -> None:
        """Give both files their names, and write what they are to OUT's name with .json."""
        self._vectors.seek(0)
        self._vectors.write(_header(self._state.rows, self._dim))
        self.close()
        for partial, path in self._partials():
            sync(partial)
            partial.replace(path)
        with write_text_whole(self.about_path) as file:
            about = {**self._state.origin, "rows": self._state.rows, "counts": asdict(self._state.counts)}
            json.dump(about, file, indent=1)
            file.write("\n")
        self._progress_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the files, whole or not."""
        self._vectors.close()
        self._rows.close()

    def _open(self) -> None:
        """Open both partial files and cut off what no progress covers."""
        state = self._state
        sizes = (len(_header(0, self._dim)) + state.rows * self._dim * 4, state.rows_bytes)
        for (partial, path), size in zip(self._partials(), sizes, strict=True):
            # Killed between the two renames at the end.
            if state.line and not partial.exists() and path.exists():
                path.replace(partial)
            if state.line and (not partial.exists() or partial.stat().st_size < size):
                state = self._state = _Progress(state.origin)
        if not state.line:
            sizes = (len(_header(0, self._dim)), 0)
            for partial, _ in self._partials():
                partial.write_bytes(b"")
        (vectors, _), (rows, _) = self._partials()
        self._vectors, self._rows = vectors.open("r+b"), rows.open("r+b")
        if not state.line:
            self._vectors.write(_header(0, self._dim))
        for file, size in ((self._vectors, sizes[0]), (self._rows, sizes[1])):
            file.truncate(size)
            file.seek(size)
        self._write_progress()

    def _partials(self) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
        """Return (partial, final) of the vectors and of the rows."""
        vectors, rows = ((path.with_name(f"{path.name}.partial"), path) for path in (self._out, self.rows_path))
        return vectors, rows

    def _read_progress(self, origin: Origin) -> _Progress | None:
        try:
            found = json.loads(self._progress_path.read_text(encoding="utf-8"))
            progress = _Progress(**{**found, "counts": Counts(**found["counts"])})
        except (OSError, ValueError, TypeError, KeyError):  # absent, or written by something else
            return None
        return progress if progress.origin == origin else None

    def _write_progress(self) -> None:
        with write_text_whole(self._progress_path) as file:
            json.dump(asdict(self._state), file)


def read_finished(out: Path, origin: Origin) -> tuple[int, Counts] | None:
    """Return the number of rows and the counts where `out` already holds the vectors of this origin, else None."""
    if not (out.is_file() and out.with_suffix(".rows.jsonl").is_file()):
        return None
    try:
        about = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
        is_same = all(about[key] == value for key, value in origin.items())
        return (int(about["rows"]), Counts(**about["counts"])) if is_same else None
    except (OSError, ValueError, TypeError, KeyError):  # absent, or written by something else
        return None


def _header(rows: int, dim: int) -> bytes:
    """Return the header of a .npy; numpy leaves room in it, so its length is the same for every number of rows."""
    stream = io.BytesIO()
    npy.write_array_header_1_0(stream, {"shape": (rows, dim), "fortran_order": False, "descr": "<f4"})
    return stream.getvalue()


def _row_line(number: int, row: Row) -> str:
    fields = {"row": number, "line": row.line, "shop": row.shop, "itemId": row.item_id}
    return json.dumps(fields, ensure_ascii=False) + "\n"
