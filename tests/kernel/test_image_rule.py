"""Images become arrays by one rule, with known answers."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from kernel.contracts import CONTRACTS
from kernel.image_rule import normalise, on_white, square_rgb, to_pixels

VECTORS = json.loads((CONTRACTS / "vectors" / "image-pixels.json").read_text(encoding="utf-8"))

RULE = {"size": 4, "resize": 4, "interpolation": "bilinear", "mean": [0.5, 0.0, 0.25], "std": [0.5, 1.0, 0.25]}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_become_white(mode):
    image = Image.new(mode, (3, 2), (10, 20, 30, 0) if mode == "RGBA" else (7, 0))
    assert on_white(image).mode == "RGB"
    assert on_white(image).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "F", "YCbCr", "RGB"])
def test_every_mode_becomes_rgb(mode):
    assert on_white(Image.new(mode, (3, 2))).mode == "RGB"


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_16_bit_grey_keeps_its_levels(mode):
    levels = np.array([[0, 255, 256], [0x8000, 0xFF00, 0xFFFF]])
    image = Image.fromarray(levels.astype({"I;16": "<u2", "I;16B": ">u2", "I": "i4"}[mode]))
    assert image.mode == mode
    assert np.asarray(on_white(image))[..., 0].tolist() == [[0, 0, 1], [128, 255, 255]]


def test_the_transparent_level_of_16_bit_grey_becomes_white():
    image = Image.fromarray(np.array([[0x1234, 0x1235]], dtype=np.uint16))
    image.info["transparency"] = 0x1234
    assert np.asarray(on_white(image))[0].tolist() == [[255] * 3, [0x12] * 3]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_as_its_exif_orientation_says(orientation):
    """`stored` is how a camera held that way stores the same scene; row 0 and column 0 by the EXIF 2.3 standard."""
    scene = np.zeros((2, 3), dtype=np.uint8)
    scene[0] = [10, 20, 30]  # top row, left to right
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.T,
        6: scene.T[::-1],
        7: scene.T[::-1, ::-1],
        8: scene.T[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(stored)).save(file, "PNG", exif=exif)
    assert np.asarray(on_white(Image.open(file)))[..., 0].tolist() == scene.tolist()


@pytest.mark.parametrize(
    "block", [b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01"]
)
def test_an_image_with_damaged_exif_stays_upright(block):
    file = io.BytesIO()
    Image.new("RGB", (2, 1), "red").save(file, "PNG", exif=block)
    assert on_white(Image.open(file)).getpixel((1, 0)) == (255, 0, 0)


def test_the_first_frame_of_an_animation_counts():
    file = io.BytesIO()
    frames = [Image.new("RGB", (2, 2), colour) for colour in ("red", "lime")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert on_white(Image.open(file)).getpixel((0, 0)) == (255, 0, 0)


def test_half_transparent_black_becomes_grey():
    assert on_white(Image.new("RGBA", (1, 1), (0, 0, 0, 128))).getpixel((0, 0)) == (127, 127, 127)


@pytest.mark.parametrize("size", [(12, 4), (4, 12)])
def test_crop_is_the_middle_of_the_longer_side(size):
    image = Image.new("RGB", size)
    image.paste((255, 255, 255), (4, 0, 8, 4) if size[0] > size[1] else (0, 4, 4, 8))
    assert (square_rgb(image, RULE) == 255).all()


@pytest.mark.parametrize(
    ("size", "resize", "longer"), [((49, 98), 256, 512), ((98, 49), 256, 512), ((3, 10), 224, 746)]
)
def test_longer_side_is_rounded_down_from_the_exact_quotient(monkeypatch, size, resize, longer):
    """49 × 98 at 256: 98 * (256 / 49) in floating point is below 512, which would lose a pixel."""
    asked = []
    monkeypatch.setattr(Image.Image, "resize", lambda self, to, how: asked.append(to) or Image.new("RGB", to))
    square_rgb(Image.new("RGB", size), {**RULE, "size": 224, "resize": resize})
    assert sorted(asked[0]) == [resize, longer]


def test_image_smaller_than_the_crop_is_padded_with_black():
    rgb = square_rgb(Image.new("RGB", (2, 2), "white"), {**RULE, "resize": 2, "interpolation": "bicubic"})
    assert rgb.shape == (4, 4, 3)
    assert (rgb[1:3, 1:3] == 255).all()
    assert rgb.sum() == 4 * 3 * 255


def test_squash_keeps_what_a_crop_loses():
    image = Image.new("RGB", (12, 4), "white")
    image.paste((0, 0, 0), (0, 0, 4, 4))
    rgb = square_rgb(image, {**RULE, "mode": "squash", "size": 6, "resize": 6})
    assert rgb[:, 0].max() == 0
    assert rgb[:, 3:].min() == 255


@pytest.mark.parametrize(("size", "filled"), [((8, 4), np.s_[[0, 3]]), ((4, 8), np.s_[:, [0, 3]])])
def test_pad_shows_the_whole_image_on_the_fill_colour(size, filled):
    rule = {**RULE, "mode": "pad", "fill": [10, 20, 30]}
    rgb = square_rgb(Image.new("RGB", size, "white"), rule)
    assert (rgb[filled] == [10, 20, 30]).all()
    assert (rgb == 255).all(axis=2).sum() == 8


def test_pad_rounds_the_shorter_side_and_never_to_nothing():
    narrow = {**RULE, "mode": "pad", "size": 16, "resize": 16}
    assert (square_rgb(Image.new("RGB", (10, 7), "white"), narrow).max(axis=(1, 2)) > 0).sum() == 11
    assert (square_rgb(Image.new("RGB", (1, 90), "white"), narrow) == 255).sum() == 16 * 3


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


def test_plain_colour_is_as_if_it_had_been_put_on_white():
    """RGB takes a shorter way; through RGBA and white it gives the same bytes."""
    levels = np.random.default_rng(3).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    plain = Image.fromarray(levels, "RGB")
    assert np.array_equal(np.asarray(on_white(plain)), levels)
    assert np.array_equal(np.asarray(on_white(plain.convert("RGBA"))), levels)
    plain.info["transparency"] = tuple(int(level) for level in levels[4, 4])
    assert on_white(plain).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[case["name"] for case in VECTORS["cases"]])
def test_decoded_images_follow_the_shared_vectors(case):
    rgba = np.frombuffer(base64.b64decode(case["rgba"]), np.uint8).reshape(case["height"], case["width"], 4)
    square = square_rgb(on_white(Image.fromarray(rgba, "RGBA")), case["rule"])
    assert square.tobytes() == base64.b64decode(case["square"])


@pytest.mark.parametrize("case", VECTORS["files"], ids=[case["name"] for case in VECTORS["files"]])
def test_sizes_of_image_files_follow_the_shared_vectors(case):
    file = io.BytesIO(base64.b64decode(case["file"]))
    formats = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
    if case["width"] is None:
        with pytest.raises(OSError):
            Image.open(file, formats=formats).load()
    else:
        assert Image.open(file, formats=formats).size == (case["width"], case["height"])
