"""Loads a bundle directory and verifies everything its manifest says before any of it is used."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import orjson

from kernel.bundle_rules import first_problem
from kernel.contract_types import BundleFile, BundleManifest, BundleTower
from kernel.contract_types import Tensor as TensorEntry
from kernel.shop_metric import BundleMetric, ShopMetricError, bundle_metric
from server.errors import BundleError

MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Tensor:
    """One input or output of a tower, as the manifest names it."""

    name: str
    role: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Tower:
    """One ONNX file with its verified path."""

    path: Path
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def width(self, output: int = 0) -> int:
        """Return the last dimension of an output, which the manifest must state as a number."""
        width = self.outputs[output].shape[-1]
        if not isinstance(width, int):
            raise BundleError(f"{self.path.name}: expected a fixed last dimension of output, got {width!r}")
        return width


@dataclass(frozen=True)
class Bundle:
    """A verified bundle; `bundle_id` is the SHA-256 of its manifest."""

    directory: Path
    bundle_id: str
    name: str
    dim: int
    space: str
    sha256_of: Mapping[str, str]
    towers: Mapping[str, Tower]
    tokenizer_path: Path
    manifest: BundleManifest
    metric: BundleMetric | None = None

    @property
    def filler(self) -> int | None:
        """Return the coordinate for an item's missing modality, if the bundle has one."""
        return self.manifest.get("filler")


def load_bundle(directory: Path) -> Bundle:
    """Return the bundle in `directory`; raises BundleError that names the mismatch."""
    directory = directory.resolve()  # the operator may link to a bundle; a bundle's own files may not link anywhere
    manifest_path = directory / MANIFEST
    if not manifest_path.is_file() or manifest_path.is_symlink():
        raise BundleError(f"expected a bundle with a {MANIFEST} in {directory}, found none; see `python -m exporter`")
    if manifest_path.stat().st_size > _MAX_MANIFEST_BYTES:
        raise BundleError(f"{manifest_path}: expected at most {_MAX_MANIFEST_BYTES} bytes")
    raw = manifest_path.read_bytes()
    try:
        manifest: BundleManifest = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BundleError(f"{manifest_path}: expected JSON: {error}") from error
    problem = first_problem(manifest)
    if problem is not None:
        raise BundleError(f"{manifest_path}: {problem}")
    for name, entry in manifest["files"].items():
        _verify_file(directory, name, entry)
    entries = cast(Mapping[str, BundleTower], manifest["towers"])
    towers = {key: _tower(directory, tower) for key, tower in entries.items()}
    bundle = Bundle(
        directory=directory,
        bundle_id=hashlib.sha256(raw).hexdigest(),
        name=manifest["name"],
        dim=manifest["dim"],
        space=manifest["space"],
        sha256_of={name: entry["sha256"] for name, entry in manifest["files"].items()},
        towers=towers,
        tokenizer_path=directory / manifest["text"]["tokenizer"]["file"],
        manifest=manifest,
        metric=_shop_metric(directory, manifest),
    )
    _check_item_tower(bundle)
    if bundle.filler is not None and bundle.filler >= bundle.dim:
        raise BundleError(f"{MANIFEST}: expected filler below dim {bundle.dim}, got {bundle.filler}")
    return bundle


def _verify_file(directory: Path, name: str, entry: BundleFile) -> None:
    path = directory / name
    for part in (path, *path.relative_to(directory).parents):
        if (directory / part).is_symlink():
            raise BundleError(f"{path}: expected a plain file, got a symbolic link")
    if not path.is_file():
        raise BundleError(f"{path}: named by the manifest but missing")
    size = path.stat().st_size
    if size != entry["bytes"]:
        raise BundleError(f"{path}: expected {entry['bytes']} bytes, got {size}; copy the bundle again")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != entry["sha256"]:
        raise BundleError(f"{path}: expected SHA-256 {entry['sha256']}, got {digest}; copy the bundle again")


def _tower(directory: Path, tower: BundleTower) -> Tower:
    return Tower(
        path=directory / tower["file"],
        inputs=tuple(_tensor(tensor) for tensor in tower["inputs"]),
        outputs=tuple(_tensor(tensor) for tensor in tower["outputs"]),
    )


def _tensor(tensor: TensorEntry) -> Tensor:
    return Tensor(tensor["name"], tensor["role"], tensor["dtype"], tuple(tensor["shape"]))


def _shop_metric(directory: Path, manifest: BundleManifest) -> BundleMetric | None:
    if "shopMetric" not in manifest:
        return None
    rule = manifest["shopMetric"]
    path = directory / rule["file"]
    try:
        return bundle_metric(rule, path.read_bytes(), manifest["dim"], manifest.get("filler"))
    except ShopMetricError as error:
        raise BundleError(f"{path}: {error}; export the bundle again") from error


def _check_item_tower(bundle: Bundle) -> None:
    roles = {tensor.role for tensor in bundle.towers["itemTower"].inputs}
    if not {"text", "modalityMask"} <= roles <= {"text", "image", "modalityMask"}:
        raise BundleError(f"{bundle.directory}: itemTower needs inputs text, modalityMask (and image), got {roles}")
    has_images = "imageEncoder" in bundle.towers
    if has_images != ("image" in roles) or has_images != ("image" in bundle.manifest):
        raise BundleError(f"{bundle.directory}: imageEncoder, image preprocessing and itemTower's image input differ")
    width = bundle.towers["itemTower"].width()
    if width != bundle.dim:
        raise BundleError(f"{bundle.directory}: expected itemTower to give dim {bundle.dim}, manifest says {width}")
