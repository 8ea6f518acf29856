import numpy as np
import pytest
from sklearn.metrics import homogeneity_completeness_v_measure

from trainer.reports.html.clusters import NOISE, agreement, by_size, central_rows, find_clusters
from trainer.reports.html.projection import principal_plane, sample_rows, tsne


def blobs(sizes=(60, 40, 25), num_stray=12, dim=24, seed=0):
    """Return points in tight blobs with strays between them, and the blob of each point (-1 for strays)."""
    generator = np.random.default_rng(seed)
    middles = 8 * np.eye(dim)[: len(sizes)]
    points = [middle + generator.normal(0, 0.3, (size, dim)) for middle, size in zip(middles, sizes, strict=True)]
    stray = generator.uniform(-30, 30, (num_stray, dim))
    owners = np.repeat([*range(len(sizes)), NOISE], [*sizes, num_stray])
    order = generator.permutation(len(owners))
    return np.concatenate([*points, stray])[order].astype(np.float32), owners[order]


def test_find_clusters_finds_planted_blobs_and_noise():
    points, owners = blobs()
    labels = find_clusters(points)
    assert labels.max() == 2
    assert [int((labels == number).sum()) for number in range(3)] == [60, 40, 25]
    assert (labels == owners).mean() > 0.97
    assert (labels[owners == NOISE] == NOISE).mean() > 0.8


def test_agreement_equals_hand_counts_and_scikit_learn():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, NOISE, NOISE, 0])
    names = ["a", "a", "a", "b", "b", "b", "c", "a", None, None]
    found = agreement(labels, names)
    assert found.num_points == 7
    assert found.purity == pytest.approx((3 + 2) / 7)  # three a of cluster 0, two b of cluster 1
    assert found.one_cluster == pytest.approx(3 / 7)
    v_measure = homogeneity_completeness_v_measure(names[:7], labels[:7])[2]  # another name for this NMI
    assert found.nmi == pytest.approx(v_measure)


def test_agreement_is_1_for_equal_and_0_for_unrelated_groups():
    same = agreement(np.array([1, 1, 0, 0, 0]), ["x", "x", "y", "y", "y"])
    assert (same.purity, same.nmi) == (1.0, pytest.approx(1.0))
    crossed = agreement(np.array([0, 0, 1, 1]), ["x", "y", "x", "y"])
    assert (crossed.purity, crossed.one_cluster, crossed.nmi) == (0.5, 0.5, pytest.approx(0.0))
    assert agreement(np.array([NOISE, 0]), ["x", None]) is None


def test_clusters_are_numbered_from_the_largest():
    assert by_size(np.array([4, 4, 2, NOISE, 2, 2, 9])).tolist() == [1, 1, 0, NOISE, 0, 0, 2]


def test_central_rows_are_the_nearest_to_the_cluster_mean():
    points = np.array([[0, 0], [9, 9], [1, 0], [2, 0], [5, 0], [9, 8]], dtype=np.float32)
    labels = np.array([0, 1, 0, 0, 0, 1])
    assert central_rows(points, labels, 0, 3) == [3, 2, 0]  # the middle is (2, 0)


def test_tsne_keeps_blobs_together_and_is_deterministic():
    points, owners = blobs(sizes=(25, 20, 15), num_stray=0)
    plane = tsne(points, seed=3)
    assert plane.shape == (60, 2)
    distances = np.linalg.norm(plane[:, None] - plane[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (owners[distances.argmin(axis=1)] == owners).all()
    assert np.array_equal(plane, tsne(points, seed=3))


def test_principal_plane_finds_two_planted_directions():
    generator = np.random.default_rng(1)
    along, across = generator.normal(0, 5, 400), generator.normal(0, 2, 400)
    first, second = np.linalg.qr(generator.normal(size=(7, 2)))[0].T
    found = principal_plane(np.outer(along, first) + np.outer(across, second))
    assert abs(np.corrcoef(found.points[:, 0], along)[0, 1]) > 0.99
    assert abs(np.corrcoef(found.points[:, 1], across)[0, 1]) > 0.99
    assert sum(found.variance_shares) == pytest.approx(1)
    assert found.variance_shares[0] == pytest.approx(25 / 29, abs=0.05)


def test_sample_rows_are_distinct_and_depend_only_on_the_generator():
    rows = sample_rows(5000, np.random.default_rng(2), most=300)
    assert len(set(rows.tolist())) == 300 and (np.diff(rows) > 0).all() and rows.max() < 5000
    assert np.array_equal(rows, sample_rows(5000, np.random.default_rng(2), most=300))
    assert not np.array_equal(rows, sample_rows(5000, np.random.default_rng(3), most=300))
    assert sample_rows(3, np.random.default_rng(2)).tolist() == [0, 1, 2]
