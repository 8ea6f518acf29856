"""Token table: a text encoder of static token vectors and hashed words, which runs without a network.

A text is NFKC-normalised and lowercased. Its words, runs of letters, marks and digits, are segmented into the pieces of
highest total score, as SentencePiece's unigram model does; the sum of their vectors is the text's meaning. A second sum
is over the words themselves, each a vector of random signs drawn from the word's hash and weighted by the rarity of its
pieces. It holds which words two texts share, and separates model numbers whose meaning is the same. In this sum a
foreign word that the table translates counts as its English words.

    text features = unit([unit(sum of piece vectors) | word_weight * unit(sum of weight * signs)])

extension/core/token-table.js is the twin of this module, and contracts/vectors/token-table.json holds the cases of
both. docs/decisions/0014-token-table.md says where the vectors come from and what was measured.
"""

import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoders.errors import EncodingError
from kernel.contract_types import TokenTableRule

Floats = NDArray[np.float32]

WORD_START = "\u2581"  # what SentencePiece puts before a word
MAGIC = b"CTT1"
_HEADER = struct.Struct("<4s3If2I")
SCORES_PER_UNIT = 100
WEIGHTS_PER_UNIT = 16
SCALES_PER_OCTAVE = 16
SCALE_OF_ZERO = 2.0**-10  # what a scale of 0 stands for; each further step is a sixteenth of an octave
UNKNOWN_WEIGHT = 8 * WEIGHTS_PER_UNIT
_UNKNOWN_PENALTY = 10 * SCORES_PER_UNIT
_MAX_PIECES = 1_000_000
_MAX_DIM = 4096
_CACHED_WORDS = 200_000


