"""Image rule of a bundle: from a decoded image to the array that an image encoder reads.

The rule is defined in contracts/bundle.schema.json#/properties/image. Sizes and places are those of the transforms that
the encoders were trained behind: torchvision's Resize and CenterCrop, and timm's and open_clip's ResizeKeepRatio and
CenterCropOrPad. Where a shopper sees another image than those read, the shopper's counts: docs/backbones.md.
"""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from kernel.contract_types import ImageRule

# What is decoded from the same bytes by the same rule changes with this number, so caches of arrays include it.
# 2: 16 bit grey keeps its levels, EXIF orientation is applied.
DECODING = 2
_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_BLACK = (0, 0, 0)
_BAND_PIXELS = 2**20
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def on_white(image: Image.Image) -> Image.Image:
    """Return an image of any mode as RGB as a browser shows it: upright, its transparent pixels on white.

    Of an animation it is the first frame. 16 bit grey keeps its upper eight bits, as 16 bit colour does; Pillow's own
    conversion turns nearly all of it white.
    """
    turn = _TURNS.get(_orientation(image))
    if image.mode == "RGB" and turn is None and "transparency" not in image.info:
        return image.convert("RGB")  # what most shops serve: nothing to put on white
    # In bands: whole copies in four steps took 20 bytes a pixel.
    shown = Image.new("RGB", image.size)
    num_rows = max(1, _BAND_PIXELS // max(1, image.width))
    for top in range(0, image.height, num_rows):
        band = image.crop((0, top, image.width, min(image.height, top + num_rows)))
        overlay = (_eight_bits(band) if band.mode.startswith("I") else band).convert("RGBA")
        white = Image.new("RGBA", overlay.size, "white")
        shown.paste(Image.alpha_composite(white, overlay).convert("RGB"), (0, top))
    return shown if turn is None else shown.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1 where there is none or the block cannot be read."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, UserWarning, struct.error):
        return 1  # a damaged EXIF block does not make the image unusable
    return found if isinstance(found, int) else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return 16 bit grey (modes I;16 and I) with eight bits, and an alpha channel where one level is transparent."""
    levels = np.asarray(image).astype(np.int64).clip(0, 65535)
    grey = Image.fromarray((levels >> 8).astype(np.uint8), "L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    alpha = np.where(levels == clear, 0, 255).astype(np.uint8)
    return Image.merge("LA", (grey, Image.fromarray(alpha, "L")))


def square_rgb(image: Image.Image, rule: ImageRule) -> NDArray[np.uint8]:
    """Return an RGB image as bytes, (size, size, 3), resized by the rule's mode and cut to its middle.

    Where the resized image is smaller than `size`, the border has the rule's fill colour.
    """
    size, mode = rule["size"], rule.get("mode", "crop")
    resized = image.resize(_resized_size(image.size, rule["resize"], mode), _RESAMPLING[rule["interpolation"]])
    width, height = resized.size
    if min(width, height) < size:
        fill = tuple(rule["fill"]) if "fill" in rule else _BLACK
        padded = Image.new("RGB", (max(size, width), max(size, height)), fill)
        padded.paste(resized, ((padded.width - width) // 2, (padded.height - height) // 2))
        resized, (width, height) = padded, padded.size
    left, top = round((width - size) / 2), round((height - size) / 2)
    return np.array(resized.crop((left, top, left + size, top + size)), dtype=np.uint8)


def _resized_size(size: tuple[int, int], resize: int, mode: str) -> tuple[int, int]:
    """Return (width, height) to resize to; each mode rounds as the library that trained behind it does."""
    width, height = size
    if mode == "squash":
        return resize, resize
    if mode == "pad":
        ratio = max(width / resize, height / resize)
        return max(1, round(width / ratio)), max(1, round(height / ratio))
    shorter = min(width, height)
    # Multiplied before it is divided: 98 * (256 / 49) is below 512, and a pixel would be lost.
    return resize * width // shorter, resize * height // shorter


def normalise(rgb: NDArray[np.uint8], rule: ImageRule) -> NDArray[np.float32]:
    """Return bytes (size, size, 3) as float32 (3, size, size): value / 255, minus the rule's mean, over its std."""
    scaled = rgb.astype(np.float32) / np.float32(255)
    normalised = (scaled - np.asarray(rule["mean"], np.float32)) / np.asarray(rule["std"], np.float32)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))


def to_pixels(image: Image.Image, rule: ImageRule) -> NDArray[np.float32]:
    """Return an RGB image as the encoder's float32 (3, size, size): resized, cropped and normalised by `rule`."""
    return normalise(square_rgb(image, rule), rule)
