"""Image bytes to the pixels an image encoder reads."""

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from server.errors import ImageError

# What shops serve; every further decoder is one more parser for hostile bytes.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def decode_image(raw: bytes, max_pixels: int) -> Image.Image:
    """`raw` as RGB with transparent pixels on white; the type is judged by the bytes, never by a header.

    Raises ImageError for anything that is not a whole image of at most `max_pixels`. The size is read before a
    pixel is decoded: a 10 kB file can hold 81 megapixels.
    """
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(f"expected at most {max_pixels} pixels, got {image.width} x {image.height}")
            return _on_white(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(f"expected at most {max_pixels} pixels: {error}") from error
    # Pillow's decoders raise all of these for damaged files.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, MemoryError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"expected an image ({', '.join(_FORMATS)}): {error}") from error


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        overlay = image.convert("RGBA")
        white = Image.new("RGBA", overlay.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, overlay).convert("RGB")
    return image.convert("RGB")


def to_pixels(image: Image.Image, rule: Mapping[str, Any]) -> NDArray[np.float32]:
    """float32 (3, size, size): shorter side to `resize`, centre crop, value/255, minus mean, over std."""
    size, shorter = rule["size"], rule["resize"]
    scale = shorter / min(image.size)
    width = shorter if image.width <= image.height else max(shorter, int(shorter * image.width / image.height))
    height = shorter if image.height <= image.width else max(shorter, int(shorter * image.height / image.width))
    # An extreme banner would grow to gigabytes before the crop discards nearly all of it.
    if scale * max(image.size) > 100 * shorter:
        raise ImageError(f"expected at most 100 times as long as wide, got {image.width} x {image.height}")
    resized = image.resize((width, height), _RESAMPLING[rule["interpolation"]])
    if min(resized.size) < size:  # transforms pad with black where the crop is larger than the image
        padded = Image.new("RGB", (max(size, width), max(size, height)))
        padded.paste(resized, ((padded.width - width) // 2, (padded.height - height) // 2))
        resized = padded
    left, top = round((resized.width - size) / 2), round((resized.height - size) / 2)
    cropped = resized.crop((left, top, left + size, top + size))
    values = np.asarray(cropped, dtype=np.float32) / np.float32(255)  # (size, size, 3)
    normalised = (values - np.asarray(rule["mean"], np.float32)) / np.asarray(rule["std"], np.float32)
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))
