"""Ranking losses on embeddings, usable with any pair of towers."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

P = ParamSpec("P")
Result = TypeVar("Result")


def in_float32(loss: Callable[P, Result]) -> Callable[P, Result]:
    """Decorate a loss to compute in float32, although the towers before it may use less.

    Autocast would multiply in half precision again what is given in float32. A logit of 14, which is a cosine of 1 at a
    temperature of 0.07, then has a neighbour 0.06 away, and a loss sums thousands of them.
    """

    @wraps(loss)
    def computed(*args: P.args, **kwargs: P.kwargs) -> Result:
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        device = tensors[0].device.type
        has_autocast = torch.amp.is_autocast_available(device)
        with torch.autocast(device, enabled=False) if has_autocast else nullcontext():
            exact = [_widened(value) for value in args]
            return loss(*exact, **{name: _widened(value) for name, value in kwargs.items()})  # type: ignore[arg-type]

    return computed


def _widened(value: object) -> object:
    return value.float() if isinstance(value, Tensor) and value.is_floating_point() else value


@in_float32
def sampled_softmax(
    users: Tensor,
    items: Tensor,
    log_q: Tensor,
    is_negative: Tensor,
    weights: Tensor,
    temperature: float,
    more: Tensor | None = None,
) -> Tensor:
    r"""Return the in-batch sampled softmax loss with logQ correction, over the items of the batch.

    .. math::
        s_{ij} = \frac{\langle u_i, e_j \rangle}{\tau} - \log Q_j, \qquad
        \mathcal{L} = -\frac{\sum_i w_i \log \mathrm{softmax}_j(s_{ij})_i}{\sum_i w_i}

    Popular items are in batches more often and would be pushed away too much. Subtracting the log probability of being
    in the batch makes the sum an unbiased estimate over the whole catalogue. Use with any batch whose positives
    are drawn in proportion to their interactions. The scale of the logits is 1 / temperature.

    Shapes:
        - users, items: (B, dim) unit length; row i of items is what user i chose
        - log_q: (B,) log probability that a batch position holds this item; (B, B) where it differs between users
        - is_negative: (B, B) bool, false where item j is not a fair negative for user i (its diagonal is ignored)
        - weights: (B,) of the examples, not all 0
        - more: (B, K) logits of further negatives, -inf where unfair: mixed negative sampling (Yang et al. 2020,
          https://doi.org/10.1145/3366424.3386195) where they are logQ-corrected, too
        - output: scalar

    Paper: Yi et al. 2019, https://doi.org/10.1145/3298689.3346996, section 3, with exact counts for their estimate.
    """
    logits = users @ items.T / temperature - log_q  # (B, B)
    allowed = is_negative | torch.eye(len(users), dtype=torch.bool, device=users.device)
    logits = logits.masked_fill(~allowed, float("-inf"))
    if more is not None:
        logits = torch.cat([logits, more], dim=1)  # (B, B + K)
    losses = F.cross_entropy(logits, torch.arange(len(users), device=users.device), reduction="none")
    return _weighted_mean(losses, weights)


@in_float32
def softmax_over_negatives(positive: Tensor, negative: Tensor, is_fair: Tensor, weights: Tensor) -> Tensor:
    r"""Return the sampled softmax loss over each example's own negatives.

    .. math:: \mathcal{L} = -\frac{\sum_i w_i \left[s^+_i - \log(e^{s^+_i} + \sum_k e^{s_{ik}})\right]}{\sum_i w_i}

    Scores are `cosine / temperature`, each less its item's log probability of being drawn, as in
    :func:`sampled_softmax`; with uniform negatives that cancels out.

    Shapes:
        - positive: (B,) scores of what was chosen
        - negative: (B, K) scores of what was drawn
        - is_fair: (B, K) bool, false where a negative does not count
        - weights: (B,) of the examples, not all 0
        - output: scalar

    Paper: "On Using Very Large Target Vocabulary for Neural Machine Translation", Jean et al., ACL 2015,
    https://arxiv.org/abs/1412.2007
    """
    logits = torch.cat([positive[:, None], negative.masked_fill(~is_fair, float("-inf"))], dim=1)  # (B, 1 + K)
    return _weighted_mean(torch.logsumexp(logits, dim=1) - positive, weights)


@in_float32
def binary_cross_entropy(positive: Tensor, negative: Tensor, is_fair: Tensor, weights: Tensor) -> Tensor:
    r"""Was this item chosen, yes or no? The positive counts as much as all of its negatives together.

    .. math::
        \mathcal{L} = -\frac{\sum_i w_i \left[\log \sigma(s^+_i) + \frac{1}{K_i} \sum_k \log \sigma(-s_{ik})\right]}
        {\sum_i w_i}

    Shapes: as :func:`softmax_over_negatives`; scores are `cosine / temperature`, K_i counts the fair negatives.

    Paper: "Neural Collaborative Filtering", He et al., WWW 2017, https://arxiv.org/abs/1708.05031, equation 7, with the
    negatives of an example averaged.
    """
    return _weighted_mean(F.softplus(-positive) + _mean_over(F.softplus(negative), is_fair), weights)


@in_float32
def bayesian_personalised_ranking(positive: Tensor, negative: Tensor, is_fair: Tensor, weights: Tensor) -> Tensor:
    r"""Is what was chosen above what was not? BPR where K is 1, BPR-K with more negatives to each example.

    .. math:: \mathcal{L} = -\frac{\sum_i w_i \frac{1}{K_i} \sum_k \log \sigma(s^+_i - s_{ik})}{\sum_i w_i}

    Unlike the softmax, every negative keeps pulling on its own, however hard the others are.

    Shapes: as :func:`softmax_over_negatives`; scores are `cosine / temperature`, K_i counts the fair negatives.

    Paper: "BPR: Bayesian Personalized Ranking from Implicit Feedback", Rendle et al., UAI 2009,
    https://arxiv.org/abs/1205.2618; on images: DVBPR, Kang et al. 2017, https://arxiv.org/abs/1711.02231
    """
    return _weighted_mean(_mean_over(F.softplus(negative - positive[:, None]), is_fair), weights)


def _mean_over(losses: Tensor, is_fair: Tensor) -> Tensor:
    """Return the mean of each row's fair columns, (B,); 0 where there are none."""
    counts = is_fair.sum(1).clamp(min=1)
    return (losses * is_fair).sum(1) / counts


def _weighted_mean(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum()
