"""Projections of embeddings on a plane: t-SNE keeps neighbours together, PCA keeps large distances."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

MAX_POINTS = 2000
FIRST_DIMS = 50  # principal components given to t-SNE: the rest costs time and is mostly noise
PERPLEXITY = 30.0
FEWEST_POINTS = 8  # fewer points have no neighbourhoods to show


@dataclass(frozen=True)
class PrincipalPlane:
    """Projection of points on the first two principal components."""

    points: NDArray[np.float64]  # (n, 2)
    variance_shares: tuple[float, float]  # share of the total variance on each component


def sample_rows(num_rows: int, generator: np.random.Generator, most: int = MAX_POINTS) -> NDArray[np.int64]:
    """Return at most `most` different row numbers, ascending."""
    if num_rows <= most:
        return np.arange(num_rows)
    return np.sort(generator.choice(num_rows, size=most, replace=False))


def principal_components(embeddings: NDArray[np.floating], most: int) -> NDArray[np.float64]:
    """Return the coordinates on the first principal components, (n, at most `most`)."""
    size = min(most, *embeddings.shape)
    components: NDArray[np.float64] = PCA(size, svd_solver="full").fit_transform(embeddings.astype(np.float64))
    return components


def principal_plane(embeddings: NDArray[np.floating]) -> PrincipalPlane:
    """Project embeddings (n, dim) on their first two principal components; n and dim are at least 2."""
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(embeddings.astype(np.float64))
    first, second = np.nan_to_num(pca.explained_variance_ratio_)
    return PrincipalPlane(points, (float(first), float(second)))


def tsne(embeddings: NDArray[np.floating], seed: int) -> NDArray[np.float64]:
    """Project embeddings (n, dim) by t-SNE to (n, 2), equal for equal seeds; n is at least FEWEST_POINTS.

    van der Maaten & Hinton, Visualizing Data using t-SNE, 2008. On this map only neighbourhoods have a meaning; empty
    spaces and the sizes of islands have none.
    """
    components = principal_components(embeddings, FIRST_DIMS)
    perplexity = min(PERPLEXITY, (len(components) - 1) / 3)
    plane = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, n_jobs=1)
    points: NDArray[np.float64] = plane.fit_transform(components).astype(np.float64)
    return points
