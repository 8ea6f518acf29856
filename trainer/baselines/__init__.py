"""Baselines that a model must beat, each tuned on the validation users: `BASELINES[name](prepared)`.

They see `split.train` and a case's own history, nothing else. Where training users never visited shop B, all baselines
that count interactions with its items rank as chance does. Content, words and transfer by similarity remain.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from trainer.baselines import als, co_occurrence, neighbours, transfer, words
from trainer.baselines.content import (
    content_embeddings,
    content_towers,
    remake_content_scorer,
    tuned_content_scorer,
)
from trainer.baselines.ease import fit_ease
from trainer.baselines.mixtures import fit_mixture
from trainer.baselines.popularity import overlap_popularity_scorer, popularity_scorer, random_scorer
from trainer.baselines.sparse_interactions import user_items
from trainer.baselines.tuning import Fitted, tune, untuned
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


class TimedFit(NamedTuple):
    """A fitted baseline and the seconds that tuning it took."""

    fitted: Fitted
    fit_seconds: float


def fit_content(prepared: Prepared) -> Fitted:
    """Return the content baseline, with embedding and pooling chosen on "valid"."""
    return tuned_content_scorer(
        prepared.features, prepared.split.valid, seed=prepared.config.seed, device=prepared.device
    )


def fit_popularity(prepared: Prepared) -> Fitted:
    """Return global popularity, which has no settings to tune."""
    return untuned(popularity_scorer(prepared.split.train, _num_items(prepared)))


def fit_overlap_popularity(prepared: Prepared) -> Fitted:
    """Return popularity among overlapping users, which has no settings to tune."""
    return untuned(overlap_popularity_scorer(prepared.split.train, _num_items(prepared)))


def fit_item_knn(prepared: Prepared) -> Fitted:
    """Return item neighbours with shrinkage and neighbourhood chosen on "valid"."""
    model = neighbours.ItemNeighbours(prepared.split.train, _num_items(prepared))
    return _tune(model.scorer, neighbours.grid(neighbours.ITEM_NEIGHBOURS), prepared)


def fit_user_knn(prepared: Prepared) -> Fitted:
    """Return user neighbours with shrinkage and neighbourhood chosen on "valid"."""
    model = neighbours.UserNeighbours(prepared.split.train, _num_items(prepared))
    return _tune(model.scorer, neighbours.grid(neighbours.USER_NEIGHBOURS), prepared)


def fit_co_occurrence(prepared: Prepared) -> Fitted:
    """Return co-occurrence with its exponents and recency chosen on "valid"."""
    model = co_occurrence.CoOccurrence(prepared.split.train, _num_items(prepared))
    return _tune(model.scorer, co_occurrence.GRID, prepared)


def fit_als(prepared: Prepared) -> Fitted:
    """Return matrix factorisation with alpha and regularisation chosen on "valid"."""
    model = als.AlsFactors(user_items(prepared.split.train, _num_items(prepared)), prepared.config.seed)
    return _tune(model.scorer, als.GRID, prepared)


def fit_words(prepared: Prepared) -> Fitted:
    """Return the cosine of TF-IDF words, with the half-life of the history chosen on "valid"."""
    return _tune(words.Words(words.word_vectors(prepared)).scorer, words.GRID, prepared)


def fit_transfer(prepared: Prepared) -> Fitted:
    """Return co-occurrence carried over by similarity, with neighbourhood and exponent chosen on "valid"."""
    content = content_embeddings(prepared.features, prepared.device)
    model = transfer.Transfer(prepared.split.train, words.word_vectors(prepared), content)
    return _tune(model.scorer, transfer.GRID, prepared)


# Baselines that are a weighted sum of others.
MIXTURES: dict[str, tuple[str, ...]] = {
    "popularity_content": ("popularity", "content"),
    "hybrid_score": ("content", "popularity", "co_occurrence"),
    "hybrid_linear": ("content", "user_knn", "ease"),
    "hybrid_transfer": ("content", "words", "transfer"),
}


def fit_mixture_of(parts: Sequence[str], prepared: Prepared) -> Fitted:
    """Fit each of these baselines, then return their tuned weighted sum."""
    scorers = {name: BASELINES[name](prepared).scorer for name in parts}
    return fit_mixture(scorers, prepared.split.valid, prepared.config.seed)


BASELINES: dict[str, Callable[[Prepared], Fitted]] = {
    "random": lambda prepared: untuned(random_scorer()),
    "popularity": fit_popularity,
    "popularity_overlap": fit_overlap_popularity,
    "item_knn": fit_item_knn,
    "user_knn": fit_user_knn,
    "co_occurrence": fit_co_occurrence,
    "ease": fit_ease,
    "als": fit_als,
    "content": fit_content,
    "words": fit_words,
    "transfer": fit_transfer,
    **{name: partial(fit_mixture_of, parts) for name, parts in MIXTURES.items()},
}


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
            if name in MIXTURES:
                parts: Mapping[str, Scorer] = {part: fit(part) for part in MIXTURES[name]}
                before = time.perf_counter()  # the parts are timed on their own
                fitted = fit_mixture(parts, prepared.split.valid, prepared.config.seed)
            else:
                fitted = BASELINES[name](prepared)
            fits[name] = TimedFit(fitted, time.perf_counter() - before)
        return fits[name].fitted.scorer

    for done, name in enumerate(names, 1):
        fit(name)
        on_progress(done, len(names))
    return {name: fits[name] for name in names}


def _num_items(prepared: Prepared) -> int:
    return len(prepared.dataset.products)


def _tune(make: Callable[..., Scorer], grid: Sequence[Mapping[str, float | None]], prepared: Prepared) -> Fitted:
    return tune(make, grid, prepared.split.valid, prepared.config.seed)
