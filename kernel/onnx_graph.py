"""Bounded check of an ONNX file before any runtime opens it: operators, outside data and declared sizes.

It reads the file's protobuf fields in place, once, without the `onnx` package, which the server does not install.
contracts/onnx-graphs.json holds the allowed operators; contracts/vectors/onnx-graphs.json holds the cases.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from kernel.contract_types import BundleTower
from kernel.contracts import contract

_FLOAT16, _INT64 = 10, 7
_STANDARD = "ai.onnx"  # the long name of the domain ""
_MAX_SHAPE_BYTES = 8 * 64


class _GraphError(ValueError):
    """The file breaks a rule; the message is the rest of the sentence after the file's name."""


@dataclass
class _Seen:
    """What is known of a graph: constants that may be shapes, the nodes' operators, its tensors by name."""

    shapes: dict[str, list[int]] = field(default_factory=dict)
    operators: list[tuple[str, list[str]]] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    inputs: dict[str, list[int | str]] = field(default_factory=dict)
    outputs: dict[str, list[int | str]] = field(default_factory=dict)
    has_float16: bool = False


def graph_problem(data: bytes, tower: BundleTower) -> str | None:
    """Return why a bundle may not hold this ONNX file, as the rest of a sentence after its name; None where it may.

    `tower` is the manifest's declaration: precision, inputs and outputs must be those of the file. Time and memory are
    linear in the file's size at most.
    """
    try:
        seen = _read_model(memoryview(data))
        _refuse_huge_shapes(seen)
        _compare(seen, tower)
    except _GraphError as error:
        return str(error)
    except (ValueError, IndexError):
        return "is not an ONNX file"
    return None


def _compare(seen: _Seen, tower: BundleTower) -> None:
    """Raise _GraphError where the manifest declares another precision, or other inputs or outputs."""
    found = _precision(seen)
    if found != tower["precision"]:
        raise _GraphError(f"holds a model in {found}, the manifest says {tower['precision']}")
    inputs = {name: value for name, value in seen.inputs.items() if name not in seen.weights}
    for what, tensors, actual in (("inputs", tower["inputs"], inputs), ("outputs", tower["outputs"], seen.outputs)):
        declared = {tensor["name"]: [tensor["dtype"], *tensor["shape"]] for tensor in tensors}
        if declared != actual:
            raise _GraphError(f"has the {what} {_json(actual)}, the manifest says {_json(declared)}")


def _json(tensors: dict[str, list[int | str]]) -> str:
    return json.dumps(dict(sorted(tensors.items())), separators=(",", ":"), ensure_ascii=False)


def _read_model(data: memoryview) -> _Seen:
    seen, graphs = _Seen(), 0
    for number, value in _fields(data):
        if number == 7:
            graphs += 1
            _read_graph(_message(value), seen)
        elif number == 20:
            raise _GraphError("holds training information, which a bundle must not")
        elif number == 25:
            raise _GraphError("holds functions of its own, which a bundle must not")
    if graphs != 1:
        raise ValueError
    return seen


def _read_graph(data: memoryview, seen: _Seen) -> None:
    for number, value in _fields(data):
        if number == 1:
            _read_node(_message(value), seen)
        elif number == 5:
            name, shape = _read_tensor(_message(value), seen)
            seen.weights.add(name)
            if shape is not None:
                seen.shapes[name] = shape
        elif number in (11, 12):
            name, tensor = _read_value(_message(value))
            (seen.inputs if number == 11 else seen.outputs)[name] = tensor
        elif number == 15:
            raise _GraphError("holds sparse weights, which a bundle must not")


def _read_value(data: memoryview) -> tuple[str, list[int | str]]:
    """Return the name of a graph's input or output, and its element type and sizes."""
    name, found = "", []
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            found = [part for kind, part in _fields(_message(value)) if kind == 1]
    if len(found) != 1:
        raise _GraphError("has an input or output that is not a tensor, which a bundle must not")
    tensor: list[int | str] = [""]
    for number, value in _fields(_message(found[0])):
        if number == 1:
            tensor[0] = str(contract("onnx-graphs.json")["elementTypes"].get(str(_number(value)), f"type {value}"))
        elif number == 2:
            tensor += [_read_size(_message(size)) for kind, size in _fields(_message(value)) if kind == 1]
    return name, tensor


def _read_size(data: memoryview) -> int | str:
    size: int | str = ""
    for number, value in _fields(data):
        if number == 1:
            size = _signed(_number(value))
        elif number == 2:
            size = _text(value)
    return size


