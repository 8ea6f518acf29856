"""Checkpoint: a directory of safetensors and JSON, written whole or not at all and read without pickle.

best/
  weights.safetensors    tensors named TOWER.*: item_tower.*, user_tower.*
  checkpoint.json        format, types and configs of the towers, the run, seed, commit, data hash, metrics, encoders
last/                    the same two files, and what `--resume` needs beside them:
  training.safetensors   optimiser and generator state
  training.json          epochs so far and the best one
"""

import hashlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypedDict, cast

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kernel.files import replaced_path, write_directory_whole
from kernel.json_object import JsonMapping, JsonObject
from trainer import towers as tower_modules
from trainer.errors import CheckpointError
from trainer.pretrained import branches
from trainer.pretrained.branches import Branch
from trainer.towers.tower import Tower

FORMAT = 2  # 1 had the two towers beside the other keys
WEIGHTS_FILE = "weights.safetensors"
CHECKPOINT_FILE = "checkpoint.json"
TRAINING_WEIGHTS_FILE = "training.safetensors"
TRAINING_FILE = "training.json"


@cache
def tower_types() -> Mapping[str, type[Tower | Branch]]:
    """Return every class that a checkpoint may name, by its name: each Tower of trainer/towers and each Branch."""
    names = [f"{tower_modules.__name__}.{file.name}" for file in pkgutil.iter_modules(tower_modules.__path__)]
    modules = [*map(import_module, names), branches]
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return {kind.__name__: kind for kind in found if issubclass(kind, Tower | Branch) and kind not in (Tower, Branch)}


class EncoderRecord(TypedDict):
    """The encoders that made a model's features, and `dim`, the width of the model's embeddings."""

    space: str
    name: str
    text_dim: int
    image_dim: int
    dim: int


class TowerRecord(TypedDict):
    """A tower's class and the arguments that build it."""

    type: str
    config: JsonObject


class Origin(TypedDict):
    """The origin of trained towers. `run`: the run's configuration, as in its TOML file."""

    run: JsonObject
    seed: int
    commit: str | None
    data_hash: str | None
    encoders: EncoderRecord


class CheckpointDocument(Origin):
    """Content of checkpoint.json. `metrics`: "valid" and, after a run, "test" and "protocol", as in its report."""

    format: int
    towers: dict[str, TowerRecord]
    metrics: JsonObject
    epoch: int
    step: int
    weights_sha256: str


@dataclass(frozen=True)
class Checkpoint:
    """Trained towers and their origin."""

    towers: Mapping[str, nn.Module]  # "item_tower", "user_tower" and others of the model
    run: JsonMapping  # the run's configuration, as in its TOML file
    seed: int
    encoders: EncoderRecord
    commit: str | None = None  # None outside a git checkout
    data_hash: str | None = None
    metrics: JsonMapping = field(default_factory=dict)
    epoch: int = 0  # finished epochs
    step: int = 0  # optimiser steps

    @property
    def item_tower(self) -> nn.Module:
        """The tower that embeds items; raises CheckpointError where there is none."""
        return self._tower("item_tower")

    @property
    def user_tower(self) -> nn.Module:
        """The tower that embeds users; raises CheckpointError where there is none."""
        return self._tower("user_tower")

    def _tower(self, name: str) -> nn.Module:
        if name not in self.towers:
            raise CheckpointError(f"this checkpoint has no {name}, only {', '.join(sorted(self.towers))}")
        return self.towers[name]


@dataclass(frozen=True)
class TrainingState:
    """State that training needs, besides the towers, to resume exactly."""

    tensors: Mapping[str, Tensor]
    values: JsonMapping


def save(checkpoint: Checkpoint, directory: Path, training: TrainingState | None = None) -> None:
    """Write the checkpoint to `directory` and replace what is there; a crash leaves the old one or the new one."""
    with write_directory_whole(Path(directory)) as new:
        _write(checkpoint, new, training)


