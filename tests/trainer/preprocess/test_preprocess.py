import io
import math
import struct
import unicodedata
import zlib

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.preprocess.images import MAX_PIXELS, ImageError, ImageRule, clean_image
from trainer.preprocess.numbers import check_columns
from trainer.preprocess.summary import summarise
from trainer.preprocess.text import augment_text, clean_text


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("Fish &amp; Chips", "Fish & Chips"),
        ("Fish &amp;amp; Chips &#39;fresh&#x27;", "Fish & Chips 'fresh'"),
        ("<p>Soft<br/>and <b>warm</b></p>", "Soft and warm"),
        ("5 < 6 and 7 > 3, size <42>", "5 < 6 and 7 > 3, size <42>"),
        ("a<script>alert('x')</script>b <style>p{}</style>c<!-- d -->e", "a b c e"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("tab\tnew\r\nline\u00a0nbsp\u2003em", "tab new line nbsp em"),
        ("zero\u200bwidth \ufeffbom \x00null \x1bescape", "zerowidth bom null escape"),
        ("Cafe\u0301", "Café"),
        ("Wow!!!!!! ---- ok... really?!", "Wow! - ok... really?!"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("   ", ""),
    ],
)
def test_clean_text_keeps_what_a_reader_sees(dirty, clean):
    assert clean_text(dirty, 500) == clean


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab <>/&;lt!p-.\n\x00\u0301e\u200d amp#3"), max_size=60), st.integers(1, 40))
@example("&amp;lt;<b>b>&amp;amp;amp;amp;lt;p>", 40)
@example("<<b>b>x", 40)
def test_cleaning_clean_text_changes_nothing(text, max_chars):
    once = clean_text(text, max_chars)
    assert len(once) <= max_chars
    assert clean_text(once, max_chars) == once
    assert once == unicodedata.normalize("NFC", once) == " ".join(once.split())


def test_long_text_is_cut_between_words_if_that_loses_little():
    assert clean_text("one two three four", 15) == "one two three"
    assert clean_text("one twothreefourfive", 15) == "one twothreefou"
    assert clean_text("one two three four", 13) == "one two three"


def chance(seed):
    return torch.Generator().manual_seed(seed)


def test_augmenting_drops_about_its_share_and_keeps_the_title_first():
    parts = ["red mug", *(f"attribute {n}" for n in range(400))]
    text = " | ".join(parts)
    one, again, other = (augment_text(text, chance(seed), drop=0.0, separator=" | ") for seed in (1, 1, 2))
    assert one == again != other
    assert one.startswith("red mug | ") and one != text
    assert sorted(one.split(" | ")) == sorted(parts)
    words = augment_text(text, chance(1), drop=0.25, separator=" | ").split()
    assert len(words) / len(text.split()) == pytest.approx(0.75, abs=0.05)
    assert words[1:] != [word for word in text.split() if word in words][1:]  # other parts come first
    assert set(words) <= set(text.split())


def test_dropping_words_keeps_their_order_and_at_least_one():
    texts = [augment_text("a b c d e f g h", chance(seed), drop=0.5) for seed in range(200)]
    assert np.mean([len(text.split()) for text in texts]) == pytest.approx(4, abs=0.5)
    assert all(text == " ".join(sorted(text.split())) for text in texts)
    assert augment_text("one two", chance(1), drop=1.0) == "one two"
    assert augment_text("", chance(1), drop=0.5, separator=". ") == ""


def test_a_summary_holds_central_whole_sentences_in_their_order():
    about = ["The mug keeps tea warm.", "Tea in this mug stays warm for hours.", "A warm mug of tea for the desk."]
    aside = ["Ships from Denmark.", "Visit our other listings!", "No returns on Sundays."]
    text = " ".join([aside[0], about[0], about[1], aside[1], about[2], aside[2]])
    found = summarise(text, 100)
    assert len(found) <= 100
    assert found == " ".join(about)
    assert summarise(text, 100) == found
    assert summarise("Short. Enough.", 100) == "Short. Enough."
    long_one = "word " * 100
    assert summarise(long_one, 20) == long_one  # one sentence only: clean_text does the cutting
    assert summarise("!!! " * 50, 20) == "!!! " * 50


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["Red mug.", "Blue lamp here!", "What is it?", "Ok."]), min_size=1, max_size=12))
def test_a_summary_takes_sentences_and_never_exceeds_its_length(sentences):
    text = " ".join(sentences)
    found = summarise(text, 30)
    assert found == text or len(found) <= 30
    rest = iter(sentences)
    for sentence in found.replace(". ", ".|").replace("! ", "!|").replace("? ", "?|").split("|"):
        assert sentence in rest  # in their order


