"""Files of the towers benchmark: data sets under var/data, and which rows are measured already."""

import csv
import io
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from benchmarks.towers.rows import LONGER, PROTOCOLS, ROWS, settings_of, stacked
from kernel.files import write_whole
from kernel.json_object import JsonMapping

WORK = Path("var/benchmarks/towers")
NEAR_CLONES = "near_clones.npy"  # beside a split: (n,) bool, which test users have nearly their account in training


def folders_of(name: str) -> list[Path]:
    """Return the folders of NAME, or of NAME+NAME, as `python -m trainer prepare` writes them."""
    return [Path("var/data") / each for each in name.split("+")]


def images_of(name: str) -> Path | None:
    """Return the data set's folder of images, None where it has none or where there are several data sets."""
    folders = folders_of(name)
    return images if len(folders) == 1 and (images := folders[0] / "images").is_dir() else None


def has_planted(name: str) -> bool:
    """Return whether these are simulated shoppers, whose taste is known."""
    return len(folders_of(name)) == 1 and (folders_of(name)[0] / "tastes.jsonl").exists()


def interactions_of(name: str) -> Path:
    """Return the interactions; of several data sets those of users who are in all, put together.

    What others did says nothing of one department by the other, and is most of the data.
    """
    folders = folders_of(name)
    if len(folders) == 1:
        return folders[0] / "interactions.csv"
    together = WORK / name / "interactions.csv"
    headers, rows = zip(*(_csv(folder / "interactions.csv") for folder in folders), strict=True)
    common = set.intersection(*({row[0] for row in each} for each in rows))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers[0])
    writer.writerows(row for each in rows for row in each if row[0] in common)
    together.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(together) as file:
        file.write(text.getvalue().encode("utf-8"))
    return together


def _csv(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def done_file(where: Path, row: str, seed: int) -> Path:
    """Return the file that holds the fingerprint of a measured row."""
    return where / f"{row}-{seed}.done"


def is_done(where: Path, name: str, row: str, seed: int) -> bool:
    """Return whether a row was measured with the present settings and data."""
    return says(done_file(where, row, seed), fingerprint(name, where.name, row))


def says(file: Path, fingerprint: str) -> bool:
    """Return whether this file holds the fingerprint."""
    return file.exists() and file.read_text("utf-8") == fingerprint


def fingerprint(name: str, protocol: str, row: str) -> str:
    """Return a hash of what decides a row besides the code and the seed: data, protocol, the settings of its towers."""
    parts = [row] if row != "stack" else stacked(protocol)
    settings = {part: settings_of(part, protocol) if part in ROWS | LONGER else {} for part in parts}
    return split_fingerprint(name, {**PROTOCOLS[protocol], "rows": settings})


def split_fingerprint(name: str, rule: JsonMapping) -> str:
    """Return a hash of what decides a split: the rule and the data."""
    return sha256(json.dumps([rule, _data_digest(name)], sort_keys=True).encode()).hexdigest()


@cache
def _data_digest(name: str) -> str:
    """Return a hash of a data set's files, of its images by their names and sizes."""
    digest = sha256()
    for folder in folders_of(name):
        for file in ("products.jsonl", "interactions.csv"):
            digest.update((folder / file).read_bytes())
    if images := images_of(name):
        digest.update(repr(sorted((each.name, each.stat().st_size) for each in images.iterdir())).encode())
    return digest.hexdigest()