def exists(directory: Path) -> bool:
    """Return whether `directory` is there, or the old checkpoint of a crash between the two renames of `save`."""
    directory = Path(directory)
    # A directory without a checkpoint counts: `save` would replace it, and it may hold other files.
    return directory.exists() or replaced_path(directory).exists()


def load(directory: Path) -> Checkpoint:
    """Return the checkpoint with its towers rebuilt on the CPU in evaluation mode; raises CheckpointError."""
    directory = _existing(Path(directory))
    document = read_document(directory)
    weights = _read_tensors(directory / WEIGHTS_FILE, document["weights_sha256"])
    towers = {}
    for name, described in document["towers"].items():
        mine = {key[len(name) + 1 :]: weights.pop(key) for key in sorted(weights) if key.startswith(f"{name}.")}
        towers[name] = _rebuild(name, described, mine, directory)
    if weights:
        raise CheckpointError(f"{directory / WEIGHTS_FILE}: tensors that belong to no tower: {_some(weights)}")
    return Checkpoint(
        towers=towers,
        run=document["run"],
        seed=document["seed"],
        encoders=document["encoders"],
        commit=document["commit"],
        data_hash=document["data_hash"],
        metrics=document["metrics"],
        epoch=document["epoch"],
        step=document["step"],
    )


def load_training_state(directory: Path) -> TrainingState:
    """Return the `training` that `save` wrote; raises CheckpointError where the checkpoint has none."""
    directory = _existing(Path(directory))
    if not (directory / TRAINING_FILE).is_file():
        raise CheckpointError(f"{directory}: has no {TRAINING_FILE}, so training cannot be resumed from it; use last/")
    values = _read_json(directory / TRAINING_FILE)
    return TrainingState(_read_tensors(directory / TRAINING_WEIGHTS_FILE, values.pop("weights_sha256")), values)


def read_document(directory: Path) -> CheckpointDocument:
    """Return checkpoint.json, checked for format and completeness, without reading the weights."""
    path = _existing(Path(directory)) / CHECKPOINT_FILE
    document = _read_json(path)
    found = document.get("format")
    if not isinstance(found, int) or found > FORMAT:
        raise CheckpointError(
            f"{path}: format {found!r}, but this version reads formats up to {FORMAT}; update carryover"
        )
    if found == 1 and {"item_tower", "user_tower"} <= document.keys():
        document["towers"] = {name: document.pop(name) for name in ("item_tower", "user_tower")}
    required = ("towers", "run", "seed", "encoders", "commit", "data_hash", "metrics", "epoch", "step")
    missing = [key for key in (*required, "weights_sha256") if key not in document]
    if missing:
        raise CheckpointError(f"{path}: not a checkpoint, it lacks {', '.join(missing)}")
    if not isinstance(document["towers"], dict) or not document["towers"]:
        raise CheckpointError(f"{path}: towers must name at least one tower, got {document['towers']!r}")
    return cast(CheckpointDocument, document)


def check_removable(directory: Path) -> None:
    """Raise CheckpointError unless the directory is a checkpoint and holds nothing else, so that it can be deleted.

    Only the names of its files are checked, so a damaged checkpoint can be deleted too.
    """
    if Path(directory).is_symlink() or not (Path(directory) / CHECKPOINT_FILE).is_file():
        raise CheckpointError(f"{directory}: is not a checkpoint directory; nothing was removed")
    known = {WEIGHTS_FILE, CHECKPOINT_FILE, TRAINING_WEIGHTS_FILE, TRAINING_FILE}
    if others := {path.name for path in Path(directory).iterdir()} - known:
        raise CheckpointError(f"{directory}: holds more than a checkpoint: {_some(others)}; nothing was removed")


