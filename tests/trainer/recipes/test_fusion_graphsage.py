"""Tests of the fusion and graphsage recipes on tastes that only interactions, brands and numbers show."""

import filecmp
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.planted import (
    OTHER_WORDS,
    planted_interactions,
    product,
    write_bundle,
    write_interactions,
    write_products,
)
from trainer import checkpoint
from trainer.__main__ import main
from trainer.dataset.dataset import make_interactions
from trainer.dataset.hashed_ids import hash_keys
from trainer.evaluation.protocol import evaluate
from trainer.prepare import prepare
from trainer.recipes import MODELS, fusion, graphsage
from trainer.recipes.item_graph import Neighbours, sample_neighbourhood
from trainer.recipes.run_file import read_config

NUM_ITEMS, NUM_USERS = 40, 60
OPTIONS = {
    "fusion": "width = 16\nhidden = 16\nnum_heads = 2\ndropout = 0.1\nid_dropout = 0.2",
    "graphsage": "width = 16\nhidden = 16\nattention_dim = 8\nmax_degree = 6\nfan_out = [4, 3]",
}


class Silent:
    def update(self, what, done, total): ...
    def say(self, line): ...


def write_run(directory, kind, *, split="", extra=""):
    """Write data whose titles are random words, so that a taste shows in co-views and in brands alone."""
    write_bundle(directory / "bundle")
    draw = np.random.default_rng(5)
    titles = [" ".join(draw.choice(OTHER_WORDS, 4, replace=False)) for _ in range(NUM_ITEMS)]
    tastes = draw.permutation(np.arange(NUM_ITEMS) % 2).tolist()
    products = [product(n, title) | {"brand": f"brand {tastes[n]}"} for n, title in enumerate(titles)]
    write_products(directory / "products.jsonl", products)
    rows = planted_interactions(products, tastes, NUM_USERS)
    write_interactions(directory / "interactions.csv", rows)
    path = directory / "run.toml"
    path.write_text(f"""
seed = 7
encoders = "{directory / "bundle"}"
out = "{directory / "run"}"
cache = "{directory / "cache"}"
device = "cpu"
[data]
products = ["{directory / "products.jsonl"}"]
interactions = "{directory / "interactions.csv"}"
[split]
valid = 0.2
test = 0.3
{split}
[model]
type = "{kind}"
dim = 16
{OPTIONS[kind]}
{extra}
[training]
epochs = 5
batch_size = 64
learning_rate = 0.01
max_items = 10
[evaluation]
k = [5, 10]
bootstrap_samples = 200
""")
    return path, np.array(tastes)


def learn(path, epochs=5):
    prepared = prepare(read_config(path), Silent())
    learner = MODELS[prepared.config.model.type].build(prepared)
    for _ in range(epochs):
        learner.run_epoch()
    return prepared, learner


