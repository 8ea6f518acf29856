"""Cleaning of texts as normalisers, against open_clip's own functions."""

import random

import pytest

from trainer.pretrained import text_cleaning, torchvision_schemas

CLEANINGS = ("whitespace", "lower", "canonicalize")
SPECIAL = [
    *text_cleaning._ENTITIES,
    *text_cleaning._LIGATURES,
    *text_cleaning._WIDE_ASCII,
    *("\u02bc", "\u2018", "\u2019", "\u201a", "\u201b", "\u201c", "\u201d", "\u201e", "\u201f"),
    *(
        "\ufeff",
        "\x00",
        "\x1b[31m",
        "\t",
        "\n",
        "\u00a0",
        "\u2003",
        "_",
        "-",
        "é",
        "e\u0301",
        "ẞ",
        "Ⅷ",
        "日本",
        "שלום",
        "🧶",
    ),
]


@pytest.fixture(scope="module")
def open_clip_cleaning():
    torchvision_schemas.declare()
    from open_clip import tokenizer

    return {cleaning: getattr(tokenizer, f"_clean_{cleaning}") for cleaning in CLEANINGS}


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_every_special_character_is_cleaned_as_open_clip_does(cleaning, open_clip_cleaning):
    normaliser, theirs = text_cleaning.normaliser(cleaning), open_clip_cleaning[cleaning]
    for special in SPECIAL:
        for text in (f"a {special} b", f"Wool{special}Silk", f"{special}Mug", f"Mug{special}"):
            assert normaliser.normalize_str(text) == theirs(text), repr(text)


@pytest.mark.parametrize("cleaning", CLEANINGS)
def test_mixed_texts_are_cleaned_as_open_clip_does(cleaning, open_clip_cleaning):
    random_source = random.Random(5)
    words = [*SPECIAL, "Navy", "65W", "(2-pin)", "men's", "TEE", "  ", "50%", "a/b", "Größe", "№ 5"]
    normaliser, theirs = text_cleaning.normaliser(cleaning), open_clip_cleaning[cleaning]
    for _ in range(300):
        text = "".join(random_source.choice(("", " ")) + random_source.choice(words) for _ in range(7))
        assert normaliser.normalize_str(text) == theirs(text), repr(text)


def test_cleanings_differ_as_their_names_say():
    cleaned = {kind: text_cleaning.normaliser(kind).normalize_str(" Men&#39;s  T-Shirt, XL! ") for kind in CLEANINGS}
    assert cleaned == {
        "whitespace": "Men's T-Shirt, XL!",
        "lower": "men's t-shirt, xl!",
        "canonicalize": "mens tshirt xl",
    }
