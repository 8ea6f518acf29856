"""Interest clusters made of a server's public catalogues, and the file that holds them."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import orjson
from numpy.typing import NDArray

from kernel.files import write_whole
from kernel.interest_clusters import FEWEST, MOST, Floats, InterestClusters
from kernel.shop_metric import ShopMetric
from server.errors import InputError

FILE = "interest-clusters.json"
SEED = 20261130
_ROUNDS = 15
_LEAST = 1e-9


def as_tastes(vectors: Floats, metric: ShopMetric | None, filler: int | None) -> tuple[Floats, Floats]:
    """Return items (n, dim) of one shop as tastes of unit length, and each taste turned by the shop's metric.

    A taste that has seen one item alone is its centred vector c. It is compared with items by its inner product with
    their stored vectors, and its own stored vector y is M c over the length of c in the metric M.
    """
    tastes, turned = (
        (vectors.copy(), vectors.copy()) if metric is None else (metric.centred(vectors), metric.stored(vectors))
    )
    if filler is not None:
        tastes[:, filler] = turned[:, filler] = 0
    lengths = np.maximum(np.linalg.norm(tastes, axis=1, keepdims=True), np.float32(_LEAST))
    return tastes / lengths, turned / lengths


def make(shops: Sequence[tuple[Floats, Floats]], space: str, count: int, seed: int = SEED) -> InterestClusters:
    """Return clusters by spherical k-means in the metrics of the shops.

    Args:
        shops: what `as_tastes` gives of the items of each shop; `count` items at least, all together.
        space: of the vectors.
        count: of clusters.
        seed: of the first centroids.
    """
    tastes, turned = (np.concatenate(parts) for parts in zip(*shops, strict=True))
    random = np.random.default_rng(seed)
    # Of unit length in the metric.
    tastes = tastes / np.maximum(np.vecdot(tastes, turned), np.float32(_LEAST))[:, None]
    centroids = turned[_spread(tastes, turned, count, random)]
    for _ in range(_ROUNDS):
        nearest = np.argmax(tastes @ centroids.T, axis=1)
        centroids = _centroids(tastes, turned, nearest, centroids, random)
    nearest = np.argmax(tastes @ centroids.T, axis=1)
    centres = np.stack([_centre(tastes[nearest == k], centroids[k]) for k in range(count)])
    return InterestClusters(space, centroids.astype(np.float32), centres.astype(np.float32))


def _spread(tastes: Floats, turned: Floats, count: int, random: np.random.Generator) -> list[int]:
    """Return rows to begin with, far from each other (k-means++)."""
    chosen = [int(random.integers(len(tastes)))]
    distances = np.maximum(1 - tastes @ turned[chosen[0]], _LEAST)
    for _ in range(count - 1):
        row = int(random.choice(len(tastes), p=distances.astype(np.float64) / distances.sum(dtype=np.float64)))
        chosen.append(row)
        distances = np.minimum(distances, np.maximum(1 - tastes @ turned[row], _LEAST))
    return chosen


def _centroids(
    tastes: Floats, turned: Floats, nearest: NDArray[np.intp], before: Floats, random: np.random.Generator
) -> Floats:
    """Return the mean of each cluster at unit length in the metric; an empty cluster begins anew at a random item."""
    made = before.copy()
    for k in range(len(made)):
        members = nearest == k
        if not members.any():
            made[k] = turned[random.integers(len(turned))]
            continue
        mean = turned[members].mean(axis=0)
        # The squared length of the mean in the metric: M d over the members, times d.
        made[k] = mean / np.sqrt(max(float(tastes[members].mean(axis=0) @ mean), _LEAST))
    return made


def _centre(members: Floats, fallback: Floats) -> Floats:
    """Return the mean taste of a cluster (dim,) at unit length; the centroid where it has no members."""
    mean: Floats = members.mean(axis=0) if len(members) else fallback
    return cast(Floats, mean / max(float(np.linalg.norm(mean)), _LEAST))


def write(clusters: InterestClusters, directory: Path) -> Path:
    """Write the clusters to the server's data directory, whole."""
    path = directory / FILE
    content = {
        "space": clusters.space,
        "count": len(clusters.centroids),
        "centroids": encoded(clusters.centroids),
        "centres": encoded(clusters.centres),
    }
    with write_whole(path) as stream:
        stream.write(orjson.dumps(content))
    return path


def read(directory: Path, space: str, dim: int) -> InterestClusters | None:
    """Return the clusters in the data directory; None without a file, or where it is of another space.

    Raises InputError for a file of another form.
    """
    path = directory / FILE
    try:
        content = orjson.loads(path.read_bytes())
        if content["space"] != space:
            return None
        count = content["count"]
        vectors = [_decoded(content[name], count, dim) for name in ("centroids", "centres")]
    except FileNotFoundError:
        return None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: expected interest clusters: {error}; run `python -m server clusters`") from error
    return InterestClusters(space, *vectors)


def encoded(vectors: Floats) -> str:
    """Return vectors as base64 of float32, little-endian, row by row."""
    return base64.b64encode(np.ascontiguousarray(vectors, dtype="<f4").tobytes()).decode("ascii")


def _decoded(text: str, count: int, dim: int) -> Floats:
    values = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
    if not FEWEST <= count <= MOST or len(values) != count * dim or not np.isfinite(values).all():
        raise ValueError(f"{count} × {dim} finite numbers, got {len(values)}")
    return values.reshape(count, dim)
