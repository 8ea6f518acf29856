"""A bundle that the exporter made proves itself; with one part exchanged, hashes and space recomputed, it does not."""

import base64
import hashlib
import io
import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from PIL import Image

from encoders.probes import ProbedBundle
from exporter import probe_inputs
from exporter.errors import BundleError
from exporter.probe_inputs import PRODUCTS
from exporter.verify import verify
from kernel.bundle_probes import ProbeError
from kernel.bundle_rules import first_problem, space_of
from kernel.item_text import item_text
from trainer.towers.content import DEFAULT_KIND_WEIGHTS


def manifest_of(bundle):
    return json.loads((bundle / "manifest.json").read_text())


def reseal(bundle, change=lambda manifest: None):
    """Write hashes, sizes, download size and space of what is there now, as a careful attacker would."""
    manifest = manifest_of(bundle)
    change(manifest)
    for name, entry in manifest["files"].items():
        data = (bundle / name).read_bytes()
        entry |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    lite = manifest["lite"]
    names = {lite["textToItem"]["file"], lite["userTower"]["file"], "tokenizer.json", "shop_metric.bin", "probes.json"}
    lite["downloadBytes"] = sum(manifest["files"][name]["bytes"] for name in names)
    manifest["space"] = space_of(manifest)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert first_problem(manifest) is None
    return manifest


def test_a_bundle_has_probes_of_every_path(tiny_bundle):
    manifest, probes = manifest_of(tiny_bundle), json.loads((tiny_bundle / "probes.json").read_text())
    texts = [bool(item_text(probe["product"], manifest["text"]["itemText"])) for probe in probes["items"]]
    images = ["image" in probe for probe in probes["items"]]
    both = list(zip(texts, images, strict=True))
    assert (both.count((True, False)), both.count((True, True)), both.count((False, True))) == (12, 4, 4)
    shown = [probe["image"] for probe in probes["items"] if "image" in probe]
    formats = {Image.open(io.BytesIO(base64.b64decode(image))).format for image in shown}
    assert formats == {"PNG", "JPEG"}
    kinds = {kind for user in probes["users"] for kind in user["kinds"]}
    assert kinds == set(manifest["interactions"]["kinds"])
    assert max(len(user["items"]) for user in probes["users"]) > manifest["interactions"]["maxItems"]
    assert (tiny_bundle / "probes.json").stat().st_size < 50_000


def test_one_probe_is_longer_than_any_text_that_is_read():
    longest = max(len(" ".join(product.get("title", "").split())) for product in PRODUCTS)
    assert 512 < longest < 1000


def exchange(name):
    """Return a change that puts the same file of another bundle in the place of one."""
    return lambda bundle, other: (bundle / name).write_bytes((other / name).read_bytes())


def reweigh(bundle, other):
    """Have a purchase weigh what a view does."""
    model = onnx.load(bundle / "user_tower.onnx")
    before = np.array(DEFAULT_KIND_WEIGHTS, np.float32)
    (found,) = [
        tensor for tensor in model.graph.initializer
        if tensor.dims == [len(before)] and np.allclose(numpy_helper.to_array(tensor), before)
    ]  # fmt: skip
    after = np.where(before == before[3], before[0], before).astype(np.float32)
    found.CopyFrom(numpy_helper.from_array(after, found.name))
    onnx.save(model, bundle / "user_tower.onnx")


def rule(*way, value):
    def change(manifest):
        around = manifest
        for step in way[:-1]:
            around = around[step]
        around[way[-1]] = value

    return lambda bundle, other: reseal(bundle, change)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (exchange("text_encoder.onnx"), r"items\[0\]"),
        (exchange("image_encoder.onnx"), r"items\[12\]"),
        (exchange("item_tower.onnx"), r"items\[0\]"),
        (exchange("lite/text_to_item.onnx"), r"items\[0\] by lite\.textToItem"),
        (reweigh, r"users\[\d\]"),
        (rule("image", "mean", value=[0.5, 0.5, 0.47]), r"items\[1\d\]"),
        (rule("image", "std", value=[0.25, 0.25, 0.27]), r"items\[1\d\]"),
        (rule("image", "interpolation", value="bicubic"), r"items\[1\d\]"),
        (rule("image", "mode", value="squash"), r"items\[1\d\]"),
        (rule("image", "resize", value=44), r"items\[1\d\]"),
        (rule("text", "prefix", value="query: "), r"items\[0\]"),
        (rule("text", "itemText", "fields", value=["title"]), r"items\[0\]"),
        (rule("text", "itemText", "separator", value=" x "), r"items\[0\]"),
        (rule("text", "itemText", "maxChars", value=16), r"items\[0\]"),
        (rule("interactions", "maxItems", value=110), r"users\[7\]"),
    ],
    ids=["text encoder", "image encoder", "item tower", "lite", "kind weights", "mean", "std", "interpolation", "mode",
         "resize", "prefix", "fields", "separator", "maxChars", "maxItems"],
)  # fmt: skip
def test_one_exchanged_part_is_refused_by_its_probe(bundle, other_bundle, change, where):
    change(bundle, other_bundle)
    manifest = reseal(bundle)
    with pytest.raises(
        ProbeError, match=rf"probes\.json: {where}: its vector has the cosine -?[01]\.\d+ .* at least 0"
    ):
        ProbedBundle(bundle, manifest).check()


def test_verify_refuses_an_exchanged_encoder_with_the_probe_s_sentence(bundle, other_bundle):
    exchange("text_encoder.onnx")(bundle, other_bundle)
    reseal(bundle)
    with pytest.raises(BundleError, match=r"probes\.json: items\[0\]: its vector has the cosine [^\n]*$"):
        verify(bundle)


def test_verify_refuses_a_bundle_without_probes(bundle):
    manifest = manifest_of(bundle)
    del manifest["probes"]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"\$\.probes: missing: .* an older exporter; export it again$"):
        verify(bundle)


def test_without_an_image_encoder_sixteen_texts_are_left():
    assert len(probe_inputs.items(with_images=False)) == 16
    assert not any("image" in probe for probe in probe_inputs.items(with_images=False))
    assert max(max(user["items"]) for user in probe_inputs.users(16, max_items=20)) == 15


def test_a_history_of_thousands_is_left_out_for_its_size():
    assert max(len(user["items"]) for user in probe_inputs.users(16, max_items=201)) == 6
