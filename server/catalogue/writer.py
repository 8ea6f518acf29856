"""Products in, catalogue rows out: what changed, embedding, commit. Used by the writer process and by ingest."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import orjson
from numpy.typing import NDArray

from encoders.encoder import Encoder
from encoders.image_loader import ImageLoader, LoadingImages
from encoders.image_process import ImageProcesses
from encoders.image_sources import ImageSource
from kernel.contract_types import Product
from server.catalogue.card import card_of
from server.catalogue.database import Catalogue, Item
from server.encoding.bundle import Bundle
from server.encoding.fetch import Fetcher
from server.encoding.web_images import WebImages
from server.settings import Settings

# Facts about the visit, not about the product: a new crawl of an unchanged shop must not write every item again.
_VOLATILE = ("fetchedAt", "provenance")


@dataclass
class WriteReport:
    """What happened to each of some products; `rejected` holds (position, problem)."""

    accepted: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    num_embedded: int = 0
    num_images: int = 0
    image_seconds: float = 0.0  # spent waiting: images are read while others are encoded
    encode_seconds: float = 0.0
    commit_seconds: float = 0.0


@dataclass
class _Draft:
    """A valid product on its way into the catalogue."""

    position: int
    product: Product
    text: str
    image: str
    content_hash: str
    embedding_key: str
    embedding: NDArray[np.float32] | None = None
    pixels: NDArray[np.float32] | None = None
    has_image: bool = False


@dataclass
class Prepared:
    """Products on their way into the catalogue, whose images are being read; give it to `Writer.finish`."""

    report: WriteReport
    keys: frozenset[tuple[str, str]]  # (shop, item id) of all products, changed or not
    changed: list[_Draft]
    shown: list[_Draft]  # of those to be embedded, the ones that name an image
    images: LoadingImages | None


class Writer:
    """Embeds and writes products; one per process, because it owns the encoder's weights."""

    def __init__(self, settings: Settings, bundle: Bundle, images: ImageSource | None = None, threads: int = 0) -> None:
        self._settings = settings
        self._bundle = bundle
        self._encoder = Encoder(bundle.directory, bundle.manifest, threads)
        self._images = images or WebImages(
            Fetcher(settings.image_max_bytes, settings.image_timeout_seconds, settings.pinned_hosts())
        )
        self._loader: ImageLoader | None = None
        self._decoders: ImageProcesses | None = None
        if self._encoder.takes_images:
            rule = bundle.manifest["image"]
            self._decoders = ImageProcesses(rule, settings.image_max_pixels, settings.image_processes)
            self._loader = ImageLoader(
                self._images, rule, settings.image_max_pixels, settings.image_threads, self._decoders.decode
            )

    @property
    def encoder(self) -> Encoder:
        """Return the bundle's encoder."""
        return self._encoder

    def close(self) -> None:
        """Stop reading images."""
        if self._loader is not None:
            self._loader.close()
        if self._decoders is not None:
            self._decoders.close()

    def write(
        self, catalogue: Catalogue, products: Mapping[int, Product], also: Callable[[WriteReport], None] | None = None
    ) -> WriteReport:
        """Embed new content of products that `problem_of` accepted, and commit once; see `finish`."""
        return self.finish(catalogue, self.prepare(catalogue, products), also)

    def prepare(self, catalogue: Catalogue, products: Mapping[int, Product]) -> Prepared:
        """Find what has changed and begin to read its images.

        The catalogue must hold every earlier product of the same key: finish what holds one before preparing the next.
        """
        report = WriteReport()
        drafts: dict[tuple[str, str], _Draft] = {}
        for position, product in products.items():
            # Of two with one id the later stays.
            report.accepted += drafts.pop((product["shop"], product["itemId"]), None) is not None
            drafts[product["shop"], product["itemId"]] = self._draft(position, product)
        changed = self._changed(catalogue, drafts, report)
        shown = [draft for draft in changed if draft.embedding is None and draft.image]
        images = self._loader.start([draft.product for draft in shown]) if shown and self._loader else None
        return Prepared(report, frozenset(drafts), changed, shown, images)

    def finish(
        self, catalogue: Catalogue, prepared: Prepared, also: Callable[[WriteReport], None] | None = None
    ) -> WriteReport:
        """Embed what was prepared and commit once; durable on return.

        also: something to do with the finished report in the same transaction.
        """
        report, changed = prepared.report, prepared.changed
        if prepared.images is not None:
            started = time.perf_counter()
            for draft, pixels in zip(prepared.shown, prepared.images.wait(), strict=True):
                draft.pixels = pixels
            report.image_seconds += time.perf_counter() - started
        self._embed([draft for draft in changed if draft.embedding is None], report)
        started = time.perf_counter()
        items = [self._item(draft, draft.embedding) for draft in changed if draft.embedding is not None]
        report.accepted += len(items)
        problem = "expected text or a usable image, got neither"
        report.rejected = [(draft.position, problem) for draft in changed if draft.embedding is None]
        if items or also is not None:
            catalogue.write(items, None if also is None else partial(also, report))
        report.commit_seconds += time.perf_counter() - started
        return report

    def _draft(self, position: int, product: Product) -> _Draft:
        text = self._encoder.text_of(product)
        image = self._images.identity(product) if self._encoder.takes_images else ""
        lasting = {name: value for name, value in product.items() if name not in _VOLATILE}
        embedding_key = _digest(self._bundle.space, text, image)
        content = orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS).decode()
        return _Draft(position, product, text, image, _digest(embedding_key, content), embedding_key)

    def _changed(
        self, catalogue: Catalogue, drafts: Mapping[tuple[str, str], _Draft], report: WriteReport
    ) -> list[_Draft]:
        changed = []
        for (shop, item_id), draft in drafts.items():
            stored = catalogue.stored(shop, item_id)
            # An image that could not be had last time is tried again; otherwise the same input, the same embedding.
            if stored is not None and stored.embedding_key == draft.embedding_key:
                if stored.has_image or not draft.image:
                    draft.embedding = np.frombuffer(stored.embedding, dtype="<f4").astype(np.float32)
                    draft.has_image = stored.has_image
                if stored.content_hash == draft.content_hash and draft.embedding is not None:
                    report.unchanged += 1
                    continue
            changed.append(draft)
        return changed

    def _embed(self, drafts: Sequence[_Draft], report: WriteReport) -> None:
        usable = [draft for draft in drafts if draft.text or draft.pixels is not None]
        started = time.perf_counter()
        if usable:
            embeddings = self._encoder.embed([draft.text for draft in usable], [draft.pixels for draft in usable])
            for draft, embedding in zip(usable, embeddings, strict=True):
                draft.embedding, draft.has_image = embedding, draft.pixels is not None
                draft.pixels = None
        report.encode_seconds += time.perf_counter() - started
        report.num_embedded += len(usable)
        report.num_images += sum(draft.has_image for draft in usable)

    def _item(self, draft: _Draft, embedding: NDArray[np.float32]) -> Item:
        product = draft.product
        return Item(
            shop=product["shop"],
            item_id=product["itemId"],
            product=orjson.dumps(product),
            card=card_of(product),
            rating_count=min(product.get("rating", {}).get("count", 0), 2**53),
            embedding=embedding,
            space=self._bundle.space,
            content_hash=draft.content_hash,
            embedding_key=draft.embedding_key,
            has_image=draft.has_image,
        )


def _digest(*parts: str) -> str:
    # Lengths keep ("ab", "c") apart from ("a", "bc").
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8")).hexdigest()
