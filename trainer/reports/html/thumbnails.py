"""Thumbnails of product images as data URIs, so that the page is one file."""

import base64
import io
import warnings
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

SIZE = 112  # pixels of the longer side: sharp at the size the page shows, about 3 kB each
QUALITY = 72


class Thumbnails:
    """Thumbnails of the catalogue's images, each made on first use."""

    def __init__(self, images: Mapping[int, Path]) -> None:
        self.images = images
        self._made: dict[int, str | None] = {}

    def __call__(self, item_idx: int) -> str | None:
        """Return an item's thumbnail as a data URI, None where it has no readable image."""
        if item_idx not in self._made:
            path = self.images.get(item_idx)
            self._made[item_idx] = None if path is None else thumbnail(path)
        return self._made[item_idx]


def thumbnail(path: Path) -> str | None:
    """Return an image file as a JPEG data URI of at most SIZE pixels a side, on white; None for any other file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # a small file can hold gigapixels
            with Image.open(path) as image:
                image.draft("RGB", (SIZE, SIZE))
                rgba = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        return None  # the page shows a placeholder; the encoder has already reported this file
    rgba.thumbnail((SIZE, SIZE), Image.Resampling.LANCZOS)
    white = Image.new("RGBA", rgba.size, "white")
    written = io.BytesIO()
    Image.alpha_composite(white, rgba).convert("RGB").save(written, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode('ascii')}"
