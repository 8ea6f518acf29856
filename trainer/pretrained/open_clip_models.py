"""open_clip models: load them with image rule and tokenizer, or build them again from a checkpoint."""

import hashlib
import json
import logging
import pickle
import re
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor, nn

from kernel.contract_types import ImageMode, ImageRule, TokenizerType
from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import open_clip_tokenizers, torchvision_schemas

# Errors that safetensors, torch's unpickler and open_clip's renaming of tensors raise for files of another kind.
_LOAD_ERRORS = (
    *(OSError, EOFError, RuntimeError, LookupError, ValueError, AttributeError),
    *(SafetensorError, pickle.UnpicklingError, struct.error),
)
_MODES: dict[str, ImageMode] = {"shortest": "crop", "squash": "squash", "longest": "pad"}
_PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True)
class Source:
    """Name of an open_clip model and the origin of its weights: at most one of tag, file and seed."""

    model: str  # open_clip's name, a config .json, or local-dir:PATH
    tag: str | None = None
    file: Path | None = None
    seed: int | None = None
    tokenizer: Path | None = (
        None  # a folder of a Hugging Face tokenizer, with config.json where the text tower needs it
    )

    def name(self) -> str:
        """Return the bundle's name, which tells random weights from published ones."""
        label = f"random-{self.seed}" if self.seed is not None else self.tag or "file"
        model = Path(self.model.removeprefix("local-dir:")).name.removesuffix(".json")
        return re.sub(r"[^a-z0-9._-]+", "-", f"open_clip-{model}-{label}".lower())[:80]

    def origin(self) -> tuple[str, str]:
        """Return the origin of the weights and their licence as far as it is known."""
        if self.seed is not None:
            return f"open_clip {self.model}, random weights of seed {self.seed}: not pretrained", "none needed"
        if self.file is not None:
            with self.file.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            source = f"open_clip {self.model}, file {self.file.name} with SHA-256 {digest}"
            return source, "that of whoever published the file"
        source = f"open_clip {self.model}" + (f", tag {self.tag}" if self.tag else "")
        return source, "that of whoever published the weights"


@dataclass(frozen=True)
class OpenClip:
    """A loaded open_clip model with its image rule and tokenizer."""

    model: Any
    architecture: dict[str, Any]  # open_clip's model configuration; `build` makes the same modules from it
    image: ImageRule
    tokenizer: Tokenizer
    tokenizer_file: bytes
    tokenizer_type: TokenizerType
    context_length: int
    pad_id: int


class TextEncoder(nn.Module):
    """Text encoder of an open_clip model, from token ids (N, T) and their mask to (N, D), unit length.

    pad_id: the token that the model expects after a text; CLIP's is 0, SigLIP's 1.
    """

    def __init__(self, model: Any, pad_id: int = 0) -> None:
        super().__init__()
        self.model = model
        self.pad_id = pad_id

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return text features (N, D)."""
        # These models take no mask: they know their padding, or read it.
        features: Tensor = self.model.encode_text(torch.where(attention_mask > 0, input_ids, self.pad_id))
        return F.normalize(features, dim=-1)


class ImageEncoder(nn.Module):
    """Image encoder of a whole open_clip model, from pixels (N, 3, size, size) to (N, D), unit length."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return image features (N, D)."""
        features: Tensor = self.model.encode_image(pixels)
        return F.normalize(features, dim=-1)


class VisualEncoder(nn.Module):
    """Image encoder of an open_clip model's visual tower alone, with the same outputs."""

    def __init__(self, visual: nn.Module) -> None:
        super().__init__()
        self.visual = visual

    def forward(self, pixels: Tensor) -> Tensor:
        """Return image features (N, D)."""
        return F.normalize(self.visual(pixels), dim=-1)


def load(source: Source) -> OpenClip:
    """Return the model of `source` in evaluation mode; raise PretrainedError or UnsupportedModelError."""
    open_clip = _library()
    name = _model_name(open_clip, source.model)
    architecture = _architecture(open_clip, name)
    tokens = open_clip_tokenizers.load(open_clip, name, architecture["text_cfg"], _tokenizer_place(source))
    model = _load(open_clip, name, source, architecture)
    return OpenClip(
        model=model,
        architecture={**_rebuildable(architecture, source), "pad_id": tokens.pad_id},
        image=image_rule(open_clip.get_model_preprocess_cfg(model), source.model),
        tokenizer=tokens.tokenizer,
        tokenizer_file=tokens.file,
        tokenizer_type=tokens.type,
        context_length=tokens.context_length,
        pad_id=tokens.pad_id,
    )


