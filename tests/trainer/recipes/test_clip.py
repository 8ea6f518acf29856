"""Tests of the clip recipe on planted pairs: coloured shapes and their words."""

import json
from dataclasses import replace
from itertools import count
from types import SimpleNamespace

import pytest
import torch

from tests.trainer.shapes import prepared_shapes
from trainer import checkpoint
from trainer.__main__ import main
from trainer.checkpoint import Checkpoint
from trainer.errors import ConfigError
from trainer.learning import pairs
from trainer.learning.tuned_encoders import tuned_features
from trainer.recipes import MODELS

RECALL = "text_to_image_recall@1"
TUNED = {"heads_epochs": 0, "hidden": 0, "encoder_learning_rate": 1e-4, "image_size": 32, "lora_dropout": 0.1}


@pytest.fixture(scope="module")
def shapes(minilm_bundle, tmp_path_factory):
    directory = tmp_path_factory.mktemp("shapes")

    def make(training=None, **model):
        return prepared_shapes(
            minilm_bundle, directory, {"type": "clip", "held_out": 0.25, "image_size": 32, **model}, training or {}
        )

    return make


def fitted(prepared, epochs):
    learner = MODELS["clip"].build(prepared)
    for _ in range(epochs):
        learner.run_epoch()
    return learner


def weights(learner):
    return {f"{name}.{key}": w.clone() for name, t in learner.towers.items() for key, w in t.state_dict().items()}


def test_heads_learn_which_image_a_text_is_about(shapes):
    prepared = shapes(mode="heads", hidden=64, training={"epochs": 30, "batch_size": 32})
    learner = MODELS["clip"].build(prepared)
    assert learner.validate()[RECALL] < 0.25
    for _ in range(30):
        found = learner.run_epoch()
    assert learner.validate()[RECALL] > 0.7
    assert found["sup_con"] > 0
    assert found["temperature"] != pytest.approx(0.1, abs=1e-3)  # it is learned


def test_zero_shot_measures_and_changes_nothing(shapes):
    prepared = shapes(mode="zero_shot", hidden=0)
    learner = MODELS["clip"].build(prepared)
    before, loss = weights(learner), learner.run_epoch()["loss"]
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights(learner).items())
    assert loss == pytest.approx(learner.run_epoch()["loss"], rel=0.2)
    assert learner.validate()[RECALL] < 0.25  # the two lite encoders share no space


def in_one_space(prepared):
    """Return the run as on encoders that share a space, in which a text lies where its image does."""
    image = prepared.features.image
    encoders = SimpleNamespace(text_dim=image.shape[1], image_dim=image.shape[1])
    return replace(prepared, encoders=encoders, features=replace(prepared.features, text=image))


@pytest.mark.parametrize(("mode", "dim"), [("zero_shot", 1280), ("heads", 1280), ("heads", 64), ("heads", 1500)])
def test_a_space_that_the_encoders_share_is_where_the_heads_start(shapes, mode, dim):
    learner = MODELS["clip"].build(in_one_space(shapes(mode=mode, dim=dim, hidden=0)))
    assert learner.validate()[RECALL] == 1


def test_zero_shot_is_not_measured_through_a_projection_of_a_shared_space(shapes):
    with pytest.raises(ConfigError, match=r"model\.dim 256.*set it to 1280"):
        MODELS["clip"].build(in_one_space(shapes(mode="zero_shot")))


@pytest.mark.parametrize(
    ("options", "may_move"),
    [
        ({"mode": "heads"}, ("item_tower.",)),
        (
            {"mode": "partial", "text_blocks": 1, "image_blocks": 1},
            ("item_tower.", "text_encoder.encoder.layers.5.", "blocks.6.", "conv_head", ".bn2."),
        ),
        ({"mode": "lora", "lora_rank": 2, "tune": "text"}, ("item_tower.", ".lora_A.", ".lora_B.")),
    ],
)
def test_frozen_weights_do_not_move_and_the_others_do(shapes, options, may_move):
    prepared = shapes(**{**TUNED, **options}, training={"batch_size": 32})
    learner = MODELS["clip"].build(prepared)
    before = weights(learner)
    learner.run_epoch()
    moved = {name for name, tensor in weights(learner).items() if not torch.equal(tensor, before[name])}
    assert {name for name in moved if not any(part in name for part in may_move)} == set()
    assert all(any(part in name for name in moved) for part in may_move)


