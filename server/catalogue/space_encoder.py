"""Products to vectors of one bundle's space: its text, its image rule, and the key by which both are known again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Encoder
from encoders.image_loader import ImageLoader, LoadingImages
from encoders.image_process import ImageProcesses
from encoders.image_sources import ImageSource
from kernel.contract_types import Product
from server.catalogue.database import Vector
from server.encoding.bundle import Bundle
from server.settings import Settings


@dataclass
class Draft:
    """A product on its way into a space. `vector` is known beforehand where neither text nor image has changed."""

    product: Product
    text: str
    image: str
    key: str
    pixels: NDArray[np.float32] | None = None
    vector: Vector | None = None

    def take(self, stored: Vector | None) -> None:
        """Keep a stored vector of the same text and image; an image that could not be had is tried again."""
        if stored is not None and stored.embedding_key == self.key and (stored.has_image or not self.image):
            self.vector = stored


@dataclass
class Begun:
    """Drafts whose images are being read; give it to `SpaceEncoder.finish`."""

    drafts: Sequence[Draft]
    shown: Sequence[Draft]
    images: LoadingImages | None


class SpaceEncoder:
    """One bundle's encoder and the reader of images by its rule; one per process, because it owns the weights."""

    def __init__(self, settings: Settings, bundle: Bundle, images: ImageSource, threads: int = 0) -> None:
        self.bundle = bundle
        self.encoder = Encoder(bundle.directory, bundle.manifest, threads)
        self._images = images
        self._loader: ImageLoader | None = None
        self._decoders: ImageProcesses | None = None
        if self.encoder.takes_images:
            rule = bundle.manifest["image"]
            self._decoders = ImageProcesses(rule, settings.image_max_pixels, settings.image_processes)
            self._loader = ImageLoader(
                images, rule, settings.image_max_pixels, settings.image_threads, self._decoders.decode
            )

    def close(self) -> None:
        """Stop reading images."""
        if self._loader is not None:
            self._loader.close()
        if self._decoders is not None:
            self._decoders.close()

    def draft(self, product: Product) -> Draft:
        """Return what the bundle reads of a product."""
        text = self.encoder.text_of(product)
        image = self._images.identity(product) if self.encoder.takes_images else ""
        return Draft(product, text, image, digest(self.bundle.space, text, image))

    def begin(self, drafts: Sequence[Draft]) -> Begun:
        """Begin to read the images of drafts without a vector."""
        open_drafts = [draft for draft in drafts if draft.vector is None]
        shown = [draft for draft in open_drafts if draft.image]
        images = self._loader.start([draft.product for draft in shown]) if shown and self._loader else None
        return Begun(open_drafts, shown, images)

    def wait(self, begun: Begun) -> None:
        """Wait for the images."""
        if begun.images is not None:
            for draft, pixels in zip(begun.shown, begun.images.wait(), strict=True):
                draft.pixels = pixels

    def finish(self, begun: Begun) -> int:
        """Give every draft its vector, an empty one without text and usable image; return how many were embedded."""
        usable = [draft for draft in begun.drafts if draft.text or draft.pixels is not None]
        if usable:
            embeddings = self.encoder.embed([draft.text for draft in usable], [draft.pixels for draft in usable])
            for draft, embedding in zip(usable, embeddings, strict=True):
                raw = np.ascontiguousarray(embedding, dtype="<f4").tobytes()
                draft.vector = Vector(raw, draft.key, draft.pixels is not None)
        for draft in begun.drafts:
            draft.pixels = None
            if draft.vector is None:
                draft.vector = Vector(None, draft.key, has_image=False)
        return len(usable)


def digest(*parts: str) -> str:
    """Return the SHA-256 of texts, as hexadecimal digits."""
    # Lengths keep ("ab", "c") apart from ("a", "bc").
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8")).hexdigest()