def build(architecture: JsonObject) -> Any:
    """Return the model of an architecture from `load` with random weights; raise PretrainedError."""
    open_clip = _library()
    options = json.loads(json.dumps(architecture))
    options.pop("pad_id", None)
    with tempfile.TemporaryDirectory(prefix="carryover-config-") as folder:
        if (hugging_face := options.get("text_cfg", {}).pop("hf_config", None)) is not None:
            Path(folder, "config.json").write_text(json.dumps(hugging_face), encoding="utf-8")
            options["text_cfg"] |= {"hf_model_name": folder, "hf_model_pretrained": False}
        return _built(open_clip, options)


def _built(open_clip: Any, options: JsonObject) -> Any:
    is_custom = bool(options.pop("custom_text", False)) or "hf_model_name" in options.get("text_cfg", {})
    kind = open_clip.CustomTextCLIP if is_custom else open_clip.CLIP
    try:
        with torch.random.fork_rng(devices=[]):  # drawing weights that are then replaced must not advance the stream
            return kind(**options).eval()
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise PretrainedError(f"open_clip cannot build the checkpoint's architecture: {error}") from error


def _library() -> Any:
    torchvision_schemas.declare()
    import open_clip  # noqa: PLC0415 - it imports torchvision, which needs the line above first

    return open_clip


def _architecture(open_clip: Any, name: str) -> JsonObject:
    """Return open_clip's configuration of a model by name."""
    if name.startswith("local-dir:"):
        path = Path(name.removeprefix("local-dir:"), "open_clip_config.json")
        config = json.loads(path.read_text(encoding="utf-8")).get("model_cfg", {})
    else:
        config = open_clip.get_model_config(name) or {}
    found: JsonObject = config
    return found


def _model_name(open_clip: Any, model: str) -> str:
    """Return open_clip's name of the model; a config file is registered by its file name."""
    if model.endswith(".json"):
        if not Path(model).is_file():
            raise PretrainedError(f"{model}: no such model configuration")
        open_clip.add_model_config(model)
        model = Path(model).stem
    elif model.startswith("local-dir:"):
        if not Path(model.removeprefix("local-dir:"), "open_clip_config.json").is_file():
            raise PretrainedError(f"{model}: expected a directory with open_clip_config.json and weights")
        return model
    elif model.startswith("hf-hub:"):
        raise PretrainedError(
            f"{model}: download {model.removeprefix('hf-hub:')} from the model hub (open_clip_config.json and "
            "open_clip_model.safetensors) into a directory DIR, then give local-dir:DIR as the model"
        )
    if model not in open_clip.list_models():
        raise PretrainedError(f"{model}: open_clip has no such model; open_clip.list_models() lists its models")
    return model


def _tokenizer_place(source: Source) -> Path | None:
    """Return the folder of the tokenizer; a local-dir brings its own."""
    is_local = source.model.startswith("local-dir:") and source.tokenizer is None
    return Path(source.model.removeprefix("local-dir:")) if is_local else source.tokenizer


def _rebuildable(architecture: JsonObject, source: Source) -> JsonObject:
    """Return the architecture with the text tower's own configuration in it, where that is a file elsewhere."""
    text = dict(architecture["text_cfg"])
    if "hf_model_name" not in text:
        return architecture
    folder = _tokenizer_place(source)
    text["hf_config"] = json.loads(Path(str(folder), "config.json").read_text(encoding="utf-8"))
    del text["hf_model_name"]
    return {**architecture, "text_cfg": text}


def _text_tower(architecture: JsonObject, source: Source) -> JsonObject:
    """Return the options that let open_clip build a Hugging Face text tower from a local configuration."""
    wanted = architecture["text_cfg"].get("hf_model_name")
    if wanted is None:
        return {}
    folder = _tokenizer_place(source)
    if folder is None or not Path(folder, "config.json").is_file():
        raise PretrainedError(
            f"{source.model}: expected config.json of {wanted} in the tokenizer's folder, found none; download it from "
            "https://huggingface.co/" + str(wanted) + " beside the tokenizer and give the folder with --tokenizer DIR"
        )
    return {"text_cfg": {**architecture["text_cfg"], "hf_model_name": str(folder), "hf_model_pretrained": False}}


