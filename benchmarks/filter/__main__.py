"""How well the filter of sensitive products decides, by language and category, and what it costs.

    python -m benchmarks.filter [--half choosing|reporting] [--fashion styles.csv] [--offers offers.csv] [--misses]

Runs the extension's own filter in Node on titles that were written before its rules. Of ordinary products of other
people's data, 1,000 each are drawn by a hash; the share that is dropped is reported. So is that of ordinary products in
eleven languages, by their titles alone and with their descriptions, and of sensitive ones that only descriptions tell.
"""

import argparse
import csv
import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import record
from benchmarks.filter.titles import Described, Title, described, titles
from kernel.json_object import JsonObject

SCRIPT = Path(__file__).with_name("decide.mjs")
SETS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
ORDINARY = 1000


class Counts(NamedTuple):
    """How titles were decided on: sensitive and dropped, ordinary and dropped, sensitive and kept."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def figures(self) -> JsonObject:
        """Return recall and precision, rounded; None where there is nothing to divide by."""
        found, dropped = self.right + self.missed, self.right + self.wrong
        return {
            "recall": round(self.right / found, 3) if found else None,
            "precision": round(self.right / dropped, 3) if dropped else None,
            "sensitive": found,
            "wronglyDropped": self.wrong,
        }


def counted(decided: Sequence[tuple[Title, str | None]]) -> Counts:
    """Count decisions on labelled titles. A sensitive title counts as found in whatever category it was dropped."""
    pairs = [(title.is_sensitive, category is not None) for title, category in decided]
    return Counts(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def by(decided: Sequence[tuple[Title, str | None]], name: str) -> JsonObject:
    """Return the figures for each value of a field of the titles."""
    groups: dict[str, list[tuple[Title, str | None]]] = defaultdict(list)
    for title, category in decided:
        groups[getattr(title, name)].append((title, category))
    return {value: counted(group).figures() for value, group in sorted(groups.items())}


def dropped_by_language(products: Sequence[Described], found: Sequence[str | None]) -> JsonObject:
    """Return how many of each language's products were dropped, and of all."""
    languages = sorted({one.language for one in products})
    dropped = [one.language for one, category in zip(products, found, strict=True) if category is not None]
    return {
        "products": len(products),
        "dropped": len(dropped),
        "language": {language: dropped.count(language) for language in languages},
    }


def drawn(path: Path, column: str) -> list[str]:
    """Return 1,000 titles of a CSV file, drawn by a hash of the title."""
    with path.open(encoding="utf-8", newline="") as file:
        found = {" ".join(row[column].split()) for row in csv.DictReader(file)}
    return sorted(found - {""}, key=lambda title: hashlib.sha256(title.encode()).digest())[:ORDINARY]


def decide(sets: Sequence[Sequence[JsonObject]]) -> Any:
    """Return what the extension decides on each set of products, and its times."""
    done = subprocess.run(["node", str(SCRIPT)], input=json.dumps(sets), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{SCRIPT.name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def print_misses(
    decided: Mapping[str, Sequence[tuple[Title, str | None]]], ordinary: Sequence[tuple[Described, str | None]]
) -> None:
    """Print what was decided on wrongly, a line each."""
    for name, group in decided.items():
        for title, category in group:
            if title.is_sensitive != (category is not None):
                print(name, title.language, title.category, title.text, "->", category)
    for one, category in ordinary:
        if category is not None:
            print("ordinary", one.language, one.title, "|", one.description, "->", category)


def main() -> int:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("choosing", "reporting"), default="reporting")
    parser.add_argument("--fashion", type=Path, help="styles.csv of Fashion Product Images")
    parser.add_argument("--offers", type=Path, help="offers.csv of the product classification data")
    parser.add_argument("--misses", action="store_true", help="print the titles that were decided on wrongly")
    arguments = parser.parse_args()
    labelled = {name: [one for one in titles(name) if one.half == arguments.half] for name in SETS}
    given = {"fashion": (arguments.fashion, "productDisplayName"), "offers": (arguments.offers, "title")}
    ordinary = {name: drawn(path, column) for name, (path, column) in given.items() if path}
    eleven, told = described("ordinary"), described("described")
    answer = decide(
        [
            *([{"title": one.text} for one in group] for group in labelled.values()),
            *([{"title": title} for title in group] for group in ordinary.values()),
            [{"title": one.title} for one in eleven],
            *([{"title": one.title, "description": one.description} for one in group] for group in (eleven, told)),
        ]
    )
    *decisions, by_title, by_all, by_description = answer.pop("decisions")
    decided = {
        name: list(zip(group, found, strict=True))
        for (name, group), found in zip(labelled.items(), decisions, strict=False)
    }
    result: JsonObject = {
        **record.environment(),
        "half": arguments.half,
        "sets": {
            name: {
                "all": counted(group).figures(),
                "language": by(group, "language"),
                "category": by(group, "category"),
            }
            for name, group in decided.items()
        },
        "ordinaryDropped": {
            name: sum(one is not None for one in found) / len(found)
            for name, found in zip(ordinary, decisions[len(decided) :], strict=True)
        },
        "elevenLanguagesDropped": {
            "titles": dropped_by_language(eleven, by_title),
            "withDescriptions": dropped_by_language(eleven, by_all),
        },
        "toldByDescriptionDropped": dropped_by_language(told, by_description),
        **{name: round(value, 3) for name, value in answer.items()},
    }
    record.write(f"filter_{arguments.half}", result)
    print(json.dumps(result, indent=1))
    if arguments.misses:
        print_misses(decided, list(zip(eleven, by_all, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