@pytest.mark.parametrize(
    ("options", "precision"),
    [
        ({"mode": "heads"}, "fp32"),
        ({"mode": "heads", "hidden": 16}, "bf16"),
        ({"mode": "lora", "lora_rank": 2, "tune": "image"}, "fp32"),
        pytest.param(
            {"mode": "lora", "lora_rank": 2, "tune": "text", "shuffle_parts": True}, "fp32", marks=pytest.mark.long
        ),
        pytest.param({"mode": "lora", "lora_rank": 2, "tune": "text"}, "bf16", marks=pytest.mark.long),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(shapes, tmp_path, options, precision):
    training = {"batch_size": 16, "schedule": "cosine", "precision": precision}
    prepared = shapes(**{**TUNED, "held_out": 0.7, **options}, training=training)
    whole = fitted(prepared, 2)
    half = fitted(prepared, 1)
    saved = Checkpoint(half.towers, run={}, seed=3, encoders={})
    checkpoint.save(saved, tmp_path / "last", half.state())
    again = MODELS["clip"].build(prepared)
    again.restore(checkpoint.load(tmp_path / "last").towers, checkpoint.load_training_state(tmp_path / "last"))
    again.run_epoch()
    wanted, found = weights(whole), weights(again)
    assert again.step == whole.step
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in found.items())


def test_the_whole_encoder_moves_in_mode_full(shapes):
    prepared = shapes(**{**TUNED, "mode": "full", "tune": "image", "held_out": 0.8}, training={"batch_size": 8})
    learner = MODELS["clip"].build(prepared)
    before = weights(learner)
    learner.run_epoch()
    moved = {name for name, tensor in weights(learner).items() if not torch.equal(tensor, before[name])}
    assert any("conv_stem" in name for name in moved)
    assert not any("running_" in name for name in moved)  # batch statistics stay the pretrained ones


def test_the_text_encoder_learns_from_shuffled_parts_if_configured(shapes):
    options = {**TUNED, "mode": "lora", "lora_rank": 2, "tune": "text", "held_out": 0.7, "word_dropout": 0.0}
    as_stated, again, shuffled = (
        fitted(shapes(**options, shuffle_parts=is_asked, training={"batch_size": 16}), 1).validate()
        for is_asked in (False, False, True)
    )
    assert as_stated == again != shuffled


def test_tuned_encoders_answer_for_items_and_rank_them(shapes):
    prepared = shapes(**{**TUNED, "mode": "lora", "tune": "text"}, training={"batch_size": 32})
    learner = fitted(prepared, 1)
    learner.validate()
    features = tuned_features(prepared, learner.towers)
    assert not torch.equal(torch.tensor(features.text), torch.tensor(prepared.features.text))
    assert features.image is prepared.features.image
    scores = MODELS["clip"].scorer(prepared, learner.towers)(prepared.split.test, torch.arange(2).numpy())
    assert scores.shape == (2, len(prepared.split.test.candidates))
    report = MODELS["clip"].sections(prepared, learner.towers)["pairs"]
    assert report["text_to_image"]["recall@10"] == pytest.approx(learner.validate()["text_to_image_recall@10"])


def test_equal_texts_have_equal_features_in_every_batch(shapes, monkeypatch):
    """An encoder that rounds differently in every batch, as padding makes it do: twins would no longer tie."""
    monkeypatch.setattr(pairs, "ROWS_PER_CHUNK", 3)
    prepared = shapes(**{**TUNED, "mode": "lora", "tune": "text"})
    towers, (first, *others) = MODELS["clip"].build(prepared).towers, prepared.dataset.products
    products = [first, *others[:-1], {**first, "itemId": others[-1]["itemId"]}]
    renamed = replace(prepared, dataset=replace(prepared.dataset, products=products))
    batches = count()
    towers["text_encoder"].register_forward_hook(lambda _module, _inputs, found: found + 1e-6 * next(batches))
    everything = tuned_features(renamed, towers).text
    assert (everything[-1] == everything[0]).all()
    some = tuned_features(renamed, towers, torch.arange(2, len(products)).numpy()).text
    assert some[2:] == pytest.approx(everything[2:], abs=1e-3)
    assert some[2:].any(axis=1).all()
    assert not some[:2].any()


def test_without_images_there_is_no_retrieval_to_report(shapes):
    prepared = shapes(mode="heads", hidden=0)
    towers = MODELS["clip"].build(prepared).towers
    mask = prepared.features.modality_mask * torch.tensor([[1.0, 0.0]]).numpy()
    words_only = replace(prepared, features=replace(prepared.features, modality_mask=mask), images={})
    assert "pairs" in MODELS["clip"].sections(prepared, towers)
    assert MODELS["clip"].sections(words_only, towers) == {}


def test_the_report_of_zero_shot_has_no_held_out_note(shapes):
    prepared = shapes(mode="zero_shot", hidden=0)
    assert "held_out" not in MODELS["clip"].sections(prepared, MODELS["clip"].build(prepared).towers)["pairs"]


def test_another_encoder_than_the_bundles_is_refused(shapes, monkeypatch):
    from trainer.pretrained import branches

    strange = branches.lite_text()
    with torch.no_grad():
        strange.encoder.words.weight.mul_(-1)
    monkeypatch.setattr(branches, "lite_text", lambda lora: strange)
    with pytest.raises(ConfigError, match="text encoder does not give the features of the run's bundle"):
        MODELS["clip"].build(shapes(**TUNED, mode="partial"))


def test_a_run_with_nothing_to_train_is_evaluated_once(minilm_bundle, tmp_path, capsys):
    prepared_shapes(minilm_bundle, tmp_path, {"type": "clip"}, {})
    (tmp_path / "run.toml").write_text(
        f"seed = 3\nencoders = '{minilm_bundle}'\nout = '{tmp_path / 'run'}'\ncache = '{tmp_path / 'cache'}'\n"
        f"device = 'cpu'\n[data]\nproducts = ['{tmp_path / 'products.jsonl'}']\nimages = '{tmp_path / 'images'}'\n"
        "[model]\ntype = 'clip'\nmode = 'zero_shot'\ndim = 16\nheld_out = 0.25\n[training]\nepochs = 3\n"
    )
    assert main(["train", str(tmp_path / "run.toml")]) == 0
    assert main(["train", str(tmp_path / "run.toml"), "--resume"]) == 0
    training = json.loads((tmp_path / "run" / "report.json").read_text())["training"]
    assert [epoch["epoch"] for epoch in training["epochs"]] == [0]
    assert "loss" not in capsys.readouterr().err


@pytest.mark.parametrize("interactions", ["", "interactions = 'nobody.csv'"], ids=["left out", "empty"])
def test_products_alone_suffice_to_train_report_and_recommend(minilm_bundle, tmp_path, monkeypatch, interactions):
    prepared_shapes(minilm_bundle, tmp_path, {"type": "clip"}, {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nobody.csv").write_text("user,shop,itemId,kind,time\n")
    (tmp_path / "run.toml").write_text(
        f"seed = 3\nencoders = '{minilm_bundle}'\nout = 'run'\ncache = 'cache'\ndevice = 'cpu'\n[data]\n"
        f"products = ['products.jsonl']\nimages = 'images'\n{interactions}\n"
        "[model]\ntype = 'clip'\ndim = 16\nhidden = 0\nheld_out = 0.25\n[training]\nepochs = 1\n"
    )
    assert main(["train", "run.toml"]) == 0
    assert "pairs" in json.loads((tmp_path / "run" / "report.json").read_text())
    red_circle = "shapes.localhost/0000000000000000"
    assert main(["recommend", "run/best", "--items", red_circle, "--json", "found.json"]) == 0
    assert len(json.loads((tmp_path / "found.json").read_text())[0]["items"]) == 10
    assert main(["recommend", "run/best", "--sample", "2"]) == 2
    assert main(["split", "run.toml"]) == 2
    assert main(["evaluate", "run/best"]) == 0


def test_a_model_of_users_says_that_it_needs_interactions(minilm_bundle, tmp_path, capsys):
    (tmp_path / "run.toml").write_text(f"seed = 3\nencoders = '{minilm_bundle}'\nout = 'run'\n[data]\nproducts = ['p']")
    assert main(["train", str(tmp_path / "run.toml")]) == 2
    assert "missing key data.interactions: a two_tower model learns from interactions" in capsys.readouterr().err
