"""Trained towers over another bundle's encoders: the exported ones answer as the checkpoint's do."""

import dataclasses
import json

import numpy as np
import onnxruntime as ort
import pytest
import torch

from exporter.__main__ import main
from exporter.verify import verify
from trainer import checkpoint as checkpoints
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser


def _checkpoint(directory, space, text_dim=24, image_dim=10):
    rng = torch.Generator().manual_seed(4)
    item = TwoTowerItem(text_dim, image_dim, dim=16, hidden=32, generator=rng)
    user = TwoTowerUser(dim=16, hidden=32, attention_dim=8, max_items=30, generator=rng)
    with torch.no_grad():
        for parameter in (*item.parameters(), *user.parameters()):  # as after training: nothing is zero or the identity
            parameter.add_(torch.randn(parameter.shape, generator=rng) * 0.1)
    checkpoint = checkpoints.Checkpoint(
        towers={"item_tower": item.eval(), "user_tower": user.eval()},
        run={"name": "test"},
        seed=4,
        encoders={"space": space, "name": "tiny", "text_dim": text_dim, "image_dim": image_dim, "dim": 16},
        data_hash="d" * 64,
        metrics={"test": {"recall_at_10": 0.25}},
    )
    checkpoints.save(checkpoint, directory)
    return checkpoint


@pytest.fixture(scope="module")
def trained(tiny_bundle, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    checkpoint = _checkpoint(root / "best", verify(tiny_bundle)["space"])
    arguments = ["checkpoint", str(root / "best"), "--encoders", str(tiny_bundle), "--out", str(root / "bundle")]
    assert main(arguments) == 0
    return checkpoint, root / "bundle"


def _session(bundle, tower):
    return ort.InferenceSession(bundle / tower["file"], providers=["CPUExecutionProvider"])


def test_manifest_keeps_the_encoders_and_tells_of_the_training(trained, tiny_bundle):
    manifest, source = verify(trained[1]), verify(tiny_bundle)
    for key in ("textEncoder", "imageEncoder"):
        file = manifest["towers"][key]["file"]
        assert manifest["files"][file] == source["files"][file]
    assert manifest["space"] != source["space"]
    assert (manifest["name"], manifest["dim"]) == ("tiny-trained", 16)
    assert manifest["interactions"]["maxItems"] == 30
    assert manifest["metrics"] == {"test": {"recall_at_10": 0.25}}
    notes = {entry["tower"]: entry["note"] for entry in manifest["origin"] if "note" in entry}
    assert notes["itemTower"] == f"seed 4, data {'d' * 64}"


def test_item_and_user_tower_answer_as_the_checkpoint_s(trained):
    checkpoint, bundle = trained
    towers = verify(bundle)["towers"]
    rng = torch.Generator().manual_seed(9)
    text, image = torch.randn(5, 24, generator=rng), torch.randn(5, 10, generator=rng)
    mask = torch.tensor([[1, 1], [1, 0], [0, 1], [1, 1], [1, 0]], dtype=torch.float32)
    with torch.inference_mode():
        expected = checkpoint.item_tower(text, image, mask)
        kinds, ages = torch.tensor([[0, 5, 3, 2, 1]]), torch.tensor([[1.0, 2.0, 900.0, 0.0, 3.0]])
        present = torch.tensor([[1.0, 1.0, 1.0, 1.0, 0.0]])
        user = checkpoint.user_tower(expected[None], kinds, ages, present)
    fed = {"text": text.numpy(), "image": image.numpy(), "modalityMask": mask.numpy()}
    got = _session(bundle, towers["itemTower"]).run(None, fed)[0]
    np.testing.assert_allclose(got, expected.numpy(), atol=1e-5)
    fed = {"items": got[None], "kinds": kinds.numpy(), "agesDays": ages.numpy(), "itemMask": present.numpy()}
    np.testing.assert_allclose(_session(bundle, towers["userTower"]).run(None, fed)[0], user.numpy(), atol=1e-5)


def test_lite_path_is_the_trained_item_without_an_image(trained):
    checkpoint, bundle = trained
    manifest = verify(bundle)
    ids = np.array([[2, 5, 9, 14, 3]])
    feeds = {"inputIds": ids, "attentionMask": np.ones_like(ids)}
    text = torch.from_numpy(_session(bundle, manifest["towers"]["textEncoder"]).run(None, feeds)[0])
    with torch.inference_mode():
        expected = checkpoint.item_tower(text, torch.zeros(1, 10), torch.tensor([[1.0, 0.0]])).numpy()[0]
    got = _session(bundle, manifest["lite"]["textToItem"]).run(None, feeds)[0][0]
    assert got @ expected > 0.98


def test_towers_trained_on_other_encoders_are_refused(tiny_bundle, tmp_path, capsys):
    _checkpoint(tmp_path / "best", "0" * 64)
    arguments = ["checkpoint", str(tmp_path / "best"), "--encoders", str(tiny_bundle), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "was trained on features of tiny (space 000000000000)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_without_a_user_tower_cannot_be_a_bundle(tiny_bundle, tmp_path, capsys):
    whole = _checkpoint(tmp_path / "best", verify(tiny_bundle)["space"])
    checkpoints.save(dataclasses.replace(whole, towers={"item_tower": whole.item_tower}), tmp_path / "best")
    arguments = ["checkpoint", str(tmp_path / "best"), "--encoders", str(tiny_bundle), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "cannot be a bundle: this checkpoint has no user_tower, only item_tower" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_damaged_checkpoint_and_a_damaged_bundle_are_named(bundle, tmp_path, capsys):
    _checkpoint(tmp_path / "best", json.loads((bundle / "manifest.json").read_text())["space"])
    (tmp_path / "best" / "weights.safetensors").write_bytes(b"x")
    arguments = ["checkpoint", str(tmp_path / "best"), "--encoders", str(bundle), "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "weights.safetensors" in capsys.readouterr().err
    (bundle / "text_encoder.onnx").write_bytes(b"x")
    assert main(arguments) == 2
    assert "text_encoder.onnx: 1 bytes" in capsys.readouterr().err
