"""Bundles of open_clip models: both encoders, one shared space, no training."""

import hashlib
import json
import logging
import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor, nn

from exporter import clip_tokenizer, evidence, graphs, phrases, pictures, torchvision_schemas
from exporter.draft import Draft, TowerFile
from exporter.errors import ExportError, WeightsError
from exporter.inputs import pixels, token_feeds
from trainer.towers.content import ContentUserTower, SharedSpaceItemTower

TEXT_WEIGHT = 0.5
# All that safetensors, torch's unpickler and open_clip's renaming of tensors raise on files that are no checkpoints.
_LOAD_ERRORS = (
    *(OSError, EOFError, RuntimeError, LookupError, ValueError, AttributeError),
    *(SafetensorError, pickle.UnpicklingError, struct.error),
)
# What both modalities have in common is averaged over as many texts and pictures: enough for a mean.
NUM_PHRASES, NUM_PICTURES = 256, 64
_BATCH = 32
# An ONNX file is one protobuf message of less than 2 GiB, and a bundle keeps no weights outside it.
MAX_ENCODER_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Source:
    """Which open_clip model, with which weights: exactly one of tag, file and seed."""

    model: str  # a name of open_clip's, a config .json, or local-dir:PATH
    tag: str | None = None
    file: Path | None = None
    seed: int | None = None

    def name(self) -> str:
        """The bundle's name; random weights say that they are."""
        label = f"random-{self.seed}" if self.seed is not None else self.tag or "file"
        model = Path(self.model.removeprefix("local-dir:")).name.removesuffix(".json")
        return re.sub(r"[^a-z0-9._-]+", "-", f"open_clip-{model}-{label}".lower())[:80]

    def origin(self) -> tuple[str, str]:
        """Where the weights come from, and their licence as far as it is known."""
        if self.seed is not None:
            return f"open_clip {self.model}, random weights of seed {self.seed}: not pretrained", "none needed"
        if self.file is not None:
            with self.file.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            source = f"open_clip {self.model}, file {self.file.name} with SHA-256 {digest}"
            return source, "that of whoever published the file"
        source = f"open_clip {self.model}" + (f", tag {self.tag}" if self.tag else "")
        return source, "that of whoever published the weights"


