"""Recall of candidates that a device re-ranks, and an attacker who holds true profiles."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.clusters.worlds import NUM_PROFILES, Catalogue, Integers, K, World
from benchmarks.taste.rule import Floats
from kernel.interest_clusters import EPSILON, InterestClusters

Doubles = NDArray[np.float64]
_ROWS = 100


def truth(count: int) -> float:
    """Return the probability that a report names the true one of `count` clusters."""
    return math.exp(EPSILON) / (math.exp(EPSILON) + count - 1)


def nearest_first(centres: Floats, shop: Catalogue) -> Integers:
    """Return the items (K, n) of each centre, those that fit best first."""
    return np.argsort(-(centres @ shop.stored.T), axis=1)


def recalls(world: World, clusters: InterestClusters, counts: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return by the number of candidates the recall@10 where the truth was told, and over all reports.

    Both are expectations over the mechanism, no samples. The device shows the ten best of the candidates by its own
    estimate of the shop's metric. Counted are those among the ten best of the whole shop by the shop's own metric.
    """
    probability = truth(len(clusters.centres))
    own = clusters.of_tastes(world.tastes[: len(world.best)])
    found = {count: np.zeros((len(clusters.centres), len(world.best))) for count in counts}
    for number, shop in enumerate(world.shops):
        users = np.flatnonzero(world.shop_of == number)
        order = nearest_first(clusters.centres, shop)
        for count in counts:
            for cluster, candidates in enumerate(order[:, :count]):
                found[count][cluster, users] = _shares(
                    world.scores[number][:, candidates], candidates, world.best[users]
                )
    result = {}
    for count, shares in found.items():
        true = shares[own, np.arange(len(own))]
        others = (shares.sum(axis=0) - true) / (len(shares) - 1)
        result[count] = (float(true.mean()), float((probability * true + (1 - probability) * others).mean()))
    return result


def _shares(scores: Floats, candidates: Integers, best: Integers) -> Doubles:
    """Return the share (m,) of each user's ten best that are among the ten best of their scores (m, n)."""
    shown = candidates[np.argpartition(-scores, K, axis=1)[:, :K]] if scores.shape[1] > K else candidates[None]
    return np.asarray((best[:, :, None] == shown[:, None, :]).any(axis=2).mean(axis=1))


def re_identified(world: World, per_report: Sequence[InterestClusters], random: np.random.Generator) -> float:
    """Return the share of shoppers whom an attacker names who holds 2,000 true profiles, theirs among them.

    One report of each of the clusters. The attacker knows the mechanism, computes the likelihood of the reports
    under every profile, and names one of the likeliest. The share is the mean of 20 draws, ties in expectation.
    """
    num_users, draws, shares = len(world.best), 20, []
    truths = [clusters.of_tastes(world.tastes) for clusters in per_report]
    for _ in range(draws):
        agreeing = np.zeros((num_users, NUM_PROFILES))
        for clusters, own in zip(per_report, truths, strict=True):
            count = len(clusters.centres)
            reports = own[:num_users].copy()
            lies = random.random(num_users) >= truth(count)
            reports[lies] = (reports[lies] + random.integers(1, count, size=lies.sum())) % count
            agreeing += reports[:, None] == own[None]
        best = agreeing.max(axis=1)
        is_named = agreeing[np.arange(num_users), np.arange(num_users)] == best
        shares.append((is_named / (agreeing == best[:, None]).sum(axis=1)).mean())
    return float(np.mean(shares))


def of_context(world: World, counts: Sequence[int]) -> dict[int, float]:
    """Return by the number of candidates the recall@10 where they are those of the product on screen."""
    shop = world.shops[0]
    found: dict[int, list[Doubles]] = {count: [] for count in counts}
    for start in range(0, len(world.on_screen), _ROWS):
        users = np.arange(start, min(start + _ROWS, len(world.on_screen)))
        order = nearest_first(shop.tastes[world.on_screen[users]], shop)[:, : max(counts)]
        for user, candidates in zip(users, order, strict=True):
            scores = world.scores[0][user : user + 1, candidates]
            for count in counts:
                found[count].append(_shares(scores[:, :count], candidates[:count], world.best[user : user + 1]))
    return {count: float(np.mean(values)) for count, values in found.items()}


def named_by_context(world: World) -> float:
    """Return the share of shoppers named by an attacker who takes the profile nearest to the product on screen."""
    shop = world.shops[0]
    scores = shop.turned[world.on_screen] @ world.tastes.T
    return float((np.argmax(scores, axis=1) == np.arange(len(scores))).mean())
