"""A bundle is refused where its towers or rules do not give the vectors of its probes, hashes and space recomputed."""

import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from encoders.errors import EncodingError
from encoders.probe_check import check_bounded, limits_of
from encoders.probes import ProbedBundle
from kernel.bounded_process import Limits
from kernel.bundle_probes import ProbeError, decode_vector, encode_vector
from kernel.bundle_rules import first_problem
from tests.server.tiny_bundle import write_manifest


def manifest_of(bundle):
    return json.loads((bundle / "manifest.json").read_text())


def reweight(bundle, file, change):
    """Change the largest float32 weight of a tower."""
    model = onnx.load(bundle / file)
    tensor = max(model.graph.initializer, key=lambda tensor: np.prod(tensor.dims))
    tensor.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(tensor)).astype(np.float32), tensor.name))
    onnx.save(model, bundle / file)


def shuffled(weights):
    return np.random.default_rng(1).permutation(weights.ravel()).reshape(weights.shape)


def swap_tokens(bundle):
    file = bundle / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary["c"], vocabulary["x"] = vocabulary["x"], vocabulary["c"]
    file.write_text(json.dumps(tokenizer))


def with_rule(bundle, section, **changes):
    manifest = manifest_of(bundle)
    manifest[section] |= changes
    write_manifest(bundle, manifest)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda bundle: reweight(bundle, "text.onnx", shuffled), "items[0]"),
        (lambda bundle: reweight(bundle, "text.onnx", lambda weights: weights[:, ::-1]), "items[0]"),
        (lambda bundle: reweight(bundle, "item.onnx", shuffled), "items[0]"),
        (lambda bundle: reweight(bundle, "image.onnx", shuffled), "items[8]"),
        (swap_tokens, "items[0]"),
        (lambda bundle: with_rule(bundle, "text", prefix="query: "), "items[0]"),
        (lambda bundle: with_rule(bundle, "image", mean=[0.5, 0.5, 0.45]), "items[8]"),
        (lambda bundle: with_rule(bundle, "image", std=[0.5, 0.4, 0.5]), "items[9]"),
    ],
    ids=["shuffled words", "mirrored words", "shuffled item tower", "shuffled image encoder", "tokenizer", "prefix",
         "mean", "std"],
)  # fmt: skip
def test_other_towers_and_rules_are_refused_by_probe_and_cosine(copied_bundle, change, place):
    change(copied_bundle)
    write_manifest(copied_bundle, manifest_of(copied_bundle))
    manifest = manifest_of(copied_bundle)
    assert first_problem(manifest) is None
    with pytest.raises(ProbeError) as refused:
        ProbedBundle(copied_bundle, manifest).check()
    said = str(refused.value)
    assert said.startswith(f"{copied_bundle / 'probes.json'}: items[")
    assert "the cosine " in said
    assert "expected at least 0.9999" in said
    assert place in said


def test_a_bundle_that_was_not_touched_is_proven_by_itself_and_in_a_child(tiny_bundle):
    manifest = manifest_of(tiny_bundle)
    ProbedBundle(tiny_bundle, manifest).check()
    assert check_bounded(tiny_bundle, manifest) == []


def test_another_user_tower_is_refused_by_its_probe(copied_bundle):
    model = onnx.load(copied_bundle / "user.onnx")
    (mean,) = [node for node in model.graph.node if node.op_type == "ReduceMean"]
    mean.op_type = "ReduceMax"
    onnx.save(model, copied_bundle / "user.onnx")
    write_manifest(copied_bundle, manifest_of(copied_bundle))
    with pytest.raises(ProbeError, match=r"probes\.json: users\[0\]: its vector has the cosine 0\.\d+"):
        ProbedBundle(copied_bundle, manifest_of(copied_bundle)).check()


def edited_probes(bundle, change):
    file = bundle / "probes.json"
    probes = json.loads(file.read_text())
    change(probes)
    file.write_text(json.dumps(probes))
    write_manifest(bundle, manifest_of(bundle))
    return ProbedBundle(bundle, manifest_of(bundle))


