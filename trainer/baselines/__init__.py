"""Baselines that a model must beat, each tuned on the validation users: `BASELINES[name].fit(prepared)`.

They see `split.train` and a case's own history, nothing else. Where training users never visited shop B, all baselines
that count interactions with its items rank as chance does. Content, words and transfer by similarity remain.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from trainer.baselines.als import ALS
from trainer.baselines.baseline import Baseline
from trainer.baselines.co_occurrence import CO_OCCURRENCE
from trainer.baselines.content import CONTENT, content_towers, remake_content_scorer, tuned_content_scorer
from trainer.baselines.ease import EASE
from trainer.baselines.mixtures import HYBRID_LINEAR, HYBRID_SCORE, HYBRID_TRANSFER, POPULARITY_CONTENT, Mixture
from trainer.baselines.neighbours import ITEM_KNN, USER_KNN
from trainer.baselines.popularity import POPULARITY, POPULARITY_OVERLAP, RANDOM, popularity_scorer, random_scorer
from trainer.baselines.transfer import TRANSFER
from trainer.baselines.tuning import Fitted
from trainer.baselines.words import WORDS
from trainer.errors import ConfigError
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared

__all__ = [
    "BASELINES",
    "Fitted",
    "TimedFit",
    "content_towers",
    "fit_baselines",
    "popularity_scorer",
    "random_scorer",
    "remake_content_scorer",
    "tuned_content_scorer",
]

# A new baseline is a value in its file and a name in this list, whose order is that of the report.
_ALL: tuple[Baseline | Mixture, ...] = (
    *(RANDOM, POPULARITY, POPULARITY_OVERLAP),
    *(ITEM_KNN, USER_KNN, CO_OCCURRENCE, EASE, ALS),
    *(CONTENT, WORDS, TRANSFER),
    *(POPULARITY_CONTENT, HYBRID_SCORE, HYBRID_LINEAR, HYBRID_TRANSFER),
)
BASELINES: dict[str, Baseline | Mixture] = {baseline.name: baseline for baseline in _ALL}


class TimedFit(NamedTuple):
    """A fitted baseline and the seconds that tuning it took."""

    fitted: Fitted
    fit_seconds: float


def fit_baselines(
    prepared: Prepared,
    names: Sequence[str] = tuple(BASELINES),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, TimedFit]:
    """Return these baselines, each fitted only once even where several mixtures use it.

    Raises ConfigError for an unknown name.
    """
    for name in names:
        if name not in BASELINES:
            raise ConfigError(f"no baseline {name!r}; choose from {', '.join(BASELINES)}")
    fits: dict[str, TimedFit] = {}

    def fit(name: str) -> Scorer:
        if name not in fits:
            before = time.perf_counter()
            baseline = BASELINES[name]
            if isinstance(baseline, Mixture):
                parts: Mapping[str, Scorer] = {part.name: fit(part.name) for part in baseline.parts}
                before = time.perf_counter()  # the parts are timed on their own
                fitted = baseline.combine(prepared, parts)
            else:
                fitted = baseline.fit(prepared)
            fits[name] = TimedFit(fitted, time.perf_counter() - before)
        return fits[name].fitted.scorer

    for done, name in enumerate(names, 1):
        fit(name)
        on_progress(done, len(names))
    return {name: fits[name] for name in names}
