"""Bundles of a Hugging Face text encoder and a timm image model, against transformers and timm themselves."""

import json
import re
import shutil

import numpy as np
import onnxruntime as ort
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from benchmarks.backbones.inputs import HARD_TEXTS, hard_images, save_encoder, save_tokenizer, wordpiece
from exporter import content_basis
from exporter.__main__ import main
from exporter.encoder_inputs import token_feeds
from exporter.verify import verify
from kernel.image_rule import on_white, to_pixels
from tests.trainer.planted import write_run
from trainer.__main__ import main as trainer_main
from trainer.pretrained import timm_models, torchvision_schemas

SIZES = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
IMAGE = "test_convnext"  # timm's own model for tests: 300 kB


@pytest.fixture(scope="module")
def text_folder(tmp_path_factory):
    """Return a sentence-transformers folder of a small BERT: CLS pooling, a prompt, 40 tokens at most."""
    torchvision_schemas.declare()
    from transformers import BertConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    tokenizer = wordpiece()
    save_encoder(folder, BertConfig(vocab_size=400, max_position_embeddings=48, **SIZES))
    save_tokenizer(folder, tokenizer, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 40}))
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    return folder


@pytest.fixture(scope="module")
def image_file(tmp_path_factory):
    """Return weights named after their model, as the model hub's files are by their folder."""
    torchvision_schemas.declare()
    import timm

    path = tmp_path_factory.mktemp("weights") / f"{IMAGE}.r160_in1k.safetensors"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        state = timm.create_model(IMAGE, pretrained=False).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    return path


@pytest.fixture(scope="module")
def exported(text_folder, image_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "encoders"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content_basis, "NUM_PHRASES", 300)
        assert main(["encoders", "--text", str(text_folder), "--image", str(image_file), "--out", str(out)]) == 0
    return out


def _run(bundle, tower, **feeds):
    path = bundle / verify(bundle)["towers"][tower]["file"]
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feeds)[0]


def test_bundle_states_what_the_folder_states(exported):
    manifest = verify(exported)
    assert manifest["name"] == f"encoders-tiny-bert-{IMAGE}.r160_in1k"
    assert manifest["text"]["prefix"] == "query: "
    assert manifest["text"]["tokenizer"] == {"file": "tokenizer.json", "type": "wordpiece", "maxTokens": 40}
    assert manifest["image"] == {
        **{"size": 160, "resize": 168, "mode": "crop", "interpolation": "bicubic"},
        **{"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    }
    assert manifest["origin"][0]["note"] == "Pooling: cls."


def test_text_features_are_those_of_transformers(exported, text_folder):
    """Token ids by transformers' own tokenizer and the vector of [CLS], which no mean over tokens equals."""
    from transformers import AutoModel, AutoTokenizer

    texts = [f"query: {text}" for text in HARD_TEXTS]
    theirs = AutoTokenizer.from_pretrained(str(text_folder))(
        texts, padding=True, truncation=True, max_length=40, return_tensors="pt"
    )
    ours = token_feeds(Tokenizer.from_file(str(exported / "tokenizer.json")), HARD_TEXTS, "query: ")
    np.testing.assert_array_equal(ours["inputIds"], theirs["input_ids"].numpy())
    np.testing.assert_array_equal(ours["attentionMask"], theirs["attention_mask"].numpy())
    with torch.inference_mode():
        states = AutoModel.from_pretrained(str(text_folder)).eval()(**theirs).last_hidden_state[:, 0]
    expected = torch.nn.functional.normalize(states, dim=1).numpy()
    np.testing.assert_allclose(_run(exported, "textEncoder", **ours), expected, atol=1e-5)


def test_image_features_are_those_of_timm(exported, image_file):
    import timm

    model = timm.create_model(IMAGE, pretrained=False, num_classes=0)
    model.load_state_dict({k: v for k, v in load_file(image_file).items() if not k.startswith("head.fc")})
    pixels = torch.randn(3, 3, 160, 160, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = model.eval()(pixels).numpy()
    np.testing.assert_allclose(_run(exported, "imageEncoder", pixels=pixels.numpy()), expected, atol=1e-4)


@pytest.mark.parametrize("config", [{}, {"crop_mode": "squash"}, {"crop_mode": "border", "crop_pct": 0.9}])
def test_pixels_are_those_of_timm_s_own_transform(config):
    from timm.data import create_transform

    about = {"input_size": (3, 40, 40), "interpolation": "bilinear", "crop_pct": 0.875, "crop_mode": "center"}
    about |= {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4), **config}
    rule, theirs = timm_models.image_rule(about, "tiny"), create_transform(**about)
    for image in hard_images():
        ours = to_pixels(on_white(image), rule)
        np.testing.assert_allclose(ours, theirs(image.convert("RGB")).numpy(), atol=1e-5)


def test_a_model_without_a_classifier_gives_directions_by_drawn_images(image_file, tmp_path):
    headless = {name: value for name, value in load_file(image_file).items() if not name.startswith("head.fc")}
    save_file(headless, tmp_path / "backbone.safetensors")
    found = timm_models.load(IMAGE, tmp_path / "backbone.safetensors")
    assert found.classifier is None
    assert timm_models.load(str(image_file)).classifier.shape == (1000, 64)


def test_towers_are_trained_on_its_features_and_exported(exported, tmp_path):
    run = write_run(tmp_path, epochs=1)
    text = re.sub(r"^encoders = .*$", f'encoders = "{exported}"', run.read_text(), flags=re.MULTILINE)
    run.write_text(text)
    assert trainer_main(["train", str(run)]) == 0
    out = tmp_path / "trained"
    arguments = ["checkpoint", str(tmp_path / "run/best"), "--encoders", str(exported), "--out", str(out)]
    assert main(arguments) == 0
    source, manifest = verify(exported), verify(out)
    assert manifest["text"] == source["text"]  # the prefix too
    assert manifest["dim"] == 16
    for key in ("textEncoder", "imageEncoder"):
        file = manifest["towers"][key]["file"]
        assert manifest["files"][file] == source["files"][file]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--text": "nowhere"}, "nowhere: expected a text encoder's folder with config.json; download config.json"),
        ({"--image": "no_such_net"}, "no_such_net: timm has no such model"),
        ({"--image": "resnet50"}, "resnet50: give the weights as a file .*huggingface.co/timm/resnet50"),
        ({"--image": "weights/x.safetensors"}, "x.safetensors: no such file or folder"),
        ({"--image-weights": "junk.safetensors"}, r"junk\.safetensors: is not a file of weights"),
        ({"--image": "test_vit", "--image-weights": "GIVEN"}, "lacks .* of the model and .* more; is it its file?"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(
    changes, message, text_folder, image_file, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    options = {"--text": str(text_folder), "--image": IMAGE, **changes, "--out": str(tmp_path / "out")}
    words = [str(image_file) if word == "GIVEN" else word for option in options.items() for word in option]
    assert main(["encoders", *words]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("exporter:")]
    assert re.search(message, line)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_lasttoken": True}, "pools by pooling_mode_lasttoken; expected one of"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}], "has Dense after"),
    ],
)
def test_a_folder_that_a_bundle_cannot_express_is_refused(file, content, message, text_folder, tmp_path, capsys):
    folder = shutil.copytree(text_folder, tmp_path / "copy")
    (folder / file).write_text(json.dumps(content))
    assert main(["encoders", "--text", str(folder), "--image", IMAGE, "--random-weights", "1", "--out", "x"]) == 1
    assert message in capsys.readouterr().err
