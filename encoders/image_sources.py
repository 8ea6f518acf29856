"""Sources of a product's image; here, a directory of the operator's."""

from pathlib import Path
from typing import Protocol

from encoders.errors import ImageError, ImagesFolderError
from kernel.contract_types import Product

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class ImageSource(Protocol):
    """Source of product images."""

    def identity(self, product: Product) -> str:
        """Return a text that differs for another image; empty if the product has none."""
        ...

    def read(self, product: Product) -> bytes:
        """Return the image's bytes; raises ImageError."""
        ...


class LocalImages:
    """Images from one directory, named {itemId} or {sku} with .jpg, .jpeg, .png or .webp; nothing is fetched."""

    def __init__(self, directory: Path) -> None:
        if not directory.is_dir():
            raise ImagesFolderError(f"--images: expected a directory, got {directory}")
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
            raise ImageError("no image of this name in the directory")
        try:
            return path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: {error.strerror}") from error
