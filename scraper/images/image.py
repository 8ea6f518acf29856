"""Inspection of an image by its bytes alone, never by the type that a server gives."""

import io
import re
import threading
import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

from scraper.errors import FetchError

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
MAX_PIXELS = 40_000_000
# An image narrower or lower than this shows no product: tracking pixels, spacers, icons.
MIN_SIDE = 32
_LOGO = re.compile(
    r"(?:^|[/_.-])(?:logos?|favicon|sprites?|placeholder|no-?image|spacer|pixel)(?:[/_.-]|$)", re.IGNORECASE
)
# `catch_warnings` changes what the whole process does with a warning, so one thread at a time.
_opening = threading.Lock()


@dataclass(frozen=True, slots=True)
class InspectedImage:
    """A whole, decodable image: the suffix of its true type, and its size in pixels."""

    suffix: str
    width: int
    height: int


def inspect(body: bytes, url: str, *, max_pixels: int = MAX_PIXELS) -> InspectedImage:
    """Return the type and size of an image; raises FetchError with the reason why it is not a product's image.

    The size is read from the header and checked before a pixel is decoded.
    """
    try:
        image = _opened(body)
        if image.width * image.height > max_pixels:
            raise FetchError("too_many_pixels", f"{url}: {image.width} × {image.height} pixels, at most {max_pixels}")
        if min(image.size) < MIN_SIDE:
            raise FetchError("too_small", f"{url}: {image.width} × {image.height} pixels show no product")
        inspected = InspectedImage(SUFFIXES[image.format or ""], image.width, image.height)
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FetchError("too_many_pixels", f"{url}: {error}") from error
    except UnidentifiedImageError as error:
        raise FetchError("no_image", f"{url}: expected JPEG, PNG, GIF, WebP or AVIF") from error
    # Pillow's decoders raise these for data that breaks off or contradicts itself.
    except (OSError, ValueError, SyntaxError, IndexError, KeyError, EOFError) as error:
        raise FetchError("broken_image", f"{url}: {error}") from error
    return inspected


def is_logo(url: str) -> bool:
    """Return whether an image's address names a logo or a placeholder.

    >>> is_logo("https://shop.example/img/site-logo.png"), is_logo("https://shop.example/img/logos-tee.png?v=2")
    (True, True)
    >>> is_logo("https://shop.example/img/logotype-shirt.png")
    False
    """
    return _LOGO.search(urlsplit(url).path.rpartition("/")[2]) is not None


def _opened(body: bytes) -> Image.Image:
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(body), formats=list(SUFFIXES))
