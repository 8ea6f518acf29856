import hashlib

import numpy as np
import pytest
import torch

from trainer.dataset.dataset import DISMISS, make_interactions
from trainer.features.item_features import ItemFeatures
from trainer.recipes.item_graph import (
    Neighbours,
    build_graph,
    co_view,
    content_neighbours,
    same_value,
    sample_neighbourhood,
    without,
)
from trainer.towers.graphsage import RELATIONS

VIEW, CART = 0, 2


def interactions(rows):
    """Return rows of (user, item, kind) in order of time."""
    users, items, kinds = (list(column) for column in zip(*rows, strict=True))
    return make_interactions(users, items, kinds, [float(n) for n in range(len(rows))], [1.0] * len(rows))


def lists(neighbours: Neighbours) -> list[list[int]]:
    return [part.tolist() for part in np.split(neighbours.items, neighbours.ptr[1:-1])]


def random_neighbours(num_items: int, most: int, seed: int) -> Neighbours:
    draw = np.random.default_rng(seed)
    found = [draw.choice(num_items, draw.integers(0, most + 1), replace=False) for _ in range(num_items)]
    return Neighbours(np.cumsum([0, *map(len, found)]), np.concatenate(found).astype(np.int64))


def test_an_edge_due_to_one_user_names_that_user():
    draw = np.random.default_rng(4)
    rows = [(str(draw.integers(8)), int(draw.integers(12)), VIEW) for _ in range(60)]
    train = interactions(rows)
    baskets = [set(train.item_idx[train.user_idx == user].tolist()) for user in range(len(train.user_ids))]
    near = co_view(train, 12, max_degree=12)
    for item, others, names in zip(range(12), lists(near), np.split(near.only_user, near.ptr[1:-1]), strict=True):
        for other, name in zip(others, names.tolist(), strict=True):
            chose_both = [user for user, basket in enumerate(baskets) if {item, other} <= basket]
            assert name == (chose_both[0] if len(chose_both) == 1 else -1)
    assert (near.only_user == -1).any()
    assert (near.only_user >= 0).any()


def test_co_view_is_the_cosine_of_sets_of_users_written_out():
    draw = np.random.default_rng(0)
    rows = [
        (f"u{draw.integers(12)}", int(draw.integers(9)), int(draw.choice([VIEW, CART, DISMISS]))) for _ in range(90)
    ]
    users = [{user for user, item, kind in rows if item == i and kind != DISMISS} for i in range(10)]
    for item, found in enumerate(lists(co_view(interactions(rows), 10, max_degree=4))):
        nearness = {
            other: len(users[item] & users[other]) / (len(users[item]) * len(users[other])) ** 0.5
            for other in range(10)
            if other != item and users[item] & users[other]
        }
        assert len(found) == min(4, len(nearness))
        np.testing.assert_allclose([nearness[o] for o in found], sorted(nearness.values(), reverse=True)[:4], rtol=1e-6)


def test_content_neighbours_are_the_nearest_by_cosine_and_need_content():
    draw = np.random.default_rng(1)
    mask = np.ones((30, 2), dtype=np.float32)
    mask[:5] = [[0, 0], [0, 0], [1, 0], [0, 1], [1, 0]]
    text, image = (draw.normal(size=(30, d)).astype(np.float32) * mask[:, [m]] for m, d in ((0, 7), (1, 5)))
    found = lists(content_neighbours(ItemFeatures(text, image, mask), max_degree=3))
    halves = [m / np.maximum(np.linalg.norm(m, axis=1, keepdims=True), 1e-9) for m in (text, image)]
    both = np.concatenate(halves, axis=1).astype(np.float64)
    for item in range(2, 30):
        cosine = both @ both[item] / np.maximum(np.linalg.norm(both, axis=1), 1e-9) / np.linalg.norm(both[item])
        order = [o for o in np.argsort(-cosine) if o != item and mask[o].any()]
        assert found[item] == order[:3]
    assert found[:2] == [[], []]


def test_same_value_links_a_small_group_or_a_seeded_sample():
    values = ["a", None, "b", "a", "a", "", "c", *["big"] * 20]
    found = lists(same_value(values, 5, np.random.default_rng(3)))
    assert found[:7] == [[3, 4], [], [], [0, 4], [0, 3], [], []]
    for item in range(7, 27):
        assert len(set(found[item])) == 5
        assert set(found[item]) <= set(range(7, 27)) - {item}
    assert lists(same_value(values, 5, np.random.default_rng(3))) == found
    drawn = np.concatenate([lists(same_value(values, 5, np.random.default_rng(n)))[7] for n in range(400)])
    counts = np.bincount(drawn, minlength=27)[8:27]
    assert np.abs(counts - 400 * 5 / 19).max() < 4.5 * (400 * 5 / 19 * (1 - 5 / 19)) ** 0.5


@pytest.mark.parametrize("fan_out", [1, 3, 20])
def test_sampled_neighbours_are_distinct_and_at_most_the_fan_out(fan_out):
    neighbours = random_neighbours(40, 9, seed=2)
    truth = lists(neighbours)
    targets = np.random.default_rng(5).permutation(40)[:25]
    sources, positions = neighbours.sample(targets, fan_out, torch.Generator().manual_seed(0))
    for position, target in enumerate(targets):
        mine = sources[positions == position].tolist()
        assert len(mine) == len(set(mine)) == min(fan_out, len(truth[target]))
        assert set(mine) <= set(truth[target])


