"""Bundle of trained towers: a checkpoint's item and user tower over the encoders of another bundle."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from exporter import frozen_beside_cnn, measurements, torch_export, tuned_encoders
from exporter.browser_towers import LiteMembers, lite_members
from exporter.bundle_draft import MAX_ITEMS, Draft, TextMembers, TokenizerAbout, TowerFile
from exporter.errors import WeightsError
from exporter.segmenter import segmenter
from exporter.verify import verify
from kernel.contract_types import BundleManifest, BundleText, BundleTower, TowerOrigin
from trainer import checkpoint as checkpoints
from trainer.errors import CheckpointError

ENCODERS = ("textEncoder", "imageEncoder")


def build(checkpoint_dir: Path, encoders_dir: Path, progress: Callable[[str], None]) -> Draft:
    """Return the draft, checked against torch; raises WeightsError where checkpoint and bundle do not match."""
    progress(f"verifying the encoders of {encoders_dir}")
    source = verify(encoders_dir)
    progress(f"loading {checkpoint_dir}")
    try:
        checkpoint = checkpoints.load(checkpoint_dir)
    except CheckpointError as error:
        raise WeightsError(str(error)) from error
    try:
        trained = {"itemTower": checkpoint.item_tower, "userTower": checkpoint.user_tower}
    except CheckpointError as error:
        raise WeightsError(f"{checkpoint_dir}: cannot be a bundle: {error}") from error
    _check_same_space(checkpoint, checkpoint_dir, source, encoders_dir)
    image = tuned_encoders.image_rule(checkpoint, source)
    own = tuned_encoders.tuned_encoders(checkpoint)
    cnn = tuned_encoders.cnn_on_pixels(checkpoint, image)
    (text_dim, image_dim), dim = tuned_encoders.feature_dims(checkpoint), checkpoint.encoders["dim"]

    progress("exporting to ONNX")
    copied = [key for key in ENCODERS if key in source["towers"] and key not in own]
    entries = cast(Mapping[str, BundleTower], source["towers"])
    towers = {key: _copied(encoders_dir, entries[key]) for key in copied}
    text = source["text"]
    towers |= tuned_encoders.tower_files(own, text.get("tokenizer", {}).get("padTo"), image)
    if cnn is not None:
        towers["imageEncoder"], own["imageEncoder"] = frozen_beside_cnn.export(towers["imageEncoder"], cnn)
        copied.remove("imageEncoder")
    # Only three inputs: further inputs of an item tower in training are missing in use.
    item_graph = torch_export.item_tower(checkpoint.item_tower, text_dim, image_dim)
    towers["itemTower"] = TowerFile.of("item_tower.onnx", item_graph)
    towers["userTower"] = TowerFile.of("user_tower.onnx", torch_export.user_tower(checkpoint.user_tower, dim))
    lite: LiteMembers = {}
    if "lite" in source and cnn is None:  # hvsr reads no text: to it, all texts are one item
        encoder = towers.get("textEncoder")
        lite = lite_members(encoder, checkpoint.item_tower, checkpoint.user_tower, text_dim, image_dim)
    draft = Draft(
        name=f"{source['name'][:70]}-trained",
        dim=dim,
        filler=dim - 1 if getattr(checkpoint.user_tower, "has_filler", False) else None,
        towers=towers,
        **_text(encoders_dir, text),
        prefix=text.get("prefix", ""),
        image=image,
        item_text=source["text"]["itemText"],
        max_items=_max_items(checkpoint.user_tower),
        origin=[entry for entry in source["origin"] if entry["tower"] in copied]
        + tuned_encoders.origin(own, source)
        + _origin(checkpoint),
        parity=[entry for entry in source["parity"] if entry["tower"] in copied],
        metrics=checkpoint.metrics,
        **lite,
    )
    progress("comparing with torch, measuring speed")
    measurements.prove(draft, {**trained, **own}, segmenter(draft))
    return draft


def _text(directory: Path, text: BundleText) -> TextMembers:
    if "table" in text:
        return {"table": (directory / text["table"]["file"]).read_bytes(), "table_dim": text["table"]["dim"]}
    about = text["tokenizer"].copy()
    file = about.pop("file")  # type: ignore[misc]  # what is left is a TokenizerAbout
    return {"tokenizer": (directory / file).read_bytes(), "tokenizer_about": cast(TokenizerAbout, about)}


def _check_same_space(
    checkpoint: checkpoints.Checkpoint, checkpoint_dir: Path, source: BundleManifest, encoders_dir: Path
) -> None:
    trained_on = checkpoint.encoders
    if trained_on["space"] != source["space"]:
        raise WeightsError(
            f"{checkpoint_dir}: was trained on features of {trained_on['name']} (space {trained_on['space'][:12]}), "
            f"but {encoders_dir} is {source['name']} (space {source['space'][:12]}); give that bundle with --encoders"
        )


def _copied(directory: Path, tower: BundleTower) -> TowerFile:
    return TowerFile(tower["file"], (directory / tower["file"]).read_bytes(), tower["precision"])


def _max_items(user_tower: Any) -> int:
    """Return the number of items that the tower was trained on, if it states one."""
    return int(getattr(user_tower, "config", {}).get("max_items", MAX_ITEMS))


def _origin(checkpoint: checkpoints.Checkpoint) -> list[TowerOrigin]:
    known = {"seed": checkpoint.seed, "commit": checkpoint.commit, "data": checkpoint.data_hash}
    note = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
    return [
        {
            "tower": key,
            "source": f"carryover trainer, {type(tower).__name__}",
            "licence": "that of whoever trained it",
            "note": note,
        }
        for key, tower in (("itemTower", checkpoint.item_tower), ("userTower", checkpoint.user_tower))
    ]
