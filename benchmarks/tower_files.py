"""What benchmarks/towers.py reads and keeps: a data set's files under var/data, and which rows are measured already."""

import csv
import io
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from benchmarks.tower_rows import LONGER, PROTOCOLS, ROWS, settings_of, stacked
from trainer.whole_files import write_whole

WORK = Path("var/benchmarks/towers")


def folders_of(name: str) -> list[Path]:
    """Return the folders of NAME, or of NAME+NAME, as `python -m trainer prepare` writes them."""
    return [Path("var/data") / each for each in name.split("+")]


def images_of(name: str) -> Path | None:
    """Return the data set's folder of pictures, None where it has none; of several none, for a run reads one folder."""
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
    """Return the file that says what a row, measured already, was measured with: its fingerprint."""
    return where / f"{row}-{seed}.done"


def is_done(where: Path, name: str, row: str, seed: int) -> bool:
    """Return whether a row was measured with the settings and on the data that are there now."""
    done = done_file(where, row, seed)
    return done.exists() and done.read_text() == fingerprint(name, where.name, row)


@cache
def fingerprint(name: str, protocol: str, row: str) -> str:
    """Return a hash of what decides a row besides the code and the seed: data, protocol, the settings of its towers."""
    parts = [row] if row != "stack" else [part for part in stacked(protocol) if part in ROWS]
    settings = [PROTOCOLS[protocol], [settings_of(part, protocol) for part in parts if part in ROWS | LONGER]]
    digest = sha256(json.dumps([row, *settings], sort_keys=True).encode())
    for folder in folders_of(name):
        for file in ("products.jsonl", "interactions.csv"):
            digest.update((folder / file).read_bytes())
    return digest.hexdigest()
