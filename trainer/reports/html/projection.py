"""Embeddings on a plane: t-SNE, which keeps neighbours together, and PCA, which keeps large distances."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

MAX_POINTS = 2000
FIRST_DIMS = 50  # t-SNE looks at this many principal components: the rest costs time and is mostly noise
PERPLEXITY = 30.0
FEWEST_POINTS = 8  # fewer have no neighbourhoods to show


@dataclass(frozen=True)
class PrincipalPlane:
    """Points on the first two principal components."""

    points: NDArray[np.float64]  # (n, 2)
    variance_shares: tuple[float, float]  # of the whole variance, on each of the two


def sample_rows(num_rows: int, generator: np.random.Generator, most: int = MAX_POINTS) -> NDArray[np.int64]:
    """Return at most `most` different rows, ascending."""
    if num_rows <= most:
        return np.arange(num_rows)
    return np.sort(generator.choice(num_rows, size=most, replace=False))


def principal_components(embeddings: NDArray[np.floating], most: int) -> NDArray[np.float64]:
    """Return (n, at most `most`) coordinates on the first principal components."""
    size = min(most, *embeddings.shape)
    components: NDArray[np.float64] = PCA(size, svd_solver="full").fit_transform(embeddings.astype(np.float64))
    return components


def principal_plane(embeddings: NDArray[np.floating]) -> PrincipalPlane:
    """Return embeddings (n, dim) on their first two principal components; n and dim from 2."""
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(embeddings.astype(np.float64))
    first, second = np.nan_to_num(pca.explained_variance_ratio_)
    return PrincipalPlane(points, (float(first), float(second)))


def tsne(embeddings: NDArray[np.floating], seed: int) -> NDArray[np.float64]:
    """Return embeddings (n, dim) as (n, 2), the same for the same seed; n from FEWEST_POINTS.

    van der Maaten & Hinton, Visualizing Data using t-SNE, 2008. Only who is near whom means something on this map: its
    empty spaces and the sizes of its islands do not.
    """
    components = principal_components(embeddings, FIRST_DIMS)
    perplexity = min(PERPLEXITY, (len(components) - 1) / 3)
    plane = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, n_jobs=1)
    points: NDArray[np.float64] = plane.fit_transform(components).astype(np.float64)
    return points
