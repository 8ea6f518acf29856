"""Pictures as training wants them: whole, upright, of bounded size, and never bigger than they need to be."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 40_000_000
MAX_BYTES = 64 * 1024 * 1024
_ORIENTATION = 0x0112  # EXIF


class PictureError(ValueError):
    """A file is no picture that can be used; the message says why."""


@dataclass(frozen=True)
class PictureRule:
    """What a picture must be, and what is made of it."""

    min_side: int = 32  # pixels; smaller is an icon or a tracking dot
    max_side: int = 512
    quality: int = 85  # of JPEG


def clean_picture(content: bytes, rule: PictureRule) -> bytes:
    """Return the picture as JPEG bytes: upright, on white where transparent, its longest side at most `max_side`.

    A JPEG that is all that already comes back byte for byte. Raises PictureError for what does not decode to the last
    row, is too small, or would unpack to more than 40 million pixels.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(f"{len(content):,} bytes, at most {MAX_BYTES:,} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                _check_size(picture, rule)
                picture.load()
                return content if _is_ready(picture, rule) else _convert(picture, rule)
    except PictureError:
        raise
    except UnidentifiedImageError as error:  # its own words name an address in memory, another one each time
        raise PictureError("not a picture that Pillow knows") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow's own limit, which other code of the process may have set below ours, is met before the header is seen.
        raise PictureError(f"too many pixels, at most {MAX_PIXELS:,} are unpacked: {error}") from error
    except (OSError, ValueError, SyntaxError, EOFError, Warning) as error:
        raise PictureError(f"does not decode as a picture: {error}") from error


def _check_size(picture: Image.Image, rule: PictureRule) -> None:
    width, height = picture.size  # from the header, before anything is unpacked
    if width * height > MAX_PIXELS:
        raise PictureError(f"{width} × {height} pixels, at most {MAX_PIXELS:,} are unpacked")
    if min(width, height) < rule.min_side:
        raise PictureError(f"{width} × {height} pixels, at least {rule.min_side} a side are needed")


def _is_ready(picture: Image.Image, rule: PictureRule) -> bool:
    is_upright = picture.getexif().get(_ORIENTATION, 1) == 1
    return picture.format == "JPEG" and picture.mode == "RGB" and is_upright and max(picture.size) <= rule.max_side


def _convert(picture: Image.Image, rule: PictureRule) -> bytes:
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        on_white = Image.new("RGBA", upright.size, "white")
        on_white.alpha_composite(upright.convert("RGBA"))
        upright = on_white
    rgb = upright.convert("RGB")
    rgb.thumbnail((rule.max_side, rule.max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    rgb.save(buffer, format="JPEG", quality=rule.quality)
    return buffer.getvalue()
