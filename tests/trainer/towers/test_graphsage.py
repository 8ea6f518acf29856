import pytest
import torch
import torch.nn.functional as F

from trainer.towers.graphsage import RELATIONS, GraphSageItem

TEXT, IMAGE, DIM, WIDTH = 12, 9, 10, 8


@pytest.fixture
def tower() -> GraphSageItem:
    """Return a tower with every weight moved off its initial value, where identity layers hide mistakes."""
    made = GraphSageItem(TEXT, IMAGE, DIM, WIDTH, hidden=14, generator=torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.3)
    return made.eval()


def content(num: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.tensor([[1.0, 1], [1, 0], [0, 1], [0, 0]]).repeat(num, 1)[:num]
    return *(torch.randn(num, width, generator=generator) for width in (TEXT, IMAGE)), mask


def surroundings(num_items: int, added: int, layers: list[dict[str, list[tuple[int, int]]]], num_targets: list[int]):
    """Return a tower's arguments from {relation: [(source, target), ...]} by layer, the first layer first."""
    parts = [
        torch.tensor(layer.get(name, []), dtype=torch.int64).view(-1, 2).T for layer in layers for name in RELATIONS
    ]
    text, image, mask = content(num_items + added)
    return (text[:num_items], image[:num_items], mask[:num_items]), {
        "added": torch.cat([text, image, mask], dim=1)[num_items:],
        "edges": torch.cat(parts, dim=1),
        "edge_counts": torch.tensor([part.shape[1] for part in parts]).view(len(layers), len(RELATIONS)),
        "num_targets": torch.tensor(num_targets),
    }


# Two items, four nodes around them: 2 and 3 are next to item 0, 4 is next to 2, 5 is next to 3 and to item 1.
FIRST = {"co_view": [(2, 0), (3, 0), (4, 2)], "content": [(5, 3), (5, 1), (0, 1)], "brand": [(0, 2)]}
SECOND = {"co_view": [(2, 0), (3, 0)], "content": [(0, 1)], "category": [(3, 0)]}


def test_forward_equals_neighbour_means_computed_node_by_node(tower):
    items, around = surroundings(2, 4, [FIRST, SECOND], [4, 2])
    text, image, mask = content(6)
    nodes = []
    for t, v, (has_text, has_image) in zip(text, image, mask, strict=True):
        part = tower.project_text.weight @ (t / t.norm()) if has_text else tower.missing[0]
        nodes.append(part + (tower.project_image.weight @ (v / v.norm()) if has_image else tower.missing[1]))
    for layer, edges, num in zip(tower.layers, (FIRST, SECOND), (4, 2), strict=True):
        following = []
        for target in range(num):
            mixed = nodes[target].clone()
            for relation, name in zip(layer.relations, RELATIONS, strict=True):
                sources = [source for source, to in edges.get(name, []) if to == target]
                if sources:
                    mixed += relation.lin_l.weight @ (sum(nodes[s] for s in sources) / len(sources))
            block = layer.block
            following.append(mixed + block.narrow(F.gelu(block.widen(block.norm(mixed)))))
        nodes = following
    expected = F.normalize(torch.stack(nodes) @ tower.out.weight.T, dim=1)
    assert torch.allclose(tower(*items, **around), expected, atol=1e-6)


def test_the_order_of_edges_and_of_added_nodes_does_not_matter(tower):
    items, around = surroundings(2, 4, [FIRST, SECOND], [4, 2])
    shuffled = [{name: edges[::-1] for name, edges in layer.items()} for layer in (FIRST, SECOND)]
    assert torch.allclose(tower(*items, **around), tower(*items, **surroundings(2, 4, shuffled, [4, 2])[1]), atol=1e-6)
    renamed = {0: 0, 1: 1, 2: 3, 3: 2, 4: 5, 5: 4}  # nodes 2 and 3 change places, and 4 and 5
    layers = [
        {n: [(renamed[s], renamed[t]) for s, t in edges] for n, edges in layer.items()} for layer in (FIRST, SECOND)
    ]
    other = surroundings(2, 4, layers, [4, 2])[1]
    other["added"] = around["added"][[1, 0, 3, 2]]
    assert torch.allclose(tower(*items, **around), tower(*items, **other), atol=1e-6)


def test_relations_have_own_weights_and_distant_nodes_have_an_effect(tower):
    items, around = surroundings(2, 4, [FIRST, SECOND], [4, 2])
    whole = tower(*items, **around)
    swapped = {"content": SECOND["co_view"], "co_view": SECOND["content"], "category": SECOND["category"]}
    assert not torch.allclose(whole, tower(*items, **surroundings(2, 4, [FIRST, swapped], [4, 2])[1]), atol=1e-3)
    around["added"][2] += 1  # node 4, two steps from item 0
    is_changed = (tower(*items, **around) - whole).abs().amax(1) > 1e-4
    assert is_changed.tolist() == [True, False]


def test_an_item_without_neighbours_equals_one_without_a_graph(tower):
    items, around = surroundings(4, 0, [{}, {}], [4, 4])
    assert torch.allclose(tower(*items, **around), tower(*items), atol=1e-6)
    assert torch.allclose(tower(*items).norm(dim=1), torch.ones(4), atol=1e-6)


def test_untrained_similarities_follow_content_and_ignore_neighbours():
    tower = GraphSageItem(384, 1280, generator=torch.Generator().manual_seed(1)).eval()
    generator = torch.Generator().manual_seed(2)
    centre = torch.randn(4, 1, 384, generator=generator)
    text = (centre + 0.8 * torch.randn(4, 10, 384, generator=generator)).reshape(40, 384)
    with torch.no_grad():
        embedding = tower(text, torch.zeros(40, 1280), torch.tensor([[1.0, 0.0]]).expand(40, 2))
    text = F.normalize(text, dim=-1)
    truth, embedded = (text @ text.T).flatten(), (embedding @ embedding.T).flatten()
    assert torch.corrcoef(torch.stack([truth, embedded]))[0, 1] > 0.95
    fresh = GraphSageItem(TEXT, IMAGE, DIM, WIDTH).eval()
    items, around = surroundings(2, 4, [FIRST, SECOND], [4, 2])
    assert torch.allclose(fresh(*items, **around), fresh(*items), atol=1e-6)


def test_every_weight_gets_a_gradient(tower):
    items, around = surroundings(2, 4, [FIRST, SECOND], [4, 2])
    edges = [{name: [(0, 1), (1, 0)] for name in RELATIONS}] * 2
    both = tower(*items, **around) + tower(*items, **surroundings(2, 4, edges, [2, 2])[1])
    (both * torch.arange(DIM)).sum().backward()
    silent = [n for n, weight in tower.named_parameters() if weight.grad is None or not weight.grad.abs().sum() > 0]
    assert silent == []
