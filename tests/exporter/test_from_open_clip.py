"""open_clip models as bundles, with a small configuration of our own: against open_clip itself."""

import json
import re

import numpy as np
import onnxruntime as ort
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from benchmarks.backbones.inputs import HARD_TEXTS
from exporter import from_open_clip, measurements
from exporter.__main__ import main
from exporter.encoder_inputs import pixels, token_feeds
from exporter.verify import verify
from trainer.pretrained import torchvision_schemas

TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


@pytest.fixture(scope="module")
def open_clip():
    torchvision_schemas.declare()
    import open_clip

    return open_clip


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny-clip.json"
    path.write_text(json.dumps(TINY))
    return path


@pytest.fixture(scope="module")
def checkpoint(open_clip, config):
    """Return a checkpoint file of a model made here, and that model."""
    open_clip.add_model_config(str(config))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        model = open_clip.create_model("tiny-clip", pretrained=None).eval()
    path = config.parent / "tiny.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, path)
    return path, model


@pytest.fixture(scope="module")
def clip_bundle(config, checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "clip"
    assert main(["open-clip", str(config), str(checkpoint[0]), "--out", str(out)]) == 0
    return out


def _run(bundle, tower, **feeds):
    session = ort.InferenceSession(bundle / verify(bundle)["towers"][tower]["file"], providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def test_bundle_states_what_it_is_and_where_it_comes_from(clip_bundle):
    manifest = verify(clip_bundle)
    assert manifest["name"] == "open_clip-tiny-clip-file"
    assert manifest["dim"] == 25
    assert manifest["text"]["tokenizer"] == {"file": "tokenizer.json", "type": "bpe", "maxTokens": 77, "padTo": 77}
    assert manifest["image"]["size"] == manifest["image"]["resize"] == 64
    assert "lite" not in manifest
    assert "SHA-256" in manifest["origin"][0]["source"]


def test_encoders_equal_open_clip_s_with_its_own_tokenizer(clip_bundle, checkpoint, open_clip):
    _, model = checkpoint
    texts = ["navy striped tee", "Crème brûlée torch, 2-pack", "word " * 90]
    samples = measurements.Samples.make()
    rule = verify(clip_bundle)["image"]
    with torch.inference_mode():
        text = model.encode_text(open_clip.get_tokenizer("ViT-B-32")(texts), normalize=True).numpy()
        image = model.encode_image(torch.from_numpy(pixels(samples.images, rule)), normalize=True).numpy()
    feeds = token_feeds(Tokenizer.from_file(str(clip_bundle / "tokenizer.json")), texts)
    np.testing.assert_allclose(_run(clip_bundle, "textEncoder", **feeds), text, atol=1e-5)
    np.testing.assert_allclose(_run(clip_bundle, "imageEncoder", pixels=pixels(samples.images, rule)), image, atol=1e-5)


def test_images_are_prepared_as_open_clip_prepares_them(clip_bundle, open_clip):
    samples = measurements.Samples.make()
    theirs = open_clip.image_transform(64, is_train=False, resize_mode="shortest", interpolation="bicubic")
    expected = np.stack([theirs(image).numpy() for image in samples.images])
    np.testing.assert_allclose(pixels(samples.images, verify(clip_bundle)["image"]), expected, atol=1e-5)


@pytest.mark.parametrize(
    "text", [*measurements.SENTENCES, "", "don't it's HE'LL", "a1b22 x-y_z €5", "  two   spaces ", *HARD_TEXTS]
)
def test_tokenizer_gives_open_clip_s_ids(clip_bundle, open_clip, text):
    ours = token_feeds(Tokenizer.from_file(str(clip_bundle / "tokenizer.json")), [text])
    theirs = open_clip.get_tokenizer("ViT-B-32")([text])[0].numpy()
    np.testing.assert_array_equal((ours["inputIds"] * ours["attentionMask"])[0], theirs)
    np.testing.assert_array_equal(ours["inputIds"][0], theirs)


@pytest.mark.long
def test_random_weights_are_named_as_such_and_repeat(config, clip_bundle, tmp_path):
    out = tmp_path / "random"
    assert main(["open-clip", str(config), "--random-weights", "5", "--out", str(out)]) == 0
    manifest = verify(out)
    assert manifest["name"] == "open_clip-tiny-clip-random-5"
    assert "random weights of seed 5: not pretrained" in manifest["origin"][0]["source"]
    assert manifest["space"] != verify(clip_bundle)["space"]
    again = from_open_clip.build(from_open_clip.Source(str(config), seed=5), lambda what: None)
    assert again.manifest()["space"] == manifest["space"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ViT-B-32", "openai"], "cannot be fetched here; download .*quickgelu in place of the tag"),
        (["ViT-B-32", "nope"], "no tag 'nope' and no such file; its tags are openai, "),
        (["ViT-B-32"], "give either TAG or FILE, or --random-weights SEED"),
        (["ViT-B-32", "openai", "--random-weights", "1"], "give either TAG or FILE, or --random-weights SEED"),
        (["ViT-B-32", "missing.safetensors"], r"missing\.safetensors: no such file"),
        (["no-such-model", "--random-weights", "1"], "open_clip has no such model"),
        (["hf-hub:Marqo/marqo-fashionCLIP", "x"], "download Marqo/marqo-fashionCLIP .* local-dir:DIR"),
        (["local-dir:/nowhere"], "expected a directory with open_clip_config.json"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(arguments, message, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert main(["open-clip", *arguments, "--out", str(tmp_path / "out")]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("[")]
    assert len(lines) == 1
    assert re.search(message, lines[0])
    assert not (tmp_path / "out").exists()


def test_a_model_with_another_tokenizer_says_where_to_put_it(capsys, tmp_path):
    assert main(["open-clip", "ViT-B-16-SigLIP", "--random-weights", "1", "--out", str(tmp_path / "out")]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("exporter:")]
    assert re.search(r"huggingface\.co/timm/ViT-B-16-SigLIP into a folder DIR, then add --tokenizer DIR", line)


@pytest.mark.parametrize("content", [b"junk", b""])
def test_a_file_that_is_no_checkpoint_is_named(config, tmp_path, capsys, content):
    for suffix in ("safetensors", "pt"):
        path = tmp_path / f"broken.{suffix}"
        path.write_bytes(content)
        assert main(["open-clip", str(config), str(path), "--out", str(tmp_path / "out")]) == 2
        assert f"broken.{suffix}: is not a checkpoint for" in capsys.readouterr().err


def test_a_pickle_that_runs_code_is_not_run(config, tmp_path, capsys):
    class Hostile:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'owned')!r}, 'w').close()",))

    torch.save({"state_dict": Hostile()}, tmp_path / "hostile.pt")
    assert main(["open-clip", str(config), str(tmp_path / "hostile.pt"), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "owned").exists()
    assert "hostile.pt" in capsys.readouterr().err


def test_a_model_too_big_for_one_file_is_refused_before_the_work(config, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(from_open_clip, "MAX_ENCODER_BYTES", 1_000_000)
    assert main(["open-clip", str(config), "--random-weights", "1", "--out", str(tmp_path / "out")]) == 1
    assert "so take a smaller model" in capsys.readouterr().err
