"""Checkpoints of clip, hybrid and hvsr: heads and tuned encoders answer from the bundle as they do in torch."""

import json

import numpy as np
import onnxruntime as ort
import pytest
import torch
from PIL import Image

from exporter import sample_images, tuned_encoders
from exporter.__main__ import main
from exporter.encoder_inputs import pixels, token_feeds
from exporter.errors import ExportError
from exporter.verify import verify
from trainer import checkpoint as checkpoints
from trainer.features.pixels import image_rule_at
from trainer.pretrained import branches, efficientnet
from trainer.towers.clip import ContrastiveItemTower
from trainer.towers.content import ContentUserTower
from trainer.towers.hvsr import HvsrItem
from trainer.towers.hybrid import ImageCnn, LateFusionItem, TextTransformer


def exported(bundle, directory, towers, model):
    space = json.loads((bundle / "manifest.json").read_text())["space"]
    dims = {"text_dim": 384, "image_dim": 1280, "dim": towers["item_tower"].config["dim"]}
    encoders = {"space": space, "name": "lite", **dims}
    for tower in towers.values():
        tower.eval()
    saved = checkpoints.Checkpoint(towers, run={"model": model}, seed=1, encoders=encoders)
    checkpoints.save(saved, directory / "best")
    out = directory / "bundle"
    code = main(["checkpoint", str(directory / "best"), "--encoders", str(bundle), "--out", str(out), "--accept-loss"])
    return code, out


def answers(bundle, texts, images):
    """Text features, image features and items, as a server computes them."""
    manifest = verify(bundle)
    towers = manifest["towers"]

    def run(tower, feeds):
        session = ort.InferenceSession(bundle / towers[tower]["file"], providers=["CPUExecutionProvider"])
        return session.run(None, feeds)[0]

    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bundle / manifest["text"]["tokenizer"]["file"]))
    feeds = token_feeds(tokenizer, texts)
    text = run("textEncoder", feeds)
    shown = pixels(images, manifest["image"])
    image = run("imageEncoder", {"pixels": shown})
    item = run("itemTower", {"text": text, "image": image, "modalityMask": np.ones((len(texts), 2), np.float32)})
    return feeds, shown, text, image, item, manifest


def samples():
    generator = np.random.default_rng(3)
    images = [Image.fromarray(generator.integers(0, 256, (90, 80, 3), dtype=np.uint8)) for _ in range(2)]
    return ["red cotton shirt", "a very small lamp"], images


@pytest.mark.long
def test_heads_on_frozen_encoders_become_the_item_tower_of_a_lite_bundle(minilm_bundle, tmp_path):
    tower = ContrastiveItemTower(384, 1280, 32, 16, generator=torch.Generator().manual_seed(1))
    tower.text_head.standardise(torch.randn(9, 384, generator=torch.Generator().manual_seed(2)))
    towers = {"item_tower": tower, "user_tower": ContentUserTower(has_filler=False)}
    code, bundle = exported(minilm_bundle, tmp_path, towers, {"type": "clip"})
    assert code == 0
    *_, text, image, item, manifest = answers(bundle, *samples())
    with torch.no_grad():
        expected = tower(torch.from_numpy(text), torch.from_numpy(image), torch.ones(2, 2)).numpy()
    np.testing.assert_allclose(item, expected, atol=1e-5)
    source = verify(minilm_bundle)
    assert "filler" not in manifest
    assert manifest["files"]["image_encoder.onnx"] == source["files"]["image_encoder.onnx"]