class _Text(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        # CLIP knows no mask: it reads up to the end token and wants zeros behind it.
        features: Tensor = self.model.encode_text(input_ids * attention_mask)
        return F.normalize(features, dim=-1)


class _Image(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.model.encode_image(images)
        return F.normalize(features, dim=-1)


def build(source: Source, progress: Callable[[str], None]) -> Draft:
    """The bundle's draft, proven against torch; raises WeightsError or ExportError."""
    torchvision_schemas.declare()
    import open_clip  # noqa: PLC0415 - it imports torchvision, which needs the line above first

    progress(f"loading {source.model}")
    name = _model_name(open_clip, source.model)
    model = _load(open_clip, name, source)
    _check_size(model, source.model)
    image = _image_rule(open_clip.get_model_preprocess_cfg(model), source.model)
    tokenizer, tokenizer_file = _tokenizer(open_clip, name, model)
    text_encoder, image_encoder = _Text(model).eval(), _Image(model).eval()

    progress("finding what all texts and all pictures have in common")
    texts = token_feeds(tokenizer, phrases.compose(NUM_PHRASES, seed=0))
    shown = pixels(pictures.draw(NUM_PICTURES, seed=0), image)
    text_mean = _mean(text_encoder, *(torch.from_numpy(value) for value in texts.values()))
    image_mean = _mean(image_encoder, torch.from_numpy(shown))
    item_tower = SharedSpaceItemTower(text_mean, image_mean, TEXT_WEIGHT).eval()
    user_tower = ContentUserTower().eval()

    progress("exporting to ONNX")
    context_length, features = texts["inputIds"].shape[1], text_mean.shape[0]
    where, licence = source.origin()
    draft = Draft(
        name=source.name(),
        dim=item_tower.dim,
        filler=item_tower.dim - 1,
        towers={
            "textEncoder": TowerFile.of("text_encoder.onnx", graphs.text_encoder(text_encoder, context_length)),
            "imageEncoder": TowerFile.of("image_encoder.onnx", graphs.image_encoder(image_encoder, image["size"])),
            "itemTower": TowerFile.of("item_tower.onnx", graphs.item_tower(item_tower, features, features)),
            "userTower": TowerFile.of("user_tower.onnx", graphs.user_tower(user_tower, item_tower.dim)),
        },
        tokenizer=tokenizer_file,
        tokenizer_about={"type": "bpe", "maxTokens": context_length, "padTo": context_length},
        image=image,
        origin=[
            {"tower": "textEncoder", "source": where, "licence": licence, "note": clip_tokenizer.NOTE},
            {"tower": "imageEncoder", "source": where, "licence": licence},
            {"tower": "itemTower", "source": "carryover: mean of text and picture", "licence": "MIT"},
            {"tower": "userTower", "source": "carryover: weighted pooling of recent items", "licence": "MIT"},
        ],
    )
    progress("comparing with torch, measuring speed")
    originals = {
        "textEncoder": text_encoder,
        "imageEncoder": image_encoder,
        "itemTower": item_tower,
        "userTower": user_tower,
    }
    evidence.prove(draft, originals, tokenizer)
    return draft


def _model_name(open_clip: Any, model: str) -> str:
    """open_clip's name of the model; a config file is registered under its own."""
    if model.endswith(".json"):
        if not Path(model).is_file():
            raise WeightsError(f"{model}: no such model configuration")
        open_clip.add_model_config(model)
        model = Path(model).stem
    elif model.startswith("local-dir:"):
        if not Path(model.removeprefix("local-dir:"), "open_clip_config.json").is_file():
            raise WeightsError(f"{model}: expected a directory with open_clip_config.json and weights")
        return model
    elif model.startswith("hf-hub:"):
        raise WeightsError(
            f"{model}: download {model.removeprefix('hf-hub:')} from the model hub (open_clip_config.json and "
            "open_clip_model.safetensors) into a directory DIR, then give local-dir:DIR as the model"
        )
    if model not in open_clip.list_models():
        raise WeightsError(f"{model}: open_clip has no such model; open_clip.list_models() names those it has")
    return model


def _load(open_clip: Any, name: str, source: Source) -> Any:
    """The model with its weights, in evaluation mode."""
    weights: str | None = None
    if source.file is not None:
        weights = str(source.file)
    elif source.tag is not None:
        weights = _download(open_clip, name, source.tag)
    options: dict[str, Any] = {"precision": "fp32", "device": "cpu", "weights_only": True}
    if source.tag is not None:  # the tag decides about QuickGELU and preprocessing; the file now lies in the cache
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
        raise WeightsError(f"{weights or name}: is no checkpoint for {source.model}: {first[:200]}") from error
    finally:
        logging.getLogger().removeFilter(_no_pretrained_warning)


def _no_pretrained_warning(record: logging.LogRecord) -> bool:
    """Random weights were asked for, so open_clip's warning about them is no news."""
    return "No pretrained weights loaded" not in record.getMessage()


def _download(open_clip: Any, name: str, tag: str) -> str:
    """The file of a published checkpoint, from the cache or the hub."""
    known = open_clip.list_pretrained_tags_by_model(name)
    if tag not in known:
        raise WeightsError(f"{name}: no tag {tag!r} and no such file; its tags are {', '.join(known) or 'none'}")
    about = open_clip.get_pretrained_cfg(name, tag)
    try:
        return str(open_clip.download_pretrained(about))
    except (OSError, ValueError, RuntimeError) as error:  # no hub: hf_hub's own errors are OSErrors too
        where = about.get("hf_hub") or about.get("url")
        twin = f" of the model {name}-quickgelu" if about.get("quick_gelu") and "quickgelu" not in name else ""
        raise WeightsError(
            f"{name} {tag}: the weights cannot be fetched here; download {where} on a machine that can, copy the file "
            f"here and give its path{twin} in place of the tag (--random-weights SEED tries the model without weights)"
        ) from error


def _check_size(model: Any, name: str) -> None:
    """Raise ExportError where an encoder is too big for one ONNX file."""
    total, visual = (sum(p.numel() * p.element_size() for p in part.parameters()) for part in (model, model.visual))
    if max(visual, total - visual) > MAX_ENCODER_BYTES:
        raise ExportError(
            f"{name}: its encoders hold {visual / 1e9:.1f} and {(total - visual) / 1e9:.1f} GB; "
            f"a file of a bundle holds at most {MAX_ENCODER_BYTES / 1e9:.1f} GB, so take a smaller model"
        )


def _image_rule(preprocess: dict[str, Any], model: str) -> dict[str, Any]:
    """The manifest's `image`; raises ExportError where the contract has no words for the model's preprocessing."""
    size = preprocess["size"]
    wide, high = (size, size) if isinstance(size, int) else size
    if wide != high or preprocess["resize_mode"] != "shortest" or preprocess["interpolation"] not in _INTERPOLATIONS:
        raise ExportError(
            f"{model}: prepares pictures by {preprocess}; a bundle can state only square crops of the shorter side"
        )
    return {
        "size": wide,
        "resize": wide,
        "interpolation": preprocess["interpolation"],
        "mean": list(preprocess["mean"]),
        "std": list(preprocess["std"]),
    }


_INTERPOLATIONS = ("bicubic", "bilinear")


def _tokenizer(open_clip: Any, name: str, model: Any) -> tuple[Any, bytes]:
    foreign = _text_config(open_clip, name).get("hf_tokenizer_name")
    if foreign:
        raise ExportError(f"{name}: reads texts by {foreign}; only CLIP's own byte-pair tokenizer can be exported")
    simple = open_clip.get_tokenizer(name)
    if not isinstance(simple, open_clip.tokenizer.SimpleTokenizer):
        raise ExportError(f"{name}: reads texts by {type(simple).__name__}; only CLIP's own tokenizer can be exported")
    return clip_tokenizer.make(simple, int(model.context_length))


def _text_config(open_clip: Any, name: str) -> dict[str, Any]:
    if name.startswith("local-dir:"):
        path = Path(name.removeprefix("local-dir:"), "open_clip_config.json")
        config = json.loads(path.read_text(encoding="utf-8")).get("model_cfg", {})
    else:
        config = open_clip.get_model_config(name) or {}
    found: dict[str, Any] = config.get("text_cfg", {})
    return found


def _mean(encoder: nn.Module, *inputs: Tensor) -> Tensor:
    """The mean of an encoder's unit vectors, (D,)."""
    with torch.inference_mode():
        batches = zip(*(torch.split(value, _BATCH) for value in inputs), strict=True)
        mean: Tensor = torch.cat([encoder(*batch) for batch in batches]).mean(dim=0)
    return mean.clone()
