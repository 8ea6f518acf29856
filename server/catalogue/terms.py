"""Terms of texts, for items and queries alike: what the index of words holds, and what is looked up in it.

A model number gives its letters and digits apart and together, so that "WH1000XM4", "WH-1000XM4" and "wh 1000 xm4"
meet. A number with a unit gives one term however it is written. Scripts without spaces give pairs of letters.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from server.catalogue.units import UNITS, measure_term

VERSION = 1  # of the rules below: an index of other rules is built again
MAX_QUERY_CHARS = 500
MAX_WORDS = 24
_MAX_TERM_CHARS = 40
_LEAST_CODE_DIGITS = 8  # of a number that may be a GTIN, whose leading zeros shops leave out

_MARKS = "".join(chr(code) for code in range(0x370, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
_LETTER = f"[^\\W_{_MARKS}]|[{_MARKS}]"
_RUN = f"(?:{_LETTER})+"
# What stands between the parts of a model number, of a word with a hyphen, and of a decimal number.
_CHUNK = re.compile(f"{_RUN}(?:[-/.'\u2019_]{_RUN}|(?<=[0-9]),(?=[0-9]){_RUN})*")
_PARTS = re.compile(_RUN)
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_MEASURE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,4})?)-?([a-z]+)")
_LETTERS_OR_DIGITS = re.compile(r"[0-9]+|[^0-9]+")
_INCHES = re.compile("(?<=[0-9])(?:[\"\u201d\u2033]|'')")
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Han, kana, Hangul, Thai, Lao, Myanmar, Khmer.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\U00020000-\U0003ffff"
)
_IN_SCRIPTS = re.compile(f"[{_UNSPACED}{_MARKS}]+|[^{_UNSPACED}{_MARKS}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


@dataclass(frozen=True)
class Word:
    """A word of a query.

    Attributes:
        text: as typed, without case and accents.
        terms: each of them stands for the whole word.
        parts: terms that stand for it together, such as the letters and digits of a model number.
    """

    text: str
    terms: tuple[str, ...]
    parts: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        """Return whether it has letters and digits, as model numbers do."""
        return any(c.isdigit() for c in self.text) and any(c.isalpha() for c in self.text)


def folded(text: str) -> str:
    """Return `text` without differences of case, width and accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return _INCHES.sub(" in", unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed)))


def terms_of(text: str) -> list[str]:
    """Return the terms under which a text of an item is found, in its order."""
    found: list[str] = []
    for word in _words(folded(text)):
        found += dict.fromkeys((*word.terms, *word.parts))
    return found


def query_words(text: str) -> list[Word]:
    """Return the words of a query, each once, at most MAX_WORDS; none of a text without letters and digits."""
    return list(dict.fromkeys(_words(folded(text[:MAX_QUERY_CHARS]))))[:MAX_WORDS]


def _words(text: str) -> Iterator[Word]:
    chunks = [match[0] for match in _CHUNK.finditer(text)]
    skips = False
    for chunk, following in pairwise([*chunks, ""]):
        if skips:
            skips = False
            continue
        if _NUMBER.fullmatch(chunk) and following in UNITS:  # "64 GB"
            skips = True
            yield _measure(chunk, following)
        else:
            yield from _words_of(chunk)


def _words_of(chunk: str) -> Iterator[Word]:
    if _IS_UNSPACED.search(chunk):
        for run in _IN_SCRIPTS.findall(chunk):
            yield from _pairs(run) if _IS_UNSPACED.search(run) else _words_of(run)
        return
    measure = _MEASURE.fullmatch(chunk)
    if measure and measure[2] in UNITS:  # "64GB"
        yield _measure(measure[1], measure[2])
    elif _NUMBER.fullmatch(chunk):
        number = chunk.replace(",", ".")
        yield Word(number, (_code(number),))
    else:
        yield from _word(chunk)


def _measure(number: str, unit: str) -> Word:
    number = number.replace(",", ".")
    return Word(number + unit, (_cut(measure_term(number, unit)),), (_cut(number), _cut(unit)))


def _word(chunk: str) -> Iterator[Word]:
    whole = "".join(_PARTS.findall(chunk))
    if not whole:
        return
    pieces = _PARTS.findall(chunk)
    if not any(c.isdigit() for c in whole):
        if len(pieces) > 2 or (len(pieces) == 2 and min(map(len, pieces)) > 2):  # "black/silver" are two words
            yield from (Word(piece, (_stem(piece),)) for piece in pieces)
        else:  # "t-shirt", "levi's"
            yield Word(whole, (_stem(whole),), tuple(_stem(piece) for piece in pieces) if len(pieces) > 1 else ())
        return
    parts = [_code(part) for piece in pieces for part in _LETTERS_OR_DIGITS.findall(piece)]
    yield Word(whole, (_code(whole),), tuple(parts) if len(parts) > 1 else ())


def _pairs(run: str) -> Iterator[Word]:
    if len(run) == 1:
        yield Word(run, (run,))
    for pair in pairwise(run):
        yield Word("".join(pair), ("".join(pair),))


def _code(text: str) -> str:
    return _cut(text.lstrip("0") or "0" if text.isdigit() and len(text) >= _LEAST_CODE_DIGITS else text)


def _cut(text: str) -> str:
    return text[:_MAX_TERM_CHARS]


def _stem(word: str) -> str:
    """Return a word without the English plural's ending (Harman's S-stemmer)."""
    if len(word) > 3 and word.isascii() and word.endswith("s"):
        if word.endswith("ies") and not word.endswith(("eies", "aies")):
            word = word[:-3] + "y"
        elif word.endswith(("sses", "shes", "ches", "xes")):
            word = word[:-2]
        elif not word.endswith(("us", "ss")):
            word = word[:-1]
    return _cut(word)