RULE = ImageRule(min_side=16, max_side=100)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def test_a_ready_jpeg_is_unchanged_and_a_large_one_keeps_proportions():
    ready = encoded(Image.new("RGB", (100, 50), (1, 2, 3)), "JPEG")
    assert clean_image(ready, RULE) == ready
    shrunk = clean_image(encoded(Image.new("RGB", (400, 100), (1, 2, 3)), "JPEG"), RULE)
    assert opened(shrunk).size == (100, 25)
    assert opened(clean_image(encoded(Image.new("L", (40, 30)), "JPEG"), RULE)).mode == "RGB"


def test_transparency_becomes_white_and_palettes_become_rgb():
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 40, 20))
    found = np.asarray(opened(clean_image(encoded(image), RULE)), dtype=int)
    np.testing.assert_allclose(found[35, 20], [255, 255, 255], atol=3)
    np.testing.assert_allclose(found[5, 20], [0, 0, 255], atol=3)
    palette = image.convert("RGB").quantize(4)
    assert opened(clean_image(encoded(palette, "GIF"), RULE)).mode == "RGB"


def test_an_image_taken_sideways_is_turned_upright():
    image = Image.new("RGB", (60, 30), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 30, 30))  # left half red
    exif = Image.Exif()
    exif[0x0112] = 6  # turn 90° clockwise to see it upright: left becomes top
    found = opened(clean_image(encoded(image, "JPEG", exif=exif, quality=95), RULE))
    assert found.size == (30, 60)
    assert found.getexif().get(0x0112, 1) == 1
    pixels = np.asarray(found, dtype=int)
    np.testing.assert_allclose(pixels[10, 15], [255, 0, 0], atol=12)
    np.testing.assert_allclose(pixels[50, 15], [255, 255, 255], atol=12)


def bomb(side):
    """Return a PNG of a few kilobytes whose header states side × side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * ((side // 8 + 1) * min(side, 100)), 9)

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "^expected an image, got no format that Pillow knows$"),
        (b"<html>not found</html>", "^expected an image, got no format that Pillow knows$"),
        (encoded(Image.effect_noise((90, 90), 50).convert("RGB"), "JPEG")[:-400], "expected an image that decodes"),
        (encoded(Image.effect_noise((90, 90), 50))[:-400], "expected an image that decodes"),
        (encoded(Image.new("RGB", (15, 90))), "expected at least 16 pixels a side, got 15 × 90"),
        (bomb(math.isqrt(MAX_PIXELS) + 1), "expected at most 40,000,000 pixels, got"),
        (bomb(60_000), "expected at most 40,000,000 pixels, got"),
    ],
)
@pytest.mark.parametrize("limit", [None, MAX_PIXELS])  # Pillow's limit as a server in the same process sets it
def test_an_unusable_image_is_refused_with_its_reason(content, message, limit, monkeypatch):
    if limit:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert len(content) < 100_000
    with pytest.raises(ImageError, match=message):
        clean_image(content, RULE)


def test_column_checks_equal_counts_made_by_hand():
    cells = [str(n % 7) for n in range(50)]
    checks = check_columns(
        {
            "good": [*cells, "1000", "-999"],
            "words": [*cells, "many", "nan", "inf", ""],
            "constant": ["3", "3.0", "", "3"],
            "mostly equal": ["1"] * 40 + ["2"],
            "empty": ["", " "],
        }
    )
    good = checks["good"]
    assert (good.num_values, good.num_outliers, good.outliers) == (52, 2, (1000.0, -999.0))
    words = checks["words"]
    assert (words.num_values, words.num_unreadable, words.num_missing, words.num_outliers) == (50, 3, 1, 0)
    assert [name for name, check in checks.items() if check.is_constant] == ["constant", "empty"]
    assert checks["mostly equal"].num_outliers == 0
