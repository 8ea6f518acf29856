"""A damaged or hostile bundle is refused, and the message names what is wrong."""

import contextlib
import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest

from exporter.__main__ import main
from exporter.errors import BundleError
from exporter.verify import verify
from kernel.bundle_rules import space_of


def _manifest(bundle):
    return json.loads((bundle / "manifest.json").read_text())


def _rewrite(bundle, change):
    """Change the manifest; its space follows unless the change is to the space itself."""
    manifest = _manifest(bundle)
    before = manifest.get("space")
    change(manifest)
    if manifest.get("space") == before:
        with contextlib.suppress(KeyError):  # a change may take away what the space is made of
            manifest["space"] = space_of(manifest)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def _replace_file(bundle, name, data):
    """Put other bytes under a name, hash and size in the manifest included: a careful attacker."""
    (bundle / name).write_bytes(data)
    _rewrite(
        bundle,
        lambda manifest: manifest["files"].update(
            {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
        ),
    )


def _refused(bundle, message):
    with pytest.raises(BundleError, match=message):
        verify(bundle)


def test_a_good_bundle_passes_and_says_what_was_checked(tiny_bundle, capsys):
    assert main(["verify", str(tiny_bundle)]) == 0
    out = capsys.readouterr().out
    for name in _manifest(tiny_bundle)["files"]:
        assert f"ok  {name}: " in out
    assert f"bundleId {hashlib.sha256((tiny_bundle / 'manifest.json').read_bytes()).hexdigest()}" in out


def test_a_flipped_byte_is_found(bundle):
    path = bundle / "item_tower.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    _refused(bundle, r"item_tower\.onnx: SHA-256 is")


def test_a_truncated_file_is_found(bundle):
    path = bundle / "text_encoder.onnx"
    path.write_bytes(path.read_bytes()[:-100])
    _refused(bundle, r"text_encoder\.onnx: \d+ bytes, the manifest says")


def test_a_truncated_model_with_a_matching_hash_is_found(bundle):
    data = (bundle / "item_tower.onnx").read_bytes()
    _replace_file(bundle, "item_tower.onnx", data[: len(data) // 2])
    _refused(bundle, r"item_tower\.onnx: is not an ONNX file")


@pytest.mark.parametrize("data", [b"\x00", b"GIF89a not a model at all", b"{}"])
def test_a_file_that_is_no_model_is_found(bundle, data):
    _replace_file(bundle, "image_encoder.onnx", data)
    _refused(bundle, r"image_encoder\.onnx: ")


def test_a_missing_file_is_found(bundle):
    (bundle / "tokenizer.json").unlink()
    _refused(bundle, r"tokenizer\.json: files names it, but there is no such file")


def test_a_file_beside_the_manifest_s_is_found(bundle):
    (bundle / "lite" / "extra.bin").write_bytes(b"x")
    _refused(bundle, r"extra\.bin: is in the bundle but not in the manifest")


def test_a_symbolic_link_is_refused_even_to_the_right_bytes(bundle, tmp_path):
    outside = tmp_path / "outside.onnx"
    (bundle / "item_tower.onnx").rename(outside)
    (bundle / "item_tower.onnx").symlink_to(outside)
    _refused(bundle, r"item_tower\.onnx: is a symbolic link")


def test_a_directory_that_is_a_symbolic_link_is_refused(bundle, tmp_path):
    (bundle / "lite").rename(tmp_path / "elsewhere")
    (bundle / "lite").symlink_to(tmp_path / "elsewhere")
    _refused(bundle, "is a symbolic link")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "lite/../../x", ".hidden", "a\\..\\b", "lite//x", "a/"])
def test_a_path_out_of_the_bundle_is_refused(bundle, name):
    _rewrite(bundle, lambda manifest: manifest["files"].update({name: {"sha256": "0" * 64, "bytes": 1}}))
    _refused(bundle, r"manifest\.json: \$\.files: .*")


def test_a_tower_may_not_name_a_file_outside_the_list(bundle):
    _rewrite(bundle, lambda manifest: manifest["towers"]["itemTower"].update(file="../item_tower.onnx"))
    _refused(bundle, r"towers\.itemTower\.file: \.\./item_tower\.onnx is not among")


def test_the_tokenizer_may_not_name_a_file_outside_the_list(bundle):
    _rewrite(bundle, lambda manifest: manifest["text"]["tokenizer"].update(file="/etc/passwd"))
    _refused(bundle, r"text\.tokenizer\.file: /etc/passwd is not among")


def test_weights_outside_the_model_file_are_refused(bundle):
    model = onnx.load_model_from_string((bundle / "item_tower.onnx").read_bytes())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")
    _replace_file(bundle, "item_tower.onnx", model.SerializeToString())
    _refused(bundle, r"item_tower\.onnx: keeps weights in other files")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(extra=1), "extra"),
        (lambda manifest: manifest.update(format=3), r"format: expected 2, got 3"),
        (lambda manifest: manifest.update(format=1), r"format: got 1, .* an older exporter; export it again$"),
        (lambda manifest: manifest.update(space="0" * 64), "space: got 0{64}, but the item-side files and rules give"),
        (lambda manifest: manifest.pop("space"), "'space' is a required property"),
        (lambda manifest: manifest.update(dim="256"), "dim: "),
        (lambda manifest: manifest.update(dim=99), r"towers\.itemTower\.outputs: 18 does not agree with dim, 99"),
        (
            lambda manifest: manifest["towers"]["userTower"]["inputs"][1].update(dtype="int32"),
            r"user_tower\.onnx: has the inputs .*, the manifest says",
        ),
        (
            lambda manifest: manifest["towers"]["itemTower"]["outputs"][0].update(shape=["N", 17]),
            r"towers\.itemTower\.outputs: 17 does not agree with dim, 18",
        ),
        (
            lambda manifest: manifest["towers"]["itemTower"]["inputs"][0].update(role="pixels"),
            r"towers\.itemTower\.inputs: expected the roles",
        ),
        (
            lambda manifest: manifest["towers"]["userTower"]["inputs"][4].update(role="itemMask"),
            r"towers\.userTower\.inputs: expected the roles items, kinds, agesDays, itemMask, got .*itemMask, itemMask",
        ),
        (
            lambda manifest: manifest["towers"]["itemTower"]["inputs"][0].update(role="weights"),
            r"towers\.itemTower\.inputs: expected the roles",
        ),
        (lambda manifest: manifest.pop("image"), "image: missing"),
        (lambda manifest: manifest["image"].update(size=64, resize=64), r"towers\.imageEncoder\.inputs: \[3,32,32\]"),
        (lambda manifest: manifest["image"].update(resize=20), r"image\.resize: 20 is below"),
        (lambda manifest: manifest["lite"].update(downloadBytes=1), r"lite\.downloadBytes: 1 does not agree"),
        (lambda manifest: manifest["text"]["tokenizer"].update(maxTokens=64), r"truncates at 32, .* says 64"),
        (lambda manifest: manifest["text"]["tokenizer"].update(padTo=32), r"pads to None, .* says 32"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(bundle, change, message):
    _rewrite(bundle, change)
    _refused(bundle, message)


def test_an_item_tower_that_does_not_give_unit_vectors_is_refused(bundle):
    model = onnx.load_model_from_string((bundle / "item_tower.onnx").read_bytes())
    last = next(node for node in model.graph.node if "embedding" in node.output)
    last.output[:] = ["unit" if name == "embedding" else name for name in last.output]
    model.graph.initializer.append(onnx.helper.make_tensor("two", onnx.TensorProto.FLOAT, [], [2.0]))
    model.graph.node.append(onnx.helper.make_node("Mul", ["unit", "two"], ["embedding"]))
    _replace_file(bundle, "item_tower.onnx", model.SerializeToString())
    _refused(bundle, r"towers\.itemTower: its vectors have the lengths")


@pytest.mark.parametrize("data", [b"", b"not json", b"[]", b'{"format": NaN}', b"\xff\xfe", b" " * 1_000_001])
def test_a_manifest_that_is_no_manifest_is_refused(bundle, data):
    (bundle / "manifest.json").write_bytes(data)
    _refused(bundle, r"manifest\.json: ")


def test_verify_of_nothing_is_one_line_and_exit_code_2(tmp_path, capsys):
    assert main(["verify", str(tmp_path / "none")]) == 2
    err = capsys.readouterr().err
    assert re.fullmatch(r"exporter: .*none/manifest\.json: expected a bundle's manifest, .*\n", err)


def _moments(bundle, change):
    """Return the numbers of the bundle's shop metric after a change: mean (18), then 12 × 12 and 5 × 5."""
    numbers = np.frombuffer((bundle / "shop_metric.bin").read_bytes(), "<f4").copy()
    change(numbers)
    return numbers.tobytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda numbers: numbers.__setitem__(40, np.nan), "expected finite numbers only"),
        (lambda numbers: numbers.__setitem__(19, 5), "block 0: expected a symmetric covariance"),
        (lambda numbers: numbers.__setitem__(slice(162, None), -numbers[162:]), "block 12: expected a positive cov"),
        (lambda numbers: numbers.__setitem__(slice(12), 1), "block 0: the mean has the length 3.464"),
        (lambda numbers: numbers.__setitem__(17, 0.5), "mean: expected 0 outside the blocks, got it not at 17"),
    ],
)
def test_a_senseless_shop_metric_is_refused(bundle, change, message):
    _replace_file(bundle, "shop_metric.bin", _moments(bundle, change))
    _refused(bundle, rf"shop_metric\.bin: {message}")


