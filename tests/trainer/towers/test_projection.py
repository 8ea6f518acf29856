"""Projections into a tower, and the rows of what training knew."""

import pytest
import torch

from trainer.towers.known_rows import UNKNOWN, find_rows
from trainer.towers.projection import project_present, projection


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("from_dim", "to_dim"), [(24, 8), (8, 8), (8, 24)])
def test_a_projection_keeps_lengths_on_average(from_dim, to_dim):
    features = torch.nn.functional.normalize(torch.randn(4000, from_dim, generator=seeded()), dim=-1)
    lengths = projection(from_dim, to_dim, seeded(1))(features).square().sum(dim=1)
    assert lengths.mean().item() == pytest.approx(1.0, abs=0.03)


def test_a_widening_projection_keeps_every_angle():
    features = torch.randn(6, 5, generator=seeded())
    project = projection(5, 12, seeded(2))
    assert torch.allclose(project(features) @ project(features).T, features @ features.T, atol=1e-5)


def test_weights_depend_on_the_generator_alone():
    first, second, other = (projection(6, 4, seeded(seed)).weight for seed in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_features_are_projected_at_unit_length():
    project, features = projection(5, 3, seeded()), torch.randn(4, 5, generator=seeded(1))
    has = torch.tensor([[1.0], [1.0], [0.0], [1.0]])
    found = project_present(project, features, has)
    assert torch.allclose(found, project_present(project, 7 * features, has), atol=1e-6)
    assert torch.allclose(found[0], project.weight @ (features[0] / features[0].norm()), atol=1e-6)


def test_nothing_present_is_zeros_without_a_product():
    project = projection(5, 3, seeded())
    project.weight.data.fill_(float("nan"))
    assert torch.equal(project_present(project, torch.ones(2, 5), torch.zeros(2, 1)), torch.zeros(2, 3))


def test_rows_are_those_that_a_search_one_by_one_finds():
    known = torch.randperm(500, generator=seeded())[:120].sort().values
    keys = torch.randint(-5, 520, (400,), generator=seeded(1))
    expected = [known.tolist().index(key) if key in known.tolist() else UNKNOWN for key in keys.tolist()]
    assert find_rows(known, keys).tolist() == expected
    assert find_rows(known[:0], keys).tolist() == [UNKNOWN] * 400
