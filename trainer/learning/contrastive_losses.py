"""Contrastive losses: of text and image of one product, and of products with one label.

All take embeddings of unit length, so they work with any pair of towers.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from trainer.learning.ranking_losses import in_float32

_NEVER = -1e9  # exp() of it is 0 in float32, and unlike -inf it gives no NaN where a whole row is masked


@in_float32
def info_nce(text: Tensor, image: Tensor, logit_scale: Tensor | float) -> Tensor:
    r"""Return the InfoNCE loss: the cross-entropy of each text's own image in the batch, and of each image's text.

    .. math::
        s_{ij} = \sigma \langle t_i, v_j \rangle, \qquad
        \mathcal{L} = -\frac{1}{2B} \sum_i \left( \log \mathrm{softmax}_j(s_{ij})_i
        + \log \mathrm{softmax}_j(s_{ji})_i \right)

    σ, the logit scale, is 1 / temperature.

    Shapes:
        - text, image: (B, dim); row i of both is one product
        - output: scalar

    Paper: Radford et al. 2021, https://arxiv.org/abs/2103.00020, section 2.3.
    """
    logits = logit_scale * text @ image.T  # (B, B)
    own = torch.arange(len(text), device=text.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


@in_float32
def supervised_contrastive(embeddings: Tensor, labels: Tensor, temperature: float = 0.1) -> Tensor:
    r"""Return the supervised contrastive loss, which draws embeddings of one label together.

    .. math::
        \mathcal{L} = \frac{1}{|A|} \sum_{i \in A} -\frac{1}{|P(i)|} \sum_{p \in P(i)}
        \log \frac{\exp(\langle z_i, z_p \rangle / \tau)}{\sum_{a \ne i} \exp(\langle z_i, z_a \rangle / \tau)}

    P(i) are the others of i's label, A the embeddings that have such others. A label below 0 is unknown: such an
    embedding has no positives and serves as a negative only. 0 where no two share a label.

    Shapes:
        - embeddings: (n, dim); labels: (n,) int64
        - output: scalar

    Paper: Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equation 2.
    """
    is_self = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    is_positive = (labels[:, None] == labels[None, :]) & (labels[:, None] >= 0) & ~is_self
    logits = (embeddings @ embeddings.T / temperature).masked_fill(is_self, _NEVER)
    log_likelihood = F.log_softmax(logits, dim=1).masked_fill(~is_positive, 0.0).sum(dim=1)  # (n,)
    num_positives = is_positive.sum(dim=1)
    has_positive = num_positives > 0
    losses = -log_likelihood / num_positives.clamp(min=1)
    return (losses * has_positive).sum() / has_positive.sum().clamp(min=1)


@in_float32
def batch_hard_triplet(embeddings: Tensor, labels: Tensor, margin: float | None = 0.2) -> Tensor:
    r"""Return the batch-hard triplet loss: the farthest of the same label against the nearest of another label.

    .. math::
        \mathcal{L} = \frac{1}{|A|} \sum_{a \in A} f\Big( \max_{y_p = y_a} d(a, p) - \min_{y_n \ne y_a} d(a, n) \Big)

    f(x) = max(0, margin + x), or, without a margin, log(1 + exp(x)): the soft margin, which never becomes 0. d is the
    Euclidean distance. A are the anchors that have both a positive and a negative; 0 where there is none.

    Shapes:
        - embeddings: (n, dim); labels: (n,) int64, below 0 unknown: such a row has no role
        - output: scalar

    Paper: Hermans et al. 2017, https://arxiv.org/abs/1703.07737, equations 5 and 6.
    """
    squared = 2 - 2 * embeddings @ embeddings.T  # (n, n), of unit vectors
    distance = squared.clamp(min=1e-12).sqrt()  # the square root has no gradient at 0
    is_known = labels >= 0
    is_same = labels[:, None] == labels[None, :]
    is_self = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    both_known = is_known[:, None] & is_known[None, :]
    is_positive, is_negative = is_same & both_known & ~is_self, ~is_same & both_known
    farthest = distance.masked_fill(~is_positive, 0.0).amax(dim=1)
    nearest = distance.masked_fill(~is_negative, 3.0).amin(dim=1)  # no two unit vectors are 3 apart
    is_anchor = is_positive.any(dim=1) & is_negative.any(dim=1)
    gap = farthest - nearest
    losses = F.softplus(gap) if margin is None else (margin + gap).clamp(min=0)
    return (losses * is_anchor).sum() / is_anchor.sum().clamp(min=1)
