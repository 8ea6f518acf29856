"""Trains one row of benchmarks/fashion/retrieval.py and embeds all products with its best epoch."""

import copy
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.fashion.data import Fashion
from benchmarks.fashion.rows import Row
from trainer.evaluation.protocol import embed_items
from trainer.features.item_features import ItemFeatures
from trainer.features.item_inputs import ItemExtra, extra_inputs, item_inputs
from trainer.learning.learner import Learner, global_chance_from
from trainer.learning.negatives import nearest_items
from trainer.learning.pairs import Pairs, Rows, balanced_batches
from trainer.learning.ranking_losses import bayesian_personalised_ranking
from trainer.learning.row_learner import RowLearner, RowTask
from trainer.learning.tuned_encoders import tuned_features
from trainer.prepare import Prepared
from trainer.recipes import clip, hvsr, hybrid
from trainer.recipes.hvsr import HvsrConfig

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Trained:
    """All products as a row embeds them, (num_products, dim) each; None where a row has no such space."""

    text: Floats | None
    image: Floats | None
    both: Floats | None
    best_epoch: int
    valid: float
    seconds: Mapping[str, float]


def train_row(fashion: Fashion, row: Row, seed: int) -> Trained:
    """Train on the training products, keep the epoch that is best on the validation products."""
    prepared = fashion.prepared(row.model, row.training, seed)
    pairs = fashion.pairs(fashion.labels(*row.labels))
    learner = LEARNERS[row.model["type"]](prepared, pairs)
    start = time.perf_counter()
    best, valid, towers = fit(learner, prepared.config.training.epochs, prepared.config.training.patience)
    fitted = time.perf_counter()
    features = tuned_features(prepared, towers)
    encoded = time.perf_counter()
    tower, is_text_free = towers["item_tower"], row.model["type"] == "hvsr"
    extra = hvsr.item_pixels(prepared) if is_text_free else None
    image = embedded(tower, features, (0, 1), prepared, extra)
    return Trained(
        text=None if is_text_free else embedded(tower, features, (1, 0), prepared),
        image=image,
        both=None if is_text_free else embedded(tower, features, (1, 1), prepared),
        best_epoch=best,
        valid=round(valid, 4),
        seconds={"train": round(fitted - start, 1), "encode": round(encoded - fitted, 1)},
    )


def text_free_learner(prepared: Prepared, pairs: Pairs) -> RowLearner:
    """Return the learner of hvsr's item tower by BPR-K; without users, a product of the same label is the choice."""
    config = prepared.config.model
    if not isinstance(config, HvsrConfig):
        raise TypeError(f"expected an HvsrConfig, got {type(config).__name__}")
    generator = torch.Generator().manual_seed(prepared.config.seed)
    with global_chance_from(generator):
        tower = hvsr.fresh_item_tower(prepared, config, generator)
    near = nearest_items(prepared.features, "image", pairs.train, config.hard_neighbours, prepared.device)
    extra = hvsr.item_pixels(prepared)

    def embed(rows: Rows, chance: torch.Generator | None = None) -> Tensor:
        inputs = item_inputs(prepared.features, rows, prepared.device)
        found: Tensor = tower(*inputs, **extra_inputs(extra, rows, prepared.device, chance))
        return found

    def loss(rows: Rows, epoch: int) -> dict[str, Tensor]:
        labels, size = pairs.labels[rows], len(rows)
        is_alike = (labels[:, None] == labels[None, :]) & ~np.eye(size, dtype=bool)
        anchors = np.flatnonzero(is_alike.any(axis=1))
        chosen = torch.multinomial(torch.tensor(is_alike[anchors], dtype=torch.float32), 1, generator=generator)
        num_hard = round(config.hard_share * config.num_negatives)
        places = torch.randint(near.shape[1], (len(anchors), num_hard), generator=generator).numpy()
        hard = np.take_along_axis(near[rows[anchors]], places, axis=1)
        easy = rows[torch.randint(size, (len(anchors), config.num_negatives - num_hard), generator=generator).numpy()]
        negatives = np.concatenate([hard, easy], axis=1)
        everything, where = np.unique(np.concatenate([rows, negatives.ravel()]), return_inverse=True)
        space = embed(everything, generator)
        own = space[torch.from_numpy(where[:size])]
        others = space[torch.from_numpy(where[size:])].view(*negatives.shape, -1)
        anchor = own[torch.from_numpy(anchors)]
        scale = 1 / prepared.config.training.temperature
        value = bayesian_personalised_ranking(
            scale * (anchor * own[chosen[:, 0]]).sum(dim=1),
            scale * (anchor[:, None] * others).sum(dim=2),
            torch.from_numpy(pairs.labels[negatives] != labels[anchors][:, None]).to(space.device),
            torch.ones(len(anchors), device=space.device),
        )
        return {"loss": value}

    def validator() -> dict[str, float]:
        chunks = [pairs.valid[start : start + 256] for start in range(0, len(pairs.valid), 256)]
        space = torch.cat([embed(chunk) for chunk in chunks]).cpu()
        return {hybrid.STOP_METRIC: hybrid.same_label(space, torch.from_numpy(pairs.labels[pairs.valid]))}

    size = prepared.config.training.batch_size
    task = RowTask(
        batches=lambda chance: balanced_batches(pairs.labels, pairs.train, size // 4, 4, chance),
        batches_per_epoch=len(pairs.train) // size,
        loss=loss,
        validator=validator,
        stop_metric=hybrid.STOP_METRIC,
    )
    rates = dict.fromkeys(tower.parameters(), 1.0)
    return RowLearner({"item_tower": tower}, rates, task, prepared.config.training, generator, prepared.device)


LEARNERS: dict[str, Callable[[Prepared, Pairs], RowLearner]] = {
    "clip": clip.learner_on,
    "hybrid": hybrid.learner_on,
    "hvsr": text_free_learner,
}


def fit(learner: Learner, epochs: int, patience: int) -> tuple[int, float, dict[str, nn.Module]]:
    """Return the best epoch, its metric and its towers."""
    best, valid, towers = 0, learner.validate()[learner.stop_metric], copy.deepcopy(dict(learner.towers))
    for epoch in range(1, epochs + 1):
        loss = learner.run_epoch()["loss"]
        found = learner.validate()[learner.stop_metric]
        print(f"  epoch {epoch}: loss {loss:.4f}, valid {learner.stop_metric} {found:.4f}", file=sys.stderr, flush=True)
        if found > valid:
            best, valid, towers = epoch, found, copy.deepcopy(dict(learner.towers))
        if epoch - best >= patience:
            break
    return best, valid, towers


def embedded(
    tower: nn.Module,
    features: ItemFeatures,
    mask: tuple[int, int],
    prepared: Prepared,
    extra: ItemExtra | None = None,
) -> Floats:
    """Return the item tower's embeddings from text alone, image alone or both."""
    known = np.tile(np.array(mask, dtype=np.float32), (len(features), 1))
    seen = ItemFeatures(features.text, features.image, known)
    with torch.no_grad():
        found: Any = embed_items(tower.eval(), seen, prepared.device, extra)
    embeddings: Floats = found.cpu().numpy()
    return embeddings
