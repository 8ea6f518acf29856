"""Catalogue of the serving benchmark: clustered vectors in 50 shops, few large and many small, and queries.

At 100,000 items the shops have 655 to 15,323; at a million ten times as many. A query is the mean of four items of a
shop plus noise, as a user tower's output is; shops are drawn in proportion to their size.
"""

import numpy as np
import orjson

from kernel.shop_metric import estimate
from server.catalogue.database import Catalogue, Item

NUM_SHOPS = 50
NUM_QUERIES, K, SEED = 1000, 10, 20261121
SMALLEST_SHARE, LARGEST_SHARE = 0.00655, 0.15323
RANK = 24
TOLERANCE = 1e-5


def shop_sizes(num_items):
    """Return NUM_SHOPS sizes that add up to `num_items`, few large and many small."""
    smallest, largest = SMALLEST_SHARE * num_items, LARGEST_SHARE * num_items
    steps = np.arange(NUM_SHOPS) / (NUM_SHOPS - 1)
    low, high = 0.1, 20.0
    for _ in range(100):
        power = (low + high) / 2
        sizes = (smallest * (largest / smallest) ** (steps**power)).round().astype(int)
        low, high = (power, high) if sizes.sum() > num_items else (low, power)
    sizes[NUM_SHOPS // 2] += num_items - sizes.sum()
    return sizes


def unit(vectors):
    """Return `vectors` at unit length, float32."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def make_shops(num_items, dim, rng, filler=None):
    """Return {shop: float32 (n, dim)}: clusters that vary along RANK directions, as embeddings of catalogues do.

    filler: the bundle's coordinate for what is not known of an item, 0 here.

    Noise in all `dim` directions would make the members of a cluster equally far from each other: neighbours that
    no shopper could tell apart, and a recall that says nothing. `sweep` measures that case too, and names it.
    """
    centres = rng.normal(size=(200, dim)).astype(np.float32)
    directions = (rng.normal(size=(RANK, dim)) / np.sqrt(RANK)).astype(np.float32)
    shops = {}
    for number, size in enumerate(shop_sizes(num_items)):
        own = rng.choice(200, 25, replace=False)
        steps = rng.uniform(0.3, 0.9, size=(size, 1)) * rng.normal(size=(size, RANK))
        noise = 0.05 * rng.standard_normal((size, dim), dtype=np.float32)
        vectors = centres[rng.choice(own, size)] + steps.astype(np.float32) @ directions + noise
        if filler is not None:
            vectors[:, filler] = 0
        shops[f"shop{number:02}.example"] = unit(vectors)
    return shops


def make_queries(shops, rng, num_queries=NUM_QUERIES):
    """Return [(shop, float32 (dim,))], shops drawn in proportion to their size."""
    names = list(shops)
    weights = np.array([len(shops[name]) for name in names], dtype=float)
    queries = []
    for name in rng.choice(names, num_queries, p=weights / weights.sum()):
        vectors = shops[name]
        mean = vectors[rng.integers(len(vectors), size=4)].mean(axis=0)
        queries.append((str(name), unit(mean + 0.02 * rng.normal(size=vectors.shape[1]))))
    return queries


def card_of(shop, number):
    """Return the card of an item."""
    return {"itemId": f"{number:016x}", "url": f"https://{shop}/p/{number}", "title": f"Item {number} of {shop}",
            "brand": f"Brand {number % 100}", "categoryPath": ["Women", f"Category {number % 25}"],
            "price": {"amount": f"{number % 200}.95", "currency": "EUR"},
            "availability": "OutOfStock" if number % 10 == 0 else "InStock",
            "image": f"https://{shop}/i/{number}.jpg"}  # fmt: skip


def items_of(shop, vectors, space, start=0):
    """Return a shop's items, numbered from `start`."""
    items = []
    for number, vector in enumerate(vectors, start):
        raw = orjson.dumps(card_of(shop, number))
        item_id = f"{number:016x}"
        items.append(Item(shop, item_id, raw, raw, 0, vector, space, item_id, item_id, False))
    return items


def fill_catalogue(data_dir, shops, space):
    """Write the shops directly through the server's catalogue."""
    catalogue = Catalogue(data_dir)
    for shop, vectors in shops.items():
        for start in range(0, len(vectors), 20_000):
            catalogue.write(items_of(shop, vectors[start : start + 20_000], space, start))
    catalogue.close()


class Truth:
    """The K nearest to each query, by brute force: of vectors as they are, or as the shop's metric compares them."""

    def __init__(self, shops, queries, metrics=None):
        self._shops, self._queries, self._metrics = shops, queries, metrics or {}
        self._kth = np.empty(len(queries), dtype=np.float32)
        of_shop = {}
        for position, (shop, _) in enumerate(queries):
            of_shop.setdefault(shop, []).append(position)
        for shop, positions in of_shop.items():
            stored = self._stored(shop, slice(None))
            for position in positions:
                scores = np.vecdot(stored, queries[position][1])
                self._kth[position] = np.partition(scores, len(scores) - K)[len(scores) - K]

    def _stored(self, shop, rows):
        vectors = np.asarray(self._shops[shop][rows])
        return self._metrics[shop].stored(vectors) if shop in self._metrics else vectors

    def recall(self, found):
        """Return the share of returned rows at least as near as the true K-th, over all queries.

        Counted by distance, recomputed from the rows returned, with a tolerance, so that ties are fair.
        """
        hits = 0
        for (shop, query), rows, kth in zip(self._queries, found, self._kth, strict=True):
            if rows:
                scores = np.vecdot(self._stored(shop, sorted(set(rows))), query)
                hits += int(np.count_nonzero(scores >= kth - TOLERANCE))
        return round(hits / (K * len(self._queries)), 5)


def shop_metrics(bundle, shops):
    """Return {shop: metric}, estimated from its items by the bundle's rule; empty for a bundle without one."""
    if bundle.metric is None:
        return {}
    blocks = bundle.metric.own.blocks
    return {shop: bundle.metric.of_shop(estimate(np.asarray(vectors), blocks)) for shop, vectors in shops.items()}
