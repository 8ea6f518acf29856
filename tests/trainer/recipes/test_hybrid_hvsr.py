"""Tests of the recipes that learn from pixels, on shapes with planted colours."""

from dataclasses import replace

import pytest
import torch

from kernel.progress import TerminalProgress
from tests.trainer.shapes import prepared_shapes
from trainer import checkpoint
from trainer.checkpoint import Checkpoint
from trainer.errors import ConfigError, DataError
from trainer.learning.pair_metrics import HELD_OUT_NOTE
from trainer.learning.pairs import run_pairs
from trainer.learning.tuned_encoders import tuned_features
from trainer.recipes import MODELS
from trainer.recipes.hybrid import same_label
from trainer.reports.html.embeddings import item_views
from trainer.runs.evaluate import evaluate
from trainer.towers.hvsr import HvsrItem
from trainer.towers.hybrid import LateFusionItem, TextTransformer

HYBRID = {
    "type": "hybrid",
    **{"labels": ["color"], "dim": 16, "hidden": 32, "text_width": 16, "image_width": 32, "cnn_width": 8},
    **{"cnn_layers": 3, "image_size": 32, "labels_per_batch": 6, "held_out": 0.25, "per_label": 4, "text_layers": 1},
}
HVSR = {
    "type": "hvsr",
    **{"dim": 16, "hidden": 32, "cnn_dim": 16, "cnn_width": 8, "image_size": 32, "attention_dim": 8},
    **{"num_negatives": 4, "hard_neighbours": 5},
}


@pytest.fixture(scope="module")
def shapes(minilm_bundle, tmp_path_factory):
    directory = tmp_path_factory.mktemp("shapes")

    def make(model, **training):
        return prepared_shapes(minilm_bundle, directory, model, {"learning_rate": 3e-3, **training})

    return make


def weights(learner):
    return {f"{name}.{key}": w.clone() for name, t in learner.towers.items() for key, w in t.state_dict().items()}


def test_hybrid_learns_colours_from_words_and_from_pixels(shapes):
    learner = MODELS["hybrid"].build(shapes(HYBRID, epochs=15, modality_dropout=0.4))
    before = learner.validate()
    for _ in range(15):
        learner.run_epoch()
    after = learner.validate()
    assert max(before.values()) < 0.7
    assert min(after.values()) > 0.75  # both, words alone, pixels alone


def test_hybrid_learns_from_shuffled_parts_after_the_title(shapes):
    def seen(**options):
        learner = MODELS["hybrid"].build(shapes({**HYBRID, "word_dropout": 0.0, **options}))
        read = []
        learner.towers["text_encoder"].register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].tolist()))
        learner.run_epoch()
        return {tuple(ids) for batch in read for ids in batch}

    as_stated, shuffled = seen(), seen(shuffle_parts=True)
    assert {tuple(sorted(ids)) for ids in shuffled} == {tuple(sorted(ids)) for ids in as_stated}
    assert len(shuffled) > len(as_stated)


def test_same_label_equals_the_share_counted_by_hand():
    space = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1, 0.1], [1, 0.3], [0, 1], [-1, 1]]), dim=1)
    # 0: nearest 1 (b), 2 (a) -> asked for 1, got 0; 1: alone; 2: nearest 1 -> 0; 3 and 4 are each other's nearest
    assert same_label(space, torch.tensor([0, 1, 0, 2, 2])) == pytest.approx((0 + 0 + 1 + 1) / 4)


def test_hybrid_reports_how_words_find_images_and_images_words(shapes):
    prepared = shapes(HYBRID, epochs=15, modality_dropout=0.4)
    learner = MODELS["hybrid"].build(prepared)
    before = MODELS["hybrid"].sections(prepared, learner.towers)["pairs"]
    for _ in range(15):
        learner.run_epoch()
    found = MODELS["hybrid"].sections(prepared, learner.towers)["pairs"]
    assert 10 < found["num_products"] < 40  # a quarter of 96
    for way in ("text_to_image", "image_to_text"):
        assert found[way]["recall@10"] > before[way]["recall@10"] + 0.2
        for name, mean in found[way].items():
            interval = found["intervals"][way][name]
            assert interval["low"] <= interval["mean"] <= interval["high"]
            assert interval["mean"] == pytest.approx(mean)
        assert found["intervals"][way]["recall@10"]["low"] < found["intervals"][way]["recall@10"]["high"]
    assert found["confidence"] == 0.95
    assert set(found["avg_mean_similarity@5"]) == {"text", "image"}
    assert found["held_out"] == HELD_OUT_NOTE
    assert "also used to choose the epoch" in HELD_OUT_NOTE


def test_hybrid_embeddings_of_one_modality_are_not_shown_as_one_space(shapes):
    prepared = shapes(HYBRID)
    towers = MODELS["hybrid"].build(prepared).towers
    views = item_views(replace(prepared, features=tuned_features(prepared, towers)), towers)
    assert not views.has_shared_space


