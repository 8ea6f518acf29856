"""HNSW over a shop's embeddings; the only module that touches hnswlib besides `snapshots`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from server.catalogue.columns import Floats, Integers

# docs/index-parameters.md says what these mean and how they were chosen.
M = 16
EF_CONSTRUCTION = 400
SPACE = "ip"
_SEED = 100


@dataclass(frozen=True)
class Index:
    """An immutable HNSW index and the labels inside it. Nothing is ever inserted after it is built."""

    hnsw: Any
    labels: Integers
    dim: int
    ef: int

    def __len__(self) -> int:
        return len(self.labels)

    def search(self, query: Floats, num_labels: int) -> Integers:
        """(min(num_labels, len),) labels, most similar first, approximately; none when fewer can be reached."""
        try:
            labels, _ = self.hnsw.knn_query(query, k=min(num_labels, len(self)), num_threads=1)
        except RuntimeError:  # hnswlib's only answer when its graph reaches fewer than k
            return np.empty(0, dtype=np.int64)
        return np.asarray(labels[0], dtype=np.int64)


def build_index(labels: Integers, embeddings: Floats, ef: int) -> Index:
    """An index over float32 (n, dim) unit vectors. One thread and a fixed seed: the same input, the same index."""
    import hnswlib  # noqa: PLC0415 (a server of small shops never needs it)

    hnsw = hnswlib.Index(space=SPACE, dim=embeddings.shape[1])
    hnsw.init_index(max_elements=len(labels), M=M, ef_construction=EF_CONSTRUCTION, random_seed=_SEED)
    hnsw.add_items(embeddings, labels, num_threads=1)
    hnsw.set_ef(ef)
    return Index(hnsw, np.sort(labels), embeddings.shape[1], ef)


def load_index(path: Path, dim: int, ef: int) -> Index:
    """An index from a file that `snapshots` has verified: hnswlib itself trusts every byte of it."""
    import hnswlib  # noqa: PLC0415 (as above)

    hnsw = hnswlib.Index(space=SPACE, dim=dim)
    hnsw.load_index(str(path))
    hnsw.set_ef(ef)
    return Index(hnsw, np.sort(np.array(hnsw.get_ids_list(), dtype=np.int64)), dim, ef)
