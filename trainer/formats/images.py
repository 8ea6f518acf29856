"""Image sources in a folder, in a .zip file or in memory, looked up by the product's key."""

import zipfile
from collections.abc import Mapping, Set
from pathlib import Path, PurePosixPath

from trainer.errors import DataError
from trainer.formats.source import Images
from trainer.preprocess.images import MAX_BYTES, ImageError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def find_images(place: Path) -> Images:
    """Return the images of a folder or a .zip; raise DataError where it is neither."""
    if place.is_dir():
        return ImageFolder(place)
    if place.suffix.lower() == ".zip" and place.is_file():
        return ImageZip(place)
    raise DataError(f"{place}: expected a folder or a .zip of images named by item")


class ImageFolder:
    """Image files in a folder, named {key}.jpg, .jpeg, .png, .webp or .gif; subfolders are ignored."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}

    def keys(self) -> Set[str]:
        """Return the names without suffix."""
        return self._paths.keys()

    def read(self, key: str) -> bytes:
        """Return the file's bytes; raise OSError or ImageError."""
        if (size := self._paths[key].stat().st_size) > MAX_BYTES:
            raise ImageError(f"expected at most {MAX_BYTES:,} bytes, got {size:,}", "too many bytes")
        return self._paths[key].read_bytes()


class ImageZip:
    """Image files in a .zip, named likewise and in any folder; none is unpacked to disk, so no path can escape."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: cannot be read as a .zip: {error}") from error
        names = (PurePosixPath(name) for name in sorted(self._zip.namelist()))
        self._names = {name.stem: str(name) for name in names if name.suffix.lower() in SUFFIXES}

    def keys(self) -> Set[str]:
        """Return the names without folder and suffix."""
        return self._names.keys()

    def read(self, key: str) -> bytes:
        """Return the member's bytes; raise OSError or ImageError."""
        try:
            if (size := self._zip.getinfo(self._names[key]).file_size) > MAX_BYTES:
                raise ImageError(f"expected at most {MAX_BYTES:,} bytes, got {size:,}", "too many bytes")
            return self._zip.read(self._names[key])
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:  # damaged, encrypted, unknown packing
            raise ImageError(f"expected a .zip member that unpacks, got: {error}", "cannot be unpacked") from error


class ImagesInMemory:
    """Images that another file contained."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def keys(self) -> Set[str]:
        """Return the products' keys."""
        return self._contents.keys()

    def read(self, key: str) -> bytes:
        """Return the image's bytes."""
        return self._contents[key]
