"""Reader of JSON bodies, with precise errors."""

import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from flask import request

from server.errors import ProblemError


def invalid(detail: str, pointer: str) -> NoReturn:
    """Raise a 422 about one part of the body."""
    raise ProblemError(422, "invalid_request", detail, pointer)


def read_object(required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the body as a JSON object with these members and no others."""
    return parse_object(request.headers.get("Content-Type", ""), request.get_data(cache=False), required, optional)


def parse_object(
    content_type: str, raw: bytes, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return a body of this Content-Type as a JSON object with these members and no others."""
    mimetype = content_type.partition(";")[0].strip().lower()
    if mimetype != "application/json":
        got = mimetype or "none"
        raise ProblemError(400, "invalid_json", f"expected Content-Type application/json, got {got}")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, "invalid_json", f"expected JSON: {error.msg} at byte {error.pos}") from error
    return check_object(body, required, optional, "")


def check_object(
    value: object, required: tuple[str, ...], optional: tuple[str, ...], pointer: str
) -> dict[str, object]:
    """Return `value`, an object with these members and no others."""
    if not isinstance(value, dict):
        invalid(f"expected an object, got {type_name(value)}", pointer)
    for name in required:
        if name not in value:
            invalid(f"{name} is missing", pointer or "/")
    unknown = sorted(set(value) - {*required, *optional})
    if unknown:
        invalid(f"unknown member {unknown[0]!r}; known: {', '.join(required + optional)}", f"{pointer}/{unknown[0]}")
    return value


def check_string(value: object, pointer: str, max_chars: int, min_chars: int = 1) -> str:
    """Return `value`, a string within these lengths."""
    if not isinstance(value, str) or not min_chars <= len(value) <= max_chars:
        got = f"{len(value)} characters" if isinstance(value, str) else type_name(value)
        invalid(f"expected a string of {min_chars} to {max_chars} characters, got {got}", pointer)
    return value


def check_strings(value: object, pointer: str, max_items: int, min_items: int = 0) -> tuple[str, ...]:
    """Return `value`, a list of strings."""
    checked = check_list(value, pointer, min_items, max_items)
    return tuple(check_string(item, f"{pointer}/{i}", 10_000, 0) for i, item in enumerate(checked))


def check_screen(value: object) -> bytes:
    """Return the id of a screen, 16 bytes."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{32}", value):
        invalid("expected 32 hexadecimal digits, drawn at random for each screen", "/screen")
    return bytes.fromhex(value)


def check_list(value: object, pointer: str, min_items: int, max_items: int) -> list[Any]:
    """Return `value`, a list within these lengths."""
    if not isinstance(value, list) or not min_items <= len(value) <= max_items:
        got = f"{len(value)} items" if isinstance(value, list) else type_name(value)
        invalid(f"expected a list of {min_items} to {max_items} items, got {got}", pointer)
    return value


def check_integer(value: object, pointer: str, low: int, high: int) -> int:
    """Return `value`, a whole number in range."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON has one kind of number: 10.0 is an integer
    if type(value) is not int or not low <= value <= high:
        got = value if isinstance(value, int | float) and not isinstance(value, bool) else type_name(value)
        invalid(f"expected a whole number from {low} to {high}, got {got}", pointer)
    return value


def check_number(value: Any, pointer: str, low: float, high: float = math.inf) -> float:
    """Return `value`, a finite number in range."""
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        got = value if type(value) in (int, float) else type_name(value)
        invalid(f"expected a number from {low:g}{'' if math.isinf(high) else f' to {high:g}'}, got {got}", pointer)
    return float(value)


def type_name(value: object) -> str:
    """Return a JSON type's name, for messages."""
    names: Mapping[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return names.get(type(value), "null" if value is None else "a number")
