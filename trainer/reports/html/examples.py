"""Example test users for the page: a sample, and the users with the worst recommendations. Names are left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from trainer.evaluation.protocol import Scorer, seen_candidates
from trainer.splits.cases import Cases

MAX_USERS = 1000  # a larger test is sampled
CUTOFF = 10  # a target further down counts as not found
SCORES_PER_CHUNK = 2_000_000
LONG_HISTORY = 5  # lower bound on the interactions of a long history


@dataclass(frozen=True)
class EvaluatedUser:
    """Recommendations of one test user, and the ranks of the targets."""

    length: int  # number of interactions in the history
    history: tuple[int, ...]  # item_idx of the liked items, each once, most recent first
    shown: tuple[int, ...]  # item_idx, best first
    targets: tuple[tuple[int, int], ...]  # (item_idx, rank from 1), best rank first
    confidence: float  # mean score of the first ten minus that of all candidates, in standard deviations

    @property
    def is_missed(self) -> bool:
        """Whether no target is among the first ten."""
        return self.targets[0][1] > CUTOFF


def evaluate_users(scorer: Scorer, cases: Cases, seed: int, num_shown: int = CUTOFF) -> list[EvaluatedUser]:
    """Evaluate the users of `cases`, or a seeded sample of them; equal scores keep the catalogue's order."""
    generator = np.random.default_rng([seed, 4])
    positions = np.arange(len(cases))
    if len(cases) > MAX_USERS:
        positions = np.sort(generator.choice(positions, size=MAX_USERS, replace=False))
    chunk = max(1, SCORES_PER_CHUNK // len(cases.candidates))
    evaluated: list[EvaluatedUser] = []
    for start in range(0, len(positions), chunk):
        mine = positions[start : start + chunk]
        scores = np.array(scorer(cases, mine), dtype=np.float32)
        scores[seen_candidates(cases, mine)] = -np.inf
        evaluated += [
            _evaluate(cases, int(position), row, num_shown) for position, row in zip(mine, scores, strict=True)
        ]
    return evaluated


def sample_users(users: Sequence[EvaluatedUser], most: int, seed: int) -> list[EvaluatedUser]:
    """Return users with short, medium and long histories: one drawn from each of `most` equal parts by length."""
    by_length = sorted(range(len(users)), key=lambda number: users[number].length)
    parts = [part for part in np.array_split(np.array(by_length, dtype=np.int64), most) if len(part)]
    generator = np.random.default_rng([seed, 5])
    return [users[int(generator.choice(part))] for part in parts]


def long_history(users: Sequence[EvaluatedUser]) -> int:
    """Return the least number of interactions of a long history: the upper quartile, at least LONG_HISTORY."""
    return max(LONG_HISTORY, int(np.quantile([user.length for user in users], 0.75)))


def missed_with_long_history(users: Sequence[EvaluatedUser], most: int) -> list[EvaluatedUser]:
    """Return users with a long history and no target among the first ten, the longest first."""
    long = long_history(users)
    missed = [user for user in users if user.length >= long and user.is_missed]
    return sorted(missed, key=lambda user: -user.length)[:most]


def confidently_wrong(users: Sequence[EvaluatedUser], most: int) -> list[EvaluatedUser]:
    """Return the missed users with the highest confidence, the highest first."""
    return sorted((user for user in users if user.is_missed), key=lambda user: -user.confidence)[:most]


def confidence_auc(users: Sequence[EvaluatedUser]) -> float | None:
    """Return the AUC of confidence for lists with a target among the first ten; 0.5 is chance.

    None where all lists have one or none has.
    """
    found = [not user.is_missed for user in users]
    if all(found) or not any(found):
        return None
    return float(roc_auc_score(found, [user.confidence for user in users]))


def _evaluate(cases: Cases, position: int, scores: NDArray[np.float32], num_shown: int) -> EvaluatedUser:
    order = np.argsort(-scores, kind="stable")
    order = order[np.isfinite(scores[order])]  # items of the history are never shown
    ranks = np.empty(len(cases.candidates), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    targets = cases.target_items[cases.target_ptr[position] : cases.target_ptr[position + 1]]
    found = sorted((int(ranks[np.searchsorted(cases.candidates, item)]), int(item)) for item in targets)
    user = cases.users[position]
    rows = slice(cases.history.ptr[user], cases.history.ptr[user + 1])
    liked = cases.history.item_idx[rows][cases.history.is_liked[rows]]
    finite = scores[order].astype(np.float64)
    spread = float(finite.std()) or 1.0
    return EvaluatedUser(
        length=int(rows.stop - rows.start),
        history=tuple(dict.fromkeys(int(item) for item in liked[::-1])),
        shown=tuple(int(item) for item in cases.candidates[order[:num_shown]]),
        targets=tuple((item, rank) for rank, item in found),
        confidence=float((finite[:CUTOFF].mean() - finite.mean()) / spread),
    )
