"""Tuned encoders of a checkpoint, for a bundle: adapters merged, images at their training size."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from exporter import torch_export
from exporter.bundle_draft import TowerFile
from exporter.errors import ExportError
from exporter.frozen_beside_cnn import FrozenBesideCnn, ResizedCnn
from kernel.contract_types import BundleManifest, ImageRule, TowerOrigin
from trainer.checkpoint import Checkpoint
from trainer.features.pixels import image_rule_at
from trainer.pretrained.branches import Branch
from trainer.towers.hvsr import HvsrItem

_KEYS = {"text_encoder": "textEncoder", "image_encoder": "imageEncoder"}


def tuned_encoders(checkpoint: Checkpoint) -> dict[str, nn.Module]:
    """Return the checkpoint's own encoders by manifest key."""
    found = {key: checkpoint.towers[name] for name, key in _KEYS.items() if name in checkpoint.towers}
    return {key: (tower.merged() if isinstance(tower, Branch) else tower).eval() for key, tower in found.items()}


def cnn_on_pixels(checkpoint: Checkpoint, rule: ImageRule | None) -> ResizedCnn | None:
    """Return the CNN that the item tower applies to pixels beside the frozen image encoder, None without one.

    Raises ExportError where the bundle has no image encoder and so no `rule`.
    """
    tower = checkpoint.item_tower
    if not isinstance(tower, HvsrItem):
        return None
    if rule is None:
        raise ExportError("hvsr needs the image encoder that it was trained beside; give a bundle that has one")
    return ResizedCnn(tower.cnn, tower.cnn.size, rule).eval()


def feature_dims(checkpoint: Checkpoint) -> tuple[int, int]:
    """Return the widths of the item tower's text and image features."""
    tower = checkpoint.item_tower
    if isinstance(tower, HvsrItem):
        return checkpoint.encoders["text_dim"], tower.config["frozen_dim"] + tower.config["cnn_dim"]
    config: Mapping[str, Any] = getattr(checkpoint.item_tower, "config", {})
    return tuple(int(config.get(key, checkpoint.encoders[key])) for key in ("text_dim", "image_dim"))  # type: ignore[return-value]  # two keys, two numbers


def image_rule(checkpoint: Checkpoint, source: BundleManifest) -> ImageRule | None:
    """Return the manifest's `image`, at the training size of the checkpoint's image encoder."""
    rule = source.get("image")
    if rule is None or "image_encoder" not in checkpoint.towers:
        return rule
    return image_rule_at(rule, int(checkpoint.run.get("model", {}).get("image_size", 0)))


def tower_files(encoders: Mapping[str, nn.Module], pad_to: int | None, image: ImageRule | None) -> dict[str, TowerFile]:
    """Return the encoders' ONNX files by manifest key."""
    files = {}
    if "textEncoder" in encoders:
        graph = torch_export.text_encoder(encoders["textEncoder"], pad_to)
        files["textEncoder"] = TowerFile.of("text_encoder.onnx", graph)
    if "imageEncoder" in encoders and image is not None:
        graph = torch_export.image_encoder(encoders["imageEncoder"], image["size"])
        files["imageEncoder"] = TowerFile.of("image_encoder.onnx", graph)
    return files


def origin(encoders: Mapping[str, nn.Module], source: BundleManifest) -> list[TowerOrigin]:
    """Return the origin and the licence of the changed encoders."""
    entries: list[TowerOrigin] = []
    for key, encoder in encoders.items():
        before: Mapping[str, object] = next((entry for entry in source["origin"] if entry["tower"] == key), {})
        published = str(before.get("source", "the published encoder"))
        if isinstance(encoder, Branch):
            how = f", tuned from {published}"
        else:
            how = f", beside {published}" if isinstance(encoder, FrozenBesideCnn) else ", from scratch"
        builds_on = isinstance(encoder, Branch | FrozenBesideCnn)
        licence = str(before.get("licence", "that of whoever published the weights"))
        entries.append(
            {
                "tower": key,
                "source": f"carryover trainer, {type(encoder).__name__}{how}",
                "licence": licence if builds_on else "that of whoever trained it",
            }
        )
    return entries
