"""Declaration of a baseline: its name and the function that fits it, in one value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trainer.baselines.tuning import Fitted, tune
from trainer.evaluation.protocol import Scorer
from trainer.prepare import Prepared


@dataclass(frozen=True)
class Baseline:
    """One baseline, declared in the file of its method; trainer/baselines/__init__.py derives the registry."""

    name: str
    fit: Callable[[Prepared], Fitted]


def num_items(prepared: Prepared) -> int:
    """Return the number of items of the run's catalogue."""
    return len(prepared.dataset.products)


def tune_on_valid(
    make: Callable[..., Scorer], grid: Sequence[Mapping[str, float | None]], prepared: Prepared
) -> Fitted:
    """Return the scorer `make(**settings)` with the best NDCG@10 on the run's "valid"."""
    return tune(make, grid, prepared.split.valid, prepared.config.seed)
