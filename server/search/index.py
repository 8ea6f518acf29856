"""HNSW index over a shop's stored vectors. Besides `snapshots`, only this module uses hnswlib."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from server.catalogue.columns import Floats, Integers

# docs/index-parameters.md explains these values.
M = 16
EF_CONSTRUCTION = 400
SPACE = "ip"
# The share of the ten nearest that an index must find; its `ef` is the least of these that does.
RECALL = 0.999
_EFS = (64, 96, 128, 192, 256, 384, 512, 768, 1024)
_NUM_TRIED = 200
_K = 10
_SEED = 100


@dataclass(frozen=True)
class Index:
    """Immutable HNSW index of n vectors, labelled with their rows. Nothing is inserted after the build."""

    hnsw: Any
    dim: int
    ef: int

    def __len__(self) -> int:
        return int(self.hnsw.element_count)

    def search(self, query: Floats, num_rows: int) -> Integers:
        """Return (min(num_rows, len),) rows, most similar first, approximately; none if fewer can be reached."""
        try:
            rows, _ = self.hnsw.knn_query(query, k=min(num_rows, len(self)), num_threads=1)
        except RuntimeError:  # hnswlib raises it if its graph reaches fewer than k
            return np.empty(0, dtype=np.int64)
        return np.asarray(rows[0], dtype=np.int64)

    def save(self, path: Path) -> int:
        """Write the index; return the bytes that it must have. hnswlib raises nothing on a full disk."""
        self.hnsw.save_index(str(path))
        return int(self.hnsw.index_file_size())


def build_index(vectors: Floats, ef: int | None = None) -> Index:
    """Return an index over float32 (n, dim) vectors. One thread and fixed seeds make it deterministic.

    ef: search breadth; without it the least that finds RECALL of the ten nearest to means of four items.
    """
    import hnswlib  # noqa: PLC0415 (a server of small shops never needs it)

    hnsw = hnswlib.Index(space=SPACE, dim=vectors.shape[1])
    hnsw.init_index(max_elements=len(vectors), M=M, ef_construction=EF_CONSTRUCTION, random_seed=_SEED)
    hnsw.add_items(vectors, np.arange(len(vectors)), num_threads=1)
    chosen = _least_ef(hnsw, vectors) if ef is None else ef
    hnsw.set_ef(chosen)
    return Index(hnsw, vectors.shape[1], chosen)


def _least_ef(hnsw: Any, vectors: Floats) -> int:
    rng = np.random.default_rng(_SEED)
    queries = vectors[rng.integers(len(vectors), size=(_NUM_TRIED, 4))].mean(axis=1)
    k = min(_K, len(vectors))
    # The k-th best of each query, a few queries at a time: all at once would be (200, n).
    kth = np.concatenate(
        [-np.partition(-(part @ vectors.T), k - 1, axis=1)[:, k - 1] for part in np.array_split(queries, 20)]
    )
    for ef in _EFS:
        hnsw.set_ef(ef)
        rows, _ = hnsw.knn_query(queries, k=k, num_threads=1)
        scores = np.vecdot(vectors[rows.astype(np.int64)], queries[:, None])
        if (scores >= kth[:, None] - 1e-5).mean() >= RECALL:
            return ef
    return _EFS[-1]


def load_index(path: Path, dim: int, ef: int) -> Index:
    """Return an index from a file that `snapshots` has verified: hnswlib itself trusts every byte of it."""
    import hnswlib  # noqa: PLC0415 (as above)

    hnsw = hnswlib.Index(space=SPACE, dim=dim)
    hnsw.load_index(str(path))
    hnsw.set_ef(ef)
    return Index(hnsw, dim, ef)
