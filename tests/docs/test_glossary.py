"""One concept, one word: sources, docs and screens never use a word that docs/glossary.md replaced."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
SUFFIXES = {".py", ".js", ".mjs", ".md", ".toml", ".j2", ".html", ".css", ".yaml"}
# Data that others wrote or that was measured, the history of changes, and the glossary itself.
EXEMPT = ("contracts/vectors/", "benchmarks/results/", "extension/generated/", "CHANGELOG.md", "docs/glossary.md")
# A word's other forms, where adding an ending does not give them.
FORMS = {"deal": "deals?", "judge": "judg(?:e|es|ed|ing|ement|ements)", "go on": "(?:go|goes|going|went|gone)[ _-]on"}
# Lines in which the word is data of pages, names of libraries or plain English of another meaning.
ALLOWED: dict[str, tuple[str, ...]] = {
    "maker": (r'"maker"', r"\.maker\b"),  # a class name of a demo shop, as real shops have it
    "go on": (r"goes on and on",),  # a sample sentence
    "picture": (
        r"picture frame",  # something that shops sell
        r"in the picture, and it arrived",  # a review of the demo mall
        r"Picture unavailable",  # words of a page
        r"name='pictures'|TABLE pictures|TO pictures|INTO pictures|`pictures`",  # a table of earlier versions
        r"photo\|picture\|",  # file names of shops
    ),
}


def replaced_words() -> list[str]:
    """Return the words of the glossary's second table that are replaced in every context."""
    table = GLOSSARY.read_text("utf-8").partition("## Words we do not use")[2]
    cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)[1:]
    return [word.strip() for say, instead_of in cells if ", for " not in say for word in instead_of.split(",")]


def pattern_of(word: str) -> re.Pattern[str]:
    """Return a pattern that finds the word in prose, in snake_case, in kebab-case and in CamelCase."""
    forms = FORMS.get(word, f"{word}s?")
    bounded = rf"(?<![a-z]){forms}(?![a-z])"
    camel = rf"(?<![A-Za-z]){word.title()}s?(?=[A-Z_]|$)|(?<=[a-z]){word.title()}s?(?![a-z])"
    return re.compile(rf"(?i:{bounded})" + ("" if " " in word else f"|{camel}"), re.MULTILINE)


def sources() -> list[str]:
    """Return the tracked files that people read, by path from the root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    own = Path(__file__).relative_to(ROOT).as_posix()
    return [
        name for name in listed.splitlines()
        if Path(name).suffix in SUFFIXES and not name.startswith(EXEMPT) and name != own and (ROOT / name).is_file()
    ]  # fmt: skip


@cache
def texts() -> dict[str, str]:
    """Return the text of every source."""
    return {name: (ROOT / name).read_text("utf-8") for name in sources()}


def uses(word: str, text: str) -> list[str]:
    """Return the lines in which the word is used, except those that the test allows."""
    if (word[:4] if " " not in word else word.split()[1]) not in text.lower():
        return []
    pattern = pattern_of(word)
    return [
        line.strip() for line in text.splitlines()
        if pattern.search(line) and not any(re.search(allowed, line) for allowed in ALLOWED.get(word, ()))
    ]  # fmt: skip


@pytest.mark.parametrize("word", replaced_words())
def test_replaced_word_is_not_used(word: str) -> None:
    found = {name: uses(word, text) for name, text in texts().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("word", replaced_words())
def test_replaced_word_is_not_in_a_path(word: str) -> None:
    assert [name for name in texts() if pattern_of(word).search(name.replace("-", "_"))] == []


def test_extractors_call_schema_org_objects_nodes() -> None:
    """In schema.org data an object is a node; an item is what is ranked."""
    extractors = [
        name for name in sources() if name.startswith(("scraper/extraction/markup/", "extension/extract/markup/"))
    ]
    assert len(extractors) > 20
    named = {name: re.findall(r"\bItems?\b|(?<!\.)\bitems?\(", texts()[name]) for name in extractors}
    assert {name: words for name, words in named.items() if words} == {}


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("picture", "def find_pictures(folder):"),
        ("picture", "class PictureRule:"),
        ("maker", "import * as maker from './visible/brand.js';"),
        ("judge", "every row is judged on valid"),
        ("judge", "judge = make(loop)"),
        ("go on", "a run that goes on where it was"),
        ("go on", "def test_a_search_goes_on_where_it_stopped():"),
        ("deal", "users are dealt out by a hash"),
        ("lesson", "class Lessons:"),
    ],
)
def test_pattern_finds_the_word_in_every_spelling(word: str, line: str) -> None:
    assert uses(word if word != "deal" else "dealt", line) == [line]


@pytest.mark.parametrize(
    ("word", "line"), [("maker", "policymaking"), ("deal", "an ideal order"), ("course", "resourceful")]
)
def test_pattern_ignores_other_words(word: str, line: str) -> None:
    assert uses(word, line) == []
