"""Browser's tokenizer against the original one, over all of Unicode and over random texts."""

import json
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer

# Unicode moved these to another category after the original's tables were made; browsers follow the newer ones.
RECLASSIFIED = "\u166d\u1734\u1885\u1886"
ROOT = Path(__file__).resolve().parents[3]
MAX_TOKENS = 128
SCRIPT = """
  import { readFileSync } from "node:fs";
  const [core, tokenizerFile] = process.argv.slice(1);
  const { createTokenizer } = await import(core);
  const tokenizer = createTokenizer(JSON.parse(readFileSync(tokenizerFile, "utf8")), { maxTokens: 128 });
  const texts = JSON.parse(readFileSync(0, "utf8"));
  console.log(JSON.stringify(texts.map((text) => tokenizer.encode(text))));
"""


def in_javascript(texts: list[str], tokenizer_file: Path) -> list[list[int]]:
    arguments = [
        "node",
        "--input-type=module",
        "-e",
        SCRIPT,
        str(ROOT / "extension/core/tokenizer.js"),
        str(tokenizer_file),
    ]
    done = subprocess.run(arguments, input=json.dumps(texts), capture_output=True, text=True, check=True)
    ids: list[list[int]] = json.loads(done.stdout)
    return ids


def in_python(texts: list[str], tokenizer_file: Path) -> list[list[int]]:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return [tokenizer.encode(text).ids for text in texts]


def test_every_character_of_unicode(minilm_bundle: Path) -> None:
    """Each character stands between letters: the tokens show whether it is kept, split at, replaced or dropped."""
    characters = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    # Younger characters are left out: what they are depends on the year of each side's Unicode tables.
    texts = [
        f"ab{one}cd" for one in characters if unicodedata.ucd_3_2_0.category(one) != "Cn" and one not in RECLASSIFIED
    ]
    assert len(texts) > 90_000
    file = minilm_bundle / "tokenizer.json"
    differences = [
        (f"U+{ord(text[2]):04X}", browser, original)
        for text, browser, original in zip(texts, in_javascript(texts, file), in_python(texts, file), strict=True)
        if browser != original
    ]
    names = [name for name, _, _ in differences]
    assert names == [], names


def test_random_titles(minilm_bundle: Path) -> None:
    dice = random.Random(11)
    pieces = [
        "Navy",
        "striped",
        "tee",
        "–",
        "ÉTÉ",
        "ΌΣΟΣ",
        "İstanbul",
        "漢字",
        "50%",
        "[SEP]",
        "[cls]",
        "naïve",
        "x" * 101,
        "\u200b",
        "🦦",
        "e\u0301",
        "ﬁ",
        "½",
        "don't",
    ]
    texts = ["".join(dice.choice([*pieces, " ", "\n", "."]) for _ in range(dice.randrange(60))) for _ in range(300)]
    file = minilm_bundle / "tokenizer.json"
    assert in_javascript(texts, file) == in_python(texts, file)
