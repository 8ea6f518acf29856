"""Text cleaning, which removes markup and control characters, and random text augmentation for training."""

import html
import re
import unicodedata

import torch

# A tag begins with a letter, "/" or "!": "5 < 6 > 4" has none. Script and style are removed with their content.
_ENCLOSED = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(?:!--.*?--|[/!]?[a-zA-Z][^<>]{0,2000})>", re.DOTALL)
_REPEATED = re.compile(r"([!?.,;:*=_~#-])\1{3,}")  # "!!!!" means the same as "!"; "..." and "--" are kept
_ENTITY_ROUNDS = 3  # feeds escape what was already escaped: &amp;amp;


def clean_text(text: str, max_chars: int) -> str:
    """Return the text in Unicode NFC without entities, tags, control characters and runs of white space.

    Cut at `max_chars`, between words where that loses less than a fifth. Empty where nothing readable is left.
    Idempotent.
    """
    while (cleaned := _clean_once(text)) != text:  # removing a tag may uncover another; every round is shorter
        text = cleaned
    return cut_at_word(text, max_chars)


def cut_at_word(text: str, max_chars: int) -> str:
    """Return at most `max_chars` characters, cut between words where that loses less than a fifth of them."""
    if len(text) <= max_chars:
        return text
    space = text.rfind(" ", 0, max_chars + 1)
    return text[: space if space >= 0.8 * max_chars else max_chars].rstrip()


def augment_text(text: str, generator: torch.Generator, *, drop: float = 0.0, separator: str | None = None) -> str:
    """Return a random variant of an item's text for training, without about a share `drop` of its words, never all.

    `separator` joins the text's parts (the bundle's text.itemText.separator). Where it is given, all parts but the
    first come in random order. The first is the title, and the order in which a shop lists the rest has no meaning.
    """
    if separator is not None:
        title, *rest = text.split(separator)
        order = torch.randperm(len(rest), generator=generator).tolist()
        text = separator.join([title, *(rest[place] for place in order)])
    return _drop_words(text, drop, generator) if drop else text


def _drop_words(text: str, share: float, generator: torch.Generator) -> str:
    words = text.split()
    chances = torch.rand(len(words), generator=generator)
    kept = [word for word, chance in zip(words, chances, strict=True) if chance >= share]
    return " ".join(kept or words)


def _clean_once(text: str) -> str:
    for _ in range(_ENTITY_ROUNDS):
        text = html.unescape(text)
    text = _TAG.sub(" ", _ENCLOSED.sub(" ", text))
    text = unicodedata.normalize("NFC", text)
    # Removed: categories Cc (control), Cf (invisible formatting), Cs, Co and Cn, which no reader sees. Zero-width
    # joiners stay, because they hold emoji and letters of some scripts together.
    text = "".join(
        sign if sign.isprintable() or sign in "\u200c\u200d" else " " if sign.isspace() or sign < " " else ""
        for sign in text
    )
    return " ".join(_REPEATED.sub(r"\1", text).split())