@pytest.mark.parametrize("num_pairs", [0, 1])
def test_hybrid_without_two_held_out_pairs_reports_no_retrieval(shapes, num_pairs):
    prepared = shapes(HYBRID)
    towers = MODELS["hybrid"].build(prepared).towers
    left = run_pairs(prepared, HYBRID["labels"], HYBRID["held_out"]).valid[:num_pairs].tolist()
    mask = prepared.features.modality_mask.copy()
    mask[:, 1] = 0
    mask[left, 1] = 1
    images = {row: prepared.images[row] for row in left}
    fewer = replace(prepared, features=replace(prepared.features, modality_mask=mask), images=images)
    report = evaluate(fewer, towers, TerminalProgress(), baselines=(), with_slices=False)
    assert "test" in report.document
    assert "pairs" not in report.document


@pytest.mark.parametrize(("model", "name"), [(HYBRID, "hybrid"), (HVSR, "hvsr")])
def test_a_resumed_run_equals_an_uninterrupted_one(shapes, tmp_path, model, name):
    def start():
        return MODELS[name].build(shapes(model, batch_size=64, epochs=2, schedule="cosine"))

    whole, half, again = start(), start(), start()
    whole.run_epoch()
    whole.run_epoch()
    half.run_epoch()
    checkpoint.save(Checkpoint(half.towers, run={}, seed=3, encoders={}), tmp_path / "last", half.state())
    again.restore(checkpoint.load(tmp_path / "last").towers, checkpoint.load_training_state(tmp_path / "last"))
    again.run_epoch()
    assert again.step == whole.step > 1
    wanted, found = weights(whole), weights(again)
    assert all(torch.equal(tensor, wanted[key]) for key, tensor in found.items())


def test_hvsr_learns_what_users_look_for_from_images_alone(shapes):
    prepared = shapes(HVSR, batch_size=64, epochs=8, modality_dropout=0.0)
    learner = MODELS["hvsr"].build(prepared)
    before = learner.validate()["ndcg@10"]
    for _ in range(8):
        learner.run_epoch()
    assert learner.validate()["ndcg@10"] > before + 0.1
    features, mask = prepared.features, torch.ones(4, 2)
    tower = learner.towers["item_tower"].eval()
    image = torch.tensor(features.image[:4])
    texts = torch.tensor(features.text[:4])
    assert torch.equal(tower(texts, image, mask), tower(torch.zeros_like(texts), image, mask))  # text-free


def test_without_images_hvsr_says_what_it_needs(shapes):
    with pytest.raises(DataError, match=r"hvsr reads images alone.*data\.images"):
        MODELS["hvsr"].build(replace(shapes(HVSR), images={}))


def test_labels_that_nobody_shares_are_refused(shapes):
    with pytest.raises(ConfigError, match=r"model\.labels material"):
        MODELS["hybrid"].build(shapes({**HYBRID, "labels": ["material"]}))


def test_hvsr_works_with_cnn_features_with_pixels_and_without_both():
    tower = HvsrItem(20, 8, 16, 6, 8, 16, generator=torch.Generator().manual_seed(1)).eval()
    with torch.no_grad():
        torch.nn.init.normal_(tower.narrow.weight)  # off its start, where the CNN has no say
        torch.nn.init.normal_(tower.no_pixels)
    text, image, mask, pixels = torch.zeros(2, 1), torch.randn(2, 20), torch.ones(2, 2), torch.randn(2, 3, 16, 16)
    seen = tower(text, image, mask, pixels)
    assert torch.allclose(seen, tower(text, torch.cat([image, tower.cnn(pixels)], dim=1), mask))
    hidden = tower(text, image, mask, pixels, torch.tensor([1.0, 0.0]))
    assert torch.allclose(hidden, torch.stack([seen[0], tower(text, image, mask)[1]]))
    assert not torch.allclose(hidden[1], seen[1])
    nothing = tower(text, image, torch.tensor([[1.0, 0.0]]).expand(2, 2))
    assert torch.allclose(nothing[0], nothing[1])
    assert torch.allclose(nothing.norm(dim=1), torch.ones(2))


def test_a_words_place_in_the_batch_and_its_padding_do_not_matter():
    tower = TextTransformer(50, 12, dim=16, num_layers=2, heads=2).eval()
    ids = torch.tensor([[5, 6, 7, 0, 0], [9, 8, 7, 6, 5]])
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    both = tower(ids, mask)
    assert torch.allclose(both[:1], tower(ids[:1, :3], mask[:1, :3]), atol=1e-6)
    assert not torch.allclose(both[:1], tower(ids[:1, [1, 0, 2]], mask[:1, :3]), atol=1e-3)  # order matters


def test_late_fusion_ignores_a_missing_modality():
    tower = LateFusionItem(6, 5, 8, 10)
    text, image, mask = torch.randn(3, 6), torch.randn(3, 5), torch.tensor([[1.0, 1], [1, 0], [0, 1]])
    changed = tower(text + torch.tensor([[0.0], [0], [1]]), image + torch.tensor([[0.0], [1], [0]]), mask)
    assert torch.allclose(tower(text, image, mask), changed)
    assert torch.allclose(tower.embed_text(text)[1], changed[1])
    assert torch.allclose(tower.embed_image(image)[2], changed[2])
    assert not torch.allclose(tower(text + 1, image, mask), changed)
