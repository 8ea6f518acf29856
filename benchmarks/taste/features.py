"""Item vectors for the benchmark: those of a bundle, of texts alone, in shops with the bundle's metric."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.taste.rule import Floats
from benchmarks.taste.shop import Shop
from encoders.encoder import Encoder
from kernel.shop_metric import estimate
from server.encoding.bundle import load_bundle

_ROWS = 512


class ItemVectors:
    """Makes the item vectors of a bundle; what takes minutes is kept in a folder, where one is given."""

    def __init__(self, directory: Path, cache: Path | None) -> None:
        self.bundle = load_bundle(directory)
        self._encoder = Encoder(directory, self.bundle.manifest)
        self._cache = cache
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def of(self, name: str, texts: Sequence[str]) -> Floats:
        """Return item vectors (n, dim) of texts, unit length, zeros of an empty text; `name` is that in the folder."""
        path = None if self._cache is None else self._cache / f"{name}-{self.bundle.space[:16]}.npy"
        if path is not None and path.exists():
            return np.asarray(np.load(path), dtype=np.float32)
        made = np.zeros((len(texts), self.bundle.dim), dtype=np.float32)
        written = [row for row, text in enumerate(texts) if text.strip()]
        for start in range(0, len(written), _ROWS):
            rows = written[start : start + _ROWS]
            made[rows] = self._encoder.embed([texts[row] for row in rows], [None] * len(rows))
        if path is not None:
            np.save(path, made)
        return made

    def shop(self, vectors: Floats) -> Shop:
        """Return a shop of items (n, dim) as the server has it: its own moments, shrunk towards the bundle's."""
        metric, filler = self.bundle.metric, self.bundle.manifest.get("filler")
        return Shop(vectors, None if metric is None else metric.of_shop(estimate(vectors, metric.own.blocks)), filler)
