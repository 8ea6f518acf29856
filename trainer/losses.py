"""Training objectives, each on embeddings, so that any pair of towers can use them."""

import torch
import torch.nn.functional as F
from torch import Tensor


def sampled_softmax(
    users: Tensor, items: Tensor, log_q: Tensor, is_negative: Tensor, weights: Tensor, temperature: float
) -> Tensor:
    r"""In-batch sampled softmax with logQ correction: which of the batch's items did this user choose?

    .. math::
        s_{ij} = \frac{\langle u_i, e_j \rangle}{\tau} - \log Q_j, \qquad
        \mathcal{L} = -\frac{\sum_i w_i \log \mathrm{softmax}_j(s_{ij})_i}{\sum_i w_i}

    Popular items turn up in batches more often and would be pushed away too much; subtracting the log of how likely an
    item is to turn up makes the sum an unbiased stand-in for the whole catalogue. Use with any batch whose positives
    are drawn in proportion to their interactions. The scale of the logits is 1 / temperature.

    Shapes:
        - users, items: (B, dim) unit length; row i of items is what user i chose
        - log_q: (B,) log probability that a batch position holds this item
        - is_negative: (B, B) bool, false where item j is no fair negative for user i (its diagonal is ignored)
        - weights: (B,) of the examples, not all 0
        - output: scalar

    Paper: Yi et al. 2019, https://doi.org/10.1145/3298689.3346996, section 3, with exact counts for their estimate.
    """
    logits = users @ items.T / temperature - log_q  # (B, B)
    allowed = is_negative | torch.eye(len(users), dtype=torch.bool, device=users.device)
    logits = logits.masked_fill(~allowed, float("-inf"))
    losses = F.cross_entropy(logits, torch.arange(len(users), device=users.device), reduction="none")
    return (losses * weights).sum() / weights.sum()
