"""Rows of the matrix: one function a kind of encoder."""

import importlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from PIL import Image
from tokenizers import Encoding

from benchmarks.backbones import inputs
from exporter import onnx_edit, parity, torch_export
from kernel.contract_types import ImageRule, TowerParity
from kernel.image_rule import on_white, to_pixels
from trainer.pretrained import hugging_face, open_clip_models, timm_models, torchvision_schemas

SEED = 1


class Row(TypedDict, total=False):
    """Figures of one model: equal cases of all, and per encoder its parity with torch and its size in MB."""

    pixels: str
    maxPixelDiff: float
    tokens: str
    text: TowerParity
    textMB: float
    image: TowerParity
    imageMB: float


def open_clip_row(name: str, tokenizer: Callable[[Path], Path] | None, folder: Path) -> Row:
    """Return the row of an open_clip model."""
    torchvision_schemas.declare()
    import open_clip  # noqa: PLC0415 - it needs the line above first

    place = tokenizer(folder) if tokenizer else None
    loaded = open_clip_models.load(open_clip_models.Source(name, seed=SEED, tokenizer=place))
    text_cfg = open_clip.get_model_config(name)["text_cfg"]
    if place is None:
        own = open_clip.get_tokenizer(name)
    else:
        options = text_cfg.get("tokenizer_kwargs", {})
        own = open_clip.tokenizer.HFTokenizer(str(place), context_length=loaded.context_length, **options)
    encodings = loaded.tokenizer.encode_batch(list(inputs.HARD_TEXTS))
    transform = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(**open_clip.get_model_preprocess_cfg(loaded.model)), is_train=False
    )
    text = open_clip_models.TextEncoder(loaded.model, loaded.pad_id).eval()
    return {
        **_pixels(loaded.image, lambda image: transform(image).numpy()),
        "tokens": _equal([each.ids for each in encodings], own(list(inputs.HARD_TEXTS)).tolist()),
        **_text(text, encodings, loaded.context_length),
        **_image(open_clip_models.ImageEncoder(loaded.model).eval(), loaded.image),
    }


def text_row(folder: Path, config: Callable[[Any], Any], tokenizer: Callable[[Path], Path], prefix: str = "") -> Row:
    """Return the row of a Hugging Face text encoder of one configuration."""
    torchvision_schemas.declare()
    import transformers  # noqa: PLC0415 - it needs the line above first

    tokenizer(folder)
    config(transformers).save_pretrained(str(folder))
    model = hugging_face.load(folder, prefix=prefix, seed=SEED)
    texts = [prefix + text for text in inputs.HARD_TEXTS]
    own = transformers.AutoTokenizer.from_pretrained(str(folder))
    expected = own(texts, truncation=True, max_length=model.max_tokens)["input_ids"]
    model.tokenizer.tokenizer.enable_truncation(model.max_tokens)
    encodings = model.tokenizer.tokenizer.encode_batch(texts)
    equal = _equal([each.ids for each in encodings], expected)
    model.tokenizer.tokenizer.enable_padding()
    return {"tokens": equal, **_text(model.encoder, model.tokenizer.tokenizer.encode_batch(texts), None)}


def image_row(name: str, folder: Path) -> Row:
    """Return the row of an image model of timm; `folder` is not used."""
    torchvision_schemas.declare()
    timm: Any = importlib.import_module("timm")
    model = timm_models.load(name, seed=SEED)
    config = timm.data.resolve_model_data_config(model.encoder.model)
    transform = timm.data.create_transform(**config)
    return {**_pixels(model.image, lambda image: transform(image).numpy()), **_image(model.encoder, model.image)}


def _pixels(rule: ImageRule, own: Callable[[Image.Image], Any]) -> Row:
    """Return how many hard images become the own processor's pixels, which reads RGB."""
    worst = [
        float(np.abs(to_pixels(on_white(image), rule) - own(image.convert("RGB"))).max())
        for image in inputs.hard_images()
    ]
    equal = sum(difference < 1e-5 for difference in worst)
    return {"pixels": f"{equal} of {len(worst)}", "maxPixelDiff": float(f"{max(worst):.2g}")}


