"""Edits of ONNX models: canonical bytes, merging and quantisation."""

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from onnx import compose, version_converter

from exporter.errors import ExportError

# onnxruntime-web 1.30 and ORT 1.24+ both run it, and it is the first with a Gelu operator.
OPSET = 20
EMBEDDING = "embedding"


def canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model without parts that differ between runs or machines: notes, paths, tool versions."""
    clean = onnx.ModelProto()
    clean.CopyFrom(model)
    clean.producer_name, clean.producer_version, clean.doc_string = "carryover", "", ""
    clean.graph.name, clean.graph.doc_string = "tower", ""
    used = {node.domain for node in clean.graph.node}
    versions = {operators.domain: operators.version for operators in clean.opset_import}  # merging lists some twice
    del clean.opset_import[:]
    clean.opset_import.extend(onnx.helper.make_opsetid(domain, versions[domain]) for domain in sorted(used | {""}))
    del clean.metadata_props[:]
    del clean.graph.metadata_props[:]
    del clean.graph.value_info[:]  # recomputed by every runtime
    for part in (*clean.graph.node, *clean.graph.initializer, *clean.graph.input, *clean.graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    _rename_output(clean, EMBEDDING)
    onnx.checker.check_model(clean)
    return clean


def to_bytes(model: onnx.ModelProto) -> bytes:
    """Return the file's bytes, the same for the same model."""
    return model.SerializeToString(deterministic=True)  # type: ignore[no-any-return]  # protobuf is untyped


def quantise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with int8 weights per channel; activations are quantised dynamically."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - slow to import, rarely needed

    with tempfile.TemporaryDirectory(prefix="carryover-int8-") as scratch, quiet():
        source, target = Path(scratch, "float32.onnx"), Path(scratch, "int8.onnx")
        source.write_bytes(to_bytes(model))
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
        return canonical(onnx.load(target))


def chain(first: onnx.ModelProto, second: onnx.ModelProto) -> onnx.ModelProto:
    """Return one model that feeds `first`'s output into `second`'s only input."""
    left, right = (_same_versions(model) for model in (first, second))
    left, right = compose.add_prefix(left, "first/", rename_inputs=False), compose.add_prefix(right, "second/")
    links = [(left.graph.output[0].name, right.graph.input[0].name)]
    return canonical(compose.merge_models(left, right, io_map=links))


def beside(first: onnx.ModelProto, second: onnx.ModelProto) -> onnx.ModelProto:
    """Return one model that gives its only input to both models and their outputs (N, D) side by side."""
    left = compose.add_prefix(_same_versions(first), "first/")
    right = compose.add_prefix(_same_versions(second), "second/")
    merged = compose.merge_models(left, right, io_map=[])
    given, kept = merged.graph.input
    name = first.graph.input[0].name
    for node in merged.graph.node:
        node.input[:] = [name if value in (given.name, kept.name) else value for value in node.input]
    kept.name = name
    del merged.graph.input[0]
    halves = [output.name for output in merged.graph.output]
    widths = [output.type.tensor_type.shape.dim[1].dim_value for output in merged.graph.output]
    merged.graph.node.append(onnx.helper.make_node("Concat", halves, [EMBEDDING], axis=1))
    del merged.graph.output[:]
    shape = [kept.type.tensor_type.shape.dim[0].dim_param, sum(widths)]
    merged.graph.output.append(onnx.helper.make_tensor_value_info(EMBEDDING, onnx.TensorProto.FLOAT, shape))
    return canonical(merged)


def _same_versions(model: onnx.ModelProto) -> onnx.ModelProto:
    """Give both models one operator set and format version: compose refuses different versions of equal meaning."""
    versions = {operators.domain: operators.version for operators in model.opset_import}
    if versions.get("") != OPSET:
        model = version_converter.convert_version(model, OPSET)
    aligned = onnx.ModelProto()
    aligned.CopyFrom(model)
    aligned.ir_version = 10
    return aligned


def _rename_output(model: onnx.ModelProto, name: str) -> None:
    """Give the only output a name, moving aside an inner value that has it."""
    if len(model.graph.output) != 1:
        raise ExportError(f"expected a model with one output, got {len(model.graph.output)}")
    old = model.graph.output[0].name
    if old == name:
        return
    renamed = {old: name, name: f"inner_{name}"}
    for node in model.graph.node:
        node.input[:] = [renamed.get(value, value) for value in node.input]
        node.output[:] = [renamed.get(value, value) for value in node.output]
    for initializer in model.graph.initializer:
        initializer.name = renamed.get(initializer.name, initializer.name)
    model.graph.output[0].name = name


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence exporters' warnings and logs about their own internals; failures still raise."""
    loggers: list[Any] = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "root")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        # DeprecationWarnings of torch.export's and onnxscript's own calls; nothing that a caller could change.
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
