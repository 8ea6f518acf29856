"""Loads a bundle directory and verifies everything its manifest says before any of it is used."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import orjson

from encoders.errors import EncodingError
from encoders.probe_check import check_bounded
from kernel.bundle_agreement import browser_towers
from kernel.bundle_probes import ProbeError
from kernel.bundle_rules import first_problem
from kernel.bundle_signature import SignatureError, Signer, read_signature, read_trusted_keys, signer_of
from kernel.contract_types import BundleFile, BundleManifest, BundleTower
from kernel.onnx_graph import graph_problem
from kernel.shop_metric import BundleMetric, ShopMetricError, bundle_metric
from server.errors import BundleError

MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Bundle:
    """A verified bundle; `bundle_id` is the SHA-256 of its manifest."""

    directory: Path
    bundle_id: str
    name: str
    dim: int
    space: str
    sha256_of: Mapping[str, str]
    manifest: BundleManifest
    metric: BundleMetric | None = None
    signer: Signer | None = None

    @property
    def filler(self) -> int | None:
        """Return the coordinate for an item's missing modality, if the bundle has one."""
        return self.manifest.get("filler")


def load_bundle(directory: Path, trusted_keys: Path | None = None) -> Bundle:
    """Return the bundle in `directory`; raises BundleError that names the mismatch.

    With a file of trusted keys, one of them must have signed the bundle.
    """
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
    signer = _signer(directory, raw, trusted_keys)
    problem = first_problem(manifest)
    if problem is not None:
        raise BundleError(f"{manifest_path}: {problem}")
    for name, entry in manifest["files"].items():
        _verify_file(directory, name, entry)
    _refuse_graphs(directory, manifest)
    _refuse_image_without_encoder(directory, manifest)
    return Bundle(
        directory=directory,
        bundle_id=hashlib.sha256(raw).hexdigest(),
        name=manifest["name"],
        dim=manifest["dim"],
        space=manifest["space"],
        sha256_of={name: entry["sha256"] for name, entry in manifest["files"].items()},
        manifest=manifest,
        metric=_shop_metric(directory, manifest),
        signer=signer,
    )


def check_probes(bundle: Bundle) -> None:
    """Raise BundleError unless the towers of a loaded bundle give the vectors of its probes.

    They run in a child process with limits on time and memory, which takes seconds: once at a program's start.
    """
    try:
        check_bounded(bundle.directory, bundle.manifest)
    except (EncodingError, ProbeError) as error:
        raise BundleError(str(error)) from error


def _signer(directory: Path, manifest: bytes, trusted_keys: Path | None) -> Signer | None:
    try:
        trusted = None if trusted_keys is None else read_trusted_keys(trusted_keys)
        return signer_of(manifest, read_signature(directory), trusted)
    except SignatureError as error:
        raise BundleError(f"{directory}: {error}") from error


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


def _refuse_graphs(directory: Path, manifest: BundleManifest) -> None:
    """Raise BundleError for an ONNX file that no runtime should open, or that is not what the manifest declares."""
    towers = cast(Mapping[str, BundleTower], manifest["towers"])
    for tower in (*towers.values(), *browser_towers(manifest).values()):
        path = directory / tower["file"]
        if (problem := graph_problem(path.read_bytes(), tower)) is not None:
            raise BundleError(f"{path}: {problem}")


def _shop_metric(directory: Path, manifest: BundleManifest) -> BundleMetric | None:
    if "shopMetric" not in manifest:
        return None
    rule = manifest["shopMetric"]
    path = directory / rule["file"]
    try:
        return bundle_metric(rule, path.read_bytes(), manifest["dim"], manifest.get("filler"))
    except ShopMetricError as error:
        raise BundleError(f"{path}: {error}; export the bundle again") from error


def _refuse_image_without_encoder(directory: Path, manifest: BundleManifest) -> None:
    roles = {tensor["role"] for tensor in manifest["towers"]["itemTower"]["inputs"]}
    if "image" in roles and "imageEncoder" not in manifest["towers"]:
        raise BundleError(f"{directory}: itemTower takes an image, but the bundle has no imageEncoder")
