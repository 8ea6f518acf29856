"""Data types of a split: training rows and evaluation cases.

A rule of trainer/splits/rules.py returns a `SplitPlan`: masks of the rows that are history and of those that are
targets. trainer/splits/files.py saves the plan; `build_split` turns it into training rows and cases.
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
    """Evaluation cases: a user's history and the targets that a ranking of `candidates` should put on top.

    A case's targets are never in its history. Candidates that are in its history are not ranked.
    """

    users: NDArray[np.int64]  # (n,) user_idx
    history: Interactions
    now_days: NDArray[np.float64]  # (n,) evaluation time in days since 1970; ages count back from it
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
    # item_idx that the rule keeps out of training and validation, so they are new to the test; empty for most rules
    hidden_items: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    info: Mapping[str, Any] = field(default_factory=dict)  # counts and drawn names, as JSON types


@dataclass(frozen=True)
class CasePlan:
    """Cases of one part ("valid" or "test") as masks over the data set."""

    may_see: Mask  # (num_rows,) rows of the histories
    is_target: Mask  # (num_rows,); of these rows, the liked ones whose item is not in the history become targets
    candidates: NDArray[np.int64]  # item_idx, ascending
    now_days: float | None = None  # evaluation time of all cases; None: the last moment of each user's history
    sampled_users: Mask | None = None  # (num_users,), a sample of the users; None: all who have a case


@dataclass(frozen=True)
class SplitPlan:
    """A split as masks over the data set: the form that is saved."""

    rule: str
    train: Mask  # (num_rows,)
    valid: CasePlan
    test: CasePlan
    hidden_items: NDArray[np.int64]
    info: Mapping[str, Any] = field(default_factory=dict)


def build_split(interactions: Interactions, plan: SplitPlan) -> Split:
    """Return the training rows and cases of a plan; raise DataError where a part is empty."""
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
            what = "interactions" if name == "train" else "users with both a history and a target"
            raise DataError(f"the {plan.rule} split leaves {name} without {what}; give more data or other shares")
    return split


def no_split(interactions: Interactions) -> Split:
    """Return the split of data without interactions: no training rows and no cases."""
    nothing = np.empty(0, dtype=np.int64)
    cases = Cases(nothing, interactions, np.empty(0), np.zeros(1, dtype=np.int64), nothing, nothing)
    return Split("none", interactions, cases, cases)


def make_cases(interactions: Interactions, plan: CasePlan) -> Cases:
    """Return a case for each user with a liked item in the history and a liked target that is not in it."""
    history = interactions.select(plan.may_see)
    targets = interactions.select(plan.is_target & interactions.is_liked)
    num_items = int(interactions.item_idx.max()) + 1
    # One number for each (user, item), so that sets of pairs are sets of integers.
    seen = history.user_idx * num_items + history.item_idx
    pairs = np.setdiff1d(targets.user_idx * num_items + targets.item_idx, seen)
    pairs = pairs[np.isin(pairs // num_items, history.user_idx[history.is_liked])]
    if plan.sampled_users is not None:
        pairs = pairs[plan.sampled_users[pairs // num_items]]
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
