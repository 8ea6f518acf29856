"""Token tables: shared vectors, segmentation against all segmentations there are, and files that must be refused."""

import base64
import itertools
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from encoders.errors import EncodingError
from encoders.token_table import (
    WORD_START,
    TableFile,
    TokenTable,
    parts_of,
    read_table,
    signs,
    table_file_from,
    words_of,
)
from kernel.contracts import CONTRACTS

VECTORS = json.loads((CONTRACTS / "vectors/token-table.json").read_text("utf-8"))
TABLE = base64.b64decode(VECTORS["table"])


def table_of(pieces, scores, **changes):
    """Return a table of two dimensions whose piece n has the values (n - 8, 1) and the scale 160."""
    num = len(pieces)
    values = np.array([[row % 16 - 8, 1] for row in range(num)], np.int8)
    made = {
        "pieces": tuple(pieces),
        "scores": np.array(scores, np.int16),
        "weights": np.full(num, 32, np.uint8),
        "scales": np.full(num, 160, np.uint8),
        "values": values,
        "word_dim": 64,
        "word_weight": 0.5,
    }
    return TableFile(**{**made, **changes})


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["text"] or "empty")
def test_shared_vectors(case):
    table = TokenTable(table_file_from(TABLE))
    assert table.encode([case["text"]])[0] == pytest.approx(np.array(case["features"]), abs=2e-6)
    assert [list(table.segment(word)) for word in case["words"]] == case["pieces"]


@pytest.mark.parametrize("case", VECTORS["signs"], ids=lambda case: case["word"] or "empty")
def test_signs_are_the_bits_of_the_hashes(case):
    expected = [2 * (int(bits, 16) >> bit & 1) - 1 for bits in case["bits"] for bit in range(32)]
    assert signs(case["word"], 64).tolist() == expected


def test_segmentation_has_the_highest_score_of_all():
    rng = np.random.default_rng(3)
    pieces = sorted({WORD_START, *("".join(p) for n in (1, 2, 3) for p in itertools.product("abc", repeat=n))})
    pieces += [WORD_START + "a", WORD_START + "ab", WORD_START + "abca"]
    scores = (-rng.integers(100, 900, len(pieces)) * 1).tolist()
    table, score_of = TokenTable(table_of(pieces, scores)), dict(zip(pieces, scores, strict=True))

    def best(text):
        if not text:
            return 0
        return max(
            score_of[text[:size]] + best(text[size:]) for size in range(1, len(text) + 1) if text[:size] in score_of
        )

    for _ in range(60):
        word = "".join(rng.choice(list("abc"), rng.integers(1, 9)))
        found = table.segment(word)
        assert "".join(found) == WORD_START + word
        assert sum(score_of[piece] for piece in found) == best(WORD_START + word)


def test_word_channel_tells_apart_what_pieces_do_not():
    pieces = [WORD_START, WORD_START + "phone", *"0123456789"]
    table = TokenTable(table_of(pieces, [-100] * 12, values=np.tile(np.array([[3, 1]], np.int8), (12, 1))))
    asked, same, other = table.encode(["phone 64", "Phone  64!", "phone 99"])
    assert asked @ same == pytest.approx(1, abs=1e-6)
    assert asked @ other < 0.95


def test_word_without_a_known_piece_weighs_as_a_rare_one():
    table = TokenTable(table_of([WORD_START + "tee"], [-100]))  # weight 32; an unknown word has 128
    words = table.encode(["tee zx9"])[0][2:]
    parts = [signs(word, 64).astype(np.float64) for word in ("zx9", "zx", "9")]
    expected = 32 * signs("tee", 64) + 128 * sum(parts)
    assert words / np.linalg.norm(words) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_translated_word_counts_as_its_english_words():
    pieces = [WORD_START + "hemd", WORD_START + "shirt", WORD_START + "hut"]
    equal = np.tile(np.array([[1, 1]], np.int8), (3, 1))
    table = TokenTable(table_of(pieces, [-100] * 3, values=equal, translations={0: ("shirt",)}))
    shirt, hemd, hut = table.encode(["shirt", "Hemd", "hut"])
    assert hemd == pytest.approx(shirt, abs=1e-6)
    assert hut @ shirt < 0.99


def test_features_are_of_unit_length_or_zero():
    table = TokenTable(table_file_from(TABLE))
    features = table.encode(["red shirt", "XL-9", "🧶", ""])
    assert features.shape == (4, table.dim)
    assert features.dtype == np.float32
    assert np.linalg.norm(features, axis=1) == pytest.approx([1, 1, 0, 0], abs=1e-6)
    assert table.encode([]).shape == (0, table.dim)


def test_words_and_their_parts():
    assert words_of("s7-edge 32gb, noir/été") == ["s7", "edge", "32gb", "noir", "été"]
    assert parts_of("32gb") == ["32", "gb"]
    assert parts_of("edge") == []


def test_file_survives_its_own_round_trip():
    assert table_file_from(TABLE).to_bytes() == TABLE


def with_header(**changes):
    names = ("magic", "num", "dim", "word_dim", "word_weight", "pieces", "translations")
    header = dict(zip(names, struct.unpack_from("<4s3If2I", TABLE), strict=True)) | changes
    return struct.pack("<4s3If2I", *header.values()) + TABLE[28:]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "begins with CTT1"),
        (b"CTT0" + TABLE[4:], "begins with CTT1"),
        (TABLE[:-1], "by its header"),
        (TABLE + b"\0", "by its header"),
        (with_header(num=0), "1 to 1000000 pieces"),
        (with_header(num=2**31), "1 to 1000000 pieces"),
        (with_header(dim=3), "even dim"),
        (with_header(word_dim=33), "multiple of 32"),
        (with_header(word_weight=float("nan")), "weight 0 to 100"),
        (TABLE[:28] + b"\xff" + TABLE[29:], "UTF-8"),
        (TABLE.replace("▁red".encode(), "▁rot".encode(), 1), "different pieces"),
        (TABLE.replace(b" shirt\n", b" shirt\xc2\xa0\n"[:7], 1), "row below|by its header|UTF-8"),
    ],
)
def test_damaged_table_is_refused(data, says):
    with pytest.raises(EncodingError, match=says):
        table_file_from(data)


def test_width_that_the_manifest_does_not_state_is_refused(tmp_path: Path):
    (tmp_path / "tokens.bin").write_bytes(TABLE)
    assert read_table(tmp_path, {"file": "tokens.bin", "dim": 36}).dim == 36
    with pytest.raises(EncodingError, match=r"gives 36 numbers a text, text\.table\.dim says 35"):
        read_table(tmp_path, {"file": "tokens.bin", "dim": 35})
