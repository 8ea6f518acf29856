"""open_clip models: load them with image rule and tokenizer, or build them again from a checkpoint."""

import hashlib
import json
import logging
import pickle
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn

from kernel.contract_types import ImageRule
from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import clip_tokenizer, torchvision_schemas

# Errors that safetensors, torch's unpickler and open_clip's renaming of tensors raise for files of another kind.
_LOAD_ERRORS = (
    *(OSError, EOFError, RuntimeError, LookupError, ValueError, AttributeError),
    *(SafetensorError, pickle.UnpicklingError, struct.error),
)
_INTERPOLATIONS = ("bicubic", "bilinear")


@dataclass(frozen=True)
class Source:
    """Name of an open_clip model and the origin of its weights: at most one of tag, file and seed."""

    model: str  # open_clip's name, a config .json, or local-dir:PATH
    tag: str | None = None
    file: Path | None = None
    seed: int | None = None

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
    tokenizer: Any
    tokenizer_file: bytes
    context_length: int


class TextEncoder(nn.Module):
    """Text encoder of an open_clip model, from token ids (N, T) and their mask to (N, D), unit length."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return text features (N, D)."""
        # CLIP has no mask: it reads up to the end token and expects zeros after it.
        features: Tensor = self.model.encode_text(input_ids * attention_mask)
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
    model = _load(open_clip, name, source)
    tokenizer, tokenizer_file = _tokenizer(open_clip, name, model)
    return OpenClip(
        model=model,
        architecture=_architecture(open_clip, name),
        image=_image_rule(open_clip.get_model_preprocess_cfg(model), source.model),
        tokenizer=tokenizer,
        tokenizer_file=tokenizer_file,
        context_length=int(model.context_length),
    )


def build(architecture: JsonObject) -> Any:
    """Return the model of an architecture from `load` with random weights; raise PretrainedError."""
    open_clip = _library()
    options = json.loads(json.dumps(architecture))
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


def _load(open_clip: Any, name: str, source: Source) -> Any:
    """Return the model with its weights, in evaluation mode."""
    weights: str | None = None
    if source.file is not None:
        weights = str(source.file)
    elif source.tag is not None:
        weights = _download(open_clip, name, source.tag)
    options: dict[str, Any] = {"precision": "fp32", "device": "cpu", "weights_only": True}
    if source.tag is not None:  # the tag selects QuickGELU and preprocessing; the file is now in open_clip's cache
        options["pretrained"] = source.tag
    elif weights is not None:
        options["pretrained"] = weights
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


def _image_rule(preprocess: JsonMapping, model: str) -> ImageRule:
    """Return the manifest's `image` rule; raise UnsupportedModelError where the contract cannot express the model's."""
    size = preprocess["size"]
    wide, high = (size, size) if isinstance(size, int) else size
    if wide != high or preprocess["resize_mode"] != "shortest" or preprocess["interpolation"] not in _INTERPOLATIONS:
        raise UnsupportedModelError(
            f"{model}: prepares images by {preprocess}; a bundle can express only square crops of the shorter side"
        )
    return {
        "size": wide,
        "resize": wide,
        "interpolation": preprocess["interpolation"],
        "mean": list(preprocess["mean"]),
        "std": list(preprocess["std"]),
    }


def _tokenizer(open_clip: Any, name: str, model: Any) -> tuple[Any, bytes]:
    foreign = _architecture(open_clip, name).get("text_cfg", {}).get("hf_tokenizer_name")
    if foreign:
        raise UnsupportedModelError(
            f"{name}: uses the tokenizer {foreign}; only CLIP's own byte-pair tokenizer can be exported"
        )
    simple = open_clip.get_tokenizer(name)
    if not isinstance(simple, open_clip.tokenizer.SimpleTokenizer):
        raise UnsupportedModelError(
            f"{name}: uses the tokenizer {type(simple).__name__}; only CLIP's own tokenizer can be exported"
        )
    return clip_tokenizer.make(simple, int(model.context_length))
