"""What a split is: rows to train on, and cases to be judged by. trainer/splits/rules.py decides which.

A rule decides a `SplitPlan`: which rows may be looked at and which are asked for. That is what gets saved
(trainer/splits/files.py); `build_split` makes training rows and cases of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Interactions
from trainer.errors import DataError

HOLDS_OUT_USERS = frozenset({"catalogue", "cold_shop", "cold_items", "users"})
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cases:
    """Users to be judged: what may be looked at, and what the ranking of `candidates` should bring up.

    A case's targets are never in its history, and candidates that are in its history are not ranked.
    """

    users: NDArray[np.int64]  # (n,) user_idx
    history: Interactions
    now_days: NDArray[np.float64]  # (n,) when the question is asked
    target_ptr: NDArray[np.int64]  # (n + 1,)
    target_items: NDArray[np.int64]  # (m,) item_idx, each once per case
    candidates: NDArray[np.int64]  # (c,) item_idx, ascending

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class Split:
    """Training rows and the cases of "valid" and "test"."""

    rule: str
    train: Interactions
    valid: Cases
    test: Cases
    # item_idx that neither training nor validation may touch, because the rule calls them new; empty for most rules
    hidden_items: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    info: Mapping[str, Any] = field(default_factory=dict)  # what was counted or drawn on the way, as JSON types


@dataclass(frozen=True)
class CasePlan:
    """One part's questions, in rows of the data set."""

    may_see: Mask  # (num_rows,)
    is_target: Mask  # (num_rows,); a row is asked for only where it is liked and its item is not in the history
    candidates: NDArray[np.int64]  # item_idx, ascending
    now_days: float | None = None  # when all questions are asked; None: each user's last seen moment
    asked: Mask | None = None  # (num_users,), a sample of the users; None: all who can be asked


@dataclass(frozen=True)
class SplitPlan:
    """A split in rows of the data set: all there is to save."""

    rule: str
    train: Mask  # (num_rows,)
    valid: CasePlan
    test: CasePlan
    hidden_items: NDArray[np.int64]
    info: Mapping[str, Any] = field(default_factory=dict)


def build_split(interactions: Interactions, plan: SplitPlan) -> Split:
    """Return the training rows and cases of a plan; raises DataError where a part is empty."""
    split = Split(
        plan.rule,
        interactions.select(plan.train),
        make_cases(interactions, plan.valid),
        make_cases(interactions, plan.test),
        plan.hidden_items,
        plan.info,
    )
    for name, size in (("train", len(split.train)), ("valid", len(split.valid)), ("test", len(split.test))):
        if size == 0:
            what = "interactions" if name == "train" else "users with both a history and something to find"
            raise DataError(f"the {plan.rule} split leaves {name} without {what}; give more data or other shares")
    return split


def no_split(interactions: Interactions) -> Split:
    """Return the split of data without interactions: nobody to learn from, and nobody to ask."""
    nothing = np.empty(0, dtype=np.int64)
    cases = Cases(nothing, interactions, np.empty(0), np.zeros(1, dtype=np.int64), nothing, nothing)
    return Split("none", interactions, cases, cases)


def make_cases(interactions: Interactions, plan: CasePlan) -> Cases:
    """Return a case for each user with a liked item to look at and a liked, unseen one to find."""
    history = interactions.select(plan.may_see)
    wanted = interactions.select(plan.is_target & interactions.is_liked)
    num_items = int(interactions.item_idx.max()) + 1
    # One number for each (user, item), so that sets of pairs are sets of integers.
    pairs = np.setdiff1d(wanted.user_idx * num_items + wanted.item_idx, history.user_idx * num_items + history.item_idx)
    pairs = pairs[np.isin(pairs // num_items, history.user_idx[history.is_liked])]
    if plan.asked is not None:
        pairs = pairs[plan.asked[pairs // num_items]]
    users, counts = np.unique(pairs // num_items, return_counts=True)
    last_seen = history.time_days[history.ptr[users + 1] - 1]
    return Cases(
        users=users,
        history=history,
        now_days=last_seen if plan.now_days is None else np.full(len(users), plan.now_days),
        target_ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        target_items=pairs % num_items,
        candidates=plan.candidates,
    )