def _write(checkpoint: Checkpoint, directory: Path, training: TrainingState | None) -> None:
    weights: dict[str, Tensor] = {}
    document: JsonObject = {"format": FORMAT, "towers": {}}
    for name, tower in checkpoint.towers.items():
        kind = type(tower)
        if not isinstance(tower, Tower | Branch) or tower_types().get(kind.__name__) is not kind:
            raise CheckpointError(
                f"{name}: {kind.__name__} is not a Tower of trainer/towers, so it could not be loaded again"
            )
        document["towers"][name] = {"type": kind.__name__, "config": tower.config}
        weights |= {f"{name}.{key}": tensor for key, tensor in tower.state_dict().items()}
    document |= {
        "run": dict(checkpoint.run),
        "seed": checkpoint.seed,
        "commit": checkpoint.commit,
        "data_hash": checkpoint.data_hash,
        "metrics": dict(checkpoint.metrics),
        "encoders": {**checkpoint.encoders},
        "epoch": checkpoint.epoch,
        "step": checkpoint.step,
        "weights_sha256": _write_tensors(weights, directory / WEIGHTS_FILE),
    }
    _write_json(document, directory / CHECKPOINT_FILE)
    if training is not None:
        digest = _write_tensors(training.tensors, directory / TRAINING_WEIGHTS_FILE)
        _write_json({**training.values, "weights_sha256": digest}, directory / TRAINING_FILE)


def _rebuild(name: str, described: Any, weights: dict[str, Tensor], directory: Path) -> nn.Module:
    where = f"{directory / CHECKPOINT_FILE}: {name}"
    if not isinstance(described, dict) or not isinstance(described.get("config"), dict) or "type" not in described:
        raise CheckpointError(f"{where}: expected {{type, config}}, got {described!r}")
    if described["type"] not in tower_types():
        known = ", ".join(sorted(tower_types()))
        raise CheckpointError(f"{where}: unknown tower type {described['type']!r}; known: {known}")
    try:
        tower = tower_types()[described["type"]](**described["config"])
    except (TypeError, ValueError, RuntimeError) as error:  # torch raises RuntimeError for an impossible size
        raise CheckpointError(f"{where}: {described['type']} does not take this config: {error}") from error
    _check_tensors(tower.state_dict(), weights, f"{directory / WEIGHTS_FILE}: {name}")
    tower.load_state_dict(weights)
    return tower.eval()


def _check_tensors(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], where: str) -> None:
    if missing := expected.keys() - found.keys():
        raise CheckpointError(f"{where}: missing tensors: {_some(missing)}")
    if extra := found.keys() - expected.keys():
        raise CheckpointError(f"{where}: tensors that the tower does not have: {_some(extra)}")
    for key, tensor in expected.items():
        if (tensor.shape, tensor.dtype) != (found[key].shape, found[key].dtype):
            raise CheckpointError(
                f"{where}: {key} should be {tuple(tensor.shape)} {tensor.dtype}, "
                f"but is {tuple(found[key].shape)} {found[key].dtype}"
            )


def _some(names: Any, limit: int = 5) -> str:
    listed = sorted(names)
    return ", ".join(listed[:limit]) + (f" and {len(listed) - limit} more" if len(listed) > limit else "")


def _existing(directory: Path) -> Path:
    for candidate in (directory, replaced_path(directory)):
        if (candidate / CHECKPOINT_FILE).is_file():
            return candidate
    raise CheckpointError(
        f"{directory}: no checkpoint here (no {CHECKPOINT_FILE}); give a run's best/ or last/ directory"
    )


def _write_json(document: JsonMapping, path: Path) -> None:
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _read_json(path: Path) -> JsonObject:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise CheckpointError(f"{path}: expected a JSON object, got {type(document).__name__}")
    return document


def _write_tensors(tensors: Mapping[str, Tensor], path: Path) -> str:
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    return _sha256(path)


def _read_tensors(path: Path, sha256: str) -> dict[str, Tensor]:
    try:
        if _sha256(path) != sha256:
            raise CheckpointError(f"{path}: its SHA-256 is not the recorded one; the file was damaged or replaced")
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    return tensors


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
