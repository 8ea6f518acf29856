"""Towers in other precisions: their answers, their size, what they lose, and who is refused."""

import copy
import json
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from exporter import loss, parity, precision, torch_export
from exporter.__main__ import main
from exporter.errors import ExportError, WeightsError
from exporter.probes import add_probes
from exporter.publish import publish
from exporter.verify import verify
from kernel.paths import ROOT

KINDS = ("fp16", "int8-weights", "int8-dynamic", "int8-static")


@pytest.fixture
def draft(tiny_draft):
    fresh = copy.copy(tiny_draft)
    fresh.towers, fresh.loss, fresh.speed = dict(tiny_draft.towers), [], list(tiny_draft.speed)
    fresh.text_to_item = None
    return fresh


def floats(model):
    return {tensor.name: tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) > 1}


@pytest.mark.parametrize(("kind", "least"), [*zip(KINDS, (0.9999, 0.999, 0.9, 0.9), strict=True)])
def test_a_text_encoder_answers_nearly_alike_in_every_precision(kind, least, draft):
    before = draft.towers["textEncoder"].data
    loss.reduce(draft, {"textEncoder": kind}, accept_loss=True)
    (entry,), tower = draft.loss, draft.towers["textEncoder"]
    assert (entry["tower"], entry["precision"], tower.precision) == ("textEncoder", kind, precision.STORED[kind])
    assert least < entry["minCosine"] <= 1.0
    assert entry["minCosine"] < 1.0 or kind == "fp16"  # something did change
    assert abs(entry["deltaNdcg10"]) < 0.1
    ids = np.array([[2, 5, 9, 3]])
    feeds = {"inputIds": ids, "attentionMask": np.ones_like(ids)}
    got, expected = (parity.Runner(data)(feeds) for data in (tower.data, before))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=0.15)
    assert [entry["tower"] for entry in draft.speed].count("textEncoder") == 1


def test_half_floats_hold_the_weights_in_half_the_bytes(draft):
    model = onnx.load_model_from_string(draft.towers["textEncoder"].data)
    half = precision.reduced(model, "fp16", [])
    assert set(floats(half).values()) <= {onnx.TensorProto.FLOAT16, onnx.TensorProto.INT64}
    weights = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    assert sum(len(tensor.raw_data) for tensor in half.graph.initializer) < 0.6 * weights


