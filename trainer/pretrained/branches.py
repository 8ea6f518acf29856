"""Branches: pretrained encoders for fine-tuning as a whole, in the last blocks or by LoRA.

A checkpoint holds a branch's `config` and weights, so it is rebuilt without the pretrained file.
"""

import copy
from typing import Any, TypedDict, TypeVar

import torch
from torch import Tensor, nn

from kernel.json_object import JsonMapping, JsonObject
from trainer.errors import ConfigError
from trainer.pretrained import efficientnet, minilm, open_clip_models, torchvision_schemas

# The layers that LoRA adapts in each kind: attention or, where there is no attention, the 1 × 1 convolutions.
LORA_LAYERS: dict[str, tuple[str, ...]] = {
    "minilm": ("query", "key", "value", "output", "widen", "narrow"),
    "efficientnet_lite0": ("conv_pw", "conv_pwl", "conv_head"),
    "open_clip": ("attn", "c_fc", "c_proj", "query", "key", "value"),
}


class LoraSettings(TypedDict):
    """Rank, alpha and dropout of LoRA adapters."""

    rank: int
    alpha: float
    dropout: float


class Branch(nn.Module):
    """One pretrained encoder, with LoRA adapters where `lora` is given.

    Args:
        kind: "minilm", "efficientnet_lite0" or "open_clip".
        architecture: the configuration of MiniLM or open_clip; empty for EfficientNet.
        lora: settings of Hu et al. 2021, https://arxiv.org/abs/2106.09685, or None.
    """

    def __init__(self, kind: str, architecture: JsonMapping, lora: LoraSettings | None = None) -> None:
        super().__init__()
        self.config: JsonObject = {
            "kind": kind,
            "architecture": dict(architecture),
            "lora": None if lora is None else dict(lora),
        }
        self.encoder: nn.Module = self._build(kind, self.config["architecture"])
        if lora is not None:
            self.encoder = _adapted(self.encoder, LORA_LAYERS[kind], lora)

    def _build(self, kind: str, architecture: JsonObject) -> nn.Module:
        raise ValueError(f"{type(self).__name__}: unknown kind {kind!r}; the kinds are {', '.join(LORA_LAYERS)}")

    def train(self, mode: bool = True) -> "Branch":
        """Switch dropout on or off; batch normalisation always uses its pretrained statistics. Return self."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def merged(self) -> "Branch":
        """Return an equivalent branch without adapters, whose products are added to the weights they adapt."""
        plain = type(self)(self.config["kind"], self.config["architecture"])
        encoder = self.encoder
        if self.config["lora"] is not None:
            encoder = copy.deepcopy(encoder).merge_and_unload()  # type: ignore[operator]  # of peft's LoraModel
        plain.encoder.load_state_dict(encoder.state_dict())
        return plain.train(self.training)

    @torch.no_grad()
    def draw_adapters(self, generator: torch.Generator) -> None:
        """Draw the adapters' first factors; the second ones are zero, so outputs still equal the published model's."""
        for name, weight in self.named_parameters():
            if ".lora_A." in name:
                nn.init.kaiming_uniform_(weight, a=5**0.5, generator=generator)

    def trainable(self, last_blocks: int | None) -> list[nn.Parameter]:
        """Freeze all weights but those of the last blocks and the layers after them; return the trainable weights.

        last_blocks: number of blocks; None for all. A branch with adapters trains its adapters only and ignores it.
        """
        self.requires_grad_(False)
        if self.config["lora"] is not None:
            chosen = [weight for name, weight in self.named_parameters() if ".lora_" in name]
        elif last_blocks is None:
            chosen = list(self.encoder.parameters())
        else:
            blocks, tail = _blocks(self.config["kind"], self.encoder)
            parts = [*blocks[max(0, len(blocks) - last_blocks) :], *tail] if last_blocks else []
            chosen = [weight for part in parts for weight in _weights(part)]
        for weight in chosen:
            weight.requires_grad_(True)
        return chosen


class TextBranch(Branch):
    """Text encoder from token ids (N, T) int64 and their mask (N, T) to text features (N, text_dim)."""

    def _build(self, kind: str, architecture: JsonObject) -> nn.Module:
        if kind == "minilm":
            with torch.random.fork_rng(devices=[]):
                return minilm.TextEncoder(architecture).eval()
        if kind == "open_clip":
            model = open_clip_models.build(architecture)
            del model.visual
            return open_clip_models.TextEncoder(model, int(architecture.get("pad_id", 0))).eval()
        return super()._build(kind, architecture)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return (N, text_dim)."""
        features: Tensor = self.encoder(input_ids, attention_mask)
        return features


