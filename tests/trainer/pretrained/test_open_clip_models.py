"""open_clip models with their own tokenizers and image rules, against open_clip itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.backbones.inputs import HARD_TEXTS, hard_images, save_tokenizer, t5_like, unigram, wordpiece
from kernel.image_rule import on_white, to_pixels
from trainer.errors import PretrainedError
from trainer.pretrained import open_clip_models, torchvision_schemas

VISION = {"image_size": 32, "layers": 1, "width": 32, "patch_size": 16, "head_width": 16}
TEXT = {"context_length": 24, "vocab_size": 400, "width": 16, "heads": 2, "layers": 1}
SIGLIP = {
    "embed_dim": 12,
    "custom_text": True,
    "vision_cfg": VISION,
    "text_cfg": {
        **TEXT,
        **{"hf_tokenizer_name": "timm/tiny", "tokenizer_kwargs": {"clean": "canonicalize"}},
        **{"no_causal_mask": True, "proj_bias": True, "pool_type": "last"},
    },
}
CLIPA = {
    "embed_dim": 12,
    "vision_cfg": VISION,
    "text_cfg": {
        **TEXT,
        **{"hf_tokenizer_name": "bert-base-uncased", "tokenizer_kwargs": {"strip_sep_token": True}},
        **{"no_causal_mask": True, "pool_type": "last"},
    },
}
XLM = {
    "embed_dim": 12,
    "vision_cfg": VISION,
    "text_cfg": {"hf_model_name": "xlm-tiny", "hf_tokenizer_name": "xlm-tiny", "hf_proj_type": "mlp"},
}
XLM_TEXT = {
    **{"model_type": "xlm-roberta", "vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 1},
    **{"num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 90, "pad_token_id": 1},
}


@pytest.fixture(scope="module")
def open_clip():
    torchvision_schemas.declare()
    import open_clip

    return open_clip


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Return small models of three kinds, each with a tokenizer's folder."""
    root = tmp_path_factory.mktemp("open-clip")
    t5_like(root / "siglip-tokenizer")
    save_tokenizer(root / "clipa-tokenizer", wordpiece(), pad_token="[PAD]", sep_token="[SEP]", cls_token="[CLS]")
    xlm = unigram(("<s>", "<pad>", "</s>", "<unk>"), "<s> $A </s>")
    save_tokenizer(root / "xlm-tokenizer", xlm, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    (root / "xlm-tokenizer/config.json").write_text(json.dumps(XLM_TEXT))
    made = {}
    for name, config in (("siglip", SIGLIP), ("clipa", CLIPA), ("xlm", XLM)):
        (root / f"tiny-{name}.json").write_text(json.dumps(config))
        made[name] = open_clip_models.Source(
            str(root / f"tiny-{name}.json"), seed=3, tokenizer=root / f"{name}-tokenizer"
        )
    return made


@pytest.mark.parametrize("name", ["siglip", "clipa", "xlm"])
def test_token_ids_and_features_are_open_clip_s(open_clip, sources, name):
    import torch

    source = sources[name]
    loaded = open_clip_models.load(source)
    text_cfg = json.loads(Path(source.model).read_text())["text_cfg"]
    theirs = open_clip.tokenizer.HFTokenizer(
        str(source.tokenizer), context_length=text_cfg.get("context_length", 77), **text_cfg.get("tokenizer_kwargs", {})
    )
    expected = theirs(list(HARD_TEXTS))
    ours = loaded.tokenizer.encode_batch(list(HARD_TEXTS))
    np.testing.assert_array_equal([text.ids for text in ours], expected.numpy())
    encoder = open_clip_models.TextEncoder(loaded.model, loaded.pad_id)
    mask = torch.tensor([text.attention_mask for text in ours])
    with torch.inference_mode():
        features = encoder(torch.tensor([text.ids for text in ours]) * mask, mask)  # whatever is beyond the mask
        torch.testing.assert_close(features, loaded.model.encode_text(expected, normalize=True), atol=1e-5, rtol=0)


def test_a_text_tower_of_hugging_face_is_built_again_without_its_folder(sources):
    loaded = open_clip_models.load(sources["xlm"])
    again = open_clip_models.build(json.loads(json.dumps(loaded.architecture)))
    shapes = {name: tensor.shape for name, tensor in loaded.model.state_dict().items()}
    assert {name: tensor.shape for name, tensor in again.state_dict().items()} == shapes


def test_what_a_model_needs_beside_its_weights_is_said(sources, tmp_path):
    with pytest.raises(PretrainedError, match=r"download tokenizer\.json.*huggingface\.co/timm/tiny .*--tokenizer DIR"):
        open_clip_models.load(open_clip_models.Source(sources["siglip"].model, seed=1))
    (tmp_path / "tokenizer.json").write_bytes((sources["xlm"].tokenizer / "tokenizer.json").read_bytes())
    with pytest.raises(PretrainedError, match=r"config\.json of xlm-tiny"):
        open_clip_models.load(open_clip_models.Source(sources["xlm"].model, seed=1, tokenizer=tmp_path))
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/spiece.model").write_bytes(b"\x0a\x05junk")
    with pytest.raises(PretrainedError, match=r"SentencePiece file \(\.model\) alone is converted by transformers"):
        open_clip_models.load(open_clip_models.Source(sources["siglip"].model, seed=1, tokenizer=tmp_path / "empty"))


@pytest.mark.parametrize("mode", ["shortest", "squash", "longest"])
def test_pixels_are_those_of_open_clip_s_own_transform(open_clip, mode):
    preprocess = {"size": 24, "resize_mode": mode, "interpolation": "bicubic", "fill_color": 9}
    preprocess |= {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)}
    rule = open_clip_models.image_rule(preprocess, "tiny")
    theirs = open_clip.transform.image_transform_v2(open_clip.transform.PreprocessCfg(**preprocess), is_train=False)
    for image in hard_images():
        # open_clip resizes a palette's numbers by the nearest one; here, as everywhere else, its colours are resized.
        np.testing.assert_allclose(to_pixels(on_white(image), rule), theirs(image.convert("RGB")).numpy(), atol=1e-5)
        if image.mode in ("RGB", "L", "RGBA"):
            np.testing.assert_allclose(to_pixels(on_white(image), rule), theirs(image).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "mode", "std"),
    [("ViT-B-16-SigLIP", "squash", 0.5), ("MobileCLIP-S1", "crop", 1.0), ("ViT-L-14-CLIPA", "squash", 0.229)],
)
def test_weights_from_a_file_keep_the_published_preprocessing(open_clip, name, mode, std):
    """open_clip itself knows this by tag only, and gives a file the images of OpenAI's models."""
    default = {"size": 224, "resize_mode": "shortest", "interpolation": "bicubic", "mean": (0, 0, 0), "std": (9, 9, 9)}
    rule = open_clip_models.image_rule(default | open_clip_models.preprocessing(open_clip, name), name)
    assert (rule["mode"], round(rule["std"][0], 3)) == (mode, std)
