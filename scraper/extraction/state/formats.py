"""Parsers of frameworks' state formats: React's flight rows, Nuxt's function and flat array, Apollo's cache."""

import json
import re
from typing import Any

from scraper.extraction.markup.json_repair import DECODER, mend_value, parse_valid
from scraper.extraction.markup.nodes import DataNode

MAX_NODES = 100_000
MAX_DEPTH = 60
MAX_FAILURES = 50
MAX_ARGUMENT_CHARS = 8_000
_PUSH = re.compile(r"__next_f\.push\(\s*")
_ROW = re.compile(rb"([0-9a-f]{0,8}):(?:T([0-9a-f]{1,8}),)?")
_REFERENCE = re.compile(r"\$(?:L?[0-9a-f]+(?::.*)?|undefined|NaN|-?Infinity|-0|[A-Z@].*)", re.DOTALL)
_NUXT_FUNCTION = re.compile(r"__NUXT__\s*=\s*\(?\s*function\s*\(([\w$,\s]{0,20000})\)\s*\{")
_CALL = re.compile(r"[\s;]*\}\s*\)?\s*\(")


def flight_values(scripts: list[str]) -> list[Any]:
    """Return the JSON rows that `self.__next_f.push([1, "…"])` streams into a page (Next.js, app router)."""
    chunks: list[str] = []
    num_failures = 0
    for match in (match for script in scripts for match in _PUSH.finditer(script)):
        if num_failures < MAX_FAILURES:
            try:
                pushed, _ = DECODER.raw_decode(match.string, match.end())
            except (ValueError, RecursionError):
                num_failures += 1
                continue
            if isinstance(pushed, list) and len(pushed) == 2 and pushed[0] == 1 and isinstance(pushed[1], str):
                chunks.append(pushed[1])
    return _rows("".join(chunks).encode("utf-8", "replace"))


def _rows(stream: bytes) -> list[Any]:
    """Return the rows of the stream: `id:JSON` up to a newline, or `id:Tlength,` and that many bytes of text."""
    texts: dict[str, str] = {}
    rows: list[Any] = []
    position = 0
    while position < len(stream):
        match = _ROW.match(stream, position)
        if match and match.group(2):
            end = match.end() + int(match.group(2), 16)
            texts[match.group(1).decode()] = stream[match.end() : end].decode("utf-8", "replace")
            position = end
            continue
        newline = stream.find(b"\n", position)
        end = len(stream) if newline < 0 else newline
        if match and stream[match.end() : match.end() + 1] in (b"[", b"{"):
            rows.extend(parse_valid(stream[match.end() : end].decode("utf-8", "replace")) or ())
        position = end + 1
    budget = [MAX_NODES]
    return [_with_texts(row, texts, budget, 0) for row in rows]


def _with_texts(value: Any, texts: dict[str, str], budget: list[int], depth: int) -> Any:
    """Return a value with references to texts replaced; other references are left out."""
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        return None
    if isinstance(value, dict):
        return {key: _with_texts(part, texts, budget, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_texts(part, texts, budget, depth + 1) for part in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$$"):
        return value[1:]
    return texts.get(value[1:]) if _REFERENCE.fullmatch(value) else value


def nuxt_function_values(script: str, max_chars: int) -> list[Any]:
    """Return the state of `__NUXT__=(function(a,b){return {…}}(1,"x"))`, its arguments inserted; no code is run."""
    match = _NUXT_FUNCTION.search(script)
    start = script.find("return", match.end()) + len("return") if match else -1
    if match is None or start < len("return"):
        return []
    while script[start : start + 1].isspace():
        start += 1
    if script[start : start + 1] not in ("{", "["):
        return []
    _, end = mend_value(script, start, max_chars)
    call = _CALL.match(script, end)
    written = "[" + script[call.end() :].rstrip().rstrip(";").rstrip(")") if call else "[]"
    arguments, _ = mend_value(written, 0, max_chars)
    names = [name.strip() for name in match.group(1).split(",")]
    values = [json.dumps(value) for value in (arguments[0] if arguments and isinstance(arguments[0], list) else [])]
    known = {name: text for name, text in zip(names, values, strict=False) if len(text) <= MAX_ARGUMENT_CHARS}
    found, _ = mend_value(script, start, max_chars, known)
    return list(found or ())


class FlatArray:
    """devalue's flat array (Nuxt 3, SvelteKit): every object's values are positions in one list."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries
        self._known: dict[int, Any] = {}
        self._num_left = MAX_NODES

    def value(self, index: Any = 0, depth: int = 0) -> Any:
        """Return the value at a position; a circle, undefined, NaN and values too deep give None."""
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(self._entries):
            return None
        if index in self._known or depth > MAX_DEPTH or self._num_left <= 0:
            return self._known.get(index)
        self._num_left -= 1
        self._known[index] = None
        self._known[index] = self._opened(self._entries[index], depth + 1)
        return self._known[index]

    def _opened(self, entry: Any, depth: int) -> Any:
        if isinstance(entry, dict):
            return {key: self.value(index, depth) for key, index in entry.items()}
        if not isinstance(entry, list):
            return entry
        if not entry or not isinstance(entry[0], str):
            return [self.value(index, depth) for index in entry]
        kind, rest = entry[0], entry[1:]
        if kind == "Set":
            return [self.value(index, depth) for index in rest]
        if kind in ("null", "Map"):
            keys = [key if kind == "null" else self.value(key, depth) for key in rest[::2]]
            values = [self.value(index, depth) for index in rest[1::2]]
            return {str(key): value for key, value in zip(keys, values, strict=False)}
        first = rest[0] if rest else None
        return self.value(first, depth) if isinstance(first, int) else first


def resolved(node: DataNode, cache: DataNode, depth: int = 0) -> DataNode:
    """Return an entity of Apollo's cache with references followed three deep and arguments cut off its keys."""
    found: DataNode = {}
    for key, value in list(node.items())[:200]:
        found.setdefault(key.partition("(")[0], _followed(value, cache, depth))
    return found


def _followed(value: Any, cache: DataNode, depth: int) -> Any:
    if isinstance(value, list):
        return [_followed(part, cache, depth) for part in value[:100]]
    if not isinstance(value, dict) or depth >= 3:
        return value
    name = value.get("__ref") or (value.get("id") if value.get("type") == "id" else None)
    target = cache.get(name) if isinstance(name, str) else value
    return resolved(target, cache, depth + 1) if isinstance(target, dict) else value
