"""Mixture baselines: weighted sums of other baselines' scores, standardised within each user. Simple and hard to beat.

Scores of different kinds have different scales, so each is standardised over a user's candidates. The standards are the
z-score, the z-score of the logarithm, and the rank (reciprocal rank fusion: Cormack, Clarke & Buettcher, SIGIR 2009).
Standard and weights are chosen on the validation users by a seeded random search that then refines the best point. Many
points are nearly as good as the best, which leads only by chance. The weights are therefore bagged: the mean of the
weights that are best in bootstrap samples of the users ("Ensemble selection from libraries of models", Caruana et al.,
ICML 2004).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from trainer.baselines.baseline import Baseline
from trainer.baselines.co_occurrence import CO_OCCURRENCE
from trainer.baselines.content import CONTENT
from trainer.baselines.ease import EASE
from trainer.baselines.neighbours import USER_KNN
from trainer.baselines.popularity import POPULARITY
from trainer.baselines.transfer import TRANSFER
from trainer.baselines.tuning import Fitted, ndcg_per_case, tuning_cases
from trainer.baselines.words import WORDS
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared
from trainer.splits.cases import Cases

POINTS = 8  # random points, and as many again near the best; four more for each part above three
RANK_OFFSET = 60  # of reciprocal rank fusion, as in the paper
BAGS = 200  # bootstrap samples of the users
MAX_SEARCH_SCORES = 12_000_000

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
    """Return the z-scores of log(1 + score / the row's mean positive score), meant for counts with long tails."""
    scores = np.maximum(scores, 0)
    positives = np.count_nonzero(scores, axis=1, keepdims=True)
    typical = scores.sum(axis=1, keepdims=True) / np.maximum(positives, 1)
    return z_score(np.log1p(scores / np.where(typical > 0, typical, 1)))


STANDARDS: dict[str, Callable[[Scores], Scores]] = {
    "z_score": z_score,
    "log_z_score": log_z_score,
    "rank": reciprocal_rank,
}


def mixture_scorer(parts: Sequence[Scorer], weights: Sequence[float], standards: Sequence[str]) -> Scorer:
    """Return the weighted sum of the parts' scores, each by its standard; a part of weight 0 is never called."""

    def score(cases: Cases, positions: NDArray[np.int64]) -> Scores:
        total = np.zeros((len(positions), len(cases.candidates)), dtype=np.float32)
        for part, weight, standard in zip(parts, weights, standards, strict=True):
            if weight > 0:
                scores = np.asarray(part(cases, positions), dtype=np.float32)
                total += np.float32(weight) * STANDARDS[standard](scores)
        return total

    return score


def fit_mixture(parts: Mapping[str, Scorer], valid: Cases, seed: int) -> Fitted:
    """Return the mixture whose standard and weights are tuned for NDCG@10 on the validation users."""
    cases = tuning_cases(valid, seed, MAX_SEARCH_SCORES)
    raw = [np.asarray(part(cases, np.arange(len(cases))), dtype=np.float32) for part in parts.values()]
    # Scores that may be negative, such as cosines, are not counts and have no long tails. All cases decide this once
    # here, because a user's scores must not depend on the other users in a batch.
    standards = {
        name: ["z_score" if name == "log_z_score" and scores.min(initial=0) < 0 else name for scores in raw]
        for name in STANDARDS
    }
    columns = {
        name: [STANDARDS[own](scores) for own, scores in zip(of_parts, raw, strict=True)]
        for name, of_parts in standards.items()
    }

    def evaluated(standard: str, weights: Weights) -> _Point:
        return _Point(standard, weights, _evaluate(columns[standard], weights, cases, seed))

    generator = np.random.default_rng([seed, 6])
    tried = [evaluated(*point) for point in product(STANDARDS, _first_points(len(parts), generator))]
    for _ in range(_num_points(len(parts))):
        best = max(tried, key=_mean_ndcg)
        near = np.array(best.weights) * np.exp2(generator.normal(0, 1, len(parts)))
        tried.append(evaluated(best.standard, _rounded(near)))
    standard = max(tried, key=_mean_ndcg).standard
    chosen = evaluated(standard, _bagged([point for point in tried if point.standard == standard], generator))
    grid = [
        {"standard": point.standard, "weights": _weights(point, parts), "ndcg@10": _mean_ndcg(point)} for point in tried
    ]
    of_parts = dict(zip(parts, standards[standard], strict=True))
    tuned = {"chosen": {"weights": _weights(chosen, parts), "standards": of_parts}, "valid_ndcg@10": _mean_ndcg(chosen)}
    return Fitted(mixture_scorer(list(parts.values()), chosen.weights, standards[standard]), {**tuned, "grid": grid})


@dataclass(frozen=True)
class _Point:
    standard: str
    weights: Weights
    ndcg: NDArray[np.float64]  # (n,) of each validation user


def _mean_ndcg(point: _Point) -> float:
    return float(point.ndcg.mean())


def _bagged(points: Sequence[_Point], generator: np.random.Generator) -> Weights:
    """Return the mean, over BAGS bootstrap samples of the users, of the weights that are best for the sample."""
    ndcg = np.stack([point.ndcg for point in points])  # (p, n)
    users = ndcg.shape[1]
    times = generator.multinomial(users, np.full(users, 1 / users), size=BAGS)  # (BAGS, n) how often each is drawn
    best = (ndcg @ times.T).argmax(axis=0)  # (BAGS,)
    return _rounded(np.array([points[point].weights for point in best]).mean(axis=0))


def _first_points(parts: int, generator: np.random.Generator) -> list[Weights]:
    """Return weights that sum to 1: each part alone, equal weights, and random ones."""
    points = [*np.eye(parts), np.full(parts, 1 / parts), *generator.dirichlet(np.ones(parts), _num_points(parts))]
    return [_rounded(point) for point in points]


def _num_points(parts: int) -> int:
    return POINTS + 4 * max(0, parts - 3)


def _rounded(weights: NDArray[np.float64]) -> Weights:
    return tuple(round(float(weight), 4) for weight in weights / weights.sum())


def _evaluate(columns: Sequence[Scores], weights: Weights, cases: Cases, seed: int) -> NDArray[np.float64]:
    total = np.zeros_like(columns[0])
    for column, weight in zip(columns, weights, strict=True):
        total += np.float32(weight) * column
    return ndcg_per_case(lambda _cases, positions: total[positions], cases, seed)


def _weights(point: _Point, parts: Mapping[str, Scorer]) -> dict[str, float]:
    return dict(zip(parts, point.weights, strict=True))


@dataclass(frozen=True)
class Mixture:
    """A baseline that is a weighted sum of others."""

    name: str
    parts: tuple[Baseline, ...]

    def fit(self, prepared: Prepared) -> Fitted:
        """Fit each part, then return their tuned weighted sum."""
        return self.combine(prepared, {part.name: part.fit(prepared).scorer for part in self.parts})

    def combine(self, prepared: Prepared, scorers: Mapping[str, Scorer]) -> Fitted:
        """Return the tuned weighted sum of the fitted parts."""
        return fit_mixture(scorers, prepared.split.valid, prepared.config.seed)


POPULARITY_CONTENT = Mixture("popularity_content", (POPULARITY, CONTENT))
HYBRID_SCORE = Mixture("hybrid_score", (CONTENT, POPULARITY, CO_OCCURRENCE))
HYBRID_LINEAR = Mixture("hybrid_linear", (CONTENT, USER_KNN, EASE))
HYBRID_TRANSFER = Mixture("hybrid_transfer", (CONTENT, WORDS, TRANSFER))
