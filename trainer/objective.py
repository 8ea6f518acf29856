"""What a batch is asked: which negatives stand against its positives, and the loss of the towers' answers."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.data import Interactions
from trainer.losses import (
    bayesian_personalised_ranking,
    binary_cross_entropy,
    sampled_softmax,
    softmax_over_negatives,
)
from trainer.model_configs import RankingConfig
from trainer.negatives import Negatives, NegativeSampler

PER_EXAMPLE = {
    "sampled_softmax": softmax_over_negatives,
    "bce": binary_cross_entropy,
    "bpr": bayesian_personalised_ranking,
    "bpr_k": bayesian_personalised_ranking,
}


@dataclass(frozen=True)
class Asked:
    """B examples as arrays: who, what they chose, what it weighs, and what they had before it."""

    users: NDArray[np.int64]  # (B,) user_idx
    targets: NDArray[np.int64]  # (B,) item_idx
    weights: NDArray[np.float32]  # (B,) 0 where an example does not count
    history: NDArray[np.int64]  # (B, L) item_idx
    history_mask: NDArray[np.float32]  # (B, L)
    negatives: Negatives


class Objective:
    """The loss that a RankingConfig names, over the negatives that it names."""

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
        of_batch = np.log(np.maximum(target_counts, 1) / target_counts.sum()).astype(np.float32)
        self.log_q = of_batch if self.is_whole_batch else self.sampler.log_q  # (num_items,)

    def draw(self, users: NDArray[np.int64], targets: NDArray[np.int64], generator: torch.Generator) -> Negatives:
        """Return the negatives, beyond the batch itself, of these examples: (B, K), K possibly 0."""
        num = 1 if self.config.loss == "bpr" else self.config.num_negatives
        if not self.is_whole_batch:
            return self.sampler.draw(users, targets, num, generator)
        num = round(self.config.hard_share * num)
        if num:
            return self.sampler.draw(users, targets, num, generator, hard_share=1.0)
        return Negatives(np.empty((len(users), 0), dtype=np.int64), np.empty((len(users), 0), dtype=np.bool_))

    def loss(self, asked: Asked, users: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss of embeddings users and positives (B, dim) and negatives (B, K, dim), in float32."""
        users, positives, negatives = users.float(), positives.float(), negatives.float()
        device, weights = users.device, asked.weights
        is_fair = torch.from_numpy(asked.negatives.is_fair).to(device)
        scores = torch.einsum("bd,bkd->bk", users, negatives) / self.temperature  # (B, K)
        if self.config.loss == "sampled_softmax":
            scores = scores - torch.from_numpy(self.log_q[asked.negatives.items]).to(device)
        if self.is_whole_batch:
            return sampled_softmax(
                users,
                positives,
                torch.from_numpy(self.log_q[asked.targets]).to(device),
                torch.from_numpy(fair_in_batch(asked.targets, asked.history, asked.history_mask)).to(device),
                torch.from_numpy(weights).to(device),
                self.temperature,
                scores.masked_fill(~is_fair, float("-inf")) if scores.shape[1] else None,
            )
        chosen = (users * positives).sum(1) / self.temperature  # (B,)
        if self.config.loss == "sampled_softmax":
            chosen = chosen - torch.from_numpy(self.log_q[asked.targets]).to(device)
        # An example left without a fair negative has nothing to be told from.
        weights = weights * asked.negatives.is_fair.any(axis=1)
        if not weights.any():
            return chosen.sum() * 0
        return PER_EXAMPLE[self.config.loss](chosen, scores, is_fair, torch.from_numpy(weights).to(device))


def fair_in_batch(
    targets: NDArray[np.int64], item_idx: NDArray[np.int64], mask: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return (B, B): whether target j may stand against target i, being neither it nor something its user had."""
    had = np.where(mask > 0, item_idx, -1)  # (B, L)
    is_had = (had[:, :, None] == targets[None, None, :]).any(axis=1)
    is_same = targets[:, None] == targets[None, :]
    is_fair: NDArray[np.bool_] = ~(is_had | is_same)
    return is_fair
