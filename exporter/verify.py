"""Verification of a bundle: schema, paths, hashes, ONNX, declared tensors, a forward pass, and probes."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors
from tokenizers import Tokenizer

from encoders.errors import EncodingError
from encoders.probe_check import check_bounded
from encoders.probes import ProbedBundle
from encoders.token_table import TokenTable, read_table
from exporter import browser_probes, lite_rules, parity
from exporter.bundle_draft import KINDS, MANIFEST
from exporter.errors import BundleError, ExportError
from kernel.bounded_process import Limits
from kernel.bundle_agreement import LITE_IMAGE, browser_towers, lite_image, lite_towers
from kernel.bundle_probes import ProbeError
from kernel.bundle_rules import first_problem
from kernel.bundle_signature import SIGNATURE, SignatureError, Signer, read_signature, signer_of
from kernel.contract_types import BundleManifest, BundleTower
from kernel.onnx_graph import graph_problem
from kernel.shop_metric import ShopMetricError, bundle_metric

MAX_MANIFEST_BYTES = 1_000_000
_UNIT_TOLERANCE = 1e-3
_SENTENCES = ("striped linen shirt, navy", "oak wall clock 30 cm")


def verify(
    directory: Path,
    report: Callable[[str], None] = lambda line: None,
    trusted: Mapping[bytes, str] | None = None,
    limits: Limits | None = None,
) -> BundleManifest:
    """Return a bundle's manifest after all checks; raises BundleError that names the first failure.

    Args:
        directory: the bundle.
        report: receives the name of each passed check.
        trusted: keys, one of which must have signed the bundle.
        limits: on time and memory of the process that runs the towers, by default those of the bundle's size.
    """
    manifest = read_manifest(directory)
    signer = bundle_signer(directory, trusted)
    report(f"{SIGNATURE}: signed by {signer}" if signer else "not signed")
    report(f"{MANIFEST}: follows the contract, its fields agree, space is what they give")
    _check_files(directory, manifest, report)
    for tower in _towers(manifest).values():
        _check_graph(directory, tower)
    if "table" in manifest["text"]:
        _checked_table(directory, manifest)
    else:
        _check_tokenizer(directory, manifest)
    report(f"text.{'table' if 'table' in manifest['text'] else 'tokenizer'} agrees with its file")
    _check_shop_metric(directory, manifest)
    try:
        for line in check_bounded(directory, manifest, limits, "exporter.tower_check"):
            report(line)
    except (EncodingError, ProbeError) as error:
        raise BundleError(str(error)) from error
    return manifest


def check_towers(directory: Path, manifest: BundleManifest, report: Callable[[str], None]) -> None:
    """Load and run the towers of a bundle that passed every other check.

    Raises BundleError or ProbeError for what they answer, EncodingError where one cannot be run. Towers of unknown
    origin may take any time and memory, so `verify` has this done in a process with limits.
    """
    runners = {}
    for field, tower in _towers(manifest).items():
        runners[field.removeprefix("towers.")] = _loaded(directory, tower)
        report(f"{field}: {tower['file']} loads, inputs and outputs are as declared")
    table = _checked_table(directory, manifest) if "table" in manifest["text"] else None
    _check_forward(manifest, runners, table)
    report("a forward pass gives unit vectors of the right size")
    ProbedBundle(directory, manifest).check()
    if table is not None and LITE_IMAGE in runners:
        browser_probes.check_images(directory, manifest, runners[LITE_IMAGE], table)
    report(f"{manifest['probes']['file']}: every probe gives its stated vector")


def _towers(manifest: BundleManifest) -> dict[str, BundleTower]:
    """Return the towers of a bundle by their place in the manifest."""
    entries = cast(Mapping[str, BundleTower], manifest["towers"])
    towers = {f"towers.{key}": tower for key, tower in entries.items()}
    return towers | browser_towers(manifest)


def bundle_signer(directory: Path, trusted: Mapping[bytes, str] | None) -> Signer | None:
    """Return whose key signed a bundle, None where it is unsigned; raises BundleError as `signer_of` does."""
    try:
        return signer_of((directory / MANIFEST).read_bytes(), read_signature(directory), trusted)
    except SignatureError as error:
        raise BundleError(f"{directory}: {error}") from error


def bundle_id(directory: Path) -> str:
    """Return SHA-256 of the manifest's bytes."""
    return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()


