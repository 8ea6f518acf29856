"""The table that the lite bundle distils: which pieces stay, what the lexicon does, and how values are rounded."""

import numpy as np
import pytest

from encoders.token_table import WORD_START, TokenTable
from exporter import distilled_table

ENGLISH = ("shirt", "dress", "red", "rock", "lamp", "oak", "boots", "watch", "skirt", "the", "of", "and")
FOREIGN = ("hemd", "lampe", "zegarek", "рубашка")


class Teacher:
    """A model of a few words, whose vectors are drawn by the word."""

    def __init__(self):
        controls = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0)]
        words = [WORD_START + word for word in ("Shirt", *ENGLISH, *FOREIGN)]
        self.pieces = [
            *controls,
            *((piece, -5.0 - i / 10) for i, piece in enumerate((WORD_START, *words, *"abcdehimr"))),
        ]

    def encode(self, texts):
        made = [np.random.default_rng(list(text.encode())).normal(size=64) for text in texts]
        return np.stack([vector / np.linalg.norm(vector) for vector in made]).astype(np.float32)


@pytest.fixture(scope="module")
def table():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distilled_table, "DIM", 16)
        patch.setattr(distilled_table, "LEXICON_RANK", 3)
        return distilled_table.build(Teacher(), lambda line: None)


def cosine(table, one, other):
    texts = TokenTable(table)
    pieces = texts.encode([one, other])[:, : table.values.shape[1]]
    return float(pieces[0] @ pieces[1] / np.linalg.norm(pieces[0]) / np.linalg.norm(pieces[1]))


def test_foreign_word_means_what_its_english_words_mean(table):
    assert cosine(table, "Hemd", "shirt") > 0.9
    assert cosine(table, "lampe", "lamp") > 0.9
    assert cosine(table, "Hemd", "lamp") < 0.7


def test_word_that_the_vocabulary_lacks_is_added(table):
    assert WORD_START + "overhemd" in table.pieces
    assert cosine(table, "overhemd", "shirt") > 0.9


def test_foreign_word_that_is_english_too_keeps_its_meaning(table):
    assert cosine(table, "rock", "skirt") < 0.6
    assert table.pieces.index(WORD_START + "rock") not in table.translations


def test_translation_is_stored_for_the_word_channel(table):
    assert table.translations[table.pieces.index(WORD_START + "hemd")] == ("shirt",)


def test_pieces_are_lowercased_and_unique(table):
    assert WORD_START + "shirt" in table.pieces
    assert WORD_START + "Shirt" not in table.pieces
    assert len(set(table.pieces)) == len(table.pieces)


def test_rarest_pieces_go_first_but_characters_stay(monkeypatch):
    monkeypatch.setattr(distilled_table, "LATIN_PIECES", 8)
    monkeypatch.setattr(distilled_table, "OTHER_PIECES", 0)
    kept = [piece.text for piece in distilled_table._kept(Teacher().pieces)]
    assert WORD_START + "shirt" in kept
    assert WORD_START + "zegarek" not in kept
    assert WORD_START + "рубашка" not in kept
    assert set("abcdehimr") <= set(kept)


def test_lexicon_has_nine_languages_on_every_line():
    lines = [line for line in distilled_table.LEXICON.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) > 300
    for line in lines:
        assert len(line.split("|")) == 9, line
        assert line == line.strip()


def test_rounding_takes_the_scale_with_the_least_error():
    rows = np.random.default_rng(2).normal(size=(40, 12)) * np.exp(np.random.default_rng(3).normal(size=(40, 1)))
    scales, values = distilled_table.quantised(rows)
    for row, scale, value in zip(rows, scales, values, strict=True):
        found = np.square(value * 2.0**-10 * 2 ** (scale / 16) - row).sum()
        factors = 2.0**-10 * 2 ** (np.arange(256) / 16)
        first = int(np.argmax(7 * factors >= abs(row).max() * (1 - 1e-12)))  # whose range holds the largest value
        candidates = factors[max(first - 16, 0) : first + 1]
        least = min(np.square(np.clip(np.round(row / factor), -8, 7) * factor - row).sum() for factor in candidates)
        assert found == pytest.approx(least, rel=1e-9)
    assert values.min() >= -8
    assert values.max() <= 7
