"""Output directory of `prepare`: tells a finished, an interrupted and another preparation apart."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict, cast

from kernel.files import write_whole
from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import ConfigError

FINISHED = "prepare.json"  # written last: its presence means that the directory is complete
_STARTED = ".prepare-started.json"
_WRITTEN = (FINISHED, _STARTED, "products.jsonl", "interactions.csv", "interactions.parquet", "images")


class FileRecord(TypedDict):
    """A file's name, size and SHA-256."""

    name: str
    bytes: int
    sha256: str


class FilesRecord(TypedDict):
    """The number of files and one SHA-256 over all of them."""

    count: int
    sha256: str


class ImageFingerprint(TypedDict, total=False):
    """Images beside a source's files; empty where there are none."""

    num_images: int
    images_sha256: str


class Fingerprint(ImageFingerprint):
    """Everything that a preparation depends on. `options`: the fields of `Options`."""

    format: str
    version: int
    options: JsonObject
    files: list[FileRecord]


class DroppedGroup(TypedDict):
    """Records left out for one reason; `first`: examples."""

    count: int
    first: list[str]


class OutputRecord(TypedDict):
    """Files that a preparation wrote."""

    files: list[FileRecord]
    images: FilesRecord


class Preparation(TypedDict):
    """Content of prepare.json. `dropped`: by kind of record and reason; `numbers`: checks of the numerical columns."""

    input: Fingerprint
    images_input: FilesRecord
    counts: dict[str, int]
    dropped: dict[str, dict[str, DroppedGroup]]
    numbers: dict[str, JsonObject]
    notes: list[str]
    output: OutputRecord


def claim(out: Path, fingerprint: Fingerprint, *, again: bool) -> Preparation | None:
    """Claim the directory for this preparation; return prepare.json's document where it is already finished.

    Files of an interrupted run of the same preparation stay, so that it resumes. Raises ConfigError where the directory
    holds something else. Only `again` replaces this, and only if `prepare` wrote it.
    """
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    names = {name for name in names if not name.startswith(".writing-")}
    if names and not names & {FINISHED, _STARTED}:
        raise ConfigError(f"{out}: is not empty and was not written by prepare; choose another --out")
    finished, started = _read(out / FINISHED), _read(out / _STARTED)
    if finished is not None and not again:
        if finished.get("input") == fingerprint:
            return cast(Preparation, finished)
        changed = _first_difference(finished.get("input") or {}, fingerprint)
        raise ConfigError(
            f"{out}: holds another preparation ({changed}); replace it with --again or choose another --out"
        )
    if finished is not None or started != fingerprint:
        _clear(out)
    with write_whole(out / _STARTED) as file:
        file.write(_json(fingerprint))
    return None


def finish(out: Path, document: Preparation) -> None:
    """Write prepare.json, which marks the directory as complete."""
    with write_whole(out / FINISHED) as file:
        file.write(_json(document))
    (out / _STARTED).unlink()


def describe_file(path: Path) -> FileRecord:
    """Return a file's name, size in bytes and SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def describe_files(files: Iterable[tuple[str, str]]) -> FilesRecord:
    """Return the number of (name, SHA-256) pairs and one SHA-256 over all of them, independent of their order."""
    lines = sorted(f"{name} {digest}\n" for name, digest in files)
    return {"count": len(lines), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}


def _read(path: Path) -> JsonObject | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return document if isinstance(document, dict) else {}


def _clear(out: Path) -> None:
    for name in _WRITTEN:  # prepare.json first: without it the directory does not count as complete
        path = out / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _first_difference(before: JsonMapping, now: JsonMapping) -> str:
    for key, value in now.items():
        if before.get(key) != value:
            if isinstance(value, dict):
                return _first_difference(before.get(key) or {}, value)
            return f"{key} was {str(before.get(key))[:80]} and is now {str(value)[:80]}"
    return "of another version"


def _json(document: JsonMapping) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
