"""Twenty dismissals in a row: how many cards stay, and whether the list gets better or worse."""

from collections.abc import Sequence
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.taste.rule import Rule
from benchmarks.taste.shop import Case, Shop, discounted

STEPS = (0, 1, 2, 5, 10, 20)
NEAR_COPY = 0.9
# Which card is dismissed: one at random that is not wanted, the first that is not wanted, or one at random of all.
Pick = Literal["unwanted", "first_unwanted", "any"]


class Figures(TypedDict):
    """Means over shoppers. `kept` and `copies`: cards after the first dismissal. hits@10 and NDCG@10 by step."""

    shoppers: int
    kept: float
    copies: float
    hits: dict[str, float]
    hits_se: dict[str, float]
    ndcg: dict[str, float]


def pick_card(
    shown: NDArray[np.int64], wanted: NDArray[np.int64], pick: Pick, random: np.random.Generator
) -> int | None:
    """Return the row of the card that is dismissed, None where the list has none to dismiss."""
    cards = shown if pick == "any" else shown[~np.isin(shown, wanted)]
    if len(cards) == 0:
        return None
    return int(cards[0] if pick == "first_unwanted" else cards[random.integers(len(cards))])


def dismiss_in_turn(shop: Shop, cases: Sequence[Case], rule: Rule, pick: Pick, steps: Sequence[int] = STEPS) -> Figures:
    """Return the figures of one rule; all rules meet the same shoppers."""
    randoms = [np.random.default_rng(case.seed) for case in cases]
    dismissed: list[list[int]] = [[] for _ in cases]
    histories = [case.history for case in cases]
    shown = shop.shown(rule, histories, dismissed)
    hits, ndcg = {}, {}
    kept, copies = [], []
    for step in range(max(steps) + 1):
        if step in steps:
            hits[step] = [np.isin(rows, case.wanted).sum() for rows, case in zip(shown, cases, strict=True)]
            ndcg[step] = [discounted(rows, case.wanted) for rows, case in zip(shown, cases, strict=True)]
        if step == max(steps):
            break
        before = shown
        for rows, case, gone, random in zip(shown, cases, dismissed, randoms, strict=True):
            card = pick_card(rows, case.wanted, pick, random)
            gone.extend([] if card is None else [card])
        shown = shop.shown(rule, histories, dismissed)
        if step == 0:
            for old, new, gone in zip(before, shown, dismissed, strict=True):
                if gone:
                    kept.append(np.isin(new, old).sum())
                    copies.append((shop.compared[new] @ shop.compared[gone[0]] > NEAR_COPY).sum())
    return {
        "shoppers": len(cases),
        "kept": round(float(np.mean(kept)), 3),
        "copies": round(float(np.mean(copies)), 3),
        "hits": {str(step): round(float(np.mean(values)), 4) for step, values in hits.items()},
        "hits_se": {str(s): round(float(np.std(v) / len(cases) ** 0.5), 4) for s, v in hits.items()},
        "ndcg": {str(step): round(float(np.mean(values)), 4) for step, values in ndcg.items()},
    }