@dataclass(frozen=True)
class TableFile:
    """Content of a token table's file.

    Attributes:
        pieces: (n,) texts, each once; those that begin a word begin with WORD_START.
        scores: (n,) int16, log probabilities in hundredths.
        weights: (n,) uint8, rarity in sixteenths, for the word channel.
        scales: (n,) uint8, what a row's values are multiplied by: SCALE_OF_ZERO * 2^(scale / 16).
        values: (n, dim) int8 in -8..7.
        word_dim: number of coordinates of the word channel, a multiple of 32.
        word_weight: length of the word channel beside the unit length of the pieces' sum.
        translations: row of a foreign word -> the English words it counts as in the word channel.
    """

    pieces: tuple[str, ...]
    scores: NDArray[np.int16]
    weights: NDArray[np.uint8]
    scales: NDArray[np.uint8]
    values: NDArray[np.int8]
    word_dim: int
    word_weight: float
    translations: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return the file: header, pieces, translations, scores, weights, scales, and two values a byte, low one first.

        Pieces are lines; translations are lines of a row and its words, separated by spaces.
        """
        pieces = "\n".join(self.pieces).encode()
        lines = (" ".join((str(row), *words)) for row, words in sorted(self.translations.items()))
        translations = "\n".join(lines).encode()
        nibbles = (self.values + 8).astype(np.uint8).reshape(-1)
        packed = nibbles[0::2] | (nibbles[1::2] << 4)
        header = _HEADER.pack(
            *(MAGIC, len(self.pieces), self.values.shape[1], self.word_dim, self.word_weight),
            *(len(pieces), len(translations)),
        )
        arrays = (self.scores.astype("<i2"), self.weights, self.scales, packed)
        return b"".join((header, pieces, translations, *(array.tobytes() for array in arrays)))


def table_file_from(data: bytes) -> TableFile:
    """Return the content of a token table's bytes; raises EncodingError that names what does not fit."""
    if len(data) < _HEADER.size or data[:4] != MAGIC:
        raise EncodingError(f"expected a token table that begins with {MAGIC.decode()}, got {data[:4]!r}")
    _, num, dim, word_dim, word_weight, num_bytes, num_translation_bytes = _HEADER.unpack_from(data)
    if not (0 < num <= _MAX_PIECES and 0 < dim <= _MAX_DIM and dim % 2 == 0):
        raise EncodingError(f"expected 1 to {_MAX_PIECES} pieces of an even dim to {_MAX_DIM}, got {num} of {dim}")
    if word_dim > _MAX_DIM or word_dim % 32 or not 0 <= word_weight <= 100:
        raise EncodingError(f"expected a word channel of a multiple of 32 and weight 0 to 100, got {word_dim}")
    expected = _HEADER.size + num_bytes + num_translation_bytes + num * (4 + dim // 2)
    if len(data) != expected:
        raise EncodingError(f"expected a token table of {expected} bytes by its header, got {len(data)}")
    middle = _HEADER.size + num_bytes
    at = middle + num_translation_bytes
    try:
        pieces = tuple(data[_HEADER.size : middle].decode().split("\n"))
        lines = data[middle:at].decode().split("\n") if at > middle else []
    except UnicodeDecodeError as error:
        raise EncodingError(f"expected the texts of a token table in UTF-8: {error}") from error
    if len(set(pieces)) != num or len(pieces) != num or "" in pieces:
        raise EncodingError(f"expected {num} different pieces, got {len(set(pieces))}")
    translations = dict(_translation(line, num) for line in lines)
    scores = np.frombuffer(data, "<i2", num, at)
    weights, scales = (np.frombuffer(data, np.uint8, num, at + (2 + i) * num) for i in range(2))
    packed = np.frombuffer(data, np.uint8, num * dim // 2, at + 4 * num)
    values = np.empty(num * dim, dtype=np.int8)
    values[0::2], values[1::2] = (packed & 15).astype(np.int8) - 8, (packed >> 4).astype(np.int8) - 8
    return TableFile(pieces, scores, weights, scales, values.reshape(num, dim), word_dim, word_weight, translations)


def _translation(line: str, num: int) -> tuple[int, tuple[str, ...]]:
    row, *words = line.split(" ")
    if not (row.isascii() and row.isdigit() and int(row) < num and words and all(words)):
        raise EncodingError(f"expected a translation as a row below {num} and words, got {line[:80]!r}")
    return int(row), tuple(words)


@dataclass(frozen=True)
class _Word:
    """A segmented word: its pieces' rows, its weight in the word channel, and the words it counts as there."""

    rows: tuple[int, ...]
    weight: int
    counts_as: tuple[str, ...]


class TokenTable:
    """Text encoder of a token table's file."""

    def __init__(self, table: TableFile) -> None:
        self._table = table
        self._row_of = {piece: row for row, piece in enumerate(table.pieces)}
        self._longest = max(map(len, table.pieces))
        self._scores = [int(score) for score in table.scores]
        self._unknown = min(self._scores) - _UNKNOWN_PENALTY
        self._factors = SCALE_OF_ZERO * np.exp2(table.scales / SCALES_PER_OCTAVE)
        self._words: dict[str, _Word] = {}
        self._signs: dict[str, NDArray[np.int8]] = {}

    @property
    def dim(self) -> int:
        """Return the width of the features."""
        return int(self._table.values.shape[1]) + self._table.word_dim

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return features, float32 (n, dim), of unit length; zeros where nothing of a text is known."""
        return np.stack([self._encode(text) for text in texts]) if texts else np.empty((0, self.dim), np.float32)

    def _encode(self, text: str) -> Floats:
        cleaned = unicodedata.normalize("NFKC", text).lower()
        pieces, words = np.zeros(self._table.values.shape[1]), np.zeros(self._table.word_dim)
        found = words_of(cleaned)
        rows = [row for word in found for row in self._word(word).rows]
        if rows:
            pieces = (self._table.values[rows] * self._factors[rows, None]).sum(axis=0)
        for term in (part for word in found for part in (word, *parts_of(word))):
            word = self._word(term)
            for counted in word.counts_as:
                words += float(word.weight) * self._signs_of(counted)
        both = np.concatenate((_unit(pieces), self._table.word_weight * _unit(words)))
        return _unit(both).astype(np.float32)

    def segment(self, word: str) -> tuple[str, ...]:
        """Return the pieces of a normalised word; a character that is in no piece is left out."""
        return tuple(self._table.pieces[row] for row in self._word(word).rows)

    def _word(self, word: str) -> _Word:
        found = self._words.get(word)
        if found is None:
            if len(self._words) >= _CACHED_WORDS:
                self._words.clear()
            rows = self._best_rows(WORD_START + word)
            weight = max((int(self._table.weights[row]) for row in rows), default=UNKNOWN_WEIGHT)
            translated = self._table.translations.get(rows[0]) if len(rows) == 1 else None
            found = self._words[word] = _Word(rows, weight, translated or (word,))
        return found

    def _best_rows(self, text: str) -> tuple[int, ...]:
        """Return the rows of the segmentation with the highest score; of equals the one whose pieces began first."""
        size = len(text)
        best: list[int | None] = [0] + [None] * size
        origin: list[tuple[int, int]] = [(0, -1)] * (size + 1)
        for start in range(size):
            base = best[start]
            if base is None:
                continue
            for stop in range(start + 1, min(start + self._longest, size) + 1):
                row = self._row_of.get(text[start:stop], -1)
                if row < 0 and stop > start + 1:
                    continue
                score = base + (self._scores[row] if row >= 0 else self._unknown)
                known = best[stop]
                if known is None or score > known:
                    best[stop], origin[stop] = score, (start, row)
        rows, at = [], size
        while at > 0:
            at, row = origin[at]
            if row >= 0:
                rows.append(row)
        return tuple(reversed(rows))

    def _signs_of(self, word: str) -> NDArray[np.int8]:
        found = self._signs.get(word)
        if found is None:
            if len(self._signs) >= _CACHED_WORDS:
                self._signs.clear()
            found = self._signs[word] = signs(word, self._table.word_dim)
        return found


def read_table(directory: Path, rule: TokenTableRule) -> TokenTable:
    """Return the token table of a bundle; raises EncodingError where its file is not one of the stated width."""
    path = directory / rule["file"]
    try:
        table = TokenTable(table_file_from(path.read_bytes()))
    except EncodingError as error:
        raise EncodingError(f"{path}: {error}") from error
    if table.dim != rule["dim"]:
        raise EncodingError(f"{path}: gives {table.dim} numbers a text, text.table.dim says {rule['dim']}")
    return table


def words_of(cleaned: str) -> list[str]:
    """Return the words of a normalised text: runs of letters, marks and digits."""
    runs = groupby(cleaned, key=lambda char: _kind(char) != "")
    return ["".join(run) for is_word, run in runs if is_word]


def parts_of(word: str) -> list[str]:
    """Return the parts of a word of letters and digits, such as "32" and "gb" of "32gb"; none of another word."""
    parts = ["".join(part) for _, part in groupby(word, key=lambda char: _kind(char) == "N")]
    return parts if len(parts) > 1 else []


def _kind(char: str) -> str:
    """Return the first letter of a character's category if words are made of it, else ""."""
    kind = unicodedata.category(char)[0]
    return kind if kind in "LMN" else ""


def signs(word: str, num: int) -> NDArray[np.int8]:
    """Return (num,) of -1 and 1: the bits of 32-bit FNV-1a hashes of the word's UTF-8, one seed for each 32 of them."""
    raw, bits = word.encode(), np.empty(num, dtype=np.int8)
    for part in range(num // 32):
        value = 0x811C9DC5 ^ (part * 0x9E3779B9 & 0xFFFFFFFF)
        for byte in raw:
            value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
        # MurmurHash3's finaliser: FNV's own high bits hardly depend on the last bytes.
        value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
        value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
        value ^= value >> 16
        bits[32 * part : 32 * part + 32] = [2 * (value >> bit & 1) - 1 for bit in range(32)]
    return bits


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
