"""Clusters of the item embeddings, and their agreement with the catalogue's categories."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN
from sklearn.metrics import normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from trainer.reports.html.projection import principal_components

NOISE = -1
DIMS = 20  # in more dimensions all points are far apart, so density means little
SMALLEST_SHARE = 100  # a cluster has at least a hundredth of the points
SMALLEST_CLUSTER = 5  # and at least this many points


@dataclass(frozen=True)
class Agreement:
    """Agreement of clusters and categories, over clustered points with a category.

    purity: share of points in their cluster's most frequent category; `one_cluster`: purity of one single cluster.
    nmi: normalised mutual information, 0 (independent) to 1 (the same partition).
    """

    purity: float
    one_cluster: float
    nmi: float
    num_points: int


def find_clusters(embeddings: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the cluster of each row (n, dim), numbered from the largest; NOISE where the density is too low.

    HDBSCAN on the first principal components. Campello, Moulavi & Sander, Density-Based Clustering Based on
    Hierarchical Density Estimates, 2013.
    """
    smallest = max(SMALLEST_CLUSTER, len(embeddings) // SMALLEST_SHARE)
    components = principal_components(embeddings, DIMS)
    labels = HDBSCAN(min_cluster_size=smallest, min_samples=SMALLEST_CLUSTER, copy=True).fit_predict(components)
    return by_size(labels)


def by_size(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Renumber clusters from the largest; NOISE stays."""
    found, counts = np.unique(labels[labels != NOISE], return_counts=True)
    renamed = np.full(len(labels), NOISE, dtype=np.int64)
    for number, label in enumerate(found[np.argsort(-counts, kind="stable")]):
        renamed[labels == label] = number
    return renamed


def agreement(labels: NDArray[np.integer], categories: Sequence[str | None]) -> Agreement | None:
    """Return the agreement of clusters and categories, None where no clustered point has a category."""
    counted = [row for row, category in enumerate(categories) if category is not None and labels[row] != NOISE]
    if not counted:
        return None
    clusters, names = labels[counted], [str(categories[row]) for row in counted]
    counts = contingency_matrix(names, clusters)  # (categories, clusters)
    return Agreement(
        purity=float(counts.max(axis=0).sum() / counts.sum()),
        one_cluster=float(counts.sum(axis=1).max() / counts.sum()),
        nmi=float(normalized_mutual_info_score(names, clusters)),
        num_points=len(counted),
    )


def central_rows(embeddings: NDArray[np.floating], labels: NDArray[np.integer], cluster: int, most: int) -> list[int]:
    """Return the `most` rows of a cluster that are nearest to its mean, nearest first."""
    rows = np.flatnonzero(labels == cluster)
    distances = np.linalg.norm(embeddings[rows] - embeddings[rows].mean(axis=0), axis=1)
    return [int(row) for row in rows[np.argsort(distances, kind="stable")[:most]]]
