"""Formatting of the words and numbers of report.html."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kernel.json_object import JsonMapping
from scraper.output.changes import Change

MAX_VALUE_CHARS = 160
FIRST_FIELDS = ("price", "images", "brand", "gtin", "availability", "categoryPath", "description")


def web(url: str) -> str:
    """Return an http(s) URL as it is, and anything else as a link to nowhere."""
    return url if urlsplit(url).scheme in ("http", "https") else "#"


def host(url: str) -> str:
    """Return the host, with a port where the URL names one."""
    return urlsplit(url).netloc


def words(name: str) -> str:
    """Return a camelCase or snake_case name as words.

    >>> words("regularPrice"), words("needs_js"), words("InStock")
    ('regular price', 'needs JavaScript', 'in stock')
    """
    if name == "needs_js":
        return "needs JavaScript"
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as a list in words, the largest first."""
    largest_first = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count:,} {words(name)}" for name, count in largest_first)


def times(counts: Mapping[str, int]) -> str:
    """Return how often each thing happened, the most frequent first."""
    largest_first = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{words(name)} × {count:,}" for name, count in largest_first)


def percent(part: float) -> str:
    """Return a part of 1 in whole percent; only 1 gives 100 %, and only 0 gives 0 %."""
    return f"{round(part * 100) if part in (0, 1) else min(99, max(1, round(part * 100)))} %"


def price(value: Mapping[str, str]) -> str:
    """Return an amount with its currency code."""
    return f"{value['amount']} {value.get('currency', '')}".strip()


def megabytes(num_bytes: float) -> str:
    """Return bytes as MB."""
    return f"{num_bytes / 1e6:.1f} MB"


def duration(seconds: float) -> str:
    """Return seconds as the two largest units that fit.

    >>> duration(4.2), duration(75), duration(7320)
    ('4 s', '1 min 15 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(text: str) -> str:
    """Return an ISO 8601 moment in readable form, in its own time zone."""
    return f"{datetime.fromisoformat(text):%d %B %Y, %H:%M %Z}"


def first_fields(coverage: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the fields that an operator looks at first."""
    return [(name, coverage[name]) for name in FIRST_FIELDS if name in coverage]


def other_fields(coverage: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the fields that `first_fields` leaves out."""
    return [(name, part) for name, part in coverage.items() if name not in FIRST_FIELDS]


def value_words(value: Any) -> str:
    """Return a field's value on one line, cut where it is long."""
    text = _plain(value)
    return text if len(text) <= MAX_VALUE_CHARS else text[: MAX_VALUE_CHARS - 1] + "…"


def change_words(change: Change) -> str:
    """Return a change in a few words."""
    before, after = change.get("before", {}), change.get("after", {})
    kind = change["change"]
    if kind == "gone":
        return words(change["reason"])
    if kind in ("new", "back"):
        return price(after["price"]) if "price" in after else ""
    names = sorted({*before, *after})
    if kind == "changed":
        return ", ".join(words(name) for name in names)
    sides = (f"{words(name)}: {_side(before, name)} → {_side(after, name)}" for name in names)
    return "; ".join(sides)


def _side(fields: JsonMapping, name: str) -> str:
    if name not in fields:
        return "none"
    return price(fields[name]) if isinstance(fields[name], Mapping) else words(fields[name])


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            price(value) if "amount" in value else ", ".join(f"{name}: {_plain(item)}" for name, item in value.items())
        )
    if isinstance(value, list):
        if value and isinstance(value[0], Mapping):
            return f"{len(value)}: {_plain(value[0])}"
        return " › ".join(map(str, value)) if len(value) < 6 else f"{len(value)}: {value[0]}, …"
    return str(value)


FILTERS: dict[str, Callable[..., Any]] = {
    "web": web, "host": host, "words": words, "counted": counted, "times": times, "percent": percent, "price": price,
    "megabytes": megabytes, "duration": duration, "moment": moment, "first_fields": first_fields,
    "other_fields": other_fields,
}  # fmt: skip