def ndcg(prepared, towers, part="test"):
    scorer = MODELS[prepared.config.model.type].scorer(prepared, towers)
    return evaluate(scorer, getattr(prepared.split, part), np.random.default_rng(0), (10,))["ndcg@10"].mean()


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_taste_hidden_from_content_is_found_and_resuming_is_exact(tmp_path, kind, capsys):
    path, _ = write_run(tmp_path, kind)
    assert main(["train", str(path)]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["test"]["models"][kind]["ndcg@10"]["mean"] > 0.85
    assert report["test"][f"{kind}_minus"]["content"]["ndcg@10"]["low"] > 0.2
    short = path.with_name("short.toml")
    short.write_text(path.read_text().replace("epochs = 5", "epochs = 2").replace("/run", "/again"))
    assert main(["train", str(short)]) == 0
    short.write_text(short.read_text().replace("epochs = 2", "epochs = 5"))
    assert main(["train", str(short), "--resume"]) == 0
    for file in ("weights.safetensors", "training.safetensors"):
        assert filecmp.cmp(tmp_path / "run" / "last" / file, tmp_path / "again" / "last" / file, shallow=False)
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "run" / "best"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["test"]["models"][kind] == report["test"]["models"][kind]


def test_without_ids_fusion_does_not_find_what_only_ids_can(tmp_path):
    path, _ = write_run(tmp_path, "fusion", extra="item_ids = false")
    prepared, learner = learn(path)
    assert ndcg(prepared, learner.towers) < 0.75


def test_ids_stay_with_their_items_in_a_catalogue_of_another_order(tmp_path):
    path, _ = write_run(tmp_path, "fusion")
    prepared, learner = learn(path, epochs=1)
    before = ndcg(prepared, learner.towers)
    lines = (tmp_path / "products.jsonl").read_text().splitlines()
    stranger = json.dumps(product(NUM_ITEMS, "large lamp"))
    (tmp_path / "products.jsonl").write_text("\n".join([stranger, *lines[::-1]]) + "\n")
    other = prepare(read_config(path), Silent())
    extra = fusion.IdsAndNumbers(other, learner.item_tower)(np.arange(NUM_ITEMS + 1), None)
    assert extra["item_rows"][0] == -1
    assert sorted(extra["item_rows"][1:].tolist()) == list(range(NUM_ITEMS))
    mine = fusion.IdsAndNumbers(prepared, learner.item_tower)(np.arange(NUM_ITEMS), None)["item_rows"]
    assert extra["item_rows"][1:].tolist() == mine.tolist()[::-1]
    assert before > 0


def test_user_ids_of_known_users_reach_the_tower(tmp_path):
    path, _ = write_run(tmp_path, "fusion", split='rule = "temporal"', extra="user_ids = true\nuser_dropout = 0.4")
    prepared, learner = learn(path, epochs=1)
    seen = []
    learner.user_tower.register_forward_pre_hook(lambda _, args, more: seen.append(more["user_rows"]), with_kwargs=True)
    learner.run_epoch()
    assert (torch.cat(seen) == -1).float().mean().item() == pytest.approx(0.4, abs=0.06)
    seen.clear()
    ndcg(prepared, learner.towers)
    users = [prepared.dataset.interactions.user_ids[user] for user in prepared.split.test.users]
    keys = learner.user_tower.user_keys[torch.cat(seen)]
    assert keys.tolist() == hash_keys(users).tolist()
    before = learner.user_tower.users.weight.abs().sum()
    learner.run_epoch()
    assert learner.user_tower.users.weight.abs().sum() != before


def test_numbers_are_found_by_name_and_reach_the_tower(tmp_path):
    """A number that is the taste: with neither ids nor texts to go by, only the numeric token can tell."""
    path, tastes = write_run(tmp_path, "fusion", extra="item_ids = false")
    prepared = prepare(read_config(path), Silent())
    numbers = np.stack([np.random.default_rng(0).normal(size=NUM_ITEMS), 2.0 * tastes - 1], axis=1).astype(np.float32)
    known, names = np.ones_like(numbers), ("noise", "taste")
    blank = {name: np.zeros_like(getattr(prepared.features, name)) for name in ("text", "image")}
    with_numbers = replace(prepared.features, **blank, numeric=numbers, numeric_mask=known, numeric_names=names)
    prepared = replace(prepared, features=with_numbers)
    learner = fusion.build(prepared)
    for _ in range(5):
        learner.run_epoch()
    assert ndcg(prepared, learner.towers) > 0.85
    swapped = replace(with_numbers, numeric=numbers[:, ::-1], numeric_names=names[::-1])
    assert ndcg(replace(prepared, features=swapped), learner.towers) == ndcg(prepared, learner.towers)
    unknown = replace(with_numbers, numeric=numbers[:, :1], numeric_mask=known[:, :1], numeric_names=("other",))
    assert ndcg(replace(prepared, features=unknown), learner.towers) < 0.75


def test_dropped_ids_and_numbers_match_their_configured_share(tmp_path):
    path, _ = write_run(tmp_path, "fusion", extra="numeric_dropout = 0.6")
    prepared = prepare(read_config(path), Silent())
    ones = np.ones((NUM_ITEMS, 1), dtype=np.float32)
    features = replace(prepared.features, numeric=ones, numeric_mask=ones, numeric_names=("one",))
    prepared = replace(prepared, features=features)
    extra = fusion.IdsAndNumbers(prepared, fusion.build(prepared).item_tower)
    drawn = extra(np.arange(NUM_ITEMS).repeat(100), torch.Generator().manual_seed(0))
    assert (drawn["item_rows"] == -1).float().mean().item() == pytest.approx(0.2, abs=0.03)
    assert (drawn["numeric_mask"] == 0).float().mean().item() == pytest.approx(0.6, abs=0.03)
    for name, tensor in extra(np.arange(NUM_ITEMS), None).items():
        assert (tensor >= 0).all() if name == "item_rows" else (tensor == 1).all()


def unsupported(graph, train):
    """Return the co-view edges that no training user stands for."""
    baskets = [set(train.item_idx[train.ptr[u] : train.ptr[u + 1]]) for u in range(len(train.user_ids))]
    near = graph["co_view"]
    edges = zip(np.repeat(np.arange(NUM_ITEMS), near.degrees), near.items, strict=True)
    return [(i, j) for i, j in edges if not any({i, j} <= basket for basket in baskets)]


def test_no_held_out_interaction_is_in_the_graph(tmp_path):
    path, _ = write_run(tmp_path, "graphsage")
    prepared = prepare(read_config(path), Silent())
    train = prepared.split.train
    few = train.select(np.arange(len(train)) < train.ptr[train.user_idx] + 2)  # or training would link everything
    prepared = replace(prepared, split=replace(prepared.split, train=few))
    used = [graphsage.build(prepared).extra.graph, graphsage._graph(prepared)]
    assert [unsupported(graph, few) for graph in used] == [[], []]
    leaky = replace(prepared, split=replace(prepared.split, train=prepared.dataset.interactions))
    assert unsupported(graphsage._graph(leaky), few)  # a planted leak is seen


def test_a_batch_does_not_see_the_choices_that_it_guesses(tmp_path):
    """Edges due to a user of the batch alone are left out; edges due to others as well are kept."""
    path, _ = write_run(tmp_path, "graphsage")
    prepared = prepare(read_config(path), Silent())
    rows = [("a", 0), ("b", 2), ("a", 1), ("b", 3), ("a", 4), ("b", 4), ("a", 5), ("b", 5)]
    size = len(rows)
    users, items = (list(column) for column in zip(*rows, strict=True))
    train = make_interactions(users, items, [0] * size, [float(n) for n in range(size)], [1.0] * size)
    learner = graphsage.build(replace(prepared, split=replace(prepared.split, train=train)))
    learner.before_batch(np.array([list(train.user_ids).index("a")]))
    assert linked_to(learner.extra, 0) == []
    assert linked_to(learner.extra, 2) == [3, 4, 5]
    assert linked_to(learner.extra, 4) == [2, 3, 5]
    learner._loss(np.flatnonzero(train.item_idx == 5))  # a batch of both
    assert [linked_to(learner.extra, item) for item in (0, 2, 4)] == [[], [], [5]]


def linked_to(surroundings, item):
    """Return the items that training draws by co-view around one item."""
    nothing = np.empty(0, dtype=np.int64)
    alone = {name: Neighbours(np.zeros(NUM_ITEMS + 1, dtype=np.int64), nothing) for name in surroundings.graph}
    graph = alone | {"co_view": surroundings.graph["co_view"]}
    added, _ = sample_neighbourhood(graph, np.array([item]), (9,), torch.Generator(), 0.0, surroundings._is_hidden)
    return sorted(added.tolist())


def test_an_item_that_training_never_saw_is_placed_by_its_brand(tmp_path):
    path, _ = write_run(tmp_path, "graphsage", split='rule = "cold_items"\nrank = "cold"')
    prepared, learner = learn(path)
    new = prepared.split.hidden_items
    assert len(new) > 4
    assert not np.isin(new, prepared.split.train.item_idx).any()
    assert not np.isin(new, np.concatenate([near.items for near in learner.extra.graph.values()])).any()
    whole = graphsage._graph(prepared)
    assert whole["co_view"].degrees[new].sum() == 0
    assert whole["brand"].degrees[new].min() > 0
    assert ndcg(prepared, learner.towers) > 0.95
    bare = replace(
        prepared, dataset=replace(prepared.dataset, products=tuple(without_brand(prepared.dataset.products)))
    )
    assert ndcg(bare, learner.towers) < 0.85  # it was the brand


def without_brand(products):
    return [{key: value for key, value in one.items() if key != "brand"} for one in products]


def test_alignment_draws_images_and_texts_of_the_same_items_together(tmp_path):
    path, _ = write_run(tmp_path, "fusion", extra="alignment = 1.0")
    prepared = prepare(read_config(path), Silent())
    images = np.random.default_rng(1).normal(size=prepared.features.image.shape).astype(np.float32)
    both = np.ones_like(prepared.features.modality_mask)
    prepared = replace(prepared, features=replace(prepared.features, image=images, modality_mask=both))
    content = [torch.from_numpy(np.array(c)) for c in (prepared.features.text, images, both)]
    apart = []
    for weight in (1.0, 0.0):
        model = replace(prepared.config.model, alignment=weight)
        learner = fusion.build(replace(prepared, config=replace(prepared.config, model=model)))
        for _ in range(3):
            learner.run_epoch()
        apart.append(fusion.alignment_loss(learner.item_tower.eval(), 0.07, *content).item())
    assert apart[0] < 0.8 * apart[1]


@pytest.mark.parametrize(
    ("kind", "extra", "message"),
    [
        ("fusion", "width = 18\nnum_heads = 4", "model.width must be a multiple of model.num_heads"),
        ("fusion", "id_dropout = 1.0", "model.id_dropout must be between"),
        ("graphsage", "fan_out = [20, 3]", "model.fan_out must be between 1 and 6"),
        ("graphsage", "fan_out = []", "the number of layers"),
    ],
)
def test_impossible_sizes_are_refused_before_data_are_read(tmp_path, capsys, monkeypatch, kind, extra, message):
    keys = {line.split(" =")[0] for line in extra.splitlines()}
    monkeypatch.setitem(
        OPTIONS, kind, "\n".join(line for line in OPTIONS[kind].splitlines() if line.split(" =")[0] not in keys)
    )
    path, _ = write_run(tmp_path, kind, extra=extra)
    assert main(["train", str(path)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_example_run_is_valid(kind):
    config = read_config(Path(__file__).resolve().parents[3] / "docs" / "examples" / f"{kind}.toml")
    assert config.model.type == kind


def test_a_checkpoint_keeps_keys_and_names(tmp_path):
    path, _ = write_run(tmp_path, "fusion")
    prepared, learner = learn(path, epochs=1)
    encoders = {"space": "5" * 64, "name": "tiny", "text_dim": 12, "image_dim": 9, "dim": 16}
    checkpoint.save(checkpoint.Checkpoint(learner.towers, {}, 7, encoders), tmp_path / "saved")
    loaded = checkpoint.load(tmp_path / "saved")
    assert ndcg(prepared, loaded.towers) == ndcg(prepared, learner.towers)
