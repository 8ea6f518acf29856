"""Recall of candidates that a device re-ranks, and an attacker who holds true profiles."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.clusters.worlds import NUM_PROFILES, Catalogue, Integers, World
from benchmarks.taste.rule import Floats
from kernel.interest_clusters import EPSILON, InterestClusters

Doubles = NDArray[np.float64]


def truth(count: int) -> float:
    """Return the probability that a report names the true one of `count` clusters."""
    return math.exp(EPSILON) / (math.exp(EPSILON) + count - 1)


def ranks(centres: Floats, shop: Catalogue) -> Integers:
    """Return the place (K, n) of each item among the candidates of each centre, 0 being the first."""
    order = np.argsort(-(centres @ shop.stored.T), axis=1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(order.shape[1])[None], axis=1)
    return places


def recalls(world: World, clusters: InterestClusters, counts: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Return by the number of candidates the recall@10 where the truth was told, and over all reports.

    Both are expectations over the mechanism, no samples. A device ranks candidates as it would rank the whole shop, so
    that of its true ten best it has those that are candidates.
    """
    probability = truth(len(clusters.centres))
    own = clusters.of_tastes(world.tastes[: len(world.best)])
    told: dict[int, list[Doubles]] = {count: [] for count in counts}
    overall: dict[int, list[Doubles]] = {count: [] for count in counts}
    for number, shop in enumerate(world.shops):
        users = np.flatnonzero(world.shop_of == number)
        places = ranks(clusters.centres, shop)[:, world.best[users]]
        for count in counts:
            found = (places < count).mean(axis=2)
            true = found[own[users], np.arange(len(users))]
            others = (found.sum(axis=0) - true) / (len(found) - 1)
            told[count].append(true)
            overall[count].append(probability * true + (1 - probability) * others)
    return {
        count: (float(np.concatenate(told[count]).mean()), float(np.concatenate(overall[count]).mean()))
        for count in counts
    }


def re_identified(world: World, per_report: Sequence[InterestClusters], random: np.random.Generator) -> float:
    """Return the share of shoppers whom an attacker names who holds 2,000 true profiles, theirs among them.

    One report of each of the clusters. The attacker knows the mechanism, computes the likelihood of the reports under
    every profile, and names one of the likeliest. The share is the mean of 20 draws of all reports, ties in expectation.
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
    found: dict[int, list[float]] = {count: [] for count in counts}
    for user, row in enumerate(world.on_screen.tolist()):
        scores = shop.stored @ shop.tastes[row]
        places = np.array([(scores > scores[one]).sum() for one in world.best[user]])
        for count in counts:
            found[count].append(float((places < count).mean()))
    return {count: float(np.mean(values)) for count, values in found.items()}


def named_by_context(world: World) -> float:
    """Return the share of shoppers named by an attacker who takes the profile that fits best to the product on screen."""
    shop = world.shops[0]
    scores = shop.turned[world.on_screen] @ world.tastes.T
    return float((np.argmax(scores, axis=1) == np.arange(len(scores))).mean())
