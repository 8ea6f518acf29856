"""Image rule of a bundle: from a decoded image to the array that an image encoder reads.

The rule is defined in contracts/bundle.schema.json#/properties/image. Sizes and places are those of torchvision's
Resize and CenterCrop, which the encoders were trained behind.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kernel.contract_types import ImageRule

_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def on_white(image: Image.Image) -> Image.Image:
    """Return an image of any mode as RGB, its transparent pixels on white."""
    overlay = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", overlay.size, "white"), overlay).convert("RGB")


def crop_rgb(image: Image.Image, size: int, resize: int, interpolation: str) -> NDArray[np.uint8]:
    """Return the middle of an RGB image as bytes, (size, size, 3): its shorter side is resized to `resize` first.

    Where `size` is larger than the resized image, the border is black.
    """
    width, height = image.size
    shorter = min(width, height)
    # Multiplied before it is divided: 98 * (256 / 49) is below 512, and a pixel would be lost.
    resized = image.resize((resize * width // shorter, resize * height // shorter), _RESAMPLING[interpolation])
    width, height = resized.size
    if min(width, height) < size:
        padded = Image.new("RGB", (max(size, width), max(size, height)))
        padded.paste(resized, ((padded.width - width) // 2, (padded.height - height) // 2))
        resized, (width, height) = padded, padded.size
    left, top = round((width - size) / 2), round((height - size) / 2)
    return np.array(resized.crop((left, top, left + size, top + size)), dtype=np.uint8)


def normalise(rgb: NDArray[np.uint8], rule: ImageRule) -> NDArray[np.float32]:
    """Return bytes (size, size, 3) as float32 (3, size, size): value / 255, minus the rule's mean, over its std."""
    scaled = rgb.astype(np.float32) / np.float32(255)
    normalised = (scaled - np.asarray(rule["mean"], np.float32)) / np.asarray(rule["std"], np.float32)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))


def to_pixels(image: Image.Image, rule: ImageRule) -> NDArray[np.float32]:
    """Return an RGB image as the encoder's float32 (3, size, size): resized, cropped and normalised by `rule`."""
    return normalise(crop_rgb(image, rule["size"], rule["resize"], rule["interpolation"]), rule)
