"""Image bytes to the pixels an image encoder reads."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from encoders.errors import ImageError
from kernel import image_rule
from kernel.contract_types import ImageRule
from kernel.image_rule import on_white

# What shops serve; every further decoder is one more parser for hostile bytes.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_MAX_ASPECT = 100


def decode_image(raw: bytes, max_pixels: int) -> Image.Image:
    """`raw` as RGB with transparent pixels on white; the bytes decide the type, never a header.

    Raises ImageError for anything that is not a whole image of at most `max_pixels`. The size is read before a
    pixel is decoded: a 10 kB file can hold 81 megapixels.
    """
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # Pillow's own limit belongs to the whole process, so it is only ever raised; the check below decides.
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_pixels)
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(f"expected at most {max_pixels} pixels, got {image.width} x {image.height}")
            return on_white(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(f"expected at most {max_pixels} pixels: {error}") from error
    # Pillow's decoders raise all of these for damaged files.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, MemoryError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"expected an image ({', '.join(_FORMATS)}): {error}") from error


def to_pixels(image: Image.Image, rule: ImageRule) -> NDArray[np.float32]:
    """Return an RGB image as float32 (3, size, size) by the bundle's image rule.

    Raises ImageError for one more than 100 times as long as wide: resizing it would take gigabytes, nearly all of them
    for what the crop discards.
    """
    if max(image.size) > _MAX_ASPECT * min(image.size):
        raise ImageError(f"expected at most {_MAX_ASPECT} times as long as wide, got {image.width} x {image.height}")
    return image_rule.to_pixels(image, rule)
