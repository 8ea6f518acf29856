"""Image cleaning for training: complete, upright JPEG files of bounded size."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from trainer.errors import RecordError

MAX_PIXELS = 40_000_000
MAX_BYTES = 64 * 1024 * 1024
_ORIENTATION = 0x0112  # EXIF


class ImageError(RecordError):
    """A file that is not a usable image; the message gives the reason."""


@dataclass(frozen=True)
class ImageRule:
    """Smallest accepted size of an image, and largest size and quality of the result."""

    min_side: int = 32  # pixels; smaller images are icons or tracking dots
    max_side: int = 512
    quality: int = 85  # of JPEG


def clean_image(content: bytes, rule: ImageRule) -> bytes:
    """Return the image as JPEG bytes: upright, on white where transparent, its longest side at most `max_side`.

    A JPEG that already meets this is returned byte for byte. Raises ImageError for a file that does not decode to the
    last row, is too small, or has more than 40 million pixels.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(f"expected at most {MAX_BYTES:,} bytes, got {len(content):,}", "too many bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                _check_size(image, rule)
                image.load()
                return content if _is_ready(image, rule) else _convert(image, rule)
    except ImageError:
        raise
    except UnidentifiedImageError as error:  # its message contains a memory address, different each time
        raise ImageError(
            "expected an image, got no format that Pillow knows", "not an image that Pillow knows"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow checks its own limit before the header can be read, and other code may have set it below MAX_PIXELS.
        raise ImageError(f"expected at most {MAX_PIXELS:,} pixels, got more: {error}", "too many pixels") from error
    except (OSError, ValueError, SyntaxError, EOFError, Warning) as error:
        raise ImageError(f"expected an image that decodes, got: {error}", "does not decode as an image") from error


def _check_size(image: Image.Image, rule: ImageRule) -> None:
    width, height = image.size  # from the header, before anything is unpacked
    if width * height > MAX_PIXELS:
        raise ImageError(f"expected at most {MAX_PIXELS:,} pixels, got {width} × {height}", "too many pixels")
    if min(width, height) < rule.min_side:
        raise ImageError(f"expected at least {rule.min_side} pixels a side, got {width} × {height}", "too small")


def _is_ready(image: Image.Image, rule: ImageRule) -> bool:
    is_upright = image.getexif().get(_ORIENTATION, 1) == 1
    return image.format == "JPEG" and image.mode == "RGB" and is_upright and max(image.size) <= rule.max_side


def _convert(image: Image.Image, rule: ImageRule) -> bytes:
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        on_white = Image.new("RGBA", upright.size, "white")
        on_white.alpha_composite(upright.convert("RGBA"))
        upright = on_white
    rgb = upright.convert("RGB")
    rgb.thumbnail((rule.max_side, rule.max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    rgb.save(buffer, format="JPEG", quality=rule.quality)
    return buffer.getvalue()
