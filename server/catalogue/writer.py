"""Products in, catalogue rows out: what changed, embedding, commit. Used by the writer process and by ingest."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import orjson

from encoders.encoder import Encoder
from encoders.image_sources import ImageSource
from kernel.contract_types import Product
from server.catalogue.bundles import Bundles
from server.catalogue.card import card_of
from server.catalogue.database import Catalogue, Item, Stored, Vector
from server.catalogue.shared_images import SharedImages
from server.catalogue.space_encoder import Begun, Draft, SpaceEncoder, digest
from server.encoding.bundle import Bundle
from server.encoding.fetch import Fetcher
from server.encoding.web_images import WebImages
from server.errors import SpacesChangedError
from server.settings import Settings

# Facts about the visit, not about the product: a new crawl of an unchanged shop must not write every item again.
_VOLATILE = ("fetchedAt", "provenance")
# Bundles are registered by hand: nobody does it so often while one batch is embedded.
_MOST_TRIES = 5


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
class _Changed:
    """A valid product on its way into the catalogue, with its draft in each registered space, the served one first."""

    position: int
    product: Product
    content: str
    drafts: Mapping[str, Draft]
    is_unchanged: bool = False


@dataclass
class Prepared:
    """Products on their way into the catalogue, whose images are being read; give it to `Writer.finish`."""

    products: Mapping[int, Product]
    report: WriteReport
    keys: frozenset[tuple[str, str]]  # (shop, item id) of all products, changed or not
    changed: list[_Changed]
    begun: Sequence[tuple[SpaceEncoder, Begun]]


class Writer:
    """Embeds products in the spaces of all registered bundles and writes them; one per process.

    bundle: the one that embeds while a catalogue has none registered.
    """

    def __init__(self, settings: Settings, bundle: Bundle, images: ImageSource | None = None, threads: int = 0) -> None:
        self._settings = settings
        self._images = SharedImages(images or web_images(settings))
        self._threads = threads
        first = SpaceEncoder(settings, bundle, self._images, threads)
        self._loaded = {bundle.space: first}
        self._encoders = [first]

    @property
    def encoder(self) -> Encoder:
        """Return the served bundle's encoder."""
        return self._encoders[0].encoder

    def close(self) -> None:
        """Stop reading images."""
        for encoder in self._loaded.values():
            encoder.close()

    def follow(self, catalogue: Catalogue) -> None:
        """Take the bundles that are registered now, the served one first; raises BundleError for one that is gone."""
        kept = Bundles(catalogue).kept()
        if not kept:
            return
        for one in kept:
            if one.space not in self._loaded:
                bundle = one.load(self._settings.trusted_keys)
                self._loaded[one.space] = SpaceEncoder(self._settings, bundle, self._images, self._threads)
        self._encoders = [self._loaded[one.space] for one in kept]
        self._images.num_readers = sum(encoder.encoder.takes_images for encoder in self._encoders)

    def write(
        self, catalogue: Catalogue, products: Mapping[int, Product], also: Callable[[WriteReport], None] | None = None
    ) -> WriteReport:
        """Embed new content of products that `problem_of` accepted, and commit once; see `finish`."""
        return self.finish(catalogue, self.prepare(catalogue, products), also)

    def prepare(self, catalogue: Catalogue, products: Mapping[int, Product]) -> Prepared:
        """Find what has changed and begin to read its images.

        The catalogue must hold every earlier product of the same key: finish what holds one before preparing the next.
        """
        self.follow(catalogue)
        report = WriteReport()
        drafts: dict[tuple[str, str], _Changed] = {}
        for position, product in products.items():
            # Of two with one id the later stays.
            report.accepted += drafts.pop((product["shop"], product["itemId"]), None) is not None
            drafts[product["shop"], product["itemId"]] = self._draft(position, product)
        for (shop, item_id), draft in drafts.items():
            _compare(draft, catalogue.stored(shop, item_id))
        changed = [draft for draft in drafts.values() if not draft.is_unchanged]
        report.unchanged = len(drafts) - len(changed)
        begun = [
            (encoder, encoder.begin([draft.drafts[encoder.bundle.space] for draft in changed]))
            for encoder in self._encoders
        ]
        return Prepared(products, report, frozenset(drafts), changed, begun)

    def finish(
        self, catalogue: Catalogue, prepared: Prepared, also: Callable[[WriteReport], None] | None = None
    ) -> WriteReport:
        """Embed what was prepared and commit once; durable on return.

        What was prepared before a bundle was registered is prepared again. also: something to do with the finished
        report in the same transaction.
        """
        for attempt in range(_MOST_TRIES):
            try:
                return self._finish(catalogue, prepared, also)
            except SpacesChangedError:
                if attempt == _MOST_TRIES - 1:
                    raise
                prepared = self.prepare(catalogue, prepared.products)
        raise AssertionError("unreachable")

    def _finish(
        self, catalogue: Catalogue, prepared: Prepared, also: Callable[[WriteReport], None] | None
    ) -> WriteReport:
        report, changed = prepared.report, prepared.changed
        self._embed(prepared)
        started = time.perf_counter()
        items = [_item(draft) for draft in changed if _own(draft).embedding is not None]
        report.accepted += len(items)
        problem = "expected text or a usable image, got neither"
        report.rejected = [(draft.position, problem) for draft in changed if _own(draft).embedding is None]
        if items or also is not None:
            catalogue.write(items, None if also is None else partial(also, report))
        report.commit_seconds += time.perf_counter() - started
        return report

    def _draft(self, position: int, product: Product) -> _Changed:
        drafts = {encoder.bundle.space: encoder.draft(product) for encoder in self._encoders}
        return _Changed(position, product, content_of(product), drafts)

    def _embed(self, prepared: Prepared) -> None:
        """Embed in every space; what is counted is what happened in the served one."""
        report = prepared.report
        for place, (encoder, begun) in enumerate(prepared.begun):
            started = time.perf_counter()
            encoder.wait(begun)
            waited = time.perf_counter()
            num_embedded = encoder.finish(begun)
            report.image_seconds += waited - started
            report.encode_seconds += time.perf_counter() - waited
            if place == 0:
                report.num_embedded += num_embedded
                report.num_images += sum(draft.vector is not None and draft.vector.has_image for draft in begun.drafts)