class ImageBranch(Branch):
    """Image encoder from pixels (N, 3, size, size) to image features (N, image_dim)."""

    def _build(self, kind: str, architecture: JsonObject) -> nn.Module:
        if kind == "efficientnet_lite0":
            with torch.random.fork_rng(devices=[]):
                return efficientnet.ImageEncoder(efficientnet.build_classifier()).eval()
        if kind == "open_clip":
            return open_clip_models.VisualEncoder(open_clip_models.build(architecture).visual).eval()
        return super()._build(kind, architecture)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (N, image_dim)."""
        features: Tensor = self.encoder(pixels)
        return features


BranchT = TypeVar("BranchT", bound=Branch)


def lite_text(lora: LoraSettings | None = None) -> TextBranch:
    """Return MiniLM-L6 with its published weights; raise PretrainedError where they are not installed."""
    published = minilm.load()
    return _filled(TextBranch("minilm", published.config, lora), published)


def lite_image(lora: LoraSettings | None = None) -> ImageBranch:
    """Return EfficientNet-Lite0 with its ImageNet weights; raise PretrainedError where they are not installed."""
    published = efficientnet.ImageEncoder(efficientnet.load_classifier())
    return _filled(ImageBranch("efficientnet_lite0", {}, lora), published)


def open_clip_pair(
    source: open_clip_models.Source, lora: LoraSettings | None = None
) -> tuple[TextBranch, ImageBranch, open_clip_models.OpenClip]:
    """Return the text and image branch of an open_clip model, and the model itself for tokenizer and image rule."""
    loaded = open_clip_models.load(source)
    text = TextBranch("open_clip", loaded.architecture, lora)
    image = ImageBranch("open_clip", loaded.architecture, lora)
    visual = open_clip_models.VisualEncoder(loaded.model.visual)
    without_visual = copy.deepcopy(loaded.model)
    del without_visual.visual
    return _filled(text, open_clip_models.TextEncoder(without_visual, loaded.pad_id)), _filled(image, visual), loaded


def _filled(branch: BranchT, published: nn.Module) -> BranchT:
    """Return a fresh branch with the published weights loaded; adapters keep their initial values."""
    names = {name.replace(".base_layer.", "."): name for name in branch.encoder.state_dict()}
    prefix = "model." if branch.config["lora"] is not None else ""
    weights = {names[f"{prefix}{name}"]: tensor for name, tensor in published.state_dict().items()}
    branch.encoder.load_state_dict(weights, strict=branch.config["lora"] is None)
    return branch.eval()


def _adapted(encoder: nn.Module, layers: tuple[str, ...], lora: LoraSettings) -> nn.Module:
    torchvision_schemas.declare()
    from peft import LoraConfig, LoraModel  # noqa: PLC0415 - it imports torchvision, which needs the line above first

    try:
        options = LoraConfig(
            r=lora["rank"],
            lora_alpha=lora["alpha"],  # type: ignore[arg-type]  # peft only divides it by the rank
            lora_dropout=lora["dropout"],
            target_modules=list(layers),
        )
    except (ValueError, KeyError) as error:
        raise ConfigError(f"expected LoRA settings rank, alpha and dropout, got {dict(lora)}: {error}") from error
    with torch.random.fork_rng(devices=[]):
        return LoraModel(encoder, options, "default")


def _blocks(kind: str, encoder: nn.Module) -> tuple[list[Any], list[Any]]:
    """Return the blocks of an encoder, first to last, and the layers after them."""
    if kind == "minilm":
        return [*encoder.layers], []  # type: ignore[misc]  # nn.Module attributes are untyped
    if kind == "efficientnet_lite0":
        model: Any = encoder.classifier
        return [*model.blocks], [model.conv_head, model.bn2]
    model = encoder.model if hasattr(encoder, "model") else encoder.visual
    model = getattr(model, "text", model)  # CustomTextCLIP has its text half in `text`
    transformer = getattr(model, "transformer", None)
    if transformer is None or not hasattr(transformer, "resblocks"):
        raise ConfigError(f"{type(model).__name__} has no blocks to choose from; use mode full, heads or lora")
    names = ("ln_final", "text_projection", "ln_post", "proj")
    return [*transformer.resblocks], [part for name in names if (part := getattr(model, name, None)) is not None]


def _weights(part: nn.Module | nn.Parameter) -> list[nn.Parameter]:
    return [part] if isinstance(part, nn.Parameter) else list(part.parameters())
