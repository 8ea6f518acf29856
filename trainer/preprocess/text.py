"""Texts as people wrote them, without what machines left in them; and changed a little, for training."""

import html
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

# A tag begins with a letter, "/" or "!": "5 < 6 > 4" has none. Script and style go with what they enclose.
_ENCLOSED = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(?:!--.*?--|[/!]?[a-zA-Z][^<>]{0,2000})>", re.DOTALL)
_REPEATED = re.compile(r"([!?.,;:*=_~#-])\1{3,}")  # "!!!!" says no more than "!"; "..." and "--" are words of their own
_ENTITY_ROUNDS = 3  # feeds escape what was already escaped: &amp;amp;


def clean_text(text: str, max_chars: int) -> str:
    """Return the text in Unicode NFC without entities, tags, control characters and runs of white space.

    Cut at `max_chars` between words where that loses less than a fifth. Empty where nothing readable is left. Cleaning
    what is clean changes nothing.
    """
    while (cleaned := _clean_once(text)) != text:  # a tag taken away may uncover another; every round is shorter
        text = cleaned
    return cut_at_word(text, max_chars)


def cut_at_word(text: str, max_chars: int) -> str:
    """Return at most `max_chars` characters, cut between words where that loses less than a fifth of them."""
    if len(text) <= max_chars:
        return text
    space = text.rfind(" ", 0, max_chars + 1)
    return text[: space if space >= 0.8 * max_chars else max_chars].rstrip()


def drop_words(text: str, generator: np.random.Generator, share: float) -> str:
    """Return the text without about `share` of its words, drawn one by one; at least one word stays."""
    words = text.split()
    stays = generator.random(len(words)) >= share
    if words and not stays.any():
        stays[generator.integers(len(words))] = True
    return " ".join(word for word, stay in zip(words, stays, strict=True) if stay)


def shuffle_parts(parts: Sequence[str], generator: np.random.Generator, num_fixed: int = 1) -> list[str]:
    """Return the parts with the first `num_fixed` in place and the rest in a drawn order.

    An item's text is title, brand, categories and attributes; in what order a shop states attributes means nothing.
    """
    rest = list(parts[num_fixed:])
    return [*parts[:num_fixed], *(rest[place] for place in generator.permutation(len(rest)))]


def augment_text(text: str, generator: np.random.Generator, *, separator: str = ". ", drop: float = 0.1) -> str:
    """Return one variation of an item's text for training: later parts in another order, some words left out.

    `separator` is what joins the parts (the bundle's text.itemText.separator). All chance is the generator's.
    """
    parts = shuffle_parts(text.split(separator), generator)
    return separator.join(part for part in (drop_words(part, generator, drop) for part in parts) if part)


def _clean_once(text: str) -> str:
    for _ in range(_ENTITY_ROUNDS):
        text = html.unescape(text)
    text = _TAG.sub(" ", _ENCLOSED.sub(" ", text))
    text = unicodedata.normalize("NFC", text)
    # Categories Cc (control), Cf (invisible formatting), Cs, Co, Cn: nothing that a reader sees. A zero-width joiner
    # holds emoji and some scripts' letters together and stays.
    text = "".join(
        sign if sign.isprintable() or sign in "\u200c\u200d" else " " if sign.isspace() or sign < " " else ""
        for sign in text
    )
    return " ".join(_REPEATED.sub(r"\1", text).split())
