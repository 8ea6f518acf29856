"""Titles with their label, and the half that each belongs to.

Every set was written before the rules that it measures, as shops write titles. `ordinary` rows are look-alikes of
the category beside which they are written. A hash of the title draws its half: rules are written with the choosing
half in sight only. `ordinary.tsv` holds products that have nothing to do with any category, with their descriptions;
`described.tsv` products of the categories that only their descriptions tell.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("titles")


@dataclass(frozen=True)
class Title:
    """One title of a set, and whether a person labelled it as sensitive."""

    language: str
    category: str
    is_sensitive: bool
    text: str

    @property
    def half(self) -> str:
        """Return "choosing" or "reporting"."""
        return "choosing" if hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0 else "reporting"


@dataclass(frozen=True)
class Described:
    """A product as a shop of a language tells of it."""

    language: str
    title: str
    description: str


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def described(name: str) -> list[Described]:
    """Return the products of `ordinary` or `described`, in all languages."""
    return [Described(row["language"], row["title"], row["description"]) for row in _rows(name)]


def titles(name: str) -> list[Title]:
    """Return the titles of a set, for example `titles("first")`."""
    return [Title(row["language"], row["category"], row["label"] == "sensitive", row["title"]) for row in _rows(name)]