def turned(embedding):
    return encode_vector(-decode_vector(embedding))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda probes: probes["items"][2]["product"].clear(), r"items\[2\]: has neither a text .* nor an image$"),
        (lambda probes: probes["items"][9].update(image="AAAA"), r"items\[9\]\.image: expected an image"),
        (lambda probes: probes["items"][9].pop("embedding"), "embedding"),
        (
            lambda probes: probes["items"][9].update(embedding=turned(probes["items"][9]["embedding"])),
            r"items\[9\]: its vector has the cosine -1\.000000",
        ),
    ],
)  # fmt: skip
def test_probes_of_nothing_are_refused(copied_bundle, change, sentence):
    with pytest.raises(ProbeError, match=sentence):
        edited_probes(copied_bundle, change).check()


def test_a_history_is_cut_as_the_manifest_says(copied_bundle):
    """The tiny user tower is a mean: a history of 21 items is that of its first 20."""

    def lengthen(probes):
        first, second = (decode_vector(probes["items"][i]["embedding"]) for i in (0, 9))
        mean = (first * 19 + second) / 20
        probes["users"][0] = {
            "items": [0] * 19 + [9, 15], "kinds": ["view"] * 21, "agesDays": [1] * 21, "weights": [1] * 21,
            "embedding": encode_vector(mean / np.linalg.norm(mean)),
        }  # fmt: skip

    edited_probes(copied_bundle, lengthen).check()


def test_the_child_answers_with_the_sentence_of_the_probe(copied_bundle):
    reweight(copied_bundle, "item.onnx", shuffled)
    write_manifest(copied_bundle, manifest_of(copied_bundle))
    with pytest.raises(ProbeError, match=r"^/.*probes\.json: items\[0\]: its vector has the cosine [^\n]*$"):
        check_bounded(copied_bundle, manifest_of(copied_bundle))


def hoard(bundle):
    """Have the item tower repeat its weights to sixty-four gigabytes, by sizes that no constant states."""
    model = onnx.load(bundle / "item.onnx")
    nodes, name = [], "w"
    for i in range(24):
        nodes.append(onnx.helper.make_node("Concat", [name, name], [f"twice{i}"], axis=0))
        name = f"twice{i}"
    nodes.append(onnx.helper.make_node("ReduceSum", [name, "axis"], ["sum"], keepdims=0))
    nodes.append(onnx.helper.make_node("Mul", ["norm", "sum"], ["unused"]))
    (divide,) = [node for node in model.graph.node if node.op_type == "Div"]
    added = numpy_helper.from_array(np.array([0, 1], np.int64), "axis")
    model.graph.initializer.append(added)
    for node in reversed(nodes):
        model.graph.node.insert(list(model.graph.node).index(divide), node)
    divide.output[0] = "plain"
    model.graph.node.append(onnx.helper.make_node("Sub", ["plain", "unused"], ["out"]))
    onnx.save(model, bundle / "item.onnx")
    write_manifest(bundle, manifest_of(bundle))


def test_a_tower_that_takes_all_memory_is_refused_by_the_child(copied_bundle):
    hoard(copied_bundle)
    with pytest.raises(
        EncodingError, match=r"item\.onnx: .*\(in a process of at most 1,000 MB of memory\)$"
    ) as refused:
        check_bounded(copied_bundle, manifest_of(copied_bundle), Limits(60, 10**9))
    assert "\n" not in str(refused.value)


def test_towers_that_take_too_long_are_refused(tiny_bundle):
    """Nothing starts within a tenth of a second: an interpreter alone takes less, ONNX Runtime does not."""
    with pytest.raises(
        EncodingError, match=r"running its towers did not finish within 0\.01 s, so the bundle is refused$"
    ):
        check_bounded(tiny_bundle, manifest_of(tiny_bundle), Limits(0.01, 10**9))


def test_limits_grow_with_a_bundle():
    manifest = {"files": {"a": {"sha256": "", "bytes": 10**6}, "b": {"sha256": "", "bytes": 10**8}}}
    assert limits_of(manifest) == Limits(120 + 101, 2 * 2**30 + 6 * 101 * 10**6)
