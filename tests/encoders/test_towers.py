"""Towers in ONNX Runtime: the device, IO binding, and batches that fit into memory."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from encoders.errors import EncodingError
from encoders.towers import CPU, CUDA, Tower, providers


def _text_tower(directory, **options):
    entry = json.loads((directory / "manifest.json").read_text())["towers"]["textEncoder"]
    return Tower(directory / entry["file"], entry, **options)


def _tokens(rows):
    ids = np.arange(rows * 5).reshape(rows, 5) % 30
    return {"inputIds": ids, "attentionMask": np.ones_like(ids)}


def _fails_above(tower, limit, monkeypatch):
    """Have the tower's allocator fail for batches of more than `limit` rows; return the sizes that were tried."""
    tried, run = [], tower._run_batch

    def run_batch(feed):
        tried.append(len(next(iter(feed.values()))))
        if tried[-1] > limit:
            raise MemoryError("Failed to allocate memory for requested buffer")
        return run(feed)

    monkeypatch.setattr(tower, "_run_batch", run_batch)
    return tried


@pytest.mark.parametrize(
    ("available", "has_gpu", "expected"),
    [((CUDA, CPU), True, [CUDA, CPU]), ((CUDA, CPU), False, [CPU]), ((CPU,), True, [CPU])],
)
def test_cuda_is_used_where_onnxruntime_and_machine_have_it(monkeypatch, available, has_gpu, expected):
    monkeypatch.setattr(Path, "exists", lambda path: has_gpu and str(path) == "/dev/nvidiactl")
    assert [entry if isinstance(entry, str) else entry[0] for entry in providers(available)] == expected


def test_io_binding_answers_as_a_plain_run(tiny_bundle):
    session = ort.InferenceSession(tiny_bundle / "text.onnx", providers=[CPU])
    feed = _tokens(7)
    expected = session.run(None, {"ids": feed["inputIds"], "mask": feed["attentionMask"]})[0]
    assert np.array_equal(_text_tower(tiny_bundle).run(feed), expected)


def test_batch_that_does_not_fit_is_halved_until_it_does(tiny_bundle, monkeypatch):
    tower = _text_tower(tiny_bundle)
    expected = tower.run(_tokens(10))
    tried = _fails_above(tower, 3, monkeypatch)
    assert np.array_equal(tower.run(_tokens(10)), expected)
    assert tried == [10, 5, 2, 2, 2, 2, 2]
    tried.clear()
    tower.run(_tokens(4))
    assert tried == [2, 2], "the size that fits is remembered"


def test_no_batch_is_larger_than_the_limit_given(tiny_bundle, monkeypatch):
    tower = _text_tower(tiny_bundle, max_rows=4)
    tried = _fails_above(tower, 4, monkeypatch)
    assert tower.run(_tokens(9)).shape[0] == 9
    assert tried == [4, 4, 1]


def test_row_that_does_not_fit_is_one_error_that_names_the_file(tmp_path):
    """ONNX Runtime itself fails to allocate: four terabytes a row."""
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 1])
    nodes = [
        helper.make_node("Shape", ["rows"], ["shape"]),
        helper.make_node("Mul", ["shape", "many"], ["huge"]),
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["out"], keepdims=1),
    ]
    many = helper.make_tensor("many", TensorProto.INT64, [2], [1, 2**40])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1])
    graph = helper.make_graph(nodes, "huge", [rows], [out], [many])
    path = tmp_path / "huge.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    entry = {
        "file": "huge.onnx",
        "precision": "float32",
        "inputs": [{"name": "rows", "role": "text", "dtype": "float32", "shape": ["n", 1]}],
        "outputs": [{"name": "out", "role": "embedding", "dtype": "float32", "shape": [1, 1]}],
    }
    with pytest.raises(EncodingError, match=r"huge\.onnx"):
        Tower(path, entry).run({"text": np.zeros((8, 1), np.float32)})
