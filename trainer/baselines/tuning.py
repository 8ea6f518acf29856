"""Grid search of a baseline's settings by NDCG@10 on the validation users, never on the test users."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.protocol import Scorer, rank_targets
from trainer.evaluation.ranking_metrics import ndcg_at_k
from trainer.splits.cases import Cases

MAX_TUNING_CASES = 2000
MAX_TUNING_SCORES = 12_000_000
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A fitted baseline: its scorer and the record of its tuning."""

    scorer: Scorer
    tuned: dict[str, Any]  # "chosen" and, where settings were tried, "valid_ndcg@10" and "grid", of JSON types


def untuned(scorer: Scorer) -> Fitted:
    """Return a baseline that has no settings to tune."""
    return Fitted(scorer, {"chosen": {}})


def tune(make: Callable[..., Scorer], grid: Iterable[Settings], valid: Cases, seed: int) -> Fitted:
    """Return the scorer `make(**settings)` with the best NDCG@10 on `valid`; of equal settings, the first."""
    cases = tuning_cases(valid, seed)
    best: tuple[float, Scorer, Settings] | None = None
    points = []
    for settings in grid:
        scorer = make(**settings)
        value = float(ndcg_per_case(scorer, cases, seed).mean())
        points.append({**settings, "ndcg@10": value})
        if best is None or value > best[0]:
            best = (value, scorer, settings)
    if best is None:
        raise ValueError("the grid is empty")
    return Fitted(best[1], {"chosen": dict(best[2]), "valid_ndcg@10": best[0], "grid": points})


def ndcg_per_case(scorer: Scorer, cases: Cases, seed: int) -> NDArray[np.float64]:
    """Return NDCG@10 of each case, (n,). Ties are ordered by `seed`, in the same way for all settings."""
    ranks = rank_targets(scorer, cases, np.random.default_rng([seed, 4]))
    return ndcg_at_k(ranks, cases.target_ptr, 10)


def tuning_cases(valid: Cases, seed: int, max_scores: int = MAX_TUNING_SCORES) -> Cases:
    """Return the validation cases, or a seeded sample where they are too many for tuning."""
    most = min(MAX_TUNING_CASES, max(50, max_scores // len(valid.candidates)))
    if len(valid) <= most:
        return valid
    return select_cases(valid, np.sort(np.random.default_rng([seed, 5]).choice(len(valid), most, replace=False)))


def select_cases(cases: Cases, positions: NDArray[np.int64]) -> Cases:
    """Return only the cases at these positions, in this order; the history keeps all users' rows."""
    sizes = np.diff(cases.target_ptr)[positions]
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.arange(ptr[-1]) + np.repeat(cases.target_ptr[positions] - ptr[:-1], sizes)
    return Cases(
        users=cases.users[positions],
        history=cases.history,
        now_days=cases.now_days[positions],
        target_ptr=ptr,
        target_items=cases.target_items[rows],
        candidates=cases.candidates,
    )
