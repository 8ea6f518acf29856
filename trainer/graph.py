"""The item graph: which items of all shops are near each other, by what shoppers did and by what the items are.

Four relations, each a capped list of neighbours per item: viewed by the same training users, near in content, of one
brand, of one category. Nobody's held-out interactions are in it, because nothing but training interactions is given to
it; an item that no training user touched is linked by the other three.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from trainer.data import DISMISS, Interactions, Product
from trainer.features import ItemFeatures
from trainer.towers.graphsage import RELATIONS

Ids = NDArray[np.int64]
MAX_ITEMS_PER_USER = 200  # of one user, most recent: pairs grow with the square
ROWS_PER_CHUNK = 2048


@dataclass(frozen=True)
class Neighbours:
    """One relation in compressed rows: the neighbours of item i are `items[ptr[i] : ptr[i + 1]]`, none twice."""

    ptr: Ids  # (num_items + 1,)
    items: Ids  # (num_edges,)

    @property
    def degrees(self) -> Ids:
        """How many neighbours each item has, (num_items,)."""
        return np.diff(self.ptr)

    def sample(self, targets: Ids, fan_out: int, generator: torch.Generator) -> tuple[Ids, Ids]:
        """Return (neighbours, positions in `targets`) of edges: of each target's neighbours up to `fan_out`.

        Drawn without replacement, each neighbour of a target as likely as any other; all of them where they are no
        more than `fan_out`.
        """
        degrees = self.degrees[targets]
        widest = int(degrees.max(initial=0))
        places = np.arange(widest)
        is_there = places < degrees[:, None]  # (targets, widest)
        if widest > fan_out:
            # The fan_out smallest of equally distributed keys are a uniform draw without replacement.
            keys = torch.rand(is_there.shape, generator=generator).numpy()
            keys[~is_there] = 2.0
            chosen = np.argpartition(keys, fan_out - 1, axis=1)[:, :fan_out]
            is_there = np.take_along_axis(is_there, chosen, axis=1)
        else:
            chosen = np.broadcast_to(places, is_there.shape)
        positions, columns = np.nonzero(is_there)
        return self.items[self.ptr[targets[positions]] + chosen[positions, columns]], positions


ItemGraph = dict[str, Neighbours]  # by relation, in the order of RELATIONS


def build_graph(
    products: Sequence[Product], features: ItemFeatures, train: Interactions, max_degree: int, seed: int
) -> ItemGraph:
    """Return the graph over the catalogue; the same for the same input and seed."""
    generator = np.random.default_rng([seed, 11])
    graph = {
        "co_view": co_view(train, len(products), max_degree),
        "content": content_neighbours(features, max_degree),
        "brand": same_value([_fold(product.get("brand")) for product in products], max_degree, generator),
        "category": same_value([_path(product) for product in products], max_degree, generator),
    }
    return {relation: graph[relation] for relation in RELATIONS}


def without(graph: ItemGraph, items: Ids) -> ItemGraph:
    """Return the graph with these items in nobody's surroundings; they keep their own neighbours."""
    kept = {}
    for relation, neighbours in graph.items():
        is_kept = ~np.isin(neighbours.items, items)
        ptr = np.concatenate([[0], np.cumsum(is_kept)])[neighbours.ptr].astype(np.int64)
        kept[relation] = Neighbours(ptr, neighbours.items[is_kept])
    return kept


def co_view(train: Interactions, num_items: int, max_degree: int) -> Neighbours:
    """Link items that the same users chose, the closest `max_degree` by cosine of their sets of users."""
    is_kept = (train.kind != DISMISS) & (np.arange(len(train)) >= train.ptr[train.user_idx + 1] - MAX_ITEMS_PER_USER)
    shape = (len(train.user_ids), num_items)
    pairs = (train.user_idx[is_kept], train.item_idx[is_kept])
    user_items = sparse.csr_array((np.ones(int(is_kept.sum()), dtype=np.float32), pairs), shape=shape)
    user_items.data[:] = 1.0  # an item viewed and then bought is one item
    num_users = np.maximum(user_items.sum(axis=0), 1.0)
    item_users = (user_items / np.sqrt(num_users)).T.tocsr()

    def rows() -> Iterable[tuple[Ids, NDArray[np.float32]]]:
        for start in range(0, num_items, ROWS_PER_CHUNK):
            near = (item_users[start : start + ROWS_PER_CHUNK] @ item_users.T).tocsr()
            for row in range(near.shape[0]):
                mine = slice(near.indptr[row], near.indptr[row + 1])
                is_other = near.indices[mine] != start + row
                yield near.indices[mine][is_other].astype(np.int64), near.data[mine][is_other]

    return _collect(_closest(items, nearness, max_degree) for items, nearness in rows())


