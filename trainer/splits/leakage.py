"""Leakage checks: find targets or held-out users that training or a history gives away.

Metrics of a leaking split mean nothing.
"""

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError
from trainer.splits.cases import HOLDS_OUT_USERS, Cases, Split


def refuse_leaks(split: Split) -> None:
    """Raise DataError where `check_split` finds a leak."""
    if leaks := check_split(split):
        raise DataError(f"the {split.rule} split leaks: {'; '.join(leaks)}")


def check_split(split: Split) -> list[str]:
    """Return a line for each kind of leak from the targets into training or a history; empty for a sound split."""
    leaks = [*_leaks_within("valid", split.valid), *_leaks_within("test", split.test)]
    if split.rule in HOLDS_OUT_USERS:
        leaks += _held_out_users(split)
    if split.rule == "temporal":
        leaks += _early_times(split)
    return leaks + _hidden_items(split)


def _leaks_within(name: str, cases: Cases) -> list[str]:
    width = 1 + int(max(cases.history.item_idx.max(initial=0), cases.target_items.max(initial=0)))
    targets = np.repeat(cases.users, np.diff(cases.target_ptr)) * width + cases.target_items
    seen = cases.history.user_idx * width + cases.history.item_idx
    return _lines(
        (np.isin(targets, seen).sum(), f"{name} targets are in their own user's history"),
        ((~np.isin(cases.target_items, cases.candidates)).sum(), f"{name} targets are not among the candidates"),
    )


def _held_out_users(split: Split) -> list[str]:
    """Return the leaks of held-out users: all who have a history or a case, in the sample or not."""
    valid, test = (np.union1d(cases.users, cases.history.user_idx) for cases in (split.valid, split.test))
    return _lines(
        (np.isin(valid, split.train.user_idx).sum(), "valid users are in training"),
        (np.isin(test, split.train.user_idx).sum(), "test users are in training"),
        (np.isin(valid, test).sum(), "users are in both valid and test"),
    )


def _early_times(split: Split) -> list[str]:
    leaks = []
    for name, cases in (("valid", split.valid), ("test", split.test)):
        late = (cases.history.time_days >= cases.now_days.min(initial=np.inf)).sum()
        leaks += _lines((late, f"rows of {name} histories are not before the evaluation time"))
    moment = min(split.valid.now_days.min(initial=np.inf), split.test.now_days.min(initial=np.inf))
    return leaks + _lines(((split.train.time_days >= moment).sum(), "training rows are not before the evaluation time"))


def _hidden_items(split: Split) -> list[str]:
    hidden = split.hidden_items
    if len(hidden) == 0:
        return []
    return _lines(
        (_count(split.train.item_idx, hidden), "training rows are with items that the rule hides"),
        (_count(split.valid.history.item_idx, hidden), "rows of valid histories are with items that the rule hides"),
        (_count(split.valid.target_items, hidden), "valid targets are items that the rule hides"),
        ((~np.isin(split.test.target_items, hidden)).sum(), "test targets are items that the rule does not hide"),
    )


def _count(items: NDArray[np.int64], hidden: NDArray[np.int64]) -> int:
    return int(np.isin(items, hidden).sum())


def _lines(*found: tuple[int, str]) -> list[str]:
    return [f"{count:,} {what}" for count, what in found if count]
