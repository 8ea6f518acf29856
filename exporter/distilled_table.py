"""Token table distilled from USE Multilingual: the text encoder of the `lite` bundle.

Each piece of the model's SentencePiece vocabulary is embedded alone; the mean is removed, the widest directions are
kept, and each vector is scaled by the rarity of its piece, so that a plain sum over a title's pieces is its embedding.
Words of shops in other languages (goods_words.txt) get the vector of their English words, which aligns languages better
than the model does. docs/decisions/0014-token-table.md has the measurements.
"""

import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders.token_table import (
    SCALE_OF_ZERO,
    SCALES_PER_OCTAVE,
    SCORES_PER_UNIT,
    WEIGHTS_PER_UNIT,
    WORD_START,
    TableFile,
    TokenTable,
)
from exporter.errors import ExportError
from trainer.pretrained import minilm
from trainer.pretrained.use_multilingual import UseMultilingual

LATIN_PIECES, OTHER_PIECES = 44_000, 9_000
DIM = 192
WORD_DIM = 128
WORD_WEIGHT = 0.5
RIDGE = 0.1  # of a shop's metric over this table's features (docs/decisions/0014-token-table.md)
# A foreign word that is an English word too ("rock", German for skirt) keeps most of its English meaning.
ENGLISH_SHARE = 0.9
# MiniLM's vocabulary is ordered by frequency in English: what comes later is rarely a word people type.
NUM_ENGLISH = 12_000
# Words of the lexicon are found as readily as a word of this rank, and count as much as one in the word channel.
LEXICON_RANK = 2000
LEXICON_WEIGHT = 7.0
LEXICON = Path(__file__).with_name("goods_words.txt")
NUM_CONTROLS = 3  # <unk>, <s>, </s>
_Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class _Piece:
    """A lowercased piece, its score and the word that is embedded for it."""

    text: str
    score: float
    is_latin: bool

    @property
    def word(self) -> str:
        return self.text.replace(WORD_START, " ").strip()


def build(model: UseMultilingual, progress: Callable[[str], None]) -> TableFile:
    """Return the table's content; `progress` receives the name of each step."""
    progress("embedding the pieces of USE Multilingual's vocabulary")
    pieces = _kept(model.pieces)
    vectors = model.encode([piece.word for piece in pieces]).astype(np.float64)
    progress("distilling the token table")
    rarity = np.log(2.0 + np.arange(1, len(pieces) + 1))
    table = _projected(vectors, DIM) * rarity[:, None]
    texts, scores, weights = [piece.text for piece in pieces], [piece.score for piece in pieces], list(rarity)
    table, translations = _with_lexicon(table, texts, scores, weights)
    scales, values = quantised(table)
    return TableFile(
        pieces=tuple(texts),
        scores=np.round(np.array(scores) * SCORES_PER_UNIT).astype(np.int16),
        weights=np.round(np.array(weights) * WEIGHTS_PER_UNIT).astype(np.uint8),
        scales=scales,
        values=values,
        word_dim=WORD_DIM,
        word_weight=WORD_WEIGHT,
        translations=translations,
    )


def _kept(vocabulary: Sequence[tuple[str, float]]) -> list[_Piece]:
    """Return the most frequent pieces, lowercased and each once, and all that are a single character."""
    scores: dict[str, float] = {}
    for text, score in vocabulary[NUM_CONTROLS:]:
        cleaned = unicodedata.normalize("NFKC", text).lower()
        if cleaned and "\n" not in cleaned and " " not in cleaned:
            scores[cleaned] = max(score, scores.get(cleaned, score))
    pieces = [_Piece(text, score, _is_latin(text)) for text, score in sorted(scores.items(), key=lambda item: -item[1])]
    kept = []
    room = {True: LATIN_PIECES, False: OTHER_PIECES}
    for piece in pieces:
        is_character = len(piece.word) <= 1
        if is_character or room[piece.is_latin] > 0:
            kept.append(piece)
            room[piece.is_latin] -= 1
    return kept


def _is_latin(text: str) -> bool:
    letters = (char for char in text if char.isalpha())
    return all(unicodedata.name(char, "").startswith("LATIN") for char in letters)


