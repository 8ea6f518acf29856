import io
import zlib

import numpy as np
import pytest
from PIL import Image

from encoders.errors import ImageError
from encoders.pixels import decode_image, to_pixels

RULE = {"size": 4, "resize": 4, "interpolation": "bilinear", "mean": [0.5, 0.0, 0.25], "std": [0.5, 1.0, 0.25]}


def encoded(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_a_plain_colour_becomes_its_normalised_value():
    pixels = to_pixels(decode_image(encoded(Image.new("RGB", (9, 7), (255, 51, 0))), 10_000), RULE)
    assert pixels.shape == (3, 4, 4)
    assert pixels.dtype == np.float32
    for channel, expected in enumerate([1.0, 0.2, -1.0]):
        assert pixels[channel] == pytest.approx(expected, abs=1e-6)


def test_the_crop_is_the_middle_of_the_longer_side():
    image = Image.new("RGB", (12, 4), (0, 0, 0))
    image.paste((255, 255, 255), (4, 0, 8, 4))
    pixels = to_pixels(image, RULE | {"mean": [0, 0, 0], "std": [1, 1, 1]})
    assert pixels == pytest.approx(1)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(mode):
    image = decode_image(encoded(Image.new(mode, (5, 5))), 100)
    assert image.getpixel((2, 2)) == (255, 255, 255)


def test_a_palette_with_a_transparent_colour_is_put_on_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30])
    assert decode_image(encoded(image, transparency=0), 100).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decode_image(encoded(Image.new(mode, (5, 5)), kind), 100).mode == "RGB"


def bomb():
    """Return a few kilobytes that declare 9000 × 9000."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (9000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes((9000 // 8 + 1) * 9000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("limit", [40_000_000, 1_000_000])
def test_a_small_file_with_millions_of_pixels_is_refused(limit):
    raw = bomb()
    assert len(raw) < 20_000
    with pytest.raises(ImageError, match="pixels"):
        decode_image(raw, limit)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", encoded(Image.new("RGB", (50, 50), "red"), "JPEG")[:200], b"\x89PNG\r\n\x1a\n" + b"x" * 50,
            encoded(Image.new("RGB", (4, 4)), "BMP")],
)  # fmt: skip
def test_what_is_not_a_whole_image_of_a_shops_kind_is_refused(raw):
    with pytest.raises(ImageError):
        decode_image(raw, 10_000)


def test_an_extreme_banner_is_refused_before_it_is_enlarged():
    with pytest.raises(ImageError, match="100 times"):
        to_pixels(Image.new("RGB", (5000, 1)), RULE)


def test_a_low_limit_leaves_other_callers_of_pillow_alone():
    """Pillow's own limit belongs to the whole process."""
    before = Image.MAX_IMAGE_PIXELS
    body = io.BytesIO()
    Image.new("RGB", (10, 10)).save(body, "PNG")
    decode_image(body.getvalue(), 100)
    assert before <= Image.MAX_IMAGE_PIXELS