def read_manifest(directory: Path) -> BundleManifest:
    """Return the manifest, checked against the contract; raises BundleError."""
    path = directory / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"{path}: expected a bundle's manifest, found no such file; give the bundle's directory")
    data = path.read_bytes()
    if len(data) > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path}: {len(data)} bytes, expected at most {MAX_MANIFEST_BYTES}")
    try:
        manifest = json.loads(data, parse_constant=_refuse_constant)
    except ValueError as error:
        raise BundleError(f"{path}: is not JSON: {error}") from error
    problem = first_problem(manifest)
    if problem is not None:
        raise BundleError(f"{path}: {problem}")
    return cast(BundleManifest, manifest)  # the contract has been checked


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _check_files(directory: Path, manifest: BundleManifest, report: Callable[[str], None]) -> None:
    for name, expected in manifest["files"].items():
        path = directory / name
        # The contract's pattern allows neither "..", nor a leading "/": what is left to refuse are links.
        if any(step.is_symlink() for step in (path, *path.parents[: name.count("/")])):
            raise BundleError(f"{path}: is a symbolic link; a bundle holds plain files only")
        if not path.is_file():
            raise BundleError(f"{path}: files names it, but there is no such file")
        if path.stat().st_size != expected["bytes"]:
            raise BundleError(f"{path}: {path.stat().st_size} bytes, the manifest says {expected['bytes']}")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected["sha256"]:
            raise BundleError(f"{path}: SHA-256 is {found}, the manifest says {expected['sha256']}")
        report(f"{name}: {expected['bytes']:,} bytes, hash as in the manifest")
    present = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir()}
    if strays := sorted(present - manifest["files"].keys() - {MANIFEST, SIGNATURE}):
        raise BundleError(f"{directory / strays[0]}: is in the bundle but not in the manifest's files")


def _check_graph(directory: Path, tower: BundleTower) -> None:
    path = directory / tower["file"]
    if (problem := graph_problem(path.read_bytes(), tower)) is not None:
        raise BundleError(f"{path}: {problem}")


def _loaded(directory: Path, tower: BundleTower) -> parity.Runner:
    path = directory / tower["file"]
    try:
        runner = parity.Runner(path.read_bytes())
    except (ort_errors.Fail, ort_errors.InvalidProtobuf, ort_errors.InvalidGraph, ort_errors.InvalidArgument) as error:
        raise EncodingError(f"{path}: ONNX Runtime cannot load it: {_first_line(error)}") from error
    except (ort_errors.NotImplemented, ort_errors.RuntimeException) as error:
        raise EncodingError(f"{path}: ONNX Runtime cannot run it here: {_first_line(error)}") from error
    return runner


def _first_line(error: Exception) -> str:
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).splitlines()[0][:200]


def _shape(tower: BundleTower, role: str) -> list[Any]:
    tensors = (*tower["inputs"], *tower["outputs"])
    shape: list[Any] = next(tensor["shape"] for tensor in tensors if tensor["role"] == role)
    return shape


def _checked_table(directory: Path, manifest: BundleManifest) -> TokenTable:
    try:
        return read_table(directory, manifest["text"]["table"])
    except EncodingError as error:
        raise BundleError(str(error)) from error


def _check_tokenizer(directory: Path, manifest: BundleManifest) -> None:
    about = manifest["text"]["tokenizer"]
    path = directory / about["file"]
    try:
        tokenizer = Tokenizer.from_buffer(path.read_bytes())
    except ValueError as error:
        raise BundleError(f"{path}: is not a tokenizer.json: {error}") from error
    limit = (tokenizer.truncation or {}).get("max_length")
    if limit != about["maxTokens"]:
        raise BundleError(f"{path}: truncates at {limit}, text.tokenizer.maxTokens says {about['maxTokens']}")
    fixed = (tokenizer.padding or {}).get("length")
    if fixed != about.get("padTo"):
        raise BundleError(f"{path}: pads to {fixed}, text.tokenizer.padTo says {about.get('padTo')}")


def _check_shop_metric(directory: Path, manifest: BundleManifest) -> None:
    if "shopMetric" not in manifest:
        return
    path = directory / manifest["shopMetric"]["file"]
    try:
        bundle_metric(manifest["shopMetric"], path.read_bytes(), manifest["dim"], manifest.get("filler"))
    except ShopMetricError as error:
        raise BundleError(f"{path}: {error}") from error