def _projected(vectors: _Doubles, dim: int) -> _Doubles:
    """Return centred vectors (n, D) in their `dim` widest directions."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    widest = directions[:, ::-1][:, :dim]
    largest = np.abs(widest).argmax(axis=0)
    signs: _Doubles = np.sign(widest[largest, np.arange(dim)])  # a direction's sign is arbitrary
    projected: _Doubles = centred @ (widest * signs)
    return projected


def lexicon() -> dict[str, list[str]]:
    """Return each foreign word, lowercased, with the English concepts of the lines that list it."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(LEXICON.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        english, *columns = (column.strip() for column in line.split("|"))
        if not english or not columns:
            raise ExportError(f"{LEXICON}:{number}: expected an English concept and words of other languages")
        for form in " ".join(columns).split():
            found.setdefault(unicodedata.normalize("NFKC", form).lower(), []).append(english)
    return found


def _english_words() -> set[str]:
    vocabulary = json.loads((minilm.model_dir() / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return {word for word, rank in vocabulary.items() if rank < NUM_ENGLISH and not word.startswith("##")}


def _with_lexicon(
    table: _Doubles, texts: list[str], scores: list[float], weights: list[float]
) -> tuple[_Doubles, dict[int, tuple[str, ...]]]:
    """Return the table with the lexicon's words, and what they translate to.

    A word that is a piece changes its row; others are added to the three lists.
    """
    row_of = {text: row for row, text in enumerate(texts)}
    sums = _SumOfPieces(table, texts, scores)
    english = _english_words()
    table, added = table.copy(), []
    translations: dict[int, tuple[str, ...]] = {}
    for form, concepts in lexicon().items():
        vector = np.mean([sums.concept(concept) for concept in concepts], axis=0)
        if form in english:
            vector = ENGLISH_SHARE * sums.word(form) + (1 - ENGLISH_SHARE) * vector
        row = row_of.get(WORD_START + form)
        if form not in english:
            translations[len(texts) if row is None else row] = tuple(concepts[0].split())
        if row is not None:
            table[row] = vector
            continue
        texts.append(WORD_START + form)
        scores.append(scores[LEXICON_RANK])
        weights.append(LEXICON_WEIGHT)
        added.append(vector)
    return np.vstack([table, *added]), translations


class _SumOfPieces:
    """Sums of a table's vectors over words, before anything is added to the table."""

    def __init__(self, table: _Doubles, texts: Sequence[str], scores: Sequence[float]) -> None:
        self._table = table.copy()
        self._row_of = {text: row for row, text in enumerate(texts)}
        num = len(texts)
        nothing = np.zeros(num, dtype=np.uint8)
        self._segmenter = TokenTable(
            TableFile(
                tuple(texts),
                np.round(np.array(scores) * SCORES_PER_UNIT).astype(np.int16),
                nothing,
                nothing,
                np.zeros((num, 2), dtype=np.int8),
                word_dim=0,
                word_weight=0.0,
            )
        )

    def word(self, word: str) -> _Doubles:
        """Return the sum over a word's pieces, (dim,)."""
        rows = [self._row_of[piece] for piece in self._segmenter.segment(word)]
        total: _Doubles = self._table[rows].sum(axis=0)
        return total

    def concept(self, english: str) -> _Doubles:
        """Return the mean of some words' vectors, as long as they are on average, (dim,)."""
        words = np.stack([self.word(word) for word in english.split()])
        mean: _Doubles = words.mean(axis=0)
        scaled: _Doubles = mean / np.linalg.norm(mean) * np.linalg.norm(words, axis=1).mean()
        return scaled


def quantised(table: _Doubles) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Return (n,) scales and (n, dim) values of -8..7, of the scales within an octave the one with the least error."""
    largest = np.maximum(np.abs(table).max(axis=1), SCALE_OF_ZERO)
    finest = np.ceil(np.log2(largest / 7 / SCALE_OF_ZERO) * SCALES_PER_OCTAVE).clip(0, 255)
    scales, values = np.zeros(len(table)), np.zeros(table.shape, dtype=np.int8)
    least = np.full(len(table), np.inf)
    for step in range(SCALES_PER_OCTAVE + 1):
        tried = (finest - step).clip(0, 255)
        factors = SCALE_OF_ZERO * np.exp2(tried / SCALES_PER_OCTAVE)
        rounded = np.round(table / factors[:, None]).clip(-8, 7)
        error = np.square(rounded * factors[:, None] - table).sum(axis=1)
        better = error < least
        least[better], scales[better], values[better] = error[better], tried[better], rounded[better]
    return scales.astype(np.uint8), values
