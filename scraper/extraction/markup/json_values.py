"""Parser of JSON in pages: valid text is read unchanged, other text is repaired where its meaning is clear."""

import html
import json
import re
from typing import Any

from scraper.extraction.markup.json_repair import DECODER, MAX_REPAIR_CHARS, parse_valid, repair

MAX_BLOCK_CHARS = 4 * 2**20
# Each failed start may read the rest of the text, so what all of them may read is bounded.
MAX_FAILED_CHARS = 8 * 2**20
MAX_FAILURES = 50
_WRAPS = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[|\ufeff)+|"
                    r"(?:-->|//\s*-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>|;)+\s*$")  # fmt: skip
_OPENING = re.compile(r"[\[{]")


def parse_block(block: str, max_repair_chars: int = MAX_REPAIR_CHARS) -> list[Any]:
    """Return the JSON values of one script, repaired where needed; unreadable ones are left out."""
    text = block[:MAX_BLOCK_CHARS].strip()
    if not text:
        return []
    valid = parse_valid(text)
    if valid is None:
        text = _unwrapped(text)
        valid = parse_valid(text)
    if valid is not None:
        # JSON kept as a JSON string is JSON written twice.
        is_twice = isinstance(valid[0], str) and valid[0][:200].lstrip()[:1] in ("{", "[")
        return parse_block(valid[0], max_repair_chars) if is_twice else list(valid)
    return _parse_all(repair(text[: min(max_repair_chars, MAX_REPAIR_CHARS)]))


def _unwrapped(text: str) -> str:
    """Return the text without comment and CDATA marks around it, entities and escapes undone where they hide it."""
    for _ in range(3):
        text = _WRAPS.sub("", text).strip()
    start = text[:60].lstrip("[{ \n\r\t")
    if start.startswith(("&quot;", "&#34;", "&#034;", "&#x22;", "&#39;", "&#039;", "&apos;")):
        return html.unescape(text)
    if start.startswith('\\"') and (unescaped := parse_valid(f'"{text}"')) is not None:
        return str(unescaped[0])
    return text


def _parse_all(text: str) -> list[Any]:
    """Parse values that follow one another; separators and noise between them are skipped."""
    values: list[Any] = []
    position = num_failures = num_failed_chars = 0
    while (start := _OPENING.search(text, position)) is not None:
        try:
            value, position = DECODER.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            num_failures += 1
            num_failed_chars += error.pos - start.start()
            if num_failures >= MAX_FAILURES or num_failed_chars > MAX_FAILED_CHARS:
                break
            position = start.end()
            continue
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values
