"""Linear projections of encoder outputs into a tower."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def projection(from_dim: int, to_dim: int, generator: torch.Generator | None) -> nn.Linear:
    """Return an orthogonal linear map that keeps lengths on average, so that similar content stays similar."""
    linear = nn.Linear(from_dim, to_dim, bias=False)
    nn.init.orthogonal_(linear.weight, gain=max(1.0, from_dim / to_dim) ** 0.5, generator=generator)
    return linear


def project_present(project: nn.Linear, features: Tensor, has: Tensor) -> Tensor:
    """Return the projection (N, width) of features (N, D) at unit length; undefined in rows where `has` (N, 1) is 0."""
    if not torch.compiler.is_exporting() and not has.any():  # saves time for catalogues without images
        return features.new_zeros(len(features), project.out_features)
    return project(F.normalize(features, dim=-1))  # type: ignore[no-any-return]  # nn.Module calls are untyped
