"""Item graph: neighbours among the items of all shops, by training interactions and by content.

It has four relations, each a capped list of neighbours per item: viewed by the same training users, near in content, of
one brand, of one category. It is built from training interactions alone, so no held-out interaction is in it. An item
without training interactions is linked by the other three relations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from trainer.dataset.dataset import DISMISS, Interactions, Product
from trainer.features.item_features import ItemFeatures
from trainer.towers.graphsage import RELATIONS

Ids = NDArray[np.int64]
MAX_ITEMS_PER_USER = 200  # of one user, most recent: pairs grow with the square
ROWS_PER_CHUNK = 2048


@dataclass(frozen=True)
class Neighbours:
    """One relation in compressed rows: the neighbours of item i are `items[ptr[i] : ptr[i + 1]]`, none twice."""

    ptr: Ids  # (num_items + 1,)
    items: Ids  # (num_edges,)
    only_user: Ids | None = None  # (num_edges,) the one training user to whom an edge is due; -1 where several are

    @property
    def degrees(self) -> Ids:
        """How many neighbours each item has, (num_items,)."""
        return np.diff(self.ptr)

    def sample(
        self, targets: Ids, fan_out: int, generator: torch.Generator, is_hidden: NDArray[np.bool_] | None = None
    ) -> tuple[Ids, Ids]:
        """Return (neighbours, positions in `targets`) of edges: of each target's neighbours up to `fan_out`.

        Drawn without replacement, each neighbour of a target as likely as any other; all of them where they are no
        more than `fan_out`. Edges due to a user who `is_hidden`, (num_users,), alone are left out.
        """
        degrees = self.degrees[targets]
        widest = int(degrees.max(initial=0))
        places = np.arange(widest)
        is_there = places < degrees[:, None]  # (targets, widest)
        if is_hidden is not None and self.only_user is not None and len(self.items):
            edges = np.minimum(self.ptr[targets][:, None] + places, len(self.items) - 1)
            users = self.only_user[edges]  # (targets, widest)
            is_there &= ~((users >= 0) & is_hidden[users])
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
    """Return the graph with these items removed from all neighbourhoods but their own."""
    kept = {}
    for relation, neighbours in graph.items():
        is_kept = ~np.isin(neighbours.items, items)
        ptr = np.concatenate([[0], np.cumsum(is_kept)])[neighbours.ptr].astype(np.int64)
        only_user = None if neighbours.only_user is None else neighbours.only_user[is_kept]
        kept[relation] = Neighbours(ptr, neighbours.items[is_kept], only_user)
    return kept


def co_view(train: Interactions, num_items: int, max_degree: int) -> Neighbours:
    """Return the relation of items that the same users chose, the closest `max_degree` by cosine of their users."""
    is_kept = (train.kind != DISMISS) & (np.arange(len(train)) >= train.ptr[train.user_idx + 1] - MAX_ITEMS_PER_USER)
    # A view and a purchase of one item are one choice.
    users, items = np.unique(np.stack([train.user_idx[is_kept], train.item_idx[is_kept]]), axis=1)
    shape = (len(train.user_ids), num_items)
    chose = sparse.csr_array((np.ones(len(users), dtype=np.int64), (users, items)), shape=shape)
    named = sparse.csr_array((users + 1, (users, items)), shape=shape)  # user_idx + 1 of each choice
    num_users = np.maximum(np.bincount(items, minlength=num_items), 1)
    of_item = chose.T.tocsr()
    found, only_user = [], []
    for start in range(0, num_items, ROWS_PER_CHUNK):
        chunk = of_item[start : start + ROWS_PER_CHUNK]
        # Both have an entry for each pair of items chosen together: the number of users, and the sum of their numbers.
        pairs, names = (_in_order(chunk @ of_user) for of_user in (chose, named))
        cosines = pairs.data / np.sqrt(num_users[pairs.indices])  # but for a factor that is a row's own
        for row, (begin, end) in enumerate(pairwise(pairs.indptr)):
            others = begin + np.flatnonzero(pairs.indices[begin:end] != start + row)
            near = others[_closest(pairs.indices[others], cosines[others], max_degree)]
            found.append(pairs.indices[near])
            only_user.append(np.where(pairs.data[near] == 1, names.data[near] - 1, -1))
    return replace(_collect(found), only_user=np.concatenate(only_user).astype(np.int64))


def content_neighbours(features: ItemFeatures, max_degree: int) -> Neighbours:
    """Return the relation of each item to the `max_degree` nearest by cosine of text and image; none without either.

    Exact search: on one core a minute for about fifty thousand items.
    """
    content = np.concatenate([_unit(features.text), _unit(features.image)], axis=1)
    content = _unit(content[:, np.abs(content).max(axis=0) > 0])  # without images, their columns are all zeros
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
    """Return the relation of items that share a value: all of them, or a random `max_degree` where there are more."""
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
                others = others + (others >= place)  # an item is not its own neighbour
            found[item] = group[others]
    return _collect(found)


def sample_neighbourhood(
    graph: ItemGraph,
    items: Ids,
    fan_outs: Sequence[int],
    generator: torch.Generator,
    dropout: float = 0.0,
    is_hidden: NDArray[np.bool_] | None = None,
) -> tuple[Ids, dict[str, torch.Tensor]]:
    """Return (added items, the graph tower's arguments but for their content) to embed `items`, each of them once.

    Drawn layer by layer from the items outwards: `fan_outs` has how many neighbours of each relation, the last layer's
    number first. A share `dropout` of the items keeps no neighbour, as items do that server and browser know. Edges due
    to a user who `is_hidden`, (num_users,), alone are left out.
    """
    nodes, edges, num_targets = items, [], []
    is_alone = torch.rand(len(items), generator=generator).numpy() < dropout
    for fan_out in fan_outs:
        targets = nodes
        sampled = []
        for relation in RELATIONS:
            sources, positions = graph[relation].sample(targets, fan_out, generator, is_hidden)
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


def _closest(items: Ids, nearness: NDArray[np.float64], max_degree: int) -> Ids:
    """Return where the `max_degree` nearest stand; of equally near ones those with the smaller number."""
    return np.lexsort((items, -nearness))[:max_degree]


def _in_order(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix.sort_indices()
    return matrix


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
