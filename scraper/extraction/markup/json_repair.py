"""Repair of JSON: JavaScript's syntax (single quotes, bare keys, comments) and common mistakes of people.

It is one pass over the text, bounded by `MAX_REPAIR_CHARS`; no code of a page is ever run.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from scraper.values.vocabulary import vocabulary

MAX_REPAIR_CHARS = 2**19
MAX_NESTING = 200
# Limit of the text that arguments add in place of bare words: one long text may be named often.
MAX_NAMED_CHARS = 4 * 2**20
_VOCABULARY = vocabulary("markup", "jsonRepair")
_LITERALS: dict[str, str] = _VOCABULARY["literals"]
# The closing quotes of each opening one.
_QUOTES: dict[str, str] = _VOCABULARY["quotes"]
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_GROUPED_NUMBER = re.compile(r"-?\d{1,12}(?:,\d{2,3})+(?:\.\d+)?(?=\s*[,}\]\n])")
_WORD = re.compile(r"[^\s,:;{}\[\]\"'“”]+")
# A value in an object may hold spaces and colons (`price: 12.50 USD`, `url: https://…`); it ends with its line.
_BARE_VALUE = re.compile(r"[^,;{}\[\]\"'\n\r]+")
_KEY_FOLLOWS = re.compile(
    r"[\s,]*(?:\"(?:[^\"\\]|\\.){0,200}(?:\"\s*(?::|$)|$)|'[^'\n]{0,60}'\s*:|[“”„][^“”\n]{0,60}[“”]\s*:|"
    r"[\w$@.-]{1,60}\s*:|[}\]]|//|/\*|</?[A-Za-z]|$)"
)
_VALUE_FOLLOWS = re.compile(r"\s*(?:[\"'“”{\[\]}0-9-]|void\b|new\b|[\w$.!]{1,40}\s*(?:[,\]]|$)|//|/\*|$)")
_NEXT_KEY = re.compile(r"[\"'“”][@\w-]{1,60}[\"'“”]\s*:")
_TAG = re.compile(r"</?[A-Za-z][^<>\"']{0,40}>")
_NO_VALUE = re.compile(r"void\s+\w{1,10}|new\s+\w{1,40}\([^()\"']{0,100}\)")
_FUNCTION = re.compile(r"(?:async\s+)?(?:function\b[^{}]{0,200}|\([\w$,\s]{0,100}\)\s*=>\s*|[\w$]{1,40}\s*=>\s*)\{")
_BRACE = re.compile("[{}]")
_HEX = re.compile("[0-9a-fA-F]{4}")


def _no_constant(_: str) -> None:
    """Return None for NaN and Infinity, which are not JSON values."""


DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)


def parse_valid(text: str) -> tuple[Any] | None:
    """Return the value of valid JSON (raw control characters in strings are allowed) in a tuple, else None."""
    try:
        return (DECODER.decode(text),)
    except (ValueError, RecursionError):
        return None


def repair(text: str) -> str:
    """Return `text` as JSON: strings closed, keys quoted, commas mended, brackets balanced; one pass, linear time."""
    return _Mender(text, {}).mended()[0]


def mend_value(
    text: str, start: int, max_chars: int, names: Mapping[str, str] | None = None
) -> tuple[tuple[Any] | None, int]:
    """Return the object or array literal that begins at `start`, in a tuple or None, and where it ends.

    `names` gives the JSON of bare words that name a value: a function's arguments.
    """
    part = text[start : start + min(max_chars, MAX_REPAIR_CHARS)]
    out, end = _Mender(part, names or {}).mended(is_one=True)
    return parse_valid(out), start + end


def mend_string(text: str, start: int, max_chars: int) -> tuple[str | None, int]:
    """Return the text of the string literal whose quote is at `start` (None for anything else), and its end."""
    literal, end = _string(text[start : start + max_chars], 0, is_in_object=False, is_key=False)
    found = parse_valid(literal)
    return (str(found[0]) if found else None), start + end


class _Mender:
    """One pass over the text; `out` holds JSON tokens, a space where a top-level value has ended."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text
        self._names = names
        self._at = 0
        self._out: list[str] = []
        self._stack: list[str] = []
        self._num_open = {"}": 0, "]": 0}
        self._num_named_chars = 0

    def mended(self, *, is_one: bool = False) -> tuple[str, int]:
        text, out, stack = self._text, self._out, self._stack
        while self._at < len(text) and len(stack) <= MAX_NESTING:
            char = text[self._at]
            if char in _QUOTES:
                self._string()
            elif char in "{[":
                self._separate()
                stack.append("}" if char == "{" else "]")
                self._num_open[stack[-1]] += 1
                out.append(char)
                self._at += 1
            elif char in "}]":
                self._at += 1
                self._close(char)
                if is_one and not stack:
                    break
            else:
                self._between(char)
        while stack:
            self._close(stack[-1])
        return "".join(out), self._at

    def _between(self, char: str) -> None:
        """Read the text between strings and brackets."""
        text, out = self._text, self._out
        if text.startswith(("//", "/*"), self._at):
            self._at = _after_comment(text, self._at)
        elif char == "<" and (tag := _TAG.match(text, self._at)):
            self._at = tag.end()
        elif char in ",:;" or char.isspace():
            self._at += 1
            if char == ":":
                out.append(":")
            elif char == ",":
                if out and out[-1] == ":":
                    out.append("null")
                if out and out[-1] not in ("{", "[", ",", " ") and self._stack:
                    out.append(",")
        else:
            self._word()

    def _separate(self) -> None:
        """Add the comma that is missing between two values."""
        if self._out and self._out[-1] not in ("{", "[", ",", ":", " "):
            self._out.append(",")

    def _close(self, bracket: str) -> None:
        out, stack = self._out, self._stack
        if not self._num_open[bracket]:
            return
        while stack:
            while out and out[-1] == ",":
                out.pop()
            if out and out[-1] == ":":
                out.append("null")
            expected = stack.pop()
            self._num_open[expected] -= 1
            if expected == "}" and len(out) >= 2 and out[-1].startswith('"') and out[-2] in ("{", ","):
                out.append(":null")
            out.append(expected)
            if expected == bracket:
                break
        if not stack:
            out.append(" ")

    def _word(self) -> None:
        """Read a bare key or value: a number, a literal, a name, or text that lost its quotes."""
        text, at = self._text, self._at
        is_member_value = bool(self._out) and self._out[-1] == ":"
        is_key = bool(self._stack) and self._stack[-1] == "}" and not is_member_value
        token = None
        if end := _end_of_no_value(text, at):
            self._at = end
            self._separate()
            self._out.append("null")
            return
        if is_member_value and (grouped := _GROUPED_NUMBER.match(text, at)):
            token = grouped.group()
        elif is_member_value and (value := _BARE_VALUE.match(text, at, at + 2000)):
            token = re.split(r"\s(?://|/\*)", value.group(), maxsplit=1)[0].rstrip()
        if not token:
            word = _WORD.match(text, at)
            token = word.group() if word else text[at]
        self._at = at + len(token)
        self._separate()
        self._out.append(self._bare(token, is_key=is_key))

    def _bare(self, token: str, *, is_key: bool) -> str:
        if token in self._names and not is_key:
            self._num_named_chars += len(self._names[token])
            return self._names[token] if self._num_named_chars <= MAX_NAMED_CHARS else "null"
        if token in _LITERALS and not is_key:
            return _LITERALS[token]
        if not is_key and (token in ("true", "false", "null") or _NUMBER.fullmatch(token)):
            return token
        return json.dumps(token, ensure_ascii=False)

    def _string(self) -> None:
        """Read a string from its quote; the text after a quote shows whether it is an inner one."""
        out = self._out
        is_in_object = bool(self._stack) and self._stack[-1] == "}"
        is_key = is_in_object and out[-1] != ":"
        string, self._at = _string(self._text, self._at, is_in_object=is_in_object, is_key=is_key)
        self._separate()
        out.append(string)


