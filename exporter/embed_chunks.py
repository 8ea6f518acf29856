"""Item vectors of a chunk of products: the part of `embed` that this process or a Dask worker runs.

A chunk is encoded by itself, whatever runs before or beside it, so every engine gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Encoder
from encoders.image_loader import ImageLoader, LoadingImages
from encoders.image_sources import LocalImages
from encoders.product_lines import Line, problem_of
from exporter.errors import BundleError
from exporter.verify import bundle_id, verify
from kernel.contract_types import Product

# Larger than any image of a shop; a few kilobytes can unpack to more.
_MAX_PIXELS = 40_000_000


@dataclass(frozen=True)
class Job:
    """Constants of an embedding; they travel to Dask workers.

    num_threads: batches encoded at once, 0 for one each usable core. num_decoders: images read and decoded at once.
    """

    bundle: Path
    bundle_id: str
    images: Path | None
    num_threads: int
    num_decoders: int


@dataclass(frozen=True)
class Row:
    """One row of the vectors: its product, and the product's line in the file."""

    line: int
    shop: str
    item_id: str


@dataclass(frozen=True)
class Counts:
    """Numbers of products; `skipped` counts pages that are not a product's, by their verdict."""

    rejected: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    with_image: int = 0
    unusable_images: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.rejected + other.rejected,
            dict(Counter(self.skipped) + Counter(other.skipped)),
            self.with_image + other.with_image,
            self.unusable_images + other.unusable_images,
        )


@dataclass(frozen=True)
class EncodedChunk:
    """Vectors of a chunk, float32 (rows, dim), their rows, and (line number, problem) of each rejected line."""

    vectors: NDArray[np.float32]
    rows: list[Row]
    rejected: list[tuple[int, str]]
    counts: Counts
    last: Line


@dataclass(frozen=True)
class _Begun:
    """A chunk whose images are being read."""

    products: list[tuple[int, Product]]
    shown: list[int]  # positions in `products` that have an image
    images: LoadingImages | None
    rejected: list[tuple[int, str]]
    skipped: Counter[str]
    last: Line


class ChunkEncoder:
    """The encoders of one job; raises BundleError where the bundle is not the one that the job names."""

    def __init__(self, job: Job) -> None:
        manifest = verify(job.bundle)
        if (found := bundle_id(job.bundle)) != job.bundle_id:
            raise BundleError(f"{job.bundle}: expected bundle {job.bundle_id}, got {found}; give all workers the same")
        self._encoder = Encoder(job.bundle, manifest, job.num_threads)
        self._dim = manifest["dim"]
        self._source: LocalImages | None = None
        self._loader: ImageLoader | None = None
        if job.images is not None and self._encoder.takes_images:
            self._source = LocalImages(job.images)
            self._loader = ImageLoader(self._source, manifest["image"], _MAX_PIXELS, job.num_decoders)

    def begin(self, lines: list[Line]) -> _Begun:
        """Check the lines and begin to read their images."""
        products, rejected, skipped = [], [], Counter[str]()
        for line in lines:
            problem = None if line.product is None else problem_of(line.product)
            if problem is not None and problem.code == "other_verdict" and line.product is not None:
                skipped[str(line.product["verdict"])] += 1
            elif line.product is None or problem is not None:
                rejected.append((line.number, line.problem or (problem.message if problem else "")))
            else:
                products.append((line.number, cast(Product, line.product)))
        source = self._source
        shown = [at for at, (_, product) in enumerate(products) if source is not None and source.identity(product)]
        images = self._loader.start([products[at][1] for at in shown]) if self._loader and shown else None
        return _Begun(products, shown, images, rejected, skipped, lines[-1])

    def finish(self, begun: _Begun) -> EncodedChunk:
        """Return the vectors of a chunk."""
        pixels: list[NDArray[np.float32] | None] = [None] * len(begun.products)
        for at, image in zip(begun.shown, begun.images.wait() if begun.images else (), strict=True):
            pixels[at] = image
        texts = [self._encoder.text_of(product) for _, product in begun.products]
        usable = [at for at, text in enumerate(texts) if text or pixels[at] is not None]
        without = sorted({*range(len(texts))} - {*usable})
        problem = "expected text or a usable image, got neither"
        rejected = sorted([*begun.rejected, *((begun.products[at][0], problem) for at in without)])
        vectors = np.zeros((0, self._dim), dtype=np.float32)
        if usable:
            vectors = self._encoder.embed([texts[at] for at in usable], [pixels[at] for at in usable])
        num_read = sum(image is not None for image in pixels)
        counts = Counts(len(rejected), dict(begun.skipped), num_read, len(begun.shown) - num_read)
        encoded = [begun.products[at] for at in usable]
        rows = [Row(number, product["shop"], product["itemId"]) for number, product in encoded]
        return EncodedChunk(vectors, rows, rejected, counts, begun.last)

    def encode(self, chunks: Iterable[list[Line]]) -> Iterator[EncodedChunk]:
        """Yield the chunks' vectors, reading the images of each while the one before is encoded."""
        waiting: _Begun | None = None
        try:
            for lines in chunks:
                begun = self.begin(lines)
                if waiting is not None:
                    yield self.finish(waiting)
                waiting = begun
            if waiting is not None:
                yield self.finish(waiting)
        finally:
            if self._loader is not None:
                self._loader.close()


def encode_chunk(job: Job, lines: list[Line]) -> EncodedChunk:
    """Return the vectors of a chunk; the encoders of a job are loaded once in each process."""
    encoder = _encoder_of(job)
    return encoder.finish(encoder.begin(lines))


@cache
def _encoder_of(job: Job) -> ChunkEncoder:
    return ChunkEncoder(job)