def preprocessing(open_clip: Any, name: str) -> JsonObject:
    """Return how a model's published weights were preprocessed, where they all agree; else open_clip's default.

    open_clip knows this by tag only, so that weights from a file would be given images of another kind.
    """
    tags = open_clip.list_pretrained_tags_by_model(name)
    found = [{key: about.get(key) for key in _PREPROCESSING} for tag in tags if (about := _about(open_clip, name, tag))]
    known = [{key: value for key, value in about.items() if value is not None} for about in found]
    return known[0] if known and all(about == known[0] for about in known) else {}


def _about(open_clip: Any, name: str, tag: str) -> JsonObject:
    about: JsonObject = open_clip.get_pretrained_cfg(name, tag)
    return about


def _load(open_clip: Any, name: str, source: Source, architecture: JsonObject) -> Any:
    """Return the model with its weights, in evaluation mode."""
    weights: str | None = None
    if source.file is not None:
        weights = str(source.file)
    elif source.tag is not None:
        weights = _download(open_clip, name, source.tag)
    options: dict[str, Any] = {"precision": "fp32", "device": "cpu", "weights_only": True, "pretrained_text": False}
    options |= _text_tower(architecture, source)
    if source.tag is not None:  # the tag selects QuickGELU and preprocessing; the file is now in open_clip's cache
        options["pretrained"] = source.tag
    elif not name.startswith("local-dir:"):
        options |= {"pretrained": weights, "force_preprocess_cfg": preprocessing(open_clip, name)}
    logging.getLogger().addFilter(_no_pretrained_warning)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(source.seed or 0)
            return open_clip.create_model(name, **options).eval()
    except _LOAD_ERRORS as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise PretrainedError(f"{weights or name}: is not a checkpoint for {source.model}: {first[:200]}") from error
    finally:
        logging.getLogger().removeFilter(_no_pretrained_warning)


def _no_pretrained_warning(record: logging.LogRecord) -> bool:
    """Return False for open_clip's warning about random weights, which the user chose."""
    return "No pretrained weights loaded" not in record.getMessage()


def _download(open_clip: Any, name: str, tag: str) -> str:
    """Return the path of a published checkpoint, from the cache or the hub."""
    known = open_clip.list_pretrained_tags_by_model(name)
    if tag not in known:
        raise PretrainedError(f"{name}: no tag {tag!r} and no such file; its tags are {', '.join(known) or 'none'}")
    about = open_clip.get_pretrained_cfg(name, tag)
    try:
        return str(open_clip.download_pretrained(about))
    except (OSError, ValueError, RuntimeError) as error:  # hub unreachable: hf_hub's own errors are OSErrors too
        where = about.get("hf_hub") or about.get("url")
        twin = f" of the model {name}-quickgelu" if about.get("quick_gelu") and "quickgelu" not in name else ""
        raise PretrainedError(
            f"{name} {tag}: the weights cannot be fetched here; download {where} on a machine that can, copy the file "
            f"here and give its path{twin} in place of the tag (--random-weights SEED tries the model without weights)"
        ) from error


def image_rule(preprocess: JsonMapping, model: str) -> ImageRule:
    """Return the manifest's `image` rule; raise UnsupportedModelError where the contract cannot express the model's."""
    size = preprocess["size"]
    wide, high = (size, size) if isinstance(size, int) else size
    if wide != high:
        raise UnsupportedModelError(f"{model}: reads images of {wide} × {high} pixels; a bundle holds square ones only")
    rule: ImageRule = {
        "size": wide,
        "resize": wide,
        "mode": _MODES[preprocess["resize_mode"]],
        # open_clip calls the choice at random in training "random", and is bicubic then.
        "interpolation": "bilinear" if preprocess["interpolation"] == "bilinear" else "bicubic",
        "mean": list(preprocess["mean"]),
        "std": list(preprocess["std"]),
    }
    if rule["mode"] == "pad":
        rule["fill"] = [int(preprocess["fill_color"])] * 3
    return rule
