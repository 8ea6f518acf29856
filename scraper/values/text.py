"""Cleaning of page text for storage: entities, tags, white space, lengths, personal data."""

import base64
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from kernel.contracts import contract
from scraper.values.vocabulary import vocabulary

_PLACEHOLDERS = frozenset(vocabulary("values", "text")["placeholders"])
_BLOCK_END = re.compile(r"<\s*(?:br|/p|/li|/div|/h[1-6]|/tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")


def clean(value: object, max_length: int) -> str | None:
    """Return one line of plain text cut to `max_length`, or None for nothing and for placeholders such as "null"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # Cut before unescaping too, so that a huge value costs no more than a large one.
    text = html.unescape(str(value)[: max_length * 20])
    if "<" in text:
        text = html.unescape(_TAG.sub("", _BLOCK_END.sub(" ", text)))
    text = re.sub(r"[\x00-\x08\x0e-\x1f\x7f\u200b\ufeff\ud800-\udfff\ue000-\uf8ff]", "", text)
    text = " ".join(text.split())[:max_length].rstrip()
    return None if not text or text.lower() in _PLACEHOLDERS else text


def key_of(text: str | None) -> str:
    """Return letters, digits and _ only, in lower case, for the comparison of titles."""
    return re.sub(r"\W+", "", (text or "").lower())


def scrub(text: str) -> str:
    """Return `text` without e-mail addresses, numbers of persons and engraved names (`contracts/privacy.json`)."""
    replacement = str(contract("privacy.json")["personalDataReplacement"])
    bare = _INVISIBLE.sub("", text)
    spans = _personal_spans(bare)
    if not spans:
        return text
    text = bare
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], replacement]
        at = end
    return "".join([*parts, text[at:]])


@dataclass(frozen=True)
class _PersonalPattern:
    expression: re.Pattern[str]
    check: Callable[[str], bool]


def _personal_spans(text: str) -> list[tuple[int, int]]:
    """Return where personal data are, in order and apart."""
    reading = "".join(map(_plain, text))
    found = [
        one.span()
        for pattern in _personal_patterns()
        for one in pattern.expression.finditer(reading)
        if pattern.check(one[0])
    ]
    found += [
        one.span()
        for expression in _encoded_runs()
        for one in expression.finditer(reading)
        if _is_encoded_email(one[0])
    ]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart


def _plain(char: str) -> str:
    if "\uff10" <= char <= "\uff19" or "\u0660" <= char <= "\u0669" or "\u06f0" <= char <= "\u06f9":
        return str(unicodedata.digit(char))
    if "\u2010" <= char <= "\u2015" or char in "\u2212\ufe63\uff0d":
        return "-"
    return {"\uff20": "@", "\ufe6b": "@", "\uff0b": "+"}.get(char, " " if char.isspace() else char)


def _digits(text: str) -> str:
    return "".join(char for char in text if "0" <= char <= "9")


def _is_card(text: str) -> bool:
    digits = _digits(text)
    if not _CARDS.fullmatch(digits):
        return False
    weighed = [(int(digit), place) for place, digit in enumerate(reversed(digits))]
    if len(digits) == _GTIN_DIGITS and sum(digit * (3 if place % 2 else 1) for digit, place in weighed) % 10 == 0:
        return False
    return sum(sum(map(int, str(digit * (2 if place % 2 else 1)))) for digit, place in weighed) % 10 == 0


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[-. ]", "", text).upper()
    length = contract("privacy.json")["ibanLengths"].get(plain[:2])
    if length is None or len(plain) < length:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:length] + plain[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    return _LEAST_PHONE_DIGITS <= len(_digits(text)) <= _MOST_PHONE_DIGITS


def _is_not_isbn(text: str) -> bool:
    return len(text) != _ISBN_DIGITS or sum(place * int(c) for place, c in enumerate(reversed(text), 1)) % 11 != 0


def _is_encoded_email(run: str) -> bool:
    base64_text = run.rstrip("=").replace("-", "+").replace("_", "/")
    if len(base64_text) % 4 == 1:
        return False
    text = base64.b64decode(base64_text + "=" * (-len(base64_text) % 4)).decode("latin-1")
    return _personal_patterns()[0].expression.search("".join(map(_plain, text))) is not None


_CARDS = re.compile(r"3(?:0[0-5]|[68])[0-9]{11,12}|3[47][0-9]{13}|(?:2[2-7]|35|4|5|6)[0-9]{14,18}")
# Soft hyphens, characters of no width, and marks of direction: they can part a number without being seen.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_GTIN_DIGITS = 14
_ISBN_DIGITS = 10
_LEAST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 9, 15
_CHECKS: dict[str, Callable[[str], bool]] = {
    "card": _is_card,
    "iban": _is_iban,
    "phone": _is_phone,
    "notIsbn": _is_not_isbn,
}


@cache
def _encoded_runs() -> tuple[re.Pattern[str], ...]:
    """Return patterns of base64: without the slash, which also ends a part of a path, and with it."""
    return tuple(map(re.compile, contract("privacy.json")["encodedRuns"]))


@cache
def _personal_patterns() -> tuple[_PersonalPattern, ...]:
    rules = contract("privacy.json")["personalDataPatterns"]
    return tuple(
        _PersonalPattern(re.compile(rule["pattern"]), _CHECKS[rule["check"]] if "check" in rule else lambda _: True)
        for rule in rules
    )
