"""open_clip's cleaning of texts as normalisers of a tokenizer.json.

open_clip cleans a text by ftfy, unescapes HTML entities and then, by the model's configuration, collapses white space,
lowers the case, or removes punctuation as well. ftfy's rules for single characters are written out here; its guesses at
broken encodings, and entities beyond the common ones, cannot be. docs/backbones.md lists what differs.
"""

from typing import Literal

from tokenizers import Regex, normalizers

Cleaning = Literal["whitespace", "lower", "canonicalize"]

NOTE = (
    "Texts are cleaned as open_clip cleans them, except that broken encodings are not repaired and only common HTML "
    "entities are unescaped."
)
_ENTITIES = {
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#34;": '"',
    "&apos;": "'",
    "&#39;": "'",
    "&#x27;": "'",
    "&nbsp;": " ",
}
_LIGATURES = {
    **{"Ĳ": "IJ", "ĳ": "ij", "ŉ": "ʼn", "Ǳ": "DZ", "ǲ": "Dz", "ǳ": "dz", "Ǆ": "DŽ", "ǅ": "Dž", "ǆ": "dž"},
    **{"Ǉ": "LJ", "ǈ": "Lj", "ǉ": "lj", "Ǌ": "NJ", "ǋ": "Nj", "ǌ": "nj"},
    **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ſt", "ﬆ": "st"},
}
_WIDE_ASCII = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_CURLY = ((Regex("[\u02bc\u2018-\u201b]"), "'"), (Regex("[\u201c-\u201f]"), '"'))
_TERMINAL_ESCAPES = Regex(r"\x1b\[(?:(?:\d|;)*)([a-zA-Z])")
_CONTROL = Regex(r"[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]")
_PUNCTUATION = Regex(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^`{|}~]""")


def normaliser(cleaning: Cleaning) -> normalizers.Sequence:
    """Return the normaliser that cleans a text in one of open_clip's ways."""
    exact = [*_ENTITIES.items(), *_LIGATURES.items(), *_WIDE_ASCII.items()]
    steps: list[normalizers.Normalizer] = [normalizers.Replace(old, new) for old, new in exact]
    steps += [normalizers.Replace(pattern, new) for pattern, new in _CURLY]
    steps += [normalizers.Replace(_TERMINAL_ESCAPES, ""), normalizers.Replace(_CONTROL, ""), normalizers.NFC()]
    if cleaning == "canonicalize":
        steps += [normalizers.Replace("_", " "), normalizers.Replace(_PUNCTUATION, "")]
    if cleaning != "whitespace":
        steps.append(normalizers.Lowercase())
    steps += [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    return normalizers.Sequence(steps)
