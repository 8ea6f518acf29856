"""Rules that make a taste of a history, and the penalty of a dismissal, in numpy.

`Rule()` is what ships: contracts/vectors/user-tower.json and dismissal.json hold it to the product's own numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.towers import content

Floats = NDArray[np.float32]
DISMISS = content.KINDS.index("dismiss")
NUM_NEAREST = 3
LEAST = 1e-6


@dataclass(frozen=True)
class History:
    """Items (L, dim) with kinds, ages in days and repeats, each (L,), in any order."""

    items: Floats
    kinds: NDArray[np.int64]
    ages: NDArray[np.float64]
    repeats: NDArray[np.float64]

    def with_dismissals(self, items: Floats) -> "History":
        """Return the history and dismissals (n, dim) of this moment."""
        num = len(items)
        return History(
            np.concatenate([self.items, items]),
            np.concatenate([self.kinds, np.full(num, DISMISS)]),
            np.concatenate([self.ages, np.zeros(num)]),
            np.concatenate([self.repeats, np.ones(num)]),
        )

    def newest(self, num: int) -> "History":
        """Return the newest `num` interactions of a history without dismissals."""
        rows = np.argsort(self.ages, kind="stable")[:num]
        return History(self.items[rows], self.kinds[rows], self.ages[rows], self.repeats[rows])


@dataclass(frozen=True)
class Rule:
    """One way to listen. `dismissal` is a share of all that was liked, or a number of views where `is_in_views`."""

    kinds: tuple[float, ...] = content.DEFAULT_KIND_WEIGHTS[:DISMISS]
    half_life_days: float = content.DEFAULT_HALF_LIFE_DAYS
    half_life_items: float = content.DEFAULT_HALF_LIFE_ITEMS
    repeat_exponent: float = content.REPEAT_EXPONENT
    dismissal: float = -content.DEFAULT_KIND_WEIGHTS[DISMISS]
    most: float = content.MAX_DISMISS_SHARE
    is_in_views: bool = False
    penalty: tuple[float, float] | None = (0.4, 0.6)


FORMER = Rule((1.0, 2.0, 3.0, 4.0, 1.5), 30.0, np.inf, 0.0, 2.0, 0.5, is_in_views=True, penalty=None)


def weights(rule: Rule, history: History) -> NDArray[np.float64]:
    """Return the weight of each interaction (L,); the liked ones sum to 1, dismissals are negative."""
    is_liked = history.kinds != DISMISS
    liked_ages = np.sort(history.ages[is_liked])
    age = np.maximum(history.ages - liked_ages[0], 0)
    newer = np.searchsorted(liked_ages, history.ages)
    fade = 0.5 ** (age / rule.half_life_days + newer / rule.half_life_items)
    of_kind = np.array([*rule.kinds, 0.0])[history.kinds] * history.repeats**rule.repeat_exponent
    liked = np.where(is_liked, of_kind * fade, 0)
    disliked = np.where(is_liked, 0, rule.dismissal * fade) / (liked.sum() if rule.is_in_views else 1)
    tamed = min(1.0, rule.most / max(float(disliked.sum()), LEAST))
    result: NDArray[np.float64] = liked / liked.sum() - disliked * tamed
    return result


def taste(rule: Rule, history: History) -> Floats:
    """Return the taste vector (dim,) of unit length."""
    pooled = weights(rule, history) @ history.items
    return np.asarray(pooled / max(float(np.linalg.norm(pooled)), LEAST), dtype=np.float32)


def nearest_liked(candidates: Floats, liked: Floats) -> Floats:
    """Return the mean similarity of candidates (n, dim) to the three nearest liked items, (n,); 0 without any."""
    if len(liked) == 0:
        return np.zeros(len(candidates), dtype=np.float32)
    similarities = -np.sort(-(candidates @ liked.T), axis=1)[:, :NUM_NEAREST]
    return np.asarray(similarities.mean(axis=1), dtype=np.float32)


def penalty(candidates: Floats, liked: Floats, dismissed: Floats, between: tuple[float, float]) -> Floats:
    """Return the penalty of candidates (n, dim) of unit length for dismissed items, (n,) in [0, 1]."""
    if len(dismissed) == 0:
        return np.zeros(len(candidates), dtype=np.float32)
    near, far = nearest_liked(candidates, liked), (candidates @ dismissed.T).max(axis=1)
    share = (far - near) / np.maximum(1 - near, LEAST)
    return np.asarray(np.clip((share - between[0]) / (between[1] - between[0]), 0, 1), dtype=np.float32)