@pytest.mark.long
def test_adapters_are_merged_and_images_keep_their_training_size():
    generator = torch.Generator().manual_seed(1)
    image_encoder = branches.lite_image({"rank": 2, "alpha": 4.0, "dropout": 0.1})
    image_encoder.draw_adapters(generator)
    with torch.no_grad():
        for name, weight in image_encoder.named_parameters():
            if ".lora_B." in name:
                weight.normal_(std=0.02, generator=generator)
    run = {"model": {"type": "clip", "image_size": 96}}
    saved = checkpoints.Checkpoint({"image_encoder": image_encoder.eval()}, run, seed=1, encoders={})
    encoders, rule = (
        tuned_encoders.tuned_encoders(saved),
        tuned_encoders.image_rule(saved, {"image": efficientnet.IMAGE}),
    )
    assert (rule["size"], rule["resize"]) == (96, 110)
    file = tuned_encoders.tower_files(encoders, {}, rule)["imageEncoder"]
    shown = pixels(samples()[1], rule)
    found = ort.InferenceSession(file.data, providers=["CPUExecutionProvider"]).run(None, {"pixels": shown})[0]
    with torch.no_grad():
        expected = image_encoder(torch.from_numpy(shown)).numpy()
        plain = branches.lite_image()(torch.from_numpy(shown)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.abs(found - plain).max() > 0.05
    published = {"tower": "imageEncoder", "source": "EfficientNet", "licence": "Apache-2.0"}
    entry = tuned_encoders.origin(encoders, {"origin": [published]})[0]
    assert entry["source"].endswith("tuned from EfficientNet")
    assert entry["licence"] == "Apache-2.0"


@pytest.mark.long
def test_towers_from_scratch_bring_their_own_encoders(minilm_bundle, tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(5)
        text_encoder = TextTransformer(30_522, 128, dim=16, num_layers=1, heads=2)
        image_encoder, item_tower = ImageCnn(24, 8, 3), LateFusionItem(16, 24, 32, 20)
    towers = {
        "item_tower": item_tower,
        "user_tower": ContentUserTower(has_filler=False),
        "text_encoder": text_encoder,
        "image_encoder": image_encoder,
    }
    code, bundle = exported(minilm_bundle, tmp_path, towers, {"type": "hybrid", "image_size": 64})
    assert code == 0
    feeds, shown, text, _, item, _ = answers(bundle, *samples())
    with torch.no_grad():
        ids, mask = (torch.from_numpy(feeds[key]) for key in ("inputIds", "attentionMask"))
        expected_text, expected_image = text_encoder(ids, mask), image_encoder(torch.from_numpy(shown))
        expected = item_tower(expected_text, expected_image, torch.ones(2, 2)).numpy()
    np.testing.assert_allclose(text, expected_text.numpy(), atol=1e-5)
    np.testing.assert_allclose(item, expected, atol=1e-5)


@pytest.mark.long
def test_hvsr_finds_its_pixels_in_the_features_of_the_image_encoder(minilm_bundle, tmp_path):
    """The CNN is given an image as training's decoder makes it: resized by Pillow to the CNN's own size."""
    with torch.random.fork_rng():
        torch.manual_seed(6)
        tower = HvsrItem(1280, 16, 12, 8, 8, 64)
        for parameter in tower.parameters():  # as after training: nothing is zero or the identity
            torch.nn.init.normal_(parameter, std=0.1)
    towers = {"item_tower": tower, "user_tower": ContentUserTower(has_filler=False)}
    code, bundle = exported(minilm_bundle, tmp_path, towers, {"type": "hvsr", "image_size": 64})
    assert code == 0
    texts, _ = samples()
    images = sample_images.draw(2, seed=9)
    _, shown, _, image, item, manifest = answers(bundle, texts, images)
    source = ort.InferenceSession(minilm_bundle / "image_encoder.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(image[:, :1280], source.run(None, {"pixels": shown})[0])
    small = torch.from_numpy(pixels(images, image_rule_at(manifest["image"], 64)))
    with torch.no_grad():
        expected = tower(torch.zeros(2, 384), torch.from_numpy(image[:, :1280]), torch.ones(2, 2), small).numpy()
        blind = tower(torch.zeros(2, 384), torch.from_numpy(image[:, :1280]), torch.ones(2, 2)).numpy()
    assert (item * expected).sum(axis=1).min() > 0.999
    assert (blind * expected).sum(axis=1).max() < 0.99
    about = {entry["tower"]: entry for entry in manifest["origin"]}["imageEncoder"]
    assert "FrozenBesideCnn, beside EfficientNet" in about["source"]
    assert about["licence"] == "Apache-2.0"
    assert "lite" not in manifest  # it reads no text, so a browser could not tell one item from another


def test_hvsr_needs_a_bundle_with_an_image_encoder():
    saved = checkpoints.Checkpoint({"item_tower": HvsrItem(9, 8, 8, 8, 8, 32)}, run={}, seed=1, encoders={})
    with pytest.raises(ExportError, match="hvsr needs the image encoder that it was trained beside"):
        tuned_encoders.cnn_on_pixels(saved, None)
