"""Image encoders of timm: by name with a file of weights, or a folder as the model hub has it."""

import json
import math
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kernel.contract_types import ImageMode, ImageRule
from kernel.json_object import JsonMapping
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import torchvision_schemas

_SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
_MODES: dict[str, ImageMode] = {"center": "crop", "squash": "squash", "border": "pad"}
_INTERPOLATIONS = ("bicubic", "bilinear")
_LOAD_ERRORS = (OSError, EOFError, RuntimeError, ValueError, SafetensorError, pickle.UnpicklingError)


@dataclass(frozen=True)
class ImageModel:
    """An image encoder of timm with its image rule.

    Attributes:
        classifier: the last layer's weight (classes, Di), None for a model without one.
        file: the weights, None where they are random.
    """

    name: str
    encoder: "ImageEncoder"
    image: ImageRule
    classifier: Tensor | None
    file: Path | None


class ImageEncoder(nn.Module):
    """Image encoder of timm from pixels (N, 3, size, size), by the manifest's `image` rule, to features (N, Di)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the features before the classifier, (N, Di), not of unit length."""
        features: Tensor = self.model.forward_head(self.model.forward_features(pixels), pre_logits=True)
        return features


def load(image: str, weights: Path | None = None, seed: int | None = None) -> ImageModel:
    """Return a model of timm in evaluation mode; raise PretrainedError or UnsupportedModelError.

    image: timm's name of a model, a weights file whose name begins with it, or a folder with timm's config.json and
    model.safetensors. weights: the file, where `image` is a name. seed: random weights drawn from it instead.
    """
    name, file, stated = _resolved(image, weights)
    if (file is None) == (seed is None):
        raise PretrainedError(
            f"{image}: give the weights as a file (--image-weights FILE) or --random-weights SEED; download "
            f"model.safetensors of https://huggingface.co/timm/{name} where the model hub can be reached"
        )
    state = None if file is None else _state(file)
    model = _created(name, state, seed)
    if state is not None:
        _fill(model, state, str(file))
    head = model.get_classifier()
    return ImageModel(
        name=name,
        encoder=ImageEncoder(model).eval(),
        image=image_rule(_data_config(model, stated), name),
        classifier=head.weight.detach() if isinstance(head, nn.Linear) else None,
        file=file,
    )


def _resolved(image: str, weights: Path | None) -> tuple[str, Path | None, JsonMapping]:
    """Return the model's name, the file of its weights, and what a folder's config.json says of its images."""
    timm, path = _library(), Path(image)
    if path.is_dir():
        about = _read_config(path)
        files = [found for suffix in _SUFFIXES for found in sorted(path.glob(f"*{suffix}"))]
        return str(about["architecture"]), weights or next(iter(files), None), about.get("pretrained_cfg", {})
    if path.is_file() and weights is None:
        name = next((stem for stem in _stems(path.name) if _is_known(timm, stem)), None)
        if name is None:
            raise PretrainedError(
                f"{image}: expected a file named after a model of timm, such as resnet50.safetensors; or give the name "
                "with --image and the file with --image-weights"
            )
        return name, path, {}
    if path.suffix in _SUFFIXES or "/" in image:
        raise PretrainedError(f"{image}: no such file or folder")
    if not timm.is_model(image):
        raise PretrainedError(f"{image}: timm has no such model; timm.list_models() lists its models")
    if weights is not None and not weights.is_file():
        raise PretrainedError(f"{weights}: no such file")
    return image, weights, {}


def _is_known(timm: Any, name: str) -> bool:
    """Return whether timm has a model of this name and, where the name has a tag (resnet50.a1_in1k), of that tag."""
    return bool(timm.is_model_pretrained(name) if "." in name else timm.is_model(name))


def _stems(name: str) -> list[str]:
    """Return a file's name without its last suffix, and without those before it: the tag is not part of the model."""
    parts = name.split(".")[:-1]
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _read_config(folder: Path) -> JsonMapping:
    path = folder / "config.json"
    try:
        about: JsonMapping = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PretrainedError(f"{path}: expected timm's config.json beside the weights: {error}") from error
    if "architecture" not in about:
        raise PretrainedError(f"{path}: expected timm's config.json, which names an architecture")
    return about


def _library() -> Any:
    torchvision_schemas.declare()
    import timm  # noqa: PLC0415 - it imports torchvision, which needs the line above first

    return timm


def _state(file: Path) -> dict[str, Tensor]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        found = torch.load(file, map_location="cpu", weights_only=True)
    except _LOAD_ERRORS as error:
        raise PretrainedError(f"{file}: is not a file of weights: {str(error).splitlines()[0][:160]}") from error
    for key in ("state_dict_ema", "state_dict", "model_ema", "model", "teacher"):
        found = found[key] if isinstance(found, dict) and key in found else found
    return {name.removeprefix("module.").removeprefix("backbone."): value for name, value in found.items()}


def _created(name: str, state: dict[str, Tensor] | None, seed: int | None) -> Any:
    timm = _library()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed or 0)
        model = timm.create_model(name, pretrained=False)
        head = model.get_classifier()
        if state is not None and isinstance(head, nn.Linear):
            place = next(key for key, module in model.named_modules() if module is head)
            weight = state.get(f"{place}.weight")
            classes = 0 if weight is None else len(weight)  # DINO's files have no classifier, fine-tuned ones another
            if classes != head.out_features:
                model = timm.create_model(name, pretrained=False, num_classes=classes)
    return model.eval()


def _fill(model: Any, state: dict[str, Tensor], file: str) -> None:
    """Load weights, of timm's own names or those of the model's first publication; raise PretrainedError."""
    renamed = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    try:
        state = renamed(state, model) if renamed is not None else state
        missing, _ = model.load_state_dict(state, strict=False)
        if missing:
            raise PretrainedError(
                f"{file}: lacks {missing[0]} of the model and {len(missing) - 1} more; is it its file?"
            )
    except (RuntimeError, LookupError, AttributeError, TypeError) as error:
        first = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise PretrainedError(f"{file}: is not a file of this model: {first[-1][:160]}") from error


def _data_config(model: Any, stated: JsonMapping) -> JsonMapping:
    config: JsonMapping = _library().data.resolve_model_data_config(
        model, pretrained_cfg={**model.pretrained_cfg, **stated}
    )
    return config


def image_rule(config: JsonMapping, name: str) -> ImageRule:
    """Return the manifest's `image` rule from timm's data configuration; raise UnsupportedModelError.

    It is that of timm's evaluation transform, `timm.data.create_transform(**config)`.
    """
    _, high, wide = config["input_size"]
    if wide != high or config["interpolation"] not in _INTERPOLATIONS:
        raise UnsupportedModelError(
            f"{name}: reads images of {wide} × {high} pixels by {config['interpolation']}; a bundle holds square ones "
            f"by {' or '.join(_INTERPOLATIONS)}"
        )
    rule: ImageRule = {
        "size": wide,
        "resize": math.floor(wide / config["crop_pct"]),
        "mode": _MODES[config["crop_mode"]],
        "interpolation": config["interpolation"],
        "mean": list(config["mean"]),
        "std": list(config["std"]),
    }
    if rule["mode"] == "pad":
        rule["fill"] = [round(255 * value) for value in config["mean"]]
    return rule
