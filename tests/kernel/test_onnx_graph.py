"""ONNX files that a bundle may not hold are refused by their bytes, with the sentence that the extension gives too."""

import base64
import json

import pytest

from kernel.contracts import CONTRACTS, contract
from kernel.onnx_graph import graph_problem

VECTORS = json.loads((CONTRACTS / "vectors" / "onnx-graphs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[case["name"] for case in VECTORS["cases"]])
def test_graphs_follow_the_shared_vectors(case):
    tower = VECTORS["tower"] | {"precision": case["precision"]} | case.get("tower", {})
    assert graph_problem(base64.b64decode(case["onnx"]), tower) == case["problem"]


def test_no_allowed_operator_holds_a_graph_or_outside_state():
    allowed = {name for names in contract("onnx-graphs.json")["operators"].values() for name in names}
    assert not allowed & {
        "If",
        "Loop",
        "Scan",
        "SequenceMap",
        "Optional",
        "RandomNormal",
        "Bernoulli",
        "PyOp",
        "EPContext",
    }


def test_every_prefix_of_a_file_is_refused_without_an_exception():
    data = base64.b64decode(VECTORS["cases"][3]["onnx"])
    problems = {graph_problem(data[:end], VECTORS["tower"]) for end in range(len(data))}
    assert "is not an ONNX file" in problems
    assert graph_problem(data, VECTORS["tower"]) is None