def test_every_neighbour_is_as_likely_as_any_other_and_the_seed_decides():
    neighbours = Neighbours(np.array([0, 7, 9]), np.array([10, 11, 12, 13, 14, 15, 16, 3, 4]))
    targets = np.tile([0, 1], 3000)
    sources, _ = neighbours.sample(targets, 3, torch.Generator().manual_seed(4))
    counts = np.bincount(sources, minlength=17)
    assert counts[[3, 4]].tolist() == [3000, 3000]
    expected = 3000 * 3 / 7
    assert np.abs(counts[10:17] - expected).max() < 4.5 * (expected * 4 / 7) ** 0.5
    again, _ = neighbours.sample(targets, 3, torch.Generator().manual_seed(4))
    assert again.tolist() == sources.tolist()
    assert neighbours.sample(targets, 3, torch.Generator().manual_seed(5))[0].tolist() != sources.tolist()


def walked(graph, added, arguments, items):
    """Return the neighbourhood's edges as (layer, relation, source item, target item)."""
    nodes = np.concatenate([items, added])
    counts, edges, found = arguments["edge_counts"], arguments["edges"].numpy(), []
    start = 0
    for layer in range(len(counts)):
        for relation, name in enumerate(RELATIONS):
            stop = start + int(counts[layer, relation])
            found += [(layer, name, int(nodes[s]), int(nodes[t])) for s, t in edges[:, start:stop].T]
            start = stop
    assert start == edges.shape[1]
    return found


def test_a_neighbourhood_is_what_walking_outwards_from_the_items_finds():
    graph = {name: random_neighbours(30, 4, seed=n) for n, name in enumerate(RELATIONS)}
    truth = {name: lists(neighbours) for name, neighbours in graph.items()}
    items = np.array([4, 17, 23])
    added, arguments = sample_neighbourhood(graph, items, (9, 9), torch.Generator())
    found = walked(graph, added, arguments, items)
    near = {(1, name, s, t) for name in RELATIONS for t in items for s in truth[name][t]}
    inner = {*items, *(s for _, _, s, _ in near)}
    far = {(0, name, s, t) for name in RELATIONS for t in inner for s in truth[name][t]}
    assert len(found) == len(near) + len(far)
    assert set(found) == near | far
    assert arguments["num_targets"].tolist() == [len(inner), 3]
    assert sorted(added) == sorted({*inner, *(s for _, _, s, _ in far)} - set(items))


def test_neighbour_dropout_isolates_whole_requested_items():
    graph = {name: random_neighbours(300, 4, seed=n) for n, name in enumerate(RELATIONS)}
    items = np.arange(200)
    added, arguments = sample_neighbourhood(graph, items, (4, 4), torch.Generator().manual_seed(0), dropout=0.5)
    found = walked(graph, added, arguments, items)
    has_any = {item for item in range(300) for name in RELATIONS if graph[name].degrees[item]}
    kept = [{t for layer, _, _, t in found if layer == number} for number in (0, 1)]
    alone = (set(items) & has_any) - kept[1]
    assert 0.35 < len(alone) / len(items) < 0.65
    assert not alone & kept[0]
    expected = sum(len(lists(graph[n])[t]) for n in RELATIONS for t in items if t not in alone)
    assert sum(layer == 1 for layer, *_ in found) == expected


def test_without_removes_items_from_all_neighbourhoods_but_their_own():
    graph = {name: random_neighbours(20, 5, seed=n) for n, name in enumerate(RELATIONS)}
    less = without(graph, np.array([3, 8]))
    for name in RELATIONS:
        assert lists(less[name]) == [[o for o in near if o not in (3, 8)] for near in lists(graph[name])]


def product(number, **more):
    url = f"http://shop{number % 2}.localhost/{number}"
    item_id = hashlib.sha256(url.encode()).hexdigest()[:16]
    return {"shop": f"shop{number % 2}.localhost", "itemId": item_id, "url": url, "title": f"item {number}", **more}


def test_brands_and_categories_link_across_shops_and_spellings():
    products = [
        product(0, brand="Acme", categoryPath=["Home", "Lamps"]),
        product(1, brand=" ACME ", categoryPath=["home", "lamps"]),
        product(2, categoryPath=["Lamps"]),
        product(3, brand="Other"),
    ]
    features = ItemFeatures(np.zeros((4, 3), np.float32), np.zeros((4, 2), np.float32), np.zeros((4, 2), np.float32))
    graph = build_graph(products, features, interactions([("a", 2, VIEW), ("a", 3, CART)]), 5, seed=0)
    assert list(graph) == list(RELATIONS)
    assert lists(graph["brand"]) == [[1], [0], [], []]
    assert lists(graph["category"]) == [[1], [0], [], []]
    assert lists(graph["co_view"]) == [[], [], [3], [2]]
    assert lists(graph["content"]) == [[], [], [], []]
