"""Images of benchmarks/browser: photographs of fashion products with their labels, and the demo mall's drawings."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.mall.catalogue import DemoProduct
from demo.mall.drawings.drawing import encode
from encoders.pixels import decode_image

MAX_PIXELS = 50_000_000
MALL_SIDE = 640  # pixels, as the mall's shops show a product


@dataclass(frozen=True)
class Photographs:
    """Fashion products: their names, files and labels, in one order."""

    names: list[str]
    files: list[bytes]
    types: NDArray[np.str_]
    colours: NDArray[np.str_]

    def images(self) -> list[Image.Image]:
        """Return the decoded images."""
        return [decode_image(file, MAX_PIXELS) for file in self.files]


def photographs(folder: Path, num: int) -> Photographs:
    """Return products of styles.csv and images.zip, drawn by a fixed seed."""
    with (folder / "styles.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["has_image"] == "1" and row["productDisplayName"].strip()]
    chosen = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))[:num]]
    with zipfile.ZipFile(folder / "images.zip") as archive:
        paths = {Path(name).stem: name for name in archive.namelist()}
        files = [archive.read(paths[row["id"]]) for row in chosen]
    return Photographs(
        [" ".join(row["productDisplayName"].split()) for row in chosen],
        files,
        np.array([row["articleType"] for row in chosen]),
        np.array([row["baseColour"] for row in chosen]),
    )


def large_files(files: Sequence[bytes], side: int) -> list[bytes]:
    """Return JPEG files of photographs enlarged to a width of `side` pixels, the size at which shops show them."""
    enlarged = []
    for file in files:
        image = decode_image(file, MAX_PIXELS)
        written = io.BytesIO()
        image.resize((side, image.height * side // image.width)).save(written, "JPEG", quality=85)
        enlarged.append(written.getvalue())
    return enlarged


def mall_images(made: Sequence[DemoProduct]) -> list[Image.Image | None]:
    """Return the images of the mall's products, None for those that have none."""
    return [decode_image(encode(each, MALL_SIDE), MAX_PIXELS) if each.has_image else None for each in made]