def _check_forward(manifest: BundleManifest, runners: dict[str, parity.Runner], table: TokenTable | None) -> None:
    """Run every tower on plausible inputs and check its outputs."""
    towers = manifest["towers"]
    if table is not None:
        text = table.encode(_SENTENCES)
        tokens: dict[str, parity.Array] = {"text": text}
    else:
        length = _shape(towers["textEncoder"], "inputIds")[-1]
        ids = np.ones((2, length if isinstance(length, int) else 5), dtype=np.int64)
        tokens = {"inputIds": ids, "attentionMask": np.ones_like(ids)}
        text = _run("textEncoder", runners, towers["textEncoder"], tokens)
    image = np.zeros((2, _shape(towers["itemTower"], "image")[-1]), dtype=np.float32)
    if "imageEncoder" in runners:
        shown = {"pixels": _grey(manifest["image"]["size"])}
        image = _run("imageEncoder", runners, towers["imageEncoder"], shown)
    for mask in ([1, 1], [0, 1], [1, 0]) if "imageEncoder" in runners else ([1, 0],):
        both = np.array([mask, mask], dtype=np.float32)
        feeds = {"text": text * both[:, :1], "image": image * both[:, 1:], "modalityMask": both}
        items = _run("itemTower", runners, towers["itemTower"], feeds)
        _check_unit("towers.itemTower", items)
    history = {
        "items": np.stack([items, items]),
        "kinds": np.array([[0, 1], [KINDS.index("purchase"), KINDS.index("dismiss")]]),
        "agesDays": np.array([[0, 40], [400, 2]], dtype=np.float32),
        "itemMask": np.array([[1, 1], [1, 0]], dtype=np.float32),
        "weights": np.array([[1, 5], [2, 1]], dtype=np.float32),
    }
    _check_unit("towers.userTower", _run("userTower", runners, towers["userTower"], history))
    for key, tower in lite_towers(manifest).items():
        _check_unit(f"lite.{key}", _run(f"lite.{key}", runners, tower, {**tokens, **history}))
    if (browser := lite_image(manifest)) is not None:
        shown = {"pixels": _grey(browser["rule"]["size"])}
        _check_unit(LITE_IMAGE, _run(LITE_IMAGE, runners, browser["toItem"], shown))
    if table is not None:
        _check_text_block(manifest, runners, table)
    _check_pooling(manifest, runners)


def _grey(size: int) -> parity.Array:
    """Return two images of every grey, (2, 3, size, size)."""
    return np.linspace(-1, 1, 2 * 3 * size * size, dtype=np.float32).reshape(2, 3, size, size)


def _check_text_block(manifest: BundleManifest, runners: dict[str, parity.Runner], table: TokenTable) -> None:
    """Compare `lite.textBlock` with the item tower; a text of which nothing is known is among the samples."""
    rule = manifest.get("lite", {}).get("textBlock")
    if rule is None:
        return
    tower, text = manifest["towers"]["itemTower"], table.encode((*_SENTENCES, ""))
    only_text = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(text), 1))
    image = np.zeros((len(text), _shape(tower, "image")[-1]), dtype=np.float32)
    expected = _run("itemTower", runners, tower, {"text": text, "image": image, "modalityMask": only_text})
    got = lite_rules.text_block(text, rule, manifest["dim"], manifest["filler"])
    _check_parity("lite.textBlock", "itemTower", tower, got, expected)


def _check_pooling(manifest: BundleManifest, runners: dict[str, parity.Runner]) -> None:
    """Compare `lite.pooling` with the user tower."""
    rule = manifest.get("lite", {}).get("pooling")
    if rule is None:
        return
    tower, histories = manifest["towers"]["userTower"], lite_rules.sample_histories(manifest["dim"], [*KINDS])
    expected = _run("userTower", runners, tower, histories)
    got = lite_rules.pool(histories, rule, manifest.get("filler"))
    _check_parity("lite.pooling", "userTower", tower, got, expected)


def _check_parity(field: str, against: str, tower: BundleTower, got: parity.Array, expected: parity.Array) -> None:
    try:
        parity.parity(field, f"towers.{against}", got, expected, int8=tower["precision"] != "float32")
    except ExportError as error:
        raise BundleError(str(error)) from error


def _run(key: str, runners: dict[str, parity.Runner], tower: BundleTower, by_role: parity.Feeds) -> parity.Array:
    feeds = {tensor["name"]: by_role[tensor["role"]].astype(tensor["dtype"]) for tensor in tower["inputs"]}
    try:
        output = runners[key](feeds)
    except (ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.RuntimeException) as error:
        raise EncodingError(f"{tower['file']}: a forward pass of {key} fails: {_first_line(error)}") from error
    expected = _shape(tower, "embedding")[-1]
    if output.ndim != 2 or output.shape[1] != expected or not np.isfinite(output).all():
        raise BundleError(f"{tower['file']}: {key} gives {output.shape} or numbers that are not finite")
    return output.astype(np.float32)


def _check_unit(field: str, vectors: parity.Array) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    if np.abs(lengths - 1).max() > _UNIT_TOLERANCE:
        raise BundleError(f"{field}: its vectors have the lengths {lengths.round(4).tolist()}, expected 1")