def _end_of_no_value(text: str, start: int) -> int:
    """Return where `void 0`, `new Date(1)` or a function that begins at `start` ends, else 0."""
    if nothing := _NO_VALUE.match(text, start):
        return nothing.end()
    head = _FUNCTION.match(text, start)
    if head is None:
        return 0
    num_open, position = 1, head.end()
    while num_open and (brace := _BRACE.search(text, position)) is not None:
        num_open += 1 if brace.group() == "{" else -1
        position = brace.end()
    return len(text) if num_open else position


def _after_comment(text: str, start: int) -> int:
    is_line = text.startswith("//", start)
    end = text.find("\n" if is_line else "*/", start + 2)
    return len(text) if end < 0 else end + (1 if is_line else 2)


_STOPS = {quote: re.compile(rf'[\\"{closing}]') for quote, closing in _QUOTES.items()}


def _string(text: str, start: int, *, is_in_object: bool, is_key: bool) -> tuple[str, int]:
    """Return the JSON string that begins at `start`, and where it ends."""
    closing, stops = _QUOTES[text[start]], _STOPS[text[start]]
    pieces: list[str] = []
    position = start + 1
    while (stop := stops.search(text, position)) is not None:
        pieces.append(text[position : stop.start()])
        char, position = stop.group(), stop.end()
        if char == "\\":
            escape, position = _escape(text, position)
            pieces.append(escape)
        elif char not in closing:
            pieces.append('\\"')
        elif _ends_string(text, position, is_in_object=is_in_object, is_key=is_key):
            return f'"{"".join(pieces)}"', position
        elif is_in_object and not is_key and _lost_its_end(text, position - 1):
            return f'"{"".join(pieces).rstrip().removesuffix(",")}"', position - 1
        else:
            pieces.append('\\"' if char == '"' else char)
    pieces.append(text[position:])
    return f'"{"".join(pieces)}"', len(text)


def _escape(text: str, position: int) -> tuple[str, int]:
    """Return the escape whose backslash is just before `position` as JSON allows it, and its end."""
    following = text[position : position + 1]
    if following == "x" and re.compile("[0-9a-fA-F]{2}").match(text, position + 1):
        return "\\u00" + text[position + 1 : position + 3], position + 3
    if following == "u" and not _HEX.match(text, position + 1):
        return "\\\\u", position + 1
    if following and following in '"\\/bfnrtu':
        return "\\" + following, position + 1
    if following in ("'", "`", "\n"):
        return following, position + 1
    return "\\\\" + following, position + 1


def _ends_string(text: str, position: int, *, is_in_object: bool, is_key: bool) -> bool:
    """Return whether a quote just before `position` closes its string: a delimiter that fits must follow."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position >= len(text):
        return True
    char = text[position]
    if is_key:
        return char in ":}"
    if char == ",":
        follows = _KEY_FOLLOWS if is_in_object else _VALUE_FOLLOWS
        return follows.match(text, position + 1, position + 400) is not None
    if char in "}]);" or text.startswith(("//", "/*"), position):
        return True
    return is_in_object and _NEXT_KEY.match(text, position, position + 100) is not None


def _lost_its_end(text: str, quote: int) -> bool:
    """Return whether the quote opens the next key: `"sku":"12,"name":…` lacks the quote before its comma."""
    if _NEXT_KEY.match(text, quote, quote + 100) is None:
        return False
    before = quote - 1
    while before >= 0 and quote - before < 100 and text[before].isspace():
        before -= 1
    return text[before] == ","
