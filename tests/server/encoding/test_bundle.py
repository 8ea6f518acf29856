import base64
import contextlib
import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tiny_bundle import make_tiny_bundle, write_manifest

from kernel.bundle_rules import space_of
from kernel.bundle_signature import sign
from kernel.contracts import CONTRACTS
from kernel.item_text import item_text
from server.encoding.bundle import load_bundle
from server.errors import BundleError


@pytest.fixture
def bundle_dir(tmp_path, tiny_bundle):
    return shutil.copytree(tiny_bundle, tmp_path / "copy")


def edit_manifest(bundle_dir, **changes):
    path = bundle_dir / "manifest.json"
    manifest = json.loads(path.read_text()) | changes
    if "space" not in changes:
        with contextlib.suppress(KeyError):  # a change may take away what the space is made of
            manifest["space"] = space_of(manifest)
    path.write_text(json.dumps(manifest))


def truncate(bundle_dir):
    path = bundle_dir / "item.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    return "item.onnx"


def flip_bit(bundle_dir):
    path = bundle_dir / "text.onnx"
    raw = bytearray(path.read_bytes())
    raw[100] ^= 1
    path.write_bytes(raw)
    return "text.onnx"


def remove(bundle_dir):
    (bundle_dir / "tokenizer.json").unlink()
    return "tokenizer.json"


def link(bundle_dir):
    (bundle_dir / "image.onnx").rename(bundle_dir.parent / "elsewhere.onnx")
    (bundle_dir / "image.onnx").symlink_to(bundle_dir.parent / "elsewhere.onnx")
    return "symbolic link"


def traverse(bundle_dir):
    entry = {"sha256": "0" * 64, "bytes": 1}
    edit_manifest(bundle_dir, files={"../elsewhere.onnx": entry})
    return "../elsewhere.onnx"


def not_json(bundle_dir):
    (bundle_dir / "manifest.json").write_text("{")
    return "JSON"


def no_manifest(bundle_dir):
    (bundle_dir / "manifest.json").unlink()
    return "manifest.json"


def wrong_schema(bundle_dir):
    edit_manifest(bundle_dir, dim="wide")
    return "dim"


def wrong_dim(bundle_dir):
    edit_manifest(bundle_dir, dim=32)
    return "$.towers.itemTower.outputs: 16 does not agree with dim, 32"


def older_format(bundle_dir):
    edit_manifest(bundle_dir, format=1)
    return "$.format: got 1, expected 2: the bundle was made by an older exporter; export it again"


def wrong_space(bundle_dir):
    edit_manifest(bundle_dir, space="0" * 64)
    return f"$.space: got {'0' * 64}, but the item-side files and rules give"


def endless_loop(bundle_dir):
    cases = json.loads((CONTRACTS / "vectors" / "onnx-graphs.json").read_text())["cases"]
    loop = next(case["onnx"] for case in cases if case["name"] == "an endless loop")
    (bundle_dir / "user.onnx").write_bytes(base64.b64decode(loop))
    write_manifest(bundle_dir, json.loads((bundle_dir / "manifest.json").read_text()))
    return "user.onnx: uses the operator Loop, which a bundle must not"


def unnamed_tokenizer(bundle_dir):
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    manifest["text"]["tokenizer"]["file"] = "/etc/passwd"
    edit_manifest(bundle_dir, text=manifest["text"])
    return "/etc/passwd"


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        flip_bit,
        remove,
        link,
        traverse,
        not_json,
        no_manifest,
        wrong_schema,
        wrong_dim,
        unnamed_tokenizer,
        older_format,
        wrong_space,
        endless_loop,
    ],
)
def test_a_damaged_bundle_is_refused_and_the_damage_named(bundle_dir, damage):
    names = damage(bundle_dir)
    with pytest.raises(BundleError) as caught:
        load_bundle(bundle_dir)
    assert names in str(caught.value)


def test_a_directory_linked_inside_a_bundle_is_refused(tmp_path):
    bundle_dir = make_tiny_bundle(tmp_path / "b")
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.move(bundle_dir / "user.onnx", outside / "user.onnx")
    (bundle_dir / "lite").symlink_to(outside)
    manifest["files"]["lite/user.onnx"] = manifest["files"].pop("user.onnx")
    manifest["towers"]["userTower"]["file"] = "lite/user.onnx"
    (bundle_dir / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="symbolic link"):
        load_bundle(bundle_dir)


def test_an_operator_may_link_to_a_bundle(tiny_bundle, tmp_path):
    (tmp_path / "current").symlink_to(tiny_bundle)
    assert load_bundle(tmp_path / "current").bundle_id == load_bundle(tiny_bundle).bundle_id


def test_item_text_follows_the_shared_vectors():
    from kernel.contracts import CONTRACTS

    vectors = json.loads((CONTRACTS / "vectors" / "item-text.json").read_text())
    assert len(vectors["cases"]) > 3
    for case in vectors["cases"]:
        assert item_text(case["product"], vectors["itemText"]) == case["text"]


def test_with_trusted_keys_only_their_signed_bundles_are_served(bundle_dir, tmp_path):
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    trusted = tmp_path / "keys"
    trusted.write_text(f"{base64.b64encode(key.public_key().public_bytes_raw()).decode()} Kelp\n")
    with pytest.raises(BundleError, match=r"manifest\.sig: missing, and only bundles of the trusted keys"):
        load_bundle(bundle_dir, trusted)
    manifest = (bundle_dir / "manifest.json").read_bytes()
    (bundle_dir / "manifest.sig").write_bytes(sign(manifest, other))
    with pytest.raises(BundleError, match="which is not among the trusted keys"):
        load_bundle(bundle_dir, trusted)
    (bundle_dir / "manifest.sig").write_bytes(sign(manifest, key))
    assert load_bundle(bundle_dir, trusted).signer.name == "Kelp"
    assert load_bundle(bundle_dir).signer.name is None
    (bundle_dir / "manifest.json").write_bytes(manifest + b" ")
    with pytest.raises(BundleError, match=r"is not a signature of this manifest\.json"):
        load_bundle(bundle_dir)
