"""What the towers see of each item: encoder outputs, computed once and kept in a content-addressed cache.

A cache file's name is the hash of everything that decides its content (encoder, rule, every text or picture), so it is
never stale and never overwritten with something else. Two runs that miss at once both compute, and the second rename
replaces the file by an equal one.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data import Product
from trainer.encoders import Encoders
from trainer.errors import DataError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
OnProgress = Callable[[str, int, int], None]  # (what, done, of how many)


@dataclass(frozen=True)
class ItemFeatures:
    """One row per item of the catalogue, memory-mapped where they come from the cache."""

    text: NDArray[np.float32]  # (num_items, text_dim), zeros where missing
    image: NDArray[np.float32]  # (num_items, image_dim), zeros where missing
    modality_mask: NDArray[np.float32]  # (num_items, 2), 1 where the text, the picture is there
    pictures_hash: str = ""  # SHA-256 over the picture files, empty where there are none

    def __len__(self) -> int:
        return len(self.text)


def build_features(
    products: Sequence[Product],
    encoders: Encoders,
    cache_dir: Path,
    images: Path | None = None,
    on_progress: OnProgress = lambda what, done, total: None,
) -> ItemFeatures:
    """Return the features of products, from the cache where this very input has been encoded before."""
    texts = [encoders.item_text(product) for product in products]
    with_text = [row for row, text in enumerate(texts) if text]
    pictures = find_pictures(products, images) if encoders.has_image_encoder and images else {}
    mask = np.zeros((len(products), 2), dtype=np.float32)
    mask[with_text, 0] = 1
    mask[list(pictures), 1] = 1
    text = _cached(
        cache_dir,
        (encoders.text_identity, *texts),
        (len(products), encoders.text_dim),
        lambda: _at_rows(with_text, encoders.encode_texts([texts[row] for row in with_text]), "texts", on_progress),
    )
    if not pictures:
        return ItemFeatures(text, np.zeros((len(products), encoders.image_dim), dtype=np.float32), mask)
    hashes = [_sha256(pictures[row]) if row in pictures else "" for row in range(len(products))]
    image = _cached(
        cache_dir,
        (encoders.image_identity, *hashes),
        (len(products), encoders.image_dim),
        lambda: _at_rows(list(pictures), encoders.encode_images(list(pictures.values())), "pictures", on_progress),
    )
    return ItemFeatures(text, image, mask, hashlib.sha256(" ".join(hashes).encode()).hexdigest())


def find_pictures(products: Sequence[Product], images: Path) -> dict[int, Path]:
    """Return {row: file} of the products that have {itemId}.jpg, .jpeg, .png or .webp in `images`."""
    if not images.is_dir():
        raise DataError(f"{images}: the run's data.images is not a directory")
    files = {path.stem: path for path in sorted(images.iterdir()) if path.suffix.lower() in PICTURE_SUFFIXES}
    return {row: files[product["itemId"]] for row, product in enumerate(products) if product["itemId"] in files}


Batches = Iterator[tuple[Sequence[int], NDArray[np.float32]]]


def _at_rows(rows: Sequence[int], batches: Batches, what: str, on_progress: OnProgress) -> Batches:
    done = 0
    for positions, features in batches:
        yield [rows[position] for position in positions], features
        done += len(positions)
        on_progress(what, done, len(rows))


def _cached(
    cache_dir: Path, parts: Iterable[str], shape: tuple[int, int], compute: Callable[[], Batches]
) -> NDArray[np.float32]:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())  # hashed one by one: ["ab"] is not ["a", "b"]
    path = Path(cache_dir) / f"{digest.hexdigest()}.npy"
    if not path.is_file():
        features = np.zeros(shape, dtype=np.float32)
        for rows, batch in compute():
            features[rows] = batch
        _write_atomically(features, path)
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def _write_atomically(array: NDArray[np.float32], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
