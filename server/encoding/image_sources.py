"""Sources of a product's image: a directory of the operator's, or addresses on the web."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kernel.contract_types import ImageRule, Product
from server.encoding.fetch import Fetcher
from server.encoding.pixels import decode_image, to_pixels
from server.errors import FetchError, ImageError, InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
# A shop's first image is its best; after two that cannot be had, the third is unlikely to be worth the wait.
_MAX_TRIES = 2


class ImageSource(Protocol):
    """Source of product images."""

    def identity(self, product: Product) -> str:
        """Return a text that differs for another image; empty if the product has none."""
        ...

    def read(self, product: Product) -> bytes:
        """Return the image's bytes; raises FetchError or ImageError."""
        ...


class WebImages:
    """Images from the addresses in `images`, within the fetcher's limits."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def identity(self, product: Product) -> str:
        """Return the addresses that `read` tries."""
        return "\n".join(product.get("images", ())[:_MAX_TRIES])

    def read(self, product: Product) -> bytes:
        """Return the bytes of the first address that can be fetched."""
        failure = FetchError("the product names no image")
        for url in product.get("images", ())[:_MAX_TRIES]:
            try:
                return self._fetcher.fetch(url)
            except FetchError as error:
                failure = error
        raise failure


class LocalImages:
    """Images from one directory, named {itemId} or {sku} with .jpg, .jpeg, .png or .webp; nothing is fetched."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise InputError(f"--images: expected a directory, got {directory}")
        # Names are looked up in this listing, so that no sku can ever form a path.
        self._paths = {path.stem: path for path in sorted(directory.iterdir()) if path.suffix.lower() in SUFFIXES}

    def _path(self, product: Product) -> Path | None:
        return self._paths.get(product["itemId"]) or self._paths.get(product.get("sku", ""))

    def identity(self, product: Product) -> str:
        """Return the file's name, size and time of change."""
        path = self._path(product)
        if path is None or not path.is_file():
            return ""
        found = path.stat()
        return f"{path.name} {found.st_size} {found.st_mtime_ns}"

    def read(self, product: Product) -> bytes:
        """Return the file's bytes."""
        path = self._path(product)
        if path is None:
            raise FetchError("no image of this name in the directory")
        try:
            return path.read_bytes()
        except OSError as error:
            raise FetchError(f"{path}: {error.strerror}") from error


def pixels_of(product: Product, source: ImageSource, rule: ImageRule, max_pixels: int) -> NDArray[np.float32] | None:
    """Return the image encoder's input, or None: a product without a usable image is still a product."""
    if not source.identity(product):
        return None
    try:
        return to_pixels(decode_image(source.read(product), max_pixels), rule)
    except (FetchError, ImageError):
        return None
