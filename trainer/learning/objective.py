"""Training objective: samples negatives for a batch and computes the loss of the towers' scores."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.config.model import RankingConfig
from trainer.dataset.dataset import Interactions
from trainer.learning.negatives import Negatives, NegativeSampler
from trainer.learning.ranking_losses import (
    bayesian_personalised_ranking,
    binary_cross_entropy,
    in_float32,
    sampled_softmax,
    softmax_over_negatives,
)

PER_EXAMPLE = {
    "sampled_softmax": softmax_over_negatives,
    "bce": binary_cross_entropy,
    "bpr": bayesian_personalised_ranking,
    "bpr_k": bayesian_personalised_ranking,
}


@dataclass(frozen=True)
class ExampleBatch:
    """B examples as arrays: user, chosen item, weight and negatives."""

    users: NDArray[np.int64]  # (B,) user_idx
    targets: NDArray[np.int64]  # (B,) item_idx
    weights: NDArray[np.float32]  # (B,) 0 where an example is ignored
    negatives: Negatives


class Objective:
    """Loss and negatives of a RankingConfig."""

    def __init__(
        self,
        config: RankingConfig,
        temperature: float,
        train: Interactions,
        target_counts: NDArray[np.int64],
        neighbours: NDArray[np.int64] | None,
    ) -> None:
        self.config, self.temperature = config, temperature
        self.sampler = NegativeSampler(train, len(target_counts), config, neighbours)
        self.is_whole_batch = config.loss == "sampled_softmax" and config.negatives == "in_batch"
        self.q = np.maximum(target_counts, 1) / target_counts.sum() if self.is_whole_batch else self.sampler.q

    def draw(self, users: NDArray[np.int64], targets: NDArray[np.int64], generator: torch.Generator) -> Negatives:
        """Return the negatives, beyond the batch itself, of these examples: (B, K), K possibly 0."""
        num = 1 if self.config.loss == "bpr" else self.config.num_negatives
        if not self.is_whole_batch:
            return self.sampler.draw(users, targets, num, generator)
        num = round(self.config.hard_share * num)
        if num:
            return self.sampler.draw(users, targets, num, generator, hard_share=1.0)
        return Negatives(np.empty((len(users), 0), dtype=np.int64), np.empty((len(users), 0), dtype=np.bool_))

    @in_float32
    def loss(self, batch: ExampleBatch, users: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss of embeddings users and positives (B, dim) and negatives (B, K, dim), in float32."""
        device, weights = users.device, batch.weights
        is_fair = torch.from_numpy(batch.negatives.is_fair).to(device)
        scores = torch.einsum("bd,bkd->bk", users, negatives) / self.temperature  # (B, K)
        if self.is_whole_batch:
            scores = scores - self._log_q(batch, batch.negatives.items, device)
            return sampled_softmax(
                users,
                positives,
                self._log_q(batch, batch.targets, device),
                torch.from_numpy(self.sampler.is_fair(batch.users, batch.targets, batch.targets)).to(device),
                torch.from_numpy(weights).to(device),
                self.temperature,
                scores.masked_fill(~is_fair, float("-inf")) if scores.shape[1] else None,
            )
        chosen = (users * positives).sum(1) / self.temperature  # (B,)
        if self.config.loss == "sampled_softmax":
            scores = scores - self._log_q(batch, batch.negatives.items, device)
            chosen = chosen - self._log_q(batch, batch.targets[:, None], device)[:, 0]
        # An example without a fair negative has nothing to be compared with.
        weights = weights * batch.negatives.is_fair.any(axis=1)
        if not weights.any():
            return chosen.sum() * 0
        return PER_EXAMPLE[self.config.loss](chosen, scores, is_fair, torch.from_numpy(weights).to(device))

    def _log_q(self, batch: ExampleBatch, items: NDArray[np.int64], device: torch.device) -> Tensor:
        """Return the log probability that one draw for example i is this item, at random or as a hard one, float32.

        Items are (B, K), or (K,) and the same for all examples; where nothing is hard, the result has their shape, else
        (B, K).
        """
        chances = self.q[items]
        if share := self.config.hard_share:
            hard = self.sampler.hard_q(batch.targets, items, self.q)
            if self.is_whole_batch:  # hard ones come on top, so many for each place in the batch
                chances = chances + batch.negatives.items.shape[1] / len(batch.targets) * hard
            else:
                chances = (1 - share) * chances + share * hard
        return torch.from_numpy(np.log(chances).astype(np.float32)).to(device)
