"""A bundle's vectors as the product compares them: as they are, centred by shop, or in the shop's metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Encoder
from kernel.contract_types import Product
from kernel.shop_metric import BundleMetric, estimate
from server.encoding.bundle import load_bundle

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """One way to compare a bundle's vectors. `ridge` None: centred only; `is_raw`: as they are."""

    name: str
    bundle: "BundleVectors"
    ridge: float | None = None
    is_raw: bool = False

    def of_shop(self, items: Floats, seen: Floats | None = None) -> tuple[Floats, Floats]:
        """Return what users are made of and what they are compared with, each (n, dim), of one shop's item vectors.

        seen: the same items as a user's device knows them, where it knows them otherwise than the shop.
        """
        filler, known = self.bundle.filler, items if seen is None else seen
        if self.is_raw:
            return _without(known, filler), items
        metric = self.bundle.metric
        rule = BundleMetric(metric.own, self.ridge or 1.0, metric.pseudo_items, metric.covariance_pseudo_items)
        shop = rule.of_shop(estimate(items, metric.own.blocks))
        stored = shop.centred(items) if self.ridge is None else shop.stored(items)
        return _without(shop.centred(known), filler), stored


def _without(items: Floats, filler: int | None) -> Floats:
    kept = items.copy()
    if filler is not None:
        kept[:, filler] = 0
    return kept


class BundleVectors:
    """Item vectors of texts by a bundle, through the encoder that the server ingests with."""

    def __init__(self, directory: Path) -> None:
        bundle = load_bundle(directory)
        if bundle.metric is None:
            raise ValueError(f"{directory}: expected a bundle with a shopMetric")
        self.bundle_id, self.metric, self.filler = bundle.bundle_id, bundle.metric, bundle.filler
        self.manifest = bundle.manifest
        self._encoder = Encoder(directory, bundle.manifest, num_threads=1)
        self._known: dict[str, Floats] = {}

    def texts(self, texts: Sequence[str]) -> Floats:
        """Return item vectors (n, dim) of items with these texts and no image."""
        new = sorted({text for text in texts if text not in self._known})
        if new:
            self._known |= dict(zip(new, self._encoder.embed(new, [None] * len(new)), strict=True))
        return np.stack([self._known[text] for text in texts])

    def text_of(self, product: Product) -> str:
        """Return the text of a product by the bundle's rule."""
        return self._encoder.text_of(product)

    def products(self, products: Sequence[Product]) -> Floats:
        """Return item vectors (n, dim) of products, their text by the bundle's rule."""
        return self.texts([self.text_of(product) for product in products])

    def images(self, texts: Sequence[str], pixels: Sequence[Floats]) -> Floats:
        """Return item vectors (n, dim) of items with an image; an empty text is a missing one."""
        return cast(Floats, self._encoder.embed(texts, pixels))


def spaces_of(bundle: BundleVectors, name: str, ridges: Sequence[float]) -> list[Space]:
    """Return the ways to compare that are measured: as they are, centred by shop, and in the metric by each ridge."""
    metrics = [Space(f"{name}, ridge {ridge:g}", bundle, ridge) for ridge in ridges]
    return [Space(f"{name}, as it is", bundle, is_raw=True), Space(f"{name}, centred", bundle), *metrics]