class Attention(nn.Module):
    """Self-attention as CLIP and the trainer's towers have it."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, items):
        return self.attention(items, items, items, need_weights=False)[0].mean(dim=1)


def test_attention_in_half_floats_does_not_end_the_process(tmp_path):
    """ONNX Runtime fused its transposes into a crash, so the sessions run in a process of their own."""
    model = torch_export.export(Attention(), {"items": (torch.ones(2, 5, 16), ["N", 5, 16])})
    path = tmp_path / "half.onnx"
    path.write_bytes(precision.reduced(model, "fp16", []).SerializeToString())
    script = (
        "import sys, pathlib; path = pathlib.Path(sys.argv[1]);"
        "from encoders.towers import open_session; open_session(path, 1); print('server');"
        "from exporter.parity import Runner; Runner(path.read_bytes()); print('exporter')"
    )
    done = subprocess.run([sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["server", "exporter"], done.stderr


def test_int8_weights_are_rounded_by_a_scale_for_each_channel(draft):
    model = onnx.load_model_from_string(draft.towers["imageEncoder"].data)
    small = precision.reduced(model, "int8-weights", [])
    (name,) = [node.input[1] for node in model.graph.node if node.op_type == "Conv"]
    before = next(numpy_helper.to_array(tensor) for tensor in model.graph.initializer if tensor.name == name)
    parts = {tensor.name: numpy_helper.to_array(tensor) for tensor in small.graph.initializer}
    (rounded,) = [value for value in parts.values() if value.dtype == np.int8]
    largest = np.abs(before).reshape(len(before), -1).max(axis=1)
    restored = rounded * (largest / 127)[:, None, None, None]
    assert np.abs(restored - before).max() <= largest.max() / 127 / 2 + 1e-7
    assert np.abs(rounded.reshape(len(rounded), -1)).max(axis=1).tolist() == [127] * len(rounded)
    with pytest.raises(ExportError, match="no weights of 1024 numbers or more; leave it in fp32"):
        precision.reduced(onnx.load_model_from_string(draft.towers["userTower"].data), "int8-weights", [])


@pytest.mark.parametrize("tower", ["imageEncoder", "itemTower", "userTower"])
def test_every_tower_has_a_loss_of_its_own(tower, draft):
    loss.reduce(draft, {tower: "fp16"}, accept_loss=False)
    (entry,) = draft.loss
    assert entry["tower"] == tower
    assert entry["minCosine"] > 0.999
    assert entry["deltaNdcg10"] >= -0.01


def test_a_static_image_encoder_is_calibrated_on_images(draft):
    loss.reduce(draft, {"imageEncoder": "int8-static"}, accept_loss=True)
    assert draft.loss[0]["minCosine"] > 0.97
    operators = {node.op_type for node in onnx.load_model_from_string(draft.towers["imageEncoder"].data).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= operators


def test_a_loss_beyond_the_bound_is_refused_or_written_down(draft, monkeypatch, tmp_path, capsys):
    bound = {"minCosine": 1.0, "deltaNdcg10": 0.0, "deltaRecall10": 0.0}
    monkeypatch.setitem(loss.BOUNDS, "int8-dynamic", bound)
    untouched = draft.towers["textEncoder"]
    with pytest.raises(
        ExportError, match=r"textEncoder in int8-dynamic: min cosine [01]\.\d+ \(bound 1\.0\).*--accept-loss"
    ):
        loss.reduce(draft, {"textEncoder": "int8-dynamic"}, accept_loss=False)
    assert draft.towers["textEncoder"] is untouched
    assert draft.loss == []
    loss.reduce(draft, {"textEncoder": "int8-dynamic"}, accept_loss=True)
    add_probes(draft)
    publish(draft.files(), draft.manifest(), tmp_path / "out", verify)
    (entry,) = json.loads((tmp_path / "out" / "manifest.json").read_text())["loss"]
    assert (entry["accepted"], entry["bound"]) == (True, bound)
    assert main(["verify", str(tmp_path / "out")]) == 0
    # How much is lost depends on the processor; shown with four digits it can be nothing.
    said = capsys.readouterr().out
    assert re.search(r"loss of textEncoder in int8-dynamic: min cosine [01]\.\d+ \(bound 1\.0\)", said)
    assert "beyond its bound and asked for" in said


@pytest.mark.parametrize(
    ("measured", "is_beyond"),
    [((0.95, -0.01, -0.02), False), ((0.9499, 0, 0), True), ((1, -0.0101, 0), True), ((1, 0, -0.0201), True)],
)
def test_each_figure_can_exceed_the_bound(measured, is_beyond):
    names = ("minCosine", "deltaNdcg10", "deltaRecall10")
    entry = dict(zip(names, measured, strict=True)) | {"bound": loss.BOUNDS["int8-static"]}
    assert loss.is_beyond(entry) == is_beyond


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["text=fp16"], "--precision text=fp16: expected TOWER=PRECISION, TOWER one of textEncoder"),
        (["textEncoder=int4"], "PRECISION one of fp32, fp16"),
        (["textEncoder"], "--precision textEncoder: expected TOWER=PRECISION"),
        (["textEncoder=fp16", "textEncoder=fp32"], "textEncoder has fp16 already"),
    ],
)
def test_words_that_make_no_sense_are_named(given, message):
    with pytest.raises(WeightsError, match=message):
        precision.parse(given)
    assert precision.parse(["textEncoder=fp32", "userTower=fp16"]) == {"userTower": "fp16"}


def test_a_tower_that_is_missing_or_reduced_already_is_named(draft):
    with pytest.raises(WeightsError, match="this bundle has no imageEncoder"):
        del draft.towers["imageEncoder"]
        loss.reduce(draft, {"imageEncoder": "fp16"}, accept_loss=True)
    loss.reduce(draft, {"userTower": "fp16"}, accept_loss=True)
    with pytest.raises(WeightsError, match="expected a tower in float32, this one is in float16"):
        loss.reduce(draft, {"userTower": "fp16"}, accept_loss=True)