def test_a_shop_metric_of_other_sizes_is_refused(bundle):
    _replace_file(bundle, "shop_metric.bin", (bundle / "shop_metric.bin").read_bytes()[:-4])
    size = _manifest(bundle)["lite"]["downloadBytes"] - 4
    _rewrite(bundle, lambda manifest: manifest["lite"].update(downloadBytes=size))
    _refused(bundle, r"shop_metric\.bin: expected 748 bytes for its blocks and dim 18, got 744")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": [{"start": 0, "length": 19}]}, r"\$\.shopMetric\.blocks: block 0 \+ 19: expected it inside dim 18"),
        ({"blocks": [{"start": 0, "length": 12}, {"start": 11, "length": 5}]}, r"\$\.shopMetric\.blocks: .*overlap"),
        ({"blocks": []}, r"\$\.shopMetric\.blocks: "),
        ({"file": "elsewhere.bin"}, r"\$\.shopMetric\.file: elsewhere\.bin is not among"),
        ({"lambda": 0}, r"\$\.shopMetric\.lambda: "),
        ({"pseudoItems": 0}, r"\$\.shopMetric\.pseudoItems: "),
    ],
)
def test_a_senseless_rule_of_the_shop_metric_is_refused(bundle, change, message):
    _rewrite(bundle, lambda manifest: manifest["shopMetric"].update(change))
    _refused(bundle, message)


def test_a_shop_metric_with_the_filler_in_a_block_is_refused(bundle):
    _rewrite(bundle, lambda manifest: manifest.update(filler=16))
    _refused(bundle, r"\$\.shopMetric\.blocks: block 12 \+ 5: expected it without the filler 16")


def test_the_process_that_runs_the_towers_does_not_wait_for_torch():
    script = "import sys, exporter.tower_check; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