def web_images(settings: Settings) -> WebImages:
    """Return the source of images from their addresses, within the limits of the settings."""
    return WebImages(Fetcher(settings.image_max_bytes, settings.image_timeout_seconds, settings.pinned_hosts()))


def content_of(product: Product) -> str:
    """Return all of a product that is content, as one text."""
    lasting = {name: value for name, value in product.items() if name not in _VOLATILE}
    return orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS).decode()


def content_hash(embedding_key: str, content: str) -> str:
    """Return what a row's content is known by; the key is that of the row's own space."""
    return digest(embedding_key, content)


def _compare(draft: _Changed, stored: Stored | None) -> None:
    """Take the vectors that are stored of the same input, and note whether nothing has changed."""
    if stored is None:
        return
    for space, one in draft.drafts.items():
        one.take(stored.vectors.get(space))
    own = draft.drafts.get(stored.space)
    draft.is_unchanged = (
        own is not None
        and stored.content_hash == content_hash(own.key, draft.content)
        and all(one.vector is not None for one in draft.drafts.values())
    )


def _own(draft: _Changed) -> Vector:
    vector = next(iter(draft.drafts.values())).vector
    if vector is None:
        raise ValueError("expected a draft that was embedded")
    return vector


def _item(draft: _Changed) -> Item:
    product, own = draft.product, _own(draft)
    served, *others = draft.drafts
    return Item(
        shop=product["shop"],
        item_id=product["itemId"],
        product=orjson.dumps(product),
        card=card_of(product),
        rating_count=min(product.get("rating", {}).get("count", 0), 2**53),
        embedding=np.frombuffer(own.embedding or b"", dtype="<f4"),
        space=served,
        content_hash=content_hash(own.embedding_key, draft.content),
        embedding_key=own.embedding_key,
        has_image=own.has_image,
        beside={space: vector for space in others if (vector := draft.drafts[space].vector) is not None},
    )
