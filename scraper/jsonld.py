"""JSON-LD, read block by block: a broken block is repaired where its meaning is plain and never costs the others."""

import html
import json
import re
from typing import Any

from scraper.candidate import Candidate
from scraper.document import Page
from scraper.schemaorg import Item, candidates_of_items

MAX_BLOCK_CHARS = 4 * 2**20
_MEDIA_TYPE = re.compile(r"\s*application/ld\+json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)
_WRAPS = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[|\ufeff)+|"
                    r"(?:-->|//\s*-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)+\s*;?\s*$")  # fmt: skip
_ESCAPES = frozenset('"\\/bfnrtu')
_LITERALS = {"undefined": "null", "NaN": "null", "Infinity": "null", "True": "true", "False": "false", "None": "null"}
MAX_DEPTH = 60
# Each failed start may read the rest of the block, so their number is bounded.
MAX_FAILURES = 50
_OPENING = re.compile(r"[\[{]")


def extract(page: Page) -> list[Candidate]:
    """Return what the page's JSON-LD says, the main product first."""
    return candidates_of_items(read_items(page), page, "json-ld")


def read_items(page: Page) -> list[Item]:
    """Return every top-level JSON-LD object of the page, graphs opened, in document order."""
    items: list[Item] = []
    for element in page.root.iter("script"):
        if _MEDIA_TYPE.fullmatch(element.get("type") or ""):
            for value in parse_block("".join(element.itertext())):
                items.extend(_opened(value))
    return items


def parse_block(block: str) -> list[Any]:
    """Return the JSON values of one script block, repaired where needed; what cannot be read is left out."""
    text = block[:MAX_BLOCK_CHARS].strip()
    try:
        return [json.loads(text, strict=False)] if text else []
    except (ValueError, RecursionError):
        pass
    for _ in range(3):
        text = _WRAPS.sub("", text).strip()
    if text[:30].lstrip("[{ \n\r\t").startswith("&quot;"):
        text = html.unescape(text)
    return _parse_all(repair(text))


def _parse_all(text: str) -> list[Any]:
    """Parse values that follow one another; separators and noise between them are skipped."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    position = num_failures = 0
    while num_failures < MAX_FAILURES and (start := _OPENING.search(text, position)) is not None:
        try:
            value, position = decoder.raw_decode(text, start.start())
        except ValueError:
            position = start.end()
            num_failures += 1
            continue
        except RecursionError:
            break
        values.append(value)
    return values


def repair(text: str) -> str:
    """Return `text` as JSON: strings closed, keys quoted, commas mended, brackets balanced; one pass, linear time."""
    out: list[str] = []
    stack: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char in "\"'`":
            string, position = _string(text, position)
            _separate(out)
            out.append(string)
            continue
        position += 1
        if char in "{[":
            _separate(out)
            stack.append("}" if char == "{" else "]")
            out.append(char)
        elif char in "}]":
            position = _close(out, stack, char, position)
        elif char == ",":
            if out and out[-1] == ":":
                out.append("null")
            if out and out[-1] not in ("{", "[", ",") and stack:
                out.append(",")
        elif char == ":":
            out.append(":")
        elif text.startswith(("//", "/*"), position - 1):
            position = _after_comment(text, position - 1)
        elif not char.isspace() and char != ";":
            word = re.compile(r"[^\s,:;{}\[\]\"']+").match(text, position - 1)
            token = word.group() if word else char
            position = position - 1 + len(token)
            _separate(out)
            out.append(_bare(token))
    while stack:
        _close(out, stack, stack[-1], position)
    return "".join(out)


def _separate(out: list[str]) -> None:
    """Put the comma that is missing between two values."""
    if out and out[-1] not in ("{", "[", ",", ":", " "):
        out.append(",")


def _close(out: list[str], stack: list[str], bracket: str, position: int) -> int:
    if bracket not in stack:
        return position
    while stack:
        while out and out[-1] == ",":
            out.pop()
        if out and out[-1] == ":":
            out.append("null")
        expected = stack.pop()
        if expected == "}" and _is_key_alone(out):
            out.append(":null")
        out.append(expected)
        if expected == bracket:
            break
    if not stack:
        out.append(" ")
    return position


def _is_key_alone(out: list[str]) -> bool:
    """Whether a truncated object ends in a key without its value."""
    return len(out) >= 2 and out[-1].startswith('"') and out[-2] in ("{", ",")


def _bare(token: str) -> str:
    if token in _LITERALS:
        return _LITERALS[token]
    if token in ("true", "false", "null") or re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", token):
        return token
    return json.dumps(token, ensure_ascii=False)


def _after_comment(text: str, start: int) -> int:
    is_line = text.startswith("//", start)
    end = text.find("\n" if is_line else "*/", start + 2)
    return len(text) if end < 0 else end + (1 if is_line else 2)


def _string(text: str, start: int) -> tuple[str, int]:
    """Return the JSON string that starts at `start` and where it ends; an inner quote is told by what follows it."""
    quote = text[start]
    chars: list[str] = []
    position = start + 1
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            following = text[position + 1]
            is_valid = following in _ESCAPES and (
                following != "u" or re.compile("[0-9a-fA-F]{4}").match(text, position + 2) is not None
            )
            chars.append(char + following if is_valid else following if following == quote else "\\\\" + following)
            position += 2
            continue
        position += 1
        if char == quote:
            if _ends_string(text, position):
                return f'"{"".join(chars)}"', position
            chars.append('\\"' if quote == '"' else quote)
        elif char == '"':
            chars.append('\\"')
        else:
            chars.append(char)
    return f'"{"".join(chars)}"', position


def _ends_string(text: str, position: int) -> bool:
    """Whether a quote just before `position` closes its string: a delimiter that fits must follow."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text) or text[position] in ":}];":
        return True
    if text[position] == ",":
        rest = text[position + 1 : position + 200].lstrip()
        return (
            not rest
            or rest[0] in "\"'{[}]-0123456789/"
            or re.match(r"(?:true|false|null|[\w$@]+\s*:)", rest) is not None
        )
    return text[position] == '"' and re.match(r'"[@\w]+"\s*:', text[position : position + 100]) is not None


def _opened(value: Any, depth: int = 0) -> list[Item]:
    if depth > MAX_DEPTH:
        return []
    if isinstance(value, list):
        return [item for part in value for item in _opened(part, depth + 1)]
    if not isinstance(value, dict):
        return []
    graph = value.get("@graph")
    return ([value] if "@type" in value or "type" in value else []) + (_opened(graph, depth + 1) if graph else [])
