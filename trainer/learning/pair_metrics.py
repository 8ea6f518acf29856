"""Retrieval metrics between texts and images of held-out products."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import NotRequired, TypedDict, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trainer.config.run import RunConfig
from trainer.evaluation.retrieval_metrics import SIMILARITY_CAVEAT, avg_mean_similarity_at_5, retrieval_metrics
from trainer.evaluation.statistics import IntervalEntry, bootstrap_intervals
from trainer.learning.pairs import ROWS_PER_CHUNK, FrozenFeatures, Rows, Source, held_out_pairs
from trainer.learning.tuned_encoders import tuned_features
from trainer.prepare import Prepared
from trainer.towers.clip import ContrastiveItemTower
from trainer.towers.hybrid import LateFusionItem

PairTower = ContrastiveItemTower | LateFusionItem
Floats = NDArray[np.float32]
PairMetrics = Mapping[str, Mapping[str, NDArray[np.float64]]]  # way -> metric -> (n,)
HELD_OUT_NOTE = (
    "A run's weights learn nothing from its held-out products, but these are also used to choose the epoch, "
    "so expect somewhat less of products that had no part in it."
)


# Section `pairs`: means and intervals both ways, by metric. The page reads an absent section as an empty one.
PairSection = TypedDict(
    "PairSection",
    {
        "num_products": int,
        "held_out": str,
        "text_to_image": dict[str, float],
        "image_to_text": dict[str, float],
        "intervals": dict[str, dict[str, IntervalEntry]],
        "confidence": float,
        "avg_mean_similarity@5": dict[str, float],
        "caveat": str,
    },
    total=False,
)


class PairReport(TypedDict):
    """The part of a report on pairs of text and image; without `pairs` where fewer than two products have both."""

    pairs: NotRequired[PairSection]


@torch.no_grad()
def embed_pairs(tower: PairTower, text: Source, image: Source, rows: Rows) -> tuple[Floats, Floats]:
    """Return the embeddings of these items' texts and images, (n, dim) each, unit length."""
    tower.eval()
    chunks = [rows[start : start + ROWS_PER_CHUNK] for start in range(0, len(rows), ROWS_PER_CHUNK)]
    texts = torch.cat([tower.embed_text(text.features(chunk)) for chunk in chunks])
    images = torch.cat([tower.embed_image(image.features(chunk)) for chunk in chunks])
    return texts.float().cpu().numpy(), images.float().cpu().numpy()


def valid_pair_metrics(tower: PairTower, text: Source, image: Source, rows: Rows) -> dict[str, float]:
    """Return the mean retrieval metrics both ways among these items, as "text_to_image_recall@10"."""
    return {
        f"{way}_{name}": float(values.mean())
        for way, metrics in pair_metrics(*embed_pairs(tower, text, image, rows)).items()
        for name, values in metrics.items()
    }


def pair_metrics(texts: Floats, images: Floats) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return {"text_to_image": {"recall@1": (n,), ...}, "image_to_text": ...}; row i of both is one product."""
    own = [np.array([row]) for row in range(len(texts))]
    names = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")
    both = {"text_to_image": (texts, images), "image_to_text": (images, texts)}
    found = {way: retrieval_metrics(queries, gallery, own) for way, (queries, gallery) in both.items()}
    return {way: {name: metrics[name] for name in names} for way, metrics in found.items()}


def pair_sections(prepared: Prepared, towers: Mapping[str, nn.Module], held_out: float) -> PairReport:
    """Return the report's section `pairs`, retrieval among held-out products; {} where fewer than two have both."""
    tower, rows = towers["item_tower"], held_out_pairs(prepared, held_out)
    if not isinstance(tower, PairTower):
        raise TypeError(f"expected a tower that embeds text and image alone, got {type(tower).__name__}")
    if len(rows) < 2:
        return {}
    features, device = tuned_features(prepared, towers, rows), next(tower.parameters()).device
    texts, images = embed_pairs(
        tower, FrozenFeatures(features.text, device), FrozenFeatures(features.image, device), rows
    )
    found, config = pair_metrics(texts, images), prepared.config
    similarity = {"text": avg_mean_similarity_at_5(texts), "image": avg_mean_similarity_at_5(images)}
    return {
        "pairs": cast(
            PairSection,
            {
                "num_products": len(rows),
                **({"held_out": HELD_OUT_NOTE} if config.model.learns else {}),
                **{way: {name: float(each.mean()) for name, each in metrics.items()} for way, metrics in found.items()},
                "intervals": _intervals(found, config),
                "confidence": config.evaluation.confidence,
                "avg_mean_similarity@5": similarity,
                "caveat": SIMILARITY_CAVEAT,
            },
        )
    }


def _intervals(found: PairMetrics, config: RunConfig) -> dict[str, dict[str, IntervalEntry]]:
    """Return {way: {metric: {mean, low, high}}} by bootstrap over products."""
    names = [(way, name) for way, metrics in found.items() for name in metrics]
    columns = np.stack([found[way][name] for way, name in names], axis=1)
    generator, settings = np.random.default_rng([config.seed, 3]), config.evaluation
    intervals = bootstrap_intervals(
        columns, generator, confidence=settings.confidence, samples=settings.bootstrap_samples
    )
    document: dict[str, dict[str, IntervalEntry]] = {way: {} for way in found}
    for (way, name), interval in zip(names, intervals, strict=True):
        document[way][name] = cast(IntervalEntry, asdict(interval))
    return document