def content_neighbours(features: ItemFeatures, max_degree: int) -> Neighbours:
    """Link each item to the `max_degree` items with the nearest text and picture, by cosine; none without either.

    Exact search: on one core a minute for about fifty thousand items.
    """
    content = np.concatenate([_unit(features.text), _unit(features.image)], axis=1)
    content = _unit(content[:, np.abs(content).max(axis=0) > 0])  # without pictures, their columns are all zeros
    has_any = np.flatnonzero(features.modality_mask.max(axis=1) > 0)
    found: list[Ids] = [np.empty(0, dtype=np.int64)] * len(features)
    if len(has_any) > 1:
        search = NearestNeighbors(n_neighbors=min(max_degree, len(has_any) - 1), algorithm="brute")
        # At unit length the nearest by distance are the nearest by cosine, and sklearn finds those three times faster.
        places = search.fit(content[has_any]).kneighbors(return_distance=False)  # without the item itself
        for item, near in zip(has_any, places, strict=True):
            found[item] = has_any[near]
    return _collect(found)


def same_value(values: Sequence[str | None], max_degree: int, generator: np.random.Generator) -> Neighbours:
    """Link items that share a value: all of them, or `max_degree` drawn at random where there are more."""
    found: list[Ids] = [np.empty(0, dtype=np.int64)] * len(values)
    groups: dict[str, list[int]] = {}
    for item, value in enumerate(values):
        if value:
            groups.setdefault(value, []).append(item)
    for group in map(np.array, groups.values()):
        for place, item in enumerate(group):
            if len(group) - 1 <= max_degree:
                others = np.delete(np.arange(len(group)), place)
            else:
                others = generator.choice(len(group) - 1, max_degree, replace=False)
                others = others + (others >= place)  # the item itself is no neighbour of its own
            found[item] = group[others]
    return _collect(found)


def sample_neighbourhood(
    graph: ItemGraph, items: Ids, fan_outs: Sequence[int], generator: torch.Generator, dropout: float = 0.0
) -> tuple[Ids, dict[str, torch.Tensor]]:
    """Return (added items, the graph tower's arguments but for their content) to embed `items`, each of them once.

    Drawn layer by layer from the items outwards: `fan_outs` has how many neighbours of each relation, the last layer's
    number first. A share `dropout` of the items keeps no neighbour, as items do that server and browser know.
    """
    nodes, edges, num_targets = items, [], []
    is_alone = torch.rand(len(items), generator=generator).numpy() < dropout
    for fan_out in fan_outs:
        targets = nodes
        sampled = []
        for relation in RELATIONS:
            sources, positions = graph[relation].sample(targets, fan_out, generator)
            is_kept = (positions >= len(items)) | ~is_alone[np.minimum(positions, len(items) - 1)]
            sampled.append((sources[is_kept], positions[is_kept]))
        nodes = np.concatenate([nodes, np.setdiff1d(np.concatenate([sources for sources, _ in sampled]), nodes)])
        order = np.argsort(nodes)
        numbered = [order[np.searchsorted(nodes, sources, sorter=order)] for sources, _ in sampled]
        edges.append([np.stack([s, positions]) for s, (_, positions) in zip(numbered, sampled, strict=True)])
        num_targets.append(len(targets))
    in_order = [edge for layer in edges[::-1] for edge in layer]
    arguments = {
        "edges": torch.from_numpy(np.concatenate(in_order, axis=1)),
        "edge_counts": torch.tensor([edge.shape[1] for edge in in_order]).view(len(fan_outs), len(RELATIONS)),
        "num_targets": torch.tensor(num_targets[::-1]),
    }
    return nodes[len(items) :], arguments


def _closest(items: Ids, nearness: NDArray[np.float32], max_degree: int) -> Ids:
    """Return the `max_degree` nearest; of equally near ones those with the smaller number, so that it is one answer."""
    return items[np.lexsort((items, -nearness))[:max_degree]]


def _collect(rows: Iterable[Ids]) -> Neighbours:
    found = list(rows)
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in found])]).astype(np.int64)
    return Neighbours(ptr, np.concatenate(found).astype(np.int64))


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    return unit


def _fold(value: str | None) -> str | None:
    return " ".join(value.casefold().split()) if value else None


def _path(product: Product) -> str | None:
    return "\n".join(_fold(name) or "" for name in product.get("categoryPath") or ()) or None
