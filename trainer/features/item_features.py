"""Input features of the item towers: encoder outputs, read from the cache where the same input was encoded before."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Product, json_lines
from trainer.errors import DataError
from trainer.features.cache import Batches, FeatureCache
from trainer.features.encoders import Encoders

CRAWLED = "images.jsonl"  # written by `python -m scraper images`
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
OnProgress = Callable[[str, int, int], None]  # (what, done, of how many)


def _no_numbers() -> NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True)
class ItemFeatures:
    """Features, one row per item of the catalogue, memory-mapped where they come from the cache."""

    text: NDArray[np.float32]  # (num_items, text_dim), zeros where missing
    image: NDArray[np.float32]  # (num_items, image_dim), zeros where missing
    modality_mask: NDArray[np.float32]  # (num_items, 2), 1 where the text or the image is present
    images_hash: str = ""  # SHA-256 over the image files, empty where there are none
    numeric: NDArray[np.float32] = field(default_factory=_no_numbers)  # (num_items, n), see trainer/dataset/numeric.py
    numeric_mask: NDArray[np.float32] = field(default_factory=_no_numbers)  # (num_items, n), 1 where known
    numeric_names: tuple[str, ...] = ()  # of the n columns

    def __post_init__(self) -> None:
        if not self.numeric_names:  # so that rows can be selected from every column alike
            for name in ("numeric", "numeric_mask"):
                object.__setattr__(self, name, np.zeros((len(self.text), 0), dtype=np.float32))

    def __len__(self) -> int:
        return len(self.text)


def build_features(
    products: Sequence[Product],
    encoders: Encoders,
    cache: FeatureCache | Path,
    images: Path | None = None,
    on_progress: OnProgress = lambda what, done, total: None,
) -> ItemFeatures:
    """Return the features of products, without numbers; encode what is not cached yet."""
    cache = cache if isinstance(cache, FeatureCache) else FeatureCache(cache)
    texts = [encoders.item_text(product) for product in products]
    with_text = [row for row, text in enumerate(texts) if text]
    image_files = find_images(products, images) if encoders.has_image_encoder and images else {}
    mask = np.zeros((len(products), 2), dtype=np.float32)
    mask[with_text, 0] = 1
    mask[list(image_files), 1] = 1
    text = cache.get(
        (encoders.text_identity, *texts),
        (len(products), encoders.text_dim),
        {"what": "texts", "encoder": encoders.name, "rule": encoders.text_identity},
        lambda: _at_rows(with_text, encoders.encode_texts([texts[row] for row in with_text]), "texts", on_progress),
    )
    if not image_files:
        return ItemFeatures(text, np.zeros((len(products), encoders.image_dim), dtype=np.float32), mask)
    hashes = [_sha256(image_files[row]) if row in image_files else "" for row in range(len(products))]
    image = cache.get(
        (encoders.image_identity, *hashes),
        (len(products), encoders.image_dim),
        {"what": "images", "encoder": encoders.name, "rule": encoders.image_identity},
        lambda: _at_rows(list(image_files), encoders.encode_images(list(image_files.values())), "images", on_progress),
    )
    return ItemFeatures(text, image, mask, hashlib.sha256(" ".join(hashes).encode()).hexdigest())


def find_images(products: Sequence[Product], images: Path) -> dict[int, Path]:
    """Return {row: file} of the products that have {itemId}.jpg, .jpeg, .png or .webp in images/{shop} or `images`.

    Where `images` is the directory of a crawl, its images.jsonl maps files to products. Raises DataError where two
    shops have the itemId of an image that lies in `images` itself.
    """
    if not images.is_dir():
        raise DataError(f"{images}: the run's data.images is not a directory")
    if (images / CRAWLED).is_file():
        return _crawled_images(products, images)
    shops_of: dict[str, set[str]] = {}
    for product in products:
        shops_of.setdefault(product["itemId"], set()).add(product["shop"])
    files = _images_in(images)
    shops = set().union(*shops_of.values())
    files_of = {
        folder.name: _images_in(folder) for folder in images.iterdir() if folder.name in shops and folder.is_dir()
    }
    found = {}
    for row, product in enumerate(products):
        shop, item = product["shop"], product["itemId"]
        if item in files_of.get(shop, {}):
            found[row] = files_of[shop][item]
        elif item in files:
            if len(shops_of[item]) > 1:
                named = ", ".join(sorted(shops_of[item]))
                raise DataError(f"{files[item]}: can belong to {named}; put each shop's image in {images}/SHOP")
            found[row] = files[item]
    return found


def _images_in(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGE_SUFFIXES}


def _crawled_images(products: Sequence[Product], crawl: Path) -> dict[int, Path]:
    """Return {row: file} with the crawled image that the shop shows first for each product."""
    files: dict[tuple[str, str], Path] = {}  # by itemId and address
    by_item: dict[str, Path] = {}
    for line, entry in json_lines(crawl / CRAWLED):
        try:
            path, url, items = crawl / entry["file"], str(entry["url"]), [str(item) for item in entry["itemIds"]]
        except (KeyError, TypeError) as error:
            raise DataError(f"{crawl / CRAWLED}:{line}: expected url, file and itemIds") from error
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            for item in items:
                files[item, url] = path
                by_item.setdefault(item, path)
    found = {}
    for row, product in enumerate(products):
        shown = (files.get((product["itemId"], url)) for url in product.get("images", ()))
        path = next((each for each in shown if each), by_item.get(product["itemId"]))
        if path is not None:
            found[row] = path
    return found


def _at_rows(rows: Sequence[int], batches: Batches, what: str, on_progress: OnProgress) -> Batches:
    done = 0
    for positions, features in batches:
        yield [rows[position] for position in positions], features
        done += len(positions)
        on_progress(what, done, len(rows))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
