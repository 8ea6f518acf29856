"""Weighted sums of other baselines' scores, each first made comparable within a user: simple, and hard to beat.

Scores of different kinds have different scales, so each is standardised over a user's candidates: as a z-score, of
its logarithm, or by rank (reciprocal rank fusion: Cormack, Clarke & Buettcher, SIGIR 2009). Which of these, and the
weights, are chosen on the validation users by a seeded random search that then looks around the best point.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from trainer.baselines.tuning import Fitted, tuning_cases, valid_ndcg
from trainer.evaluation import Scorer
from trainer.splits import Cases

POINTS = 8  # tried at random, and then near the best; four more for each part above three
RANK_OFFSET = 60  # of reciprocal rank fusion, as in the paper
MAX_SEARCH_SCORES = 6_000_000

Scores = NDArray[np.float32]
Weights = tuple[float, ...]


def z_score(scores: Scores) -> Scores:
    """Return each row with mean 0 and standard deviation 1; rows of equal scores become zeros."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = scores.std(axis=1, keepdims=True)
    is_flat = spread <= 1e-6 * np.abs(scores).max(axis=1, keepdims=True)
    scaled: Scores = np.where(is_flat, 0, centred / np.where(is_flat, 1, spread)).astype(np.float32)
    return scaled


def reciprocal_rank(scores: Scores) -> Scores:
    """Return 1 / (60 + rank) of each row's scores; equal scores share their mean rank."""
    ranks = rankdata(-scores, axis=1)
    fused: Scores = (1 / (RANK_OFFSET + ranks)).astype(np.float32)
    return fused


def log_z_score(scores: Scores) -> Scores:
    """Return the z-scores of log(1 + score / the row's mean positive score), for counts, whose tails are long.

    Scores that may be negative, such as cosines, have no such tails and get plain z-scores.
    """
    if scores.min(initial=0) < 0:
        return z_score(scores)
    positives = np.count_nonzero(scores, axis=1, keepdims=True)
    typical = scores.sum(axis=1, keepdims=True) / np.maximum(positives, 1)
    return z_score(np.log1p(scores / np.where(typical > 0, typical, 1)))


STANDARDS: dict[str, Callable[[Scores], Scores]] = {
    "z_score": z_score,
    "log_z_score": log_z_score,
    "rank": reciprocal_rank,
}


def mixture_scorer(parts: Sequence[Scorer], weights: Sequence[float], standard: str) -> Scorer:
    """Return the weighted sum of the parts' standardised scores; a part of weight 0 is not even asked."""
    standardise = STANDARDS[standard]

    def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
        total = np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)
        for part, weight in zip(parts, weights, strict=True):
            if weight > 0:
                total += np.float32(weight) * standardise(np.asarray(part(cases, positions), dtype=np.float32))
        return total

    return score


def fit_mixture(parts: Mapping[str, Scorer], valid: Cases, seed: int) -> Fitted:
    """Return the mixture with the best NDCG@10 on the validation users."""
    cases = tuning_cases(valid, seed, MAX_SEARCH_SCORES)
    raw = [np.asarray(part(cases, np.arange(len(cases))), dtype=np.float32) for part in parts.values()]
    columns = {name: [standardise(scores) for scores in raw] for name, standardise in STANDARDS.items()}
    generator = np.random.default_rng([seed, 6])
    tried = [
        (_judge(columns[name], weights, cases, seed), name, weights)
        for name, weights in product(STANDARDS, _first_points(len(parts), generator))
    ]
    for _ in range(_num_points(len(parts))):
        _, standard, weights = max(tried, key=lambda point: point[0])
        near = np.array(weights) * np.exp2(generator.normal(0, 1, len(parts)))
        weights = _rounded(near / near.sum())
        tried.append((_judge(columns[standard], weights, cases, seed), standard, weights))
    best, standard, weights = max(tried, key=lambda point: point[0])
    grid = [{**_describe(standard, parts, weights), "ndcg@10": value} for value, standard, weights in tried]
    tuned = {"chosen": _describe(standard, parts, weights), "valid_ndcg@10": best, "grid": grid}
    return Fitted(mixture_scorer(list(parts.values()), weights, standard), tuned)


def _first_points(parts: int, generator: np.random.Generator) -> list[Weights]:
    """Return weights that sum to 1: each part alone, all alike, and random ones."""
    points = [*np.eye(parts), np.full(parts, 1 / parts), *generator.dirichlet(np.ones(parts), _num_points(parts))]
    return [_rounded(point) for point in points]


def _num_points(parts: int) -> int:
    return POINTS + 4 * max(0, parts - 3)


def _rounded(weights: NDArray[np.float64]) -> Weights:
    return tuple(round(float(weight), 4) for weight in weights)


def _judge(columns: Sequence[Scores], weights: Weights, cases: Cases, seed: int) -> float:
    total = np.zeros_like(columns[0])
    for column, weight in zip(columns, weights, strict=True):
        total += np.float32(weight) * column
    return valid_ndcg(lambda _cases, positions: total[positions], cases, seed)


def _describe(standard: str, parts: Mapping[str, Scorer], weights: Weights) -> dict[str, Any]:
    return {"standard": standard, "weights": dict(zip(parts, weights, strict=True))}
