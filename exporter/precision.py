"""Reduced precisions of towers: half floats and three ways of int8, on ONNX models.

A reduced tower keeps its float32 inputs and outputs, so who runs it needs not know.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from onnx import helper, numpy_helper

from exporter import onnx_edit
from exporter.bundle_draft import Precision
from exporter.errors import ExportError, WeightsError
from exporter.parity import Array, Feeds
from kernel.contract_types import ReducedPrecision

Kind = Literal["fp32"] | ReducedPrecision

KINDS: tuple[Kind, ...] = ("fp32", "fp16", "int8-weights", "int8-dynamic", "int8-static")
TOWERS = ("textEncoder", "imageEncoder", "itemTower", "userTower")
# The manifest's word for the tower's numbers.
STORED: Mapping[ReducedPrecision, Precision] = {
    "fp16": "float16",
    "int8-weights": "int8",
    "int8-dynamic": "int8",
    "int8-static": "int8",
}
# Smaller weights save nothing that anybody would notice, and the first convolution is the most sensitive one.
MIN_WEIGHTS = 1024


def parse(given: Sequence[str]) -> dict[str, ReducedPrecision]:
    """Return the precision of each named tower from TOWER=PRECISION; raises WeightsError for anything else."""
    wanted: dict[str, ReducedPrecision] = {}
    for entry in given:
        tower, _, kind = entry.partition("=")
        if tower not in TOWERS or kind not in KINDS:
            raise WeightsError(
                f"--precision {entry}: expected TOWER=PRECISION, TOWER one of {', '.join(TOWERS)}, "
                f"PRECISION one of {', '.join(KINDS)}"
            )
        if tower in wanted:
            raise WeightsError(f"--precision {entry}: {tower} has {wanted[tower]} already; name each tower once")
        if kind != "fp32":
            wanted[tower] = kind
    return wanted


def reduced(model: onnx.ModelProto, kind: ReducedPrecision, calibration: Sequence[Feeds]) -> onnx.ModelProto:
    """Return the model in another precision; `calibration` holds inputs whose ranges int8-static goes by."""
    if kind == "fp16":
        return _half(model)
    if kind == "int8-weights":
        return int8_weights(model)
    if kind == "int8-dynamic":
        return onnx_edit.quantise(model)
    return _int8_static(model, calibration)


def _half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with float16 weights and values, between float32 inputs and outputs."""
    from onnxruntime.transformers import float16  # noqa: PLC0415 - slow to import, rarely needed

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    with onnx_edit.quiet():
        half = float16.convert_float_to_float16(copy, keep_io_types=True)
    # The converter appends its casts of the inputs, and ONNX wants every value made before it is read.
    given = {value.name for value in half.graph.input}
    nodes = sorted(half.graph.node, key=lambda node: not (node.op_type == "Cast" and node.input[0] in given))
    del half.graph.node[:]
    half.graph.node.extend(nodes)
    return onnx_edit.canonical(half)


def int8_weights(model: onnx.ModelProto, most: int = 127) -> onnx.ModelProto:
    """Return the model with int8 weights, a scale for each output channel, that are float32 again when it runs.

    Only the file becomes smaller. No value that passes through is rounded, so nothing needs calibrating, and no
    processor's int8 instructions (some saturate) decide the answer.

    most: the greatest weight; with a smaller one the file has the same size, and packs smaller.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    weights = {tensor.name: tensor for tensor in copy.graph.initializer}
    restored = []
    for name, axis in _quantisable(copy, weights):
        values = numpy_helper.to_array(weights[name])
        others = tuple(place for place in range(values.ndim) if place != axis)
        scales = np.abs(values).max(axis=others, keepdims=True) / most
        scales[scales == 0] = 1
        rounded = np.rint(values / scales).astype(np.int8)
        copy.graph.initializer.remove(weights[name])
        parts = [
            numpy_helper.from_array(rounded, f"{name}_int8"),
            numpy_helper.from_array(scales.ravel(), f"{name}_scale"),
        ]
        copy.graph.initializer.extend(parts)
        restored.append(helper.make_node("DequantizeLinear", [part.name for part in parts], [name], axis=axis))
    if not restored:
        raise ExportError(f"int8-weights: the tower has no weights of {MIN_WEIGHTS} numbers or more; leave it in fp32")
    nodes = [*restored, *copy.graph.node]
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return onnx_edit.canonical(copy)


def _quantisable(model: onnx.ModelProto, weights: Mapping[str, onnx.TensorProto]) -> Iterator[tuple[str, int]]:
    """Yield each weight matrix or filter with the axis of its output channels, once."""
    seen = set()
    for node in model.graph.node:
        if node.op_type not in ("Conv", "MatMul", "Gemm") or node.input[1] not in weights or node.input[1] in seen:
            continue
        tensor = weights[node.input[1]]
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < MIN_WEIGHTS:
            continue
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        seen.add(tensor.name)
        yield tensor.name, 0 if node.op_type == "Conv" or transposed else len(tensor.dims) - 1


class _Calibration:
    """The reader of calibration inputs that onnxruntime's quantiser asks for."""

    def __init__(self, feeds: Sequence[Feeds]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> dict[str, Array] | None:
        """Return the next inputs, None at the end."""
        feeds = next(self._feeds, None)
        return None if feeds is None else dict(feeds)


def _int8_static(model: onnx.ModelProto, calibration: Sequence[Feeds]) -> onnx.ModelProto:
    """Return the model with int8 weights a channel and uint8 values, in QDQ form.

    Weights have 7 bits. With 8, processors that have AVX2 but not VNNI saturate: of EfficientNet-Lite0's features the
    median cosine falls from .97 to .89 there.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="carryover-int8-") as scratch, onnx_edit.quiet():
        source, target = Path(scratch, "float32.onnx"), Path(scratch, "int8.onnx")
        source.write_bytes(onnx_edit.to_bytes(model))
        quantize_static(
            source,
            target,
            _Calibration(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx_edit.canonical(onnx.load(target))
