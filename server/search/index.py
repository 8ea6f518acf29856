"""HNSW index over a shop's embeddings. Besides `snapshots`, only this module uses hnswlib."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from server.catalogue.columns import Floats, Integers

# docs/index-parameters.md explains these values.
M = 16
EF_CONSTRUCTION = 400
SPACE = "ip"
_SEED = 100


@dataclass(frozen=True)
class Index:
    """Immutable HNSW index with its labels. Nothing is inserted after the build."""

    hnsw: Any
    labels: Integers
    dim: int
    ef: int

    def __len__(self) -> int:
        return len(self.labels)

    def search(self, query: Floats, num_labels: int) -> Integers:
        """Return (min(num_labels, len),) labels, most similar first, approximately; none if fewer can be reached."""
        try:
            labels, _ = self.hnsw.knn_query(query, k=min(num_labels, len(self)), num_threads=1)
        except RuntimeError:  # hnswlib raises it if its graph reaches fewer than k
            return np.empty(0, dtype=np.int64)
        return np.asarray(labels[0], dtype=np.int64)


def build_index(labels: Integers, embeddings: Floats, ef: int) -> Index:
    """Return an index over float32 (n, dim) unit vectors. One thread and a fixed seed make it deterministic."""
    import hnswlib  # noqa: PLC0415 (a server of small shops never needs it)

    hnsw = hnswlib.Index(space=SPACE, dim=embeddings.shape[1])
    hnsw.init_index(max_elements=len(labels), M=M, ef_construction=EF_CONSTRUCTION, random_seed=_SEED)
    hnsw.add_items(embeddings, labels, num_threads=1)
    hnsw.set_ef(ef)
    return Index(hnsw, np.sort(labels), embeddings.shape[1], ef)


def load_index(path: Path, dim: int, ef: int) -> Index:
    """Return an index from a file that `snapshots` has verified: hnswlib itself trusts every byte of it."""
    import hnswlib  # noqa: PLC0415 (as above)

    hnsw = hnswlib.Index(space=SPACE, dim=dim)
    hnsw.load_index(str(path))
    hnsw.set_ef(ef)
    return Index(hnsw, np.sort(np.array(hnsw.get_ids_list(), dtype=np.int64)), dim, ef)
