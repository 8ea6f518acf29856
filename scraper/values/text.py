"""Cleaning of page text for storage: entities, tags, white space, lengths, personal data."""

import html
import re
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
    """Return `text` without e-mail addresses, phone and card numbers (`contracts/privacy.json`)."""
    replacement = contract("privacy.json")["personalDataReplacement"]
    for pattern in _personal_patterns():
        text = pattern.sub(lambda _: replacement, text)
    return text


@cache
def _personal_patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rule["pattern"]) for rule in contract("privacy.json")["personalDataPatterns"])
