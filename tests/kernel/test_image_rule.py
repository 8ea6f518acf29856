"""Images become arrays by one rule, with known answers."""

import numpy as np
import pytest
from PIL import Image

from kernel.image_rule import crop_rgb, normalise, on_white, to_pixels

RULE = {"size": 4, "resize": 4, "interpolation": "bilinear", "mean": [0.5, 0.0, 0.25], "std": [0.5, 1.0, 0.25]}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(mode):
    image = Image.new(mode, (3, 2), (10, 20, 30, 0) if mode == "RGBA" else (7, 0))
    assert on_white(image).mode == "RGB"
    assert on_white(image).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "YCbCr", "RGB"])
def test_every_mode_becomes_rgb(mode):
    assert on_white(Image.new(mode, (3, 2))).mode == "RGB"


def test_half_transparent_black_becomes_grey():
    assert on_white(Image.new("RGBA", (1, 1), (0, 0, 0, 128))).getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("size", [(12, 4), (4, 12)])
def test_crop_is_the_middle_of_the_longer_side(size):
    image = Image.new("RGB", size)
    image.paste((255, 255, 255), (4, 0, 8, 4) if size[0] > size[1] else (0, 4, 4, 8))
    assert (crop_rgb(image, 4, 4, "bilinear") == 255).all()


@pytest.mark.parametrize(
    ("size", "resize", "longer"), [((49, 98), 256, 512), ((98, 49), 256, 512), ((3, 10), 224, 746)]
)
def test_longer_side_is_rounded_down_from_the_exact_quotient(monkeypatch, size, resize, longer):
    """49 × 98 at 256: 98 * (256 / 49) in floating point is below 512, which would lose a pixel."""
    asked = []
    monkeypatch.setattr(Image.Image, "resize", lambda self, to, how: asked.append(to) or Image.new("RGB", to))
    crop_rgb(Image.new("RGB", size), 224, resize, "bicubic")
    assert sorted(asked[0]) == [resize, longer]


def test_image_smaller_than_the_crop_is_padded_with_black():
    rgb = crop_rgb(Image.new("RGB", (2, 2), "white"), 4, 2, "bicubic")
    assert rgb.shape == (4, 4, 3)
    assert (rgb[1:3, 1:3] == 255).all()
    assert rgb.sum() == 4 * 3 * 255


def test_plain_colour_becomes_its_normalised_value():
    pixels = to_pixels(Image.new("RGB", (9, 7), (255, 51, 0)), RULE)
    assert (pixels.shape, pixels.dtype) == ((3, 4, 4), np.float32)
    for channel, expected in enumerate([1.0, 0.2, -1.0]):
        assert pixels[channel] == pytest.approx(expected, abs=1e-6)


def test_channels_come_first_and_rows_stay_rows():
    rgb = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    pixels = normalise(rgb, {**RULE, "mean": [0, 0, 0], "std": [1, 1, 1]})
    assert pixels[2, 1, 3] == np.float32(rgb[1, 3, 2]) / np.float32(255)
    assert pixels.flags.c_contiguous
