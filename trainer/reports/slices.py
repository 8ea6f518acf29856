"""Slices of a ranking: by length of history, popularity of the target and missing modality.

*Case* slices select users. *Target* slices select targets, of the users who have any in the slice; a user's other
targets are right answers too, so they are removed from the ranking. Experiments evaluate the same users again with
less information.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from trainer.baselines.sparse_interactions import num_users_per_item, user_items
from trainer.baselines.tuning import select_cases
from trainer.dataset.dataset import Interactions
from trainer.evaluation.protocol import Scorer, history_rows, rank_targets
from trainer.evaluation.ranking_metrics import METRICS
from trainer.evaluation.statistics import IntervalEntry, bootstrap_intervals
from trainer.features.item_features import ItemFeatures
from trainer.reports.document import MetricIntervals, SliceEntry
from trainer.splits.cases import Cases

LENGTHS = {"1": (1, 1), "2": (2, 2), "3": (3, 3), "4-5": (4, 5), "6-9": (6, 9), "10+": (10, None)}
TRUNCATIONS = (1, 2, 3, 5, 10)
MIN_TRUNCATED_CASES = 30  # with fewer users of long histories, the experiment uses shorter ones
HOT_FROM = 20  # training users who liked the target
HEAD_SHARE = 0.8  # of the training interactions
SLICE_METRICS = ("ndcg@10", "recall@10")

Mask = NDArray[np.bool_]
Ranks = NDArray[np.int64]
PerCase = Mapping[str, NDArray[np.float64]]  # metric -> one value for each case


@dataclass(frozen=True)
class Bootstrap:
    """Bootstrap settings for the intervals of a slice's means."""

    seed: Sequence[int]
    confidence: float
    samples: int

    def intervals(self, values: Mapping[str, PerCase]) -> dict[str, MetricIntervals]:
        """Return {model: {metric: {mean, low, high}}} of per-case values; all models use the same redraws."""
        columns = [column for metrics in values.values() for column in metrics.values()]
        found = iter(
            bootstrap_intervals(
                np.stack(columns, axis=1),
                np.random.default_rng(self.seed),
                confidence=self.confidence,
                samples=self.samples,
            )
        )
        return {
            name: {metric: cast(IntervalEntry, asdict(next(found))) for metric in metrics}
            for name, metrics in values.items()
        }


def history_lengths(cases: Cases) -> NDArray[np.int64]:
    """Return the number of liked interactions in each case's history, (n,)."""
    index, rows = history_rows(cases, np.arange(len(cases)))
    return np.bincount(index[cases.history.is_liked[rows]], minlength=len(cases))


def case_slices(cases: Cases) -> dict[str, dict[str, Mask]]:
    """Return {"history_length": {"1": cases with one liked interaction, (n,), ...}}."""
    lengths = history_lengths(cases)
    return {
        "history_length": {
            name: (lengths >= low) & (lengths <= (high if high is not None else lengths.max()))
            for name, (low, high) in LENGTHS.items()
        }
    }


def target_slices(cases: Cases, train: Interactions, features: ItemFeatures) -> dict[str, dict[str, Mask]]:
    """Return slices of the targets, (m,) each: temperature, head or tail, and missing modality.

    hot: liked by 20 training users or more; warm: by 1 to 19; cold: by none. The head is the most liked items that
    together have 80 % of the training likes; the tail is all other items, including cold ones.
    """
    counts = num_users_per_item(user_items(train, len(features)))
    liked_by, is_head = counts[cases.target_items], _head(counts)[cases.target_items]
    has_text, has_image = (features.modality_mask[cases.target_items] > 0).T
    slices = {
        "target_temperature": {
            "hot": liked_by >= HOT_FROM,
            "warm": (liked_by > 0) & (liked_by < HOT_FROM),
            "cold": liked_by == 0,
        },
        "target_popularity": {"head": is_head, "tail": ~is_head},
    }
    for name, has in (("target_image", has_image), ("target_text", has_text)):
        if 0 < has.sum() < len(has):
            slices[name] = {"there": has, "missing": ~has}
    return slices


def slice_document(
    rankings: Mapping[str, Ranks], cases: Cases, train: Interactions, features: ItemFeatures, bootstrap: Bootstrap
) -> dict[str, list[SliceEntry]]:
    """Return {kind of slice: [{"slice", "num_users", "models": {name: {metric: interval}}}, ...]} of test rankings."""
    document = {}
    for kind, slices in case_slices(cases).items():
        of_targets = {name: np.repeat(mask, np.diff(cases.target_ptr)) for name, mask in slices.items()}
        document[kind] = [_entry(name, mask, rankings, cases, bootstrap) for name, mask in of_targets.items()]
    for kind, slices in target_slices(cases, train, features).items():
        document[kind] = [_entry(name, mask, rankings, cases, bootstrap) for name, mask in slices.items()]
    return document


