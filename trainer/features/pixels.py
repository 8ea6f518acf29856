"""Image arrays: decoded once into a memory-mapped cache of bytes, flipped and cropped at random in batches."""

import hashlib
import json
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from kernel.contract_types import ImageRule
from kernel.image_rule import DECODING, on_white, square_rgb
from trainer.errors import EncoderError, TrainingError
from trainer.features.cache import FeatureCache, Metadata


def read_rgb(path: Path, rule: ImageRule) -> NDArray[np.uint8]:
    """Return an image file as bytes (size, size, 3) by the manifest's image rule, before normalisation.

    Raises EncoderError for a file that is not an image or exceeds Pillow's pixel limit.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # a small file can hold gigapixels
            with Image.open(path) as image:
                rgb = on_white(image)
    except (OSError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise EncoderError(f"{path}: cannot be read as an image: {error}") from error
    return square_rgb(rgb, rule)


@dataclass(frozen=True)
class Pixels:
    """The decoded images of a catalogue, one row per item; rows without an image are white."""

    rgb: NDArray[np.uint8]  # (num_items, size, size, 3), memory-mapped
    mean: tuple[float, ...]  # of each colour, in [0, 1]
    std: tuple[float, ...]

    def batch(
        self, rows: NDArray[np.int64], generator: torch.Generator | None = None, *, flip: float = 0.5, crop: float = 0.8
    ) -> Tensor:
        """Return normalised images (n, 3, size, size) float32 for the encoder; augmented if a generator is given.

        flip: probability that an image is mirrored. crop: smallest share of a side that a crop keeps.
        """
        rgb = torch.from_numpy(np.array(self.rgb[rows])).permute(0, 3, 1, 2).to(torch.float32) / 255
        if generator is not None:
            rgb = augment(rgb, generator, flip=flip, crop=crop)
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (self.mean, self.std))
        return (rgb - mean) / std


def augment(rgb: Tensor, generator: torch.Generator, *, flip: float = 0.5, crop: float = 0.8) -> Tensor:
    """Return images (n, 3, h, w) mirrored and cropped at random, at their old size; only `generator` is used.

    A crop keeps at least `crop` of each side, at any position, and is stretched to the old size by bilinear sampling.
    """
    chance = torch.rand(len(rgb), 4, generator=generator)
    side = crop + (1 - crop) * chance[:, 0]
    mirrored = torch.where(chance[:, 1] < flip, -1.0, 1.0)
    shift = (1 - side)[:, None] * (2 * chance[:, 2:] - 1)  # (n, 2), in half images
    matrices = torch.zeros(len(rgb), 2, 3)
    matrices[:, 0, 0], matrices[:, 1, 1] = side * mirrored, side
    matrices[:, :, 2] = shift
    grid = F.affine_grid(matrices, list(rgb.shape), align_corners=False)
    return F.grid_sample(rgb, grid, mode="bilinear", padding_mode="border", align_corners=False)


def image_rule_at(rule: ImageRule, size: int) -> ImageRule:
    """Return a manifest's image rule for images of another size in pixels; it crops the same share of the border.

    Size 0 means the rule's own size.
    """
    if size in (0, rule["size"]):
        return rule.copy()
    return {**rule, "size": size, "resize": max(size, math.floor(rule["resize"] * size / rule["size"] + 0.5))}


def build_pixels(
    images: Mapping[int, Path],
    num_items: int,
    rule: ImageRule,
    cache_dir: Path,
    on_progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Pixels:
    """Return the images of a catalogue by the manifest's image rule, decoded once until a file changes.

    images: {row: file}. The cache file is named by a hash of rule and files, so it is never stale.
    """
    decoding = [DECODING, *(rule.get(key) for key in ("size", "resize", "interpolation", "mode", "fill"))]
    digest = hashlib.sha256(repr((num_items, decoding)).encode())
    for row in sorted(images):
        with images[row].open("rb") as file:
            digest.update(f"{row} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    cache, name = FeatureCache(cache_dir), f"pixels-{digest.hexdigest()}"
    shape = (num_items, rule["size"], rule["size"], 3)
    metadata: Metadata = {"what": "decoded images", "encoder": "", "rule": json.dumps(decoding)}
    rgb = cache.find(name, shape, np.uint8, metadata)
    if rgb is None:
        with cache.add(name, shape, metadata) as file:
            _decode_to(file, images, shape, rule, on_progress)
        rgb = cache.find(name, shape, np.uint8, metadata)
    if rgb is None:
        raise TrainingError(
            f"{cache_dir}: the decoded images were written but cannot be read back; another run may have pruned them"
        )
    return Pixels(rgb, tuple(rule["mean"]), tuple(rule["std"]))


def _decode_to(
    file: IO[bytes],
    images: Mapping[int, Path],
    shape: tuple[int, ...],
    rule: ImageRule,
    on_progress: Callable[[str, int, int], None],
) -> None:
    """Write a .npy file row by row, because all rows together may not fit in memory."""
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    white = b"\xff" * math.prod(shape[1:])
    done = 0
    for row in range(shape[0]):
        if row not in images:
            file.write(white)
            continue
        file.write(read_rgb(images[row], rule).tobytes())
        done += 1
        on_progress("decoding images", done, len(images))
