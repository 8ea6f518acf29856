"""Reader of JSON-LD, block by block: a broken block is repaired where its meaning is clear and never costs others."""

import re
from typing import Any

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup.json_repair import MAX_REPAIR_CHARS, parse_valid
from scraper.extraction.markup.json_values import parse_block
from scraper.extraction.markup.nodes import DataNode
from scraper.extraction.markup.schemaorg import candidates_of_nodes
from scraper.extraction.page import Page

MAX_DEPTH = 60
_MEDIA_TYPE = re.compile(r"\s*application/ld\+json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def extract(page: Page) -> list[Candidate]:
    """Return the Candidates of the page's JSON-LD, the main product first."""
    return candidates_of_nodes(read_nodes(page), page, "json-ld")


def read_nodes(page: Page) -> list[DataNode]:
    """Return every top-level JSON-LD object of the page, graphs opened, in document order."""
    nodes: list[DataNode] = []
    left = 2 * MAX_REPAIR_CHARS
    for element in page.root.iter("script"):
        if not _MEDIA_TYPE.fullmatch(element.get("type") or ""):
            continue
        block = "".join(element.itertext())
        values: list[Any] | tuple[Any, ...] | None = parse_valid(block)
        if values is None or isinstance(values[0], str):
            values = parse_block(block, left)
            left = max(0, left - len(block))
        for value in values:
            nodes.extend(_opened(value))
    return nodes


def _opened(value: Any, depth: int = 0) -> list[DataNode]:
    if depth > MAX_DEPTH:
        return []
    if isinstance(value, list):
        return [node for part in value for node in _opened(part, depth + 1)]
    if not isinstance(value, dict):
        return []
    graph = value.get("@graph")
    return ([value] if len(value) > (graph is not None) else []) + (_opened(graph, depth + 1) if graph else [])
