"""Vocabulary of pages from `contracts/page-vocabulary.json`: key names, element names and patterns of names."""

import re
from collections.abc import Iterable

from kernel.contracts import contract
from kernel.json_object import JsonObject


def vocabulary(*path: str) -> JsonObject:
    """Return one module's part of the vocabulary, for example `vocabulary("markup", "nodes")`."""
    part = contract("page-vocabulary.json")
    for name in path:
        part = part[name]
    return part


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return one pattern that matches any of the alternatives, in any case."""
    return re.compile("|".join(patterns), re.IGNORECASE)