def _read_node(data: memoryview, seen: _Seen) -> None:
    rules = contract("onnx-graphs.json")
    inputs, outputs, attributes, operator, domain = [], [], [], "", ""
    for number, value in _fields(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            operator = _text(value)
        elif number == 5:
            attributes.append(_message(value))
        elif number == 7:
            domain = _text(value)
    if operator not in _allowed(domain):
        named = f"{domain}.{operator}" if domain not in ("", _STANDARD) else operator
        raise _GraphError(f"uses the operator {named[:80]}, which a bundle must not")
    seen.operators.append((operator, inputs))
    if len(seen.operators) > rules["maxNodes"]:
        raise _GraphError(f"has more than {rules['maxNodes']} nodes")
    for attribute in attributes:
        shape = _read_attribute(attribute, seen)
        if operator == "Constant" and shape is not None and outputs:
            seen.shapes[outputs[0]] = shape


def _read_attribute(data: memoryview, seen: _Seen) -> list[int] | None:
    """Return the whole numbers of an attribute that is a small tensor or list; refuse graphs and sparse tensors."""
    shape: list[int] | None = None
    numbers: list[int] = []
    for number, value in _fields(data):
        if number in (6, 11):
            raise _GraphError("holds a graph inside a node, which a bundle must not")
        if number in (22, 23):
            raise _GraphError("holds sparse weights, which a bundle must not")
        if number in (5, 10):
            shape = _read_tensor(_message(value), seen)[1]
        elif number == 8:
            numbers += _varints(value)
    return numbers if numbers and len(numbers) <= _MAX_SHAPE_BYTES else shape


def _read_tensor(data: memoryview, seen: _Seen) -> tuple[str, list[int] | None]:
    """Return a tensor's name and, where it is a small int64 one, its numbers; refuse outside data and false sizes."""
    dims: list[int] = []
    kind, name, raw = 0, "", None
    numbers: list[int] = []
    for number, value in _fields(data):
        if number == 1:
            dims += _varints(value)
        elif number == 2:
            kind = _number(value)
        elif number == 7 and len(numbers) <= _MAX_SHAPE_BYTES:
            numbers += _varints(value) if isinstance(value, int) or len(value) <= _MAX_SHAPE_BYTES else []
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = _message(value)
        elif number == 13 or (number == 14 and value != 0):
            raise _GraphError("keeps weights in other files, which a bundle must not")
    # Two numbers a byte is what 4-bit weights need.
    if min(dims, default=1) < 0 or math.prod(dims) > 2 * len(data):
        raise _GraphError("declares a tensor of more numbers than it holds")
    seen.has_float16 = seen.has_float16 or kind == _FLOAT16
    if kind != _INT64 or len(dims) > 1:
        return name, None
    if raw is not None and len(raw) <= _MAX_SHAPE_BYTES:
        numbers = [int.from_bytes(raw[i : i + 8], "little", signed=True) for i in range(0, len(raw), 8)]
    return name, numbers or None


def _refuse_huge_shapes(seen: _Seen) -> None:
    """Raise _GraphError for an operator told by a constant to make more numbers than any tower needs."""
    rules = contract("onnx-graphs.json")
    for operator, inputs in seen.operators:
        position = rules["shapeInputs"].get(operator)
        if position is None or position >= len(inputs):
            continue
        numbers = math.prod(max(size, 1) for size in seen.shapes.get(inputs[position], []))
        if numbers > rules["maxNumbersMade"]:
            raise _GraphError(f"lets {operator} make {numbers} numbers, expected at most {rules['maxNumbersMade']}")


def _precision(seen: _Seen) -> str:
    if any(operator in contract("onnx-graphs.json")["quantised"] for operator, _ in seen.operators):
        return "int8"
    return "float16" if seen.has_float16 else "float32"


@cache
def _allowed(domain: str) -> frozenset[str]:
    operators = contract("onnx-graphs.json")["operators"]
    return frozenset(operators.get("" if domain == _STANDARD else domain, ()))


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield the number and value of each field of a protobuf message; raises ValueError or IndexError."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError
        if at + length > len(data):
            raise ValueError
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError


def _varints(value: int | memoryview) -> list[int]:
    """Return the signed 64-bit numbers of a repeated field, packed or not."""
    if isinstance(value, int):
        return [_signed(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(_signed(number))
    return numbers


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError
    return value


def _number(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise ValueError
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8")
