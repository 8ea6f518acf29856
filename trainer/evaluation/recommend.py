"""Recommendations of a model, for users of the data or for a shopper known only by a list of items."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import KINDS, Dataset, Interactions, make_interactions
from trainer.errors import ConfigError
from trainer.evaluation.protocol import SCORES_PER_CHUNK, Scorer, seen_candidates
from trainer.evaluation.ranking_metrics import top_columns
from trainer.splits.cases import Cases

VIEW = KINDS.index("view")
POOL = 10  # with diversity, the best 10 * k items are re-ranked

Lists = tuple[NDArray[np.int64], NDArray[np.float32]]


def cases_of_users(users: Sequence[str], interactions: Interactions, candidates: NDArray[np.int64]) -> Cases:
    """Return one case for each user ID, with the user's whole history; raises ConfigError for an unknown one."""
    places = {user: place for place, user in enumerate(interactions.user_ids)}
    unknown = [user for user in users if user not in places]
    if unknown:
        raise ConfigError(
            f"no interaction of user {unknown[0]!r} in the data"
            + (f" (nor of {len(unknown) - 1} others)" if len(unknown) > 1 else "")
            + "; give their viewed items with --items instead"
        )
    chosen = np.array([places[user] for user in users], dtype=np.int64)
    return _without_targets(chosen, interactions, candidates)


def cases_of_items(items: Sequence[str], dataset: Dataset, candidates: NDArray[np.int64]) -> Cases:
    """Return the case of an unknown shopper who viewed these shop/itemId in this order, the last one now.

    Raises ConfigError for an unknown item.
    """
    places = {key: item_idx for item_idx, key in enumerate(dataset.item_keys)}
    unknown = [item for item in items if item not in places]
    if unknown:
        raise ConfigError(f"no product {unknown[0]!r} in the data; give items as shop/itemId")
    history = make_interactions(
        ["shopper"] * len(items),
        [places[item] for item in items],
        [VIEW] * len(items),
        [0.0] * len(items),  # times are unknown: all items count as recent, in this order
        [1.0] * len(items),
    )
    return _without_targets(np.zeros(1, dtype=np.int64), history, candidates)


def recommend(
    scorer: Scorer,
    cases: Cases,
    k: int,
    generator: np.random.Generator,
    *,
    include_seen: bool = False,
    embeddings: NDArray[np.float32] | None = None,
    diversity: float = 0.0,
) -> Lists:
    """Return (item_idx, scores), each (n, at most k), best first; item_idx is -1 where fewer than k items are left.

    Items of the case's history are left out unless `include_seen`. With `diversity` in (0, 1] the list is re-ranked by
    maximal marginal relevance on `embeddings` (num_items, dim), of unit length or zero (see `diversify`).
    """
    pool = k if diversity == 0 else POOL * k
    lists, scores = [], []
    chunk = max(1, SCORES_PER_CHUNK // len(cases.candidates))
    for start in range(0, len(cases), chunk):
        positions = np.arange(start, min(start + chunk, len(cases)))
        found = np.array(scorer(cases, positions), dtype=np.float32)
        if not include_seen:
            found[seen_candidates(cases, positions)] = -np.inf
        columns = top_columns(found, generator.random(found.shape), pool)
        if diversity > 0 and embeddings is not None:
            items = embeddings[cases.candidates]
            columns = np.stack([diversify(row, found[i], items, k, diversity) for i, row in enumerate(columns)])
        lists.append(np.where(columns >= 0, cases.candidates[columns], -1))
        scores.append(np.where(columns >= 0, np.take_along_axis(found, columns, axis=1), 0))
    return np.concatenate(lists), np.concatenate(scores)


def diversify(
    columns: NDArray[np.int64],
    scores: NDArray[np.float32],
    embeddings: NDArray[np.float32],
    k: int,
    diversity: float,
) -> NDArray[np.int64]:
    """Return k of these columns by maximal marginal relevance, (min(k, len(columns)),); -1 columns stay at the end.

    Each place goes to the column with the highest `(1 - diversity) * relevance - diversity * similarity`. Relevance is
    the score, scaled to [0, 1] within the pool; similarity is the largest cosine to a column already listed. Carbonell
    & Goldstein, "The use of MMR", SIGIR 1998.
    """
    size = min(k, len(columns))
    pool = columns[columns >= 0]
    if len(pool) == 0:
        return columns[:size]
    mine = scores[pool]
    spread = float(mine.max() - mine.min())
    relevance = (mine - mine.min()) / spread if spread > 0 else np.zeros_like(mine)
    similar = np.zeros(len(pool), dtype=np.float32)
    is_left = np.ones(len(pool), dtype=bool)
    listed = np.full(size, -1, dtype=np.int64)
    for place in range(min(size, len(pool))):
        value = np.where(is_left, (1 - diversity) * relevance - diversity * similar, -np.inf)
        best = int(value.argmax())
        listed[place], is_left[best] = pool[best], False
        cosines = embeddings[pool] @ embeddings[pool[best]]
        similar = cosines if place == 0 else np.maximum(similar, cosines)
    return listed


def _without_targets(users: NDArray[np.int64], history: Interactions, candidates: NDArray[np.int64]) -> Cases:
    return Cases(
        users=users,
        history=history,
        now_days=history.time_days[history.ptr[users + 1] - 1],
        target_ptr=np.zeros(len(users) + 1, dtype=np.int64),
        target_items=np.empty(0, dtype=np.int64),
        candidates=candidates,
    )
