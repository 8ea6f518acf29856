"""Address patterns of an operator, in the syntax of robots.txt: a prefix, `*` for anything, `$` for the end."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from scraper.errors import InputError


def check_pattern(pattern: str, where: str) -> str:
    """Return the pattern; raises InputError where it could match no address."""
    if not pattern.startswith(("/", "http://", "https://", "*")):
        raise InputError(f"{where}: expected a pattern that begins with /, * or http(s)://, got {pattern!r}")
    return pattern


def is_wanted(url: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Return whether a canonical URL fits an include pattern, where there are any, and no exclude pattern."""
    return (not include or any(matches(one, url) for one in include)) and not any(matches(one, url) for one in exclude)


def matches(pattern: str, url: str) -> bool:
    """Return whether an address begins with the pattern; one without a scheme is matched against path and query.

    >>> matches("/p/", "https://a.test/p/1"), matches("/*/sale$", "https://a.test/men/sale?page=2")
    (True, False)
    """
    parts = urlsplit(url)
    text = url if pattern.startswith("http") else parts.path + (f"?{parts.query}" if parts.query else "")
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if is_whole and not rest:
        return text == first
    last = rest.pop() if is_whole else ""
    if not text.startswith(first):
        return False
    position = len(first)
    for piece in rest:
        # The leftmost place leaves most room for what follows.
        position = text.find(piece, position) + len(piece)
        if position < len(piece):
            return False
    return text.endswith(last) and len(text) - len(last) >= position