def truncation_document(
    scorers: Mapping[str, Scorer], cases: Cases, tie_seed: Sequence[int], bootstrap: Bootstrap
) -> list[SliceEntry]:
    """Return the same users evaluated with only their last 1, 2, 3, 5, 10 liked interactions, and with all.

    Only users with at least as many as the longest truncation take part, so every entry has the same users. Where fewer
    than 30 users have ten, the longest truncation is shorter. Empty where fewer than 30 users have two.
    """
    lengths = history_lengths(cases)
    longest = max((n for n in TRUNCATIONS[1:] if (lengths >= n).sum() >= MIN_TRUNCATED_CASES), default=0)
    if not longest:
        return []
    mine = select_cases(cases, np.flatnonzero(lengths >= longest))
    views = {f"last {n}": truncate_histories(mine, n) for n in TRUNCATIONS if n <= longest} | {"all": mine}
    return [
        experiment_entry(name, {m: scorer_on_histories(s, view) for m, s in scorers.items()}, mine, tie_seed, bootstrap)
        for name, view in views.items()
    ]


def masking_document(
    rescore: Callable[[ItemFeatures], Mapping[str, Scorer]],
    features: ItemFeatures,
    cases: Cases,
    tie_seed: Sequence[int],
    bootstrap: Bootstrap,
) -> list[SliceEntry]:
    """Return the same cases without images, then without texts; empty where items have only one modality."""
    if not (features.modality_mask.sum(axis=0) > 0).all():
        return []
    views = {
        "everything": features,
        "no images": without_modality(features, 1),
        "no texts": without_modality(features, 0),
    }
    return [experiment_entry(name, rescore(view), cases, tie_seed, bootstrap) for name, view in views.items()]


def experiment_entry(
    name: str, scorers: Mapping[str, Scorer], cases: Cases, tie_seed: Sequence[int], bootstrap: Bootstrap
) -> SliceEntry:
    """Return one entry of an experiment: these scorers on these cases."""
    ranks = {model: rank_targets(scorer, cases, np.random.default_rng(tie_seed)) for model, scorer in scorers.items()}
    return _entry(name, np.ones(len(cases.target_items), dtype=bool), ranks, cases, bootstrap)


def truncate_histories(cases: Cases, length: int) -> Cases:
    """Return the cases with only the last `length` liked rows of each history."""
    index, rows = history_rows(cases, np.arange(len(cases)))
    rows = rows[cases.history.is_liked[rows]]
    index = np.repeat(np.arange(len(cases)), history_lengths(cases))
    ago = np.searchsorted(index, index, side="right") - 1 - np.arange(len(index))
    kept = np.zeros(len(cases.history), dtype=bool)
    kept[rows[ago < length]] = True
    return replace(cases, history=cases.history.select(kept))


def scorer_on_histories(scorer: Scorer, view: Cases) -> Scorer:
    """Return the scorer on the histories of `view`; the items excluded from ranking stay those of the cases."""
    return lambda cases, positions: scorer(view, positions)


def without_modality(features: ItemFeatures, column: int) -> ItemFeatures:
    """Return the features with every text (column 0) or image (column 1) missing."""
    mask = np.array(features.modality_mask)
    mask[:, column] = 0
    if column == 0:
        return replace(features, modality_mask=mask, text=np.zeros_like(features.text))
    return replace(features, modality_mask=mask, image=np.zeros_like(features.image))


def sliced_metrics(ranks: Ranks, cases: Cases, is_in: Mask) -> dict[str, NDArray[np.float64]]:
    """Return SLICE_METRICS of the cases with a target in the slice (m,), from those targets alone.

    Other targets are also removed from the ranking, so the items behind them move up.
    """
    row = np.repeat(np.arange(len(cases)), np.diff(cases.target_ptr))
    order = np.lexsort((ranks, row))  # cases stay in their places
    is_out = ~is_in[order]
    before: Ranks = np.cumsum(is_out) - is_out
    before -= before[cases.target_ptr[row]]  # left-out targets of the same case with a better rank
    moved = np.empty_like(ranks)
    moved[order] = ranks[order] - before
    sizes = np.bincount(row[is_in], minlength=len(cases))
    ptr = np.concatenate([[0], np.cumsum(sizes[sizes > 0])]).astype(np.int64)
    return {name: METRICS[name.split("@")[0]](moved[is_in], ptr, int(name.split("@")[1])) for name in SLICE_METRICS}


def _entry(name: str, is_in: Mask, rankings: Mapping[str, Ranks], cases: Cases, bootstrap: Bootstrap) -> SliceEntry:
    row = np.repeat(np.arange(len(cases)), np.diff(cases.target_ptr))
    num_users = len(np.unique(row[is_in]))
    entry: SliceEntry = {"slice": name, "num_users": num_users, "num_targets": int(is_in.sum()), "models": {}}
    if num_users:
        entry["models"] = bootstrap.intervals({m: sliced_metrics(ranks, cases, is_in) for m, ranks in rankings.items()})
    return entry


def _head(counts: NDArray[np.float32]) -> Mask:
    """Return a mask of the fewest items with HEAD_SHARE of all likes, (num_items,); of equal items, the first rows."""
    order = np.argsort(-counts, kind="stable")
    held = np.cumsum(counts[order], dtype=np.float64)
    is_head = np.zeros(len(counts), dtype=bool)
    if held[-1] > 0:
        is_head[order[: int(np.searchsorted(held, HEAD_SHARE * held[-1])) + 1]] = True
    return is_head
