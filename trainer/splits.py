"""What is hidden from training and asked for afterwards. Every rule is a pure function of data and seed.

Users and items are dealt out by a hash of their names, not by position, so a user stays where they were when data is
added, and two people with the same files and seed hold the same split.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data import Interactions
from trainer.errors import DataError


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


def split_catalogue(
    interactions: Interactions, item_keys: Sequence[str], *, seed: int, valid: float, test: float, shop_b: float = 0.5
) -> Split:
    """Split the catalogue into shop A and shop B: what held-out users did in A predicts what they choose in B.

    The users of "valid" and "test" are absent from training, as a shopper with the extension is absent from any
    operator's data. Training sees the other users in both shops.
    """
    in_shop_b = _fractions(item_keys, seed, "item") < shop_b
    part = hold_out_users(interactions.user_ids, seed=seed, valid=valid, test=test)
    is_target = in_shop_b[interactions.item_idx]
    candidates = np.flatnonzero(in_shop_b)
    held_out = [
        _cases(interactions, mine & ~is_target, mine & is_target, candidates)
        for mine in (part[interactions.user_idx] == name for name in ("valid", "test"))
    ]
    return _checked("catalogue", interactions.select(part[interactions.user_idx] == "train"), *held_out)


def split_users(interactions: Interactions, num_items: int, *, seed: int, valid: float, test: float) -> Split:
    """Hold out users; each one's last new liked item is the target among the whole catalogue (leave-one-out)."""
    part = hold_out_users(interactions.user_ids, seed=seed, valid=valid, test=test)
    is_target = _last_new_liked(interactions)
    # What came after the target is neither asked for nor told.
    target_row = np.full(len(interactions.user_ids), -1)
    target_row[interactions.user_idx[is_target]] = np.flatnonzero(is_target)
    is_before = np.arange(len(interactions)) < target_row[interactions.user_idx]
    held_out = [
        _cases(interactions, mine & is_before, mine & is_target, np.arange(num_items))
        for mine in (part[interactions.user_idx] == name for name in ("valid", "test"))
    ]
    return _checked("users", interactions.select(part[interactions.user_idx] == "train"), *held_out)


def split_temporal(interactions: Interactions, num_items: int, *, valid: float, test: float) -> Split:
    """Train before one moment, validate until a second, test after it: nothing is predicted from its future.

    The moments are quantiles of the interactions' times; interactions at exactly a cut belong after it.
    """
    times = interactions.time_days
    valid_from, test_from = np.quantile(times, [1 - valid - test, 1 - test], method="higher")
    before, between, after = times < valid_from, (times >= valid_from) & (times < test_from), times >= test_from
    everything = np.arange(num_items)
    return _checked(
        "temporal",
        interactions.select(before),
        _cases(interactions, before, between, everything, now_days=float(valid_from)),
        _cases(interactions, before | between, after, everything, now_days=float(test_from)),
    )


def hold_out_users(user_ids: Sequence[str], *, seed: int, valid: float, test: float) -> NDArray[np.str_]:
    """Return "train", "valid" or "test" for each user, (num_users,)."""
    fractions = _fractions(user_ids, seed, "user")
    return np.select([fractions < test, fractions < test + valid], ["test", "valid"], "train")


def _fractions(names: Sequence[str], seed: int, salt: str) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each name: the same for the same name, seed and salt, on every machine."""
    key = hashlib.sha256(f"{seed}/{salt}".encode()).digest()
    digests = (hashlib.blake2b(name.encode(), digest_size=8, key=key).digest() for name in names)
    return np.array([int.from_bytes(digest[:6], "big") / 2**48 for digest in digests])


def _last_new_liked(interactions: Interactions) -> NDArray[np.bool_]:
    """Mark each user's last liked row whose item they had not touched before, if anything came before it, (n,)."""
    num_items = int(interactions.item_idx.max()) + 1
    _, first_rows = np.unique(interactions.user_idx * num_items + interactions.item_idx, return_index=True)
    is_new = np.zeros(len(interactions), dtype=bool)
    is_new[first_rows] = True
    rows = np.flatnonzero(is_new & interactions.is_liked & (np.arange(len(interactions)) > _first_row(interactions)))
    last = np.full(len(interactions.user_ids), -1)
    np.maximum.at(last, interactions.user_idx[rows], rows)
    marked = np.zeros(len(interactions), dtype=bool)
    marked[last[last >= 0]] = True
    return marked


def _first_row(interactions: Interactions) -> NDArray[np.int64]:
    return interactions.ptr[interactions.user_idx]


def _cases(
    interactions: Interactions,
    may_see: NDArray[np.bool_],
    is_target: NDArray[np.bool_],
    candidates: NDArray[np.int64],
    now_days: float | None = None,
) -> Cases:
    """Return a case for each user with a liked item to look at and a liked, unseen one to find."""
    history = interactions.select(may_see)
    wanted = interactions.select(is_target & interactions.is_liked)
    num_items = int(interactions.item_idx.max()) + 1
    # One number for each (user, item), so that sets of pairs are sets of integers.
    pairs = np.setdiff1d(wanted.user_idx * num_items + wanted.item_idx, history.user_idx * num_items + history.item_idx)
    pairs = pairs[np.isin(pairs // num_items, history.user_idx[history.is_liked])]
    users, counts = np.unique(pairs // num_items, return_counts=True)
    last_seen = history.time_days[history.ptr[users + 1] - 1]
    return Cases(
        users=users,
        history=history,
        now_days=last_seen if now_days is None else np.full(len(users), now_days),
        target_ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        target_items=pairs % num_items,
        candidates=candidates,
    )


def _checked(rule: str, train: Interactions, valid: Cases, test: Cases) -> Split:
    for name, size in (("train", len(train)), ("valid", len(valid)), ("test", len(test))):
        if size == 0:
            what = "interactions" if name == "train" else "users with both a history and something to find"
            raise DataError(f"the {rule} split leaves {name} without {what}; give more data or other shares")
    return Split(rule, train, valid, test)
