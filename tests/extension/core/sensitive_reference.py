"""Second implementation of contracts/privacy-words.json, in plain Python: slow and obvious."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
LETTERS = str.maketrans(
    {"ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ى": "ي", "ة": "ه", "ـ": ""}
)
UNSPACED = re.compile("[\u3005\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u9fff\uf900-\ufaff]")
ARABIC = re.compile("^(?:[وف]?(?:[بك]?ال|لل)|و)(?=[\u0620-\u064a]{3})")
MAX_DESCRIPTION_CHARS = 1000


@dataclass(frozen=True)
class Place:
    """Where a term is: the field, and where in it."""

    field: int
    start: int
    end: int

    def overlaps(self, other: "Place") -> bool:
        return self.field == other.field and self.start < other.end and self.end > other.start


def fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    plain = "".join(c for c in decomposed if unicodedata.category(c)[0] != "M" or c in "\u3099\u309a")
    return unicodedata.normalize("NFC", plain).translate(LETTERS)


def runs(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for at, char in enumerate(text):
        if unicodedata.category(char)[0] not in "LN":
            continue
        if found and found[-1][0] + len(found[-1][1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + char)
        else:
            found.append((at, char))
    return found


def word_places(word: str, run: str) -> Iterator[tuple[int, int]]:
    """Yield where a word of a term is in a run."""
    text = word.replace("*", "")
    if UNSPACED.search(text) or (word.startswith("*") and word.endswith("*")):
        yield from ((found.start(), found.start() + len(text)) for found in re.finditer(f"(?={re.escape(text)})", run))
        return
    for form in {run, ARABIC.sub("", run)}:
        fits = (
            form.startswith(text)
            if word.endswith("*")
            else form.endswith(text)
            if word.startswith("*")
            else form == text
        )
        if fits:
            yield 0, len(run)


@cache
def all_words() -> dict[str, list[str]]:
    """Return every word of every term, by its letters."""
    words = {
        word for terms in _term_lists() for term in terms for part in term.split(" & ") for word in part.split(" ")
    }
    by_letters: dict[str, list[str]] = {}
    for word in sorted(words):
        by_letters.setdefault(word.replace("*", ""), []).append(word)
    return by_letters


def _term_lists() -> Iterator[Sequence[str]]:
    for rules in categories():
        yield from (rules[name] for name in LISTS)
    yield ordinary_phrases()


LISTS = ("terms", "weakTerms", "ordinaryBeside", "ordinaryAlways", "pathTerms", "shopTerms")


def flat(lists: Any) -> list[str]:
    terms = [term for one in lists.values() for term in one] if isinstance(lists, dict) else lists
    return sorted({fold(term) for term in terms})


@cache
def words_file() -> dict[str, Any]:
    return dict(json.loads((CONTRACTS / "privacy-words.json").read_text(encoding="utf-8")))


@cache
def categories() -> list[dict[str, Any]]:
    return [rules | {name: flat(rules[name]) for name in LISTS} for rules in words_file()["categories"]]


@cache
def ordinary_phrases() -> list[str]:
    return flat(words_file()["ordinaryPhrases"])


@cache
def words_in(run: str) -> dict[str, list[tuple[int, int]]]:
    # Only words whose letters are in the run are looked at closely.
    parts = {run[start:end] for start in range(len(run)) for end in range(start + 1, len(run) + 1)}
    near = [word for part in sorted(parts) for word in all_words().get(part, [])]
    return {word: places for word in near if (places := list(word_places(word, run)))}


def sequence_places(sequence: str, fields: Sequence[str]) -> list[Place]:
    first, *rest = sequence.split(" ")
    found = []
    for field, text in enumerate(fields):
        parts = runs(text)
        for at, (start, run) in enumerate(parts):
            for begin, end in words_in(run).get(first, []):
                stop = start + end
                for offset, word in enumerate(rest, 1):
                    after = parts[at + offset] if at + offset < len(parts) else (0, "")
                    places = words_in(after[1]).get(word) if after[1] else None
                    if not places:
                        break
                    stop = after[0] + places[0][1]
                else:
                    found.append(Place(field, start + begin, stop))
    return found


def places_of(terms: Sequence[str], fields: Sequence[str]) -> list[Place]:
    present = {word for text in fields for _, run in runs(text) for word in words_in(run)}
    found = []
    for term in terms:
        parts = term.split(" & ")
        if not all(word in present for part in parts for word in part.split(" ")):
            continue
        places = [sequence_places(part, fields) for part in parts]
        if all(places):
            found += places[0]
    return found


def sensitive_category(product: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> str | None:
    """Return the category that a product belongs to, `own_words` for one that the shopper blocks."""
    own = own or {}
    path = list(product.get("categoryPath", []))
    description = str(product.get("description", ""))
    title, brand = str(product.get("title", "")), str(product.get("brand", ""))
    if _has_own_word(own.get("ownWords", []), [title, brand, *path, description]):
        return "own_words"
    if product["shop"] in own.get("shops", []):
        return None
    address = urlsplit(product["url"])
    fragment = f"#{address.fragment}" if address.fragment else ""
    age = product.get("attributes", {}).get("ageGroup", "")
    short = [fold(text) for text in (title, brand, unquote(f"{address.path} {fragment}"), age, *path)]
    fields = [*short, fold(description[:MAX_DESCRIPTION_CHARS]), fold(product["shop"])]
    phrases = places_of(ordinary_phrases(), fields)
    for rules in categories():
        if rules["name"] in own.get("categories", []):
            continue
        found = {
            name: [
                place
                for place in places_of(rules[name], fields)
                if not any(place.overlaps(phrase) for phrase in phrases)
            ]
            for name in LISTS
        }
        if belongs(rules, found, short, str(product.get("gtin", ""))):
            return str(rules["name"])
    return None


def belongs(rules: Mapping[str, Any], found: Mapping[str, list[Place]], short: Sequence[str], gtin: str) -> bool:
    num = len(short)
    text = "\n".join(short)
    has = {
        name: any(re.search(one, text) for one in rules[name]) for name in ("quantities", "weakQuantities", "proofs")
    }
    certain = [
        any(place.field <= num for place in found["terms"]),
        any(4 <= place.field < num for place in found["pathTerms"]),
        any(place.field == num + 1 for place in found["shopTerms"]),
        any(segment in rules["googleCategories"] for segment in short[4:]),
        any(gtin.startswith(prefix) for prefix in rules["gtinPrefixes"]),
        has["quantities"],
    ]
    if any(certain):
        return True
    weak = [place for place in found["weakTerms"] if place.field < num]
    if not weak and not has["weakQuantities"]:
        return False
    beside = {
        name: [one for one in found[name] if one.field < num and not any(one.overlaps(other) for other in weak)]
        for name in ("ordinaryBeside", "ordinaryAlways")
    }
    if beside["ordinaryAlways"]:
        return False
    return not beside["ordinaryBeside"] or (bool(weak) and has["proofs"])


def _has_own_word(words: Sequence[str], texts: Sequence[str]) -> bool:
    folded = [fold(text) for text in texts]
    for own in words:
        parts = re.sub(r"[^\w* ]+|_", " ", fold(own)).split()
        for text in folded if parts else []:
            names = [run for _, run in runs(text)]
            for at in range(len(names) - len(parts) + 1):
                if all(any(word_places(word, names[at + i])) for i, word in enumerate(parts)):
                    return True
    return False
