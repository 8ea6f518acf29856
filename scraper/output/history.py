"""States of a shop that later rounds are compared with, one file per shop and finished round.

A round is always compared with the newest state of an *earlier* round, and writes only its own file. So a kill at any
moment costs nothing: the same command reads the same earlier state and writes the same round again. A state is deleted
only after two newer ones are whole on disk. A shop whose crawl did not finish writes none, and its next round is
compared with the older one.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from kernel.files import write_whole
from scraper.errors import InputError
from scraper.output.changes import Known


class History:
    """Stored states of one shop in a crawl folder."""

    def __init__(self, folder: Path, site: str) -> None:
        self._folder = folder / "history" / hashlib.sha256(site.encode()).hexdigest()[:16]

    def before(self, round_number: int) -> dict[str, Known] | None:
        """Return the newest state of an earlier round by item id; None for a shop's first; raises InputError."""
        earlier = self._rounds_before(round_number)
        return _read(self._path(earlier[-1])) if earlier else None

    def write(self, round_number: int, state: Mapping[str, Known]) -> None:
        """Write a round's state whole, then delete those that no later run can be compared with."""
        with (
            write_whole(self._path(round_number)) as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=6) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
        ):
            for _, known in sorted(state.items()):
                line = {"product": known.product, "source": known.source, "gone": known.gone}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        for old in self._rounds_before(round_number)[:-1]:
            self._path(old).unlink(missing_ok=True)

    def _path(self, round_number: int) -> Path:
        return self._folder / f"round-{round_number:06d}.jsonl.gz"

    def _rounds_before(self, round_number: int) -> list[int]:
        names = (path.name.removeprefix("round-").removesuffix(".jsonl.gz") for path in self._folder.glob("round-*.gz"))
        return sorted(int(name) for name in names if name.isdigit() and int(name) < round_number)


def _read(path: Path) -> dict[str, Known]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            states = [Known(**json.loads(line)) for line in file]
            return {known.product["itemId"]: known for known in states}
    except (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error) as error:
        message = f"cannot read {path}: {error}; delete it to compare with an older state, or with none"
        raise InputError(message) from error