def _equal(got: Sequence[Sequence[int]], expected: Sequence[Sequence[int]]) -> str:
    equal = sum(list(one) == list(other) for one, other in zip(got, expected, strict=True))
    return f"{equal} of {len(expected)}"


def _text(encoder: torch.nn.Module, encodings: Sequence[Encoding], length: int | None) -> Row:
    """Return parity and size of an exported text encoder, on the first eight hard texts."""
    data = onnx_edit.to_bytes(torch_export.text_encoder(encoder, length))
    ids = np.array([each.ids for each in encodings[:8]])
    mask = np.array([each.attention_mask for each in encodings[:8]])
    with torch.inference_mode():
        expected = encoder(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    got = parity.Runner(data)({"inputIds": ids, "attentionMask": mask})
    return {"text": parity.parity("textEncoder", "torch", got, expected), "textMB": round(len(data) / 1e6, 1)}


def _image(encoder: torch.nn.Module, rule: ImageRule) -> Row:
    """Return parity and size of an exported image encoder, on four hard images."""
    data = onnx_edit.to_bytes(torch_export.image_encoder(encoder, rule["size"]))
    shown = np.stack([to_pixels(on_white(image), rule) for image in list(inputs.hard_images())[:4]])
    with torch.inference_mode():
        expected = encoder(torch.from_numpy(shown)).numpy()
    got = parity.Runner(data)({"pixels": shown})
    return {"image": parity.parity("imageEncoder", "torch", got, expected), "imageMB": round(len(data) / 1e6, 1)}


def _wordpiece(folder: Path) -> Path:
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    return inputs.save_tokenizer(folder, inputs.wordpiece(), **special)


def _roberta_like(folder: Path) -> Path:
    """Write a unigram tokenizer with RoBERTa's special tokens: the padding's id is 1."""
    tokenizer = inputs.unigram(("<s>", "<pad>", "</s>", "<unk>"), "<s> $A </s>")
    return inputs.save_tokenizer(folder, tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def _xlm_roberta(folder: Path) -> Path:
    about = {"model_type": "xlm-roberta", "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1}
    _roberta_like(folder)
    (folder / "config.json").write_text(json.dumps({**about, "pad_token_id": 1}), encoding="utf-8")
    return folder


MODELS: dict[str, Callable[[Path], Row]] = {
    "open_clip ViT-B-32": partial(open_clip_row, "ViT-B-32", None),
    "open_clip RN50": partial(open_clip_row, "RN50", None),
    "open_clip ViT-B-16-SigLIP": partial(open_clip_row, "ViT-B-16-SigLIP", inputs.t5_like),
    "open_clip MobileCLIP-S1": partial(open_clip_row, "MobileCLIP-S1", None),
    "open_clip xlm-roberta-base-ViT-B-32": partial(open_clip_row, "xlm-roberta-base-ViT-B-32", _xlm_roberta),
    "BERT base": partial(text_row, config=lambda of: of.BertConfig(), tokenizer=_wordpiece),
    "RoBERTa base (also BLaIR)": partial(
        text_row,
        config=lambda of: of.RobertaConfig(max_position_embeddings=514, type_vocab_size=1),
        tokenizer=_roberta_like,
    ),
    "MPNet base": partial(text_row, config=lambda of: of.MPNetConfig(), tokenizer=_roberta_like),
    "E5 small, multilingual": partial(
        text_row,
        config=lambda of: of.BertConfig(
            vocab_size=250037, hidden_size=384, num_attention_heads=12, intermediate_size=1536, pad_token_id=1
        ),
        tokenizer=_roberta_like,
        prefix="query: ",
    ),
    "timm resnet50": partial(image_row, "resnet50"),
    "timm convnext_tiny": partial(image_row, "convnext_tiny"),
    "timm vit_small_patch16_224.dino": partial(image_row, "vit_small_patch16_224.dino"),
}
