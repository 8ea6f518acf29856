"""Nodes, the schema.org objects of all syntaxes as plain dicts, and readers of their loose shapes."""

import re
from typing import Any

from kernel.json_object import JsonMapping
from scraper.values.vocabulary import vocabulary

DataNode = dict[str, Any]
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_FLATTENED = 8
_VOCABULARY = vocabulary("markup", "nodes")
_INDEX = re.compile("[0-9]{1,6}")
# Keys that pages and older vocabularies use instead of the standard's.
_ALIASES: dict[str, str] = _VOCABULARY["keyAliases"]


def as_list(value: Any) -> list[Any]:
    """Return a value as a list: schema.org allows one or many everywhere.

    JSON-LD's @list and @set, lists in lists and objects whose keys are 0, 1, 2… (a list as PHP writes it) are opened.
    """
    if isinstance(value, list):
        return _flat(value, 0) if any(isinstance(part, list) for part in value) else value
    if isinstance(value, dict):
        if "@list" in value or "@set" in value:
            return as_list(value.get("@list", value.get("@set")))
        if value and all(_INDEX.fullmatch(key) for key in value):
            return [value[key] for key in sorted(value, key=int)]
    return [] if value is None else [value]


def _flat(values: list[Any], depth: int) -> list[Any]:
    if depth > MAX_FLATTENED:
        return []
    return [part for value in values for part in (_flat(value, depth + 1) if isinstance(value, list) else [value])]


def types_of(node: JsonMapping) -> frozenset[str]:
    """Return the node's types in lower case, without their vocabulary's address or prefix."""
    names = as_list(node.get("@type", node.get("type")))
    return frozenset(
        name.rstrip("/").replace("#", "/").rsplit("/", 1)[-1].rsplit(":", 1)[-1].strip().lower()
        for name in names
        if isinstance(name, str)
    )


def has_type(node: Any, name: str) -> bool:
    """Return whether `node` is an object of the named type."""
    return isinstance(node, dict) and name.lower() in types_of(node)


def text_of(value: Any) -> str | None:
    """Return the first text in a value of any shape: text, number, {"@value"}, {"name"}, {"@id"} or a list of these."""
    return next(iter(texts_of(value)), None)


def texts_of(value: Any) -> list[str]:
    """Return every text in a value of any shape."""
    texts: list[str] = []
    for part in as_list(value):
        scalar = _scalar(part) if isinstance(part, dict) else part
        if isinstance(scalar, bool):
            texts.append("true" if scalar else "false")
        elif isinstance(scalar, int | float):
            texts.append(_number_text(scalar))
        elif isinstance(scalar, str) and scalar.strip():
            texts.append(scalar.strip())
    return texts


def _scalar(node: DataNode) -> Any:
    """Return the text or number of an object: its value, its name or its address."""
    values = (node.get(key) for key in _VOCABULARY["textKeys"])
    value = next((value for value in values if value or type(value) in (int, float)), None)
    value = value[0] if isinstance(value, list) and value else value
    return value.get("@value") if isinstance(value, dict) else value


def _number_text(number: int | float) -> str:
    """Return a number as JavaScript writes it, so that 5.0 and 5 are one value in both languages."""
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)


def resolve_references(nodes: list[DataNode]) -> list[DataNode]:
    """Return the nodes with `{"@id": …}` references replaced by their nodes, and `schema:` prefixes removed."""
    by_id: dict[str, DataNode] = {}
    budget = [MAX_NODES]
    plain = [_plain(node, by_id, budget, 0) for node in nodes]
    if not by_id:
        return plain
    budget = [MAX_NODES]
    return [_linked(node, by_id, (), budget) for node in plain]


def _plain(value: Any, by_id: dict[str, DataNode], budget: list[int], depth: int) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        return None
    if isinstance(value, list):
        return [_plain(part, by_id, budget, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    node = {_key(key): _plain(part, by_id, budget, depth + 1) for key, part in value.items()}
    name = node.get("@id")
    if isinstance(name, str) and len(node) > 1:
        by_id[name] = {**node, **by_id.get(name, {})}
    return node


def _key(key: str) -> str:
    if key.startswith("@"):
        return key.lower()
    for prefix in _VOCABULARY["keyPrefixes"]:
        if key.startswith(prefix):
            key = key.removeprefix(prefix)
            break
    return _ALIASES.get(key, key)


def _linked(value: Any, by_id: dict[str, DataNode], path: tuple[str, ...], budget: list[int]) -> Any:
    """Return a value with its references followed; `path` ends a cycle, `budget` ends everything else."""
    budget[0] -= 1
    if budget[0] < 0 or len(path) > MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [_linked(part, by_id, path, budget) for part in value]
    if not isinstance(value, dict):
        return value
    name = value.get("@id")
    if isinstance(name, str):
        if name in path:
            return value
        path = (*path, name)
        if len(value) == 1:
            value = by_id.get(name, value)
    return {key: _linked(part, by_id, path, budget) for key, part in value.items()}
