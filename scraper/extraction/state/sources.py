"""Sources of embedded JSON in a page: script elements, literals in JavaScript, data attributes.

Scripts are read as text and never run. One budget for the page limits scans, repairs and decoding.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from scraper.extraction.markup.json_repair import DECODER, MAX_REPAIR_CHARS, mend_string, mend_value, parse_valid
from scraper.extraction.markup.json_values import parse_block
from scraper.extraction.page import Page
from scraper.extraction.state.formats import FlatArray, flight_values, nuxt_function_values
from scraper.values.vocabulary import vocabulary

MAX_STATE_CHARS = 8 * 2**20
MAX_LITERALS = 2000
MAX_MENDED_LITERAL = 2**17
_VOCABULARY = vocabulary("state", "sources")
# A script without one of these holds neither a product's price nor analytics.
_TRIGGERS = tuple(_VOCABULARY["triggers"])
_JSON_TYPE = re.compile(
    r"\s*(?:(?:application|text)/(?:[\w.-]+\+)?(?:x-)?json\b.*|text/x-magento-init)", re.IGNORECASE | re.DOTALL
)
_HIDDEN_JSON = r"[\"'`](?=\s*(?:[{\[]|%7B|%5B|\\u007[bB]|\\x7[bB]|\\\"|&quot;))"
_LITERAL = re.compile(
    # `name = {…}`, `JSON.parse("…")`, `push({…})`, `gtag("event", "view_item", {…})`
    rf"(?:[\w$\])\"']\s*=|JSON\.parse\((?:\s*decodeURIComponent\()?)\s*(?=[{{\[]|{_HIDDEN_JSON})"
    r"|\w\(\s*(?=[{\[])|[\"']\s*,\s*(?=\{)"
)
_EVENT = re.compile(r"[\"'](\w{1,60})[\"']\s*,\s*$")
_LOOKS_LIKE_JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\]\-\dtfn]")
_LOOKS_LIKE_DATA = re.compile(r"[{\[]\s*(?:[{\[]\s*)?(?:[\"'][^\"'\n]{1,80}[\"']|[\w$]{1,60})\s*[:,\]]")
_ATTRIBUTE = re.compile(r"data-[\w.:-]{1,80}=[\"']?\s*[{\[]")


@dataclass(frozen=True, slots=True)
class Source:
    """One value, the data attribute that holds it, and the event that it was sent with."""

    value: Any
    attribute: str = ""
    event: str = ""


class _Budget:
    """Budget of repairs, failed reads and literals. One script never uses up the share of the next ones."""

    def __init__(self, repair: int, num_chars: int = 0) -> None:
        self.repair = repair
        self.failed = 4 * num_chars
        self.literals = MAX_LITERALS


def sources(page: Page) -> Iterator[Source]:
    """Yield every JSON value in scripts and data attributes, up to a total size."""
    left = MAX_STATE_CHARS
    budget = _Budget(2 * MAX_REPAIR_CHARS)
    flight: list[str] = []
    for element in page.root.iter("script"):
        text = element.text or ""
        left -= len(text)
        if left < 0:
            return
        kind = element.get("type") or ""
        if _VOCABULARY["flightMark"] in text:
            flight.append(text)
        elif any(word in text for word in _TRIGGERS) and "ld+json" not in kind.lower():
            is_json = _JSON_TYPE.fullmatch(kind) is not None
            own = _Budget(budget.repair // 2, len(text))
            yield from _json_script(element, text, own) if is_json else _script(text, own)
            budget.repair -= budget.repair // 2 - max(0, own.repair)
    if any(any(word in text for word in _TRIGGERS) for text in flight):
        yield from map(Source, flight_values(flight))
    yield from _attributes(page, left, budget)


def _json_script(element: Any, text: str, budget: _Budget) -> Iterator[Source]:
    for value in _json_values(text, budget):
        is_flat = isinstance(value, list) and (
            element.get("id") == _VOCABULARY["nuxtDataId"] or _VOCABULARY["nuxtDataAttribute"] in element.attrib
        )
        yield Source(FlatArray(value).value() if is_flat else value)


def _json_values(text: str, budget: _Budget) -> list[Any]:
    valid = parse_valid(text)
    if valid is not None and not isinstance(valid[0], str):
        return list(valid)
    budget.repair -= len(text)
    return parse_block(text, budget.repair) if budget.repair > 0 else []


def _attributes(page: Page, left: int, budget: _Budget) -> Iterator[Source]:
    if not _ATTRIBUTE.search(page.html):
        return
    found = page.root.xpath("//@*[starts-with(name(), 'data-') and (starts-with(., '{') or starts-with(., '['))]")
    for value in found:
        if any(word in value for word in _TRIGGERS):
            left -= len(value)
            if left < 0:
                return
            yield from (Source(part, attribute=value.attrname) for part in _json_values(str(value), budget))


def _script(text: str, budget: _Budget) -> Iterator[Source]:
    """Yield the values of a script's literals that are data; code is skipped."""
    if _VOCABULARY["nuxtMark"] in text and (values := nuxt_function_values(text, max(0, budget.repair))):
        budget.repair -= len(text)
        yield from map(Source, values)
        return
    position = 0
    while budget.literals > 0 and (match := _LITERAL.search(text, position)) is not None:
        budget.literals -= 1
        start = match.end()
        value, position = _literal(text, start, budget)
        if isinstance(value, dict | list):
            event = _EVENT.search(text[max(0, start - 80) : start])
            yield Source(value, event=event.group(1) if event else "")


def _hidden_json(text: str, start: int, budget: _Budget) -> tuple[Any, int]:
    """Return the value of JSON inside the string literal at `start`, and the position after it."""
    try:
        content, end = DECODER.raw_decode(text, start) if text[start] == '"' else (None, start)
    except ValueError:
        content, end = None, start
    if content is None and budget.repair > 0:
        content, end = mend_string(text, start, budget.repair)
        budget.repair -= end - start
    if not isinstance(content, str):
        return None, start + 1
    content = unquote(content) if content.lstrip()[:3].upper() in _VOCABULARY["encodedBrackets"] else content
    values = _json_values(content, budget)
    return (values[0] if values else None), end


def _literal(text: str, start: int, budget: _Budget) -> tuple[Any, int]:
    """Return the value of the literal at `start` (None for code), and the position after it."""
    if text[start] not in "{[":
        return _hidden_json(text, start, budget)
    if budget.failed > 0 and _LOOKS_LIKE_JSON.match(text, start):
        try:
            return DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            # The error counts the lines up to its position, so late failures cost more than they read.
            budget.failed -= error.pos - start + error.pos // 256
        except (ValueError, RecursionError):
            budget.failed -= 10_000
    if budget.repair <= 0 or not _LOOKS_LIKE_DATA.match(text, start, start + 200):
        return None, start + 1
    found, end = mend_value(text, start, min(budget.repair, MAX_MENDED_LITERAL))
    budget.repair -= end - start
    return (None, start + 1) if found is None else (found[0], end)
