"""Reader of microdata (WHATWG HTML, section 5) into the same nodes that JSON-LD gives."""

from typing import Any

from lxml import etree

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup.element_values import MAX_NAMES, TEXT_PROPERTIES, element_text, linked_text
from scraper.extraction.markup.nodes import DataNode
from scraper.extraction.markup.schemaorg import candidates_of_nodes
from scraper.extraction.page import Page
from scraper.values.vocabulary import vocabulary

MAX_DEPTH = 30
MAX_PROPERTIES = 20_000
_VOCABULARY = vocabulary("markup", "microdata")
_URL_ATTRIBUTES: dict[str, str] = _VOCABULARY["urlAttributes"]
# Through the attribute, which takes libxml2 a quarter of the time of a predicate on every element.
_with_itemprop: Any = etree.XPath("//@itemprop/..")
_with_itemscope: Any = etree.XPath("//@itemscope/..")
_scope_of: Any = etree.XPath("ancestor::*[@itemscope][1]")


def extract(page: Page) -> list[Candidate]:
    """Return the Candidates of the page's microdata, the main product first."""
    return candidates_of_nodes(read_nodes(page), page, "microdata")


def read_nodes(page: Page) -> list[DataNode]:
    """Return every top-level microdata node in document order, then those whose property belongs to no node."""
    if "itemscope" not in page.html:
        return []
    reader = _Reader(page)
    scopes = reader.scopes()
    found = [reader.node(element, 0) for element in scopes if element.get("itemprop") is None]
    # Property and scope at once, but outside any node: shops close the node's element too early.
    loose = (element for element in scopes if element.get("itemprop") is not None and not _scope_of(element))
    return found + [reader.node(element, 0) for element in loose if element not in reader.read]


class _Reader:
    """Holds what nodes share: who owns which property, the ids that `itemref` names, and one budget."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._budget = MAX_PROPERTIES
        self._by_id: dict[str, Any] = {}
        if "itemref" in page.html:
            self._by_id = {element.get("id"): element for element in reversed(page.root.xpath("//*[@id]"))}
        self._owned: dict[Any, list[Any]] = {}
        self._properties = _with_itemprop(page.root)[:MAX_PROPERTIES]
        for element in self._properties:
            if scope := _scope_of(element):
                self._owned.setdefault(scope[0], []).append(element)
        self.read: set[Any] = set()

    def scopes(self) -> list[Any]:
        """Return the elements with `itemscope` that may hold a property, in document order."""
        if self._by_id:
            return list(_with_itemscope(self._page.root))
        nested = [element for element in self._properties if element.get("itemscope") is not None]
        tops = [scope for scope in self._owned if scope.get("itemprop") is None]
        return [*tops, *nested]

    def node(self, scope: Any, depth: int) -> DataNode:
        """Return the node of an element with `itemscope`."""
        node: DataNode = {}
        self.read.add(scope)
        if types := (scope.get("itemtype") or "").split():
            node["@type"] = types
        if scope.get("itemid"):
            node["@id"] = self._page.absolute(scope.get("itemid")) or scope.get("itemid")
        for element in self._property_elements(scope):
            for name in (_local_name(token) for token in element.get("itemprop").split()[:MAX_NAMES]):
                node.setdefault(name, []).append(self._value(element, name, depth))
        return node

    def _property_elements(self, scope: Any) -> list[Any]:
        """Return the elements with `itemprop` that belong to `scope` or that its `itemref` names, each once."""
        own = self._owned.get(scope, [])
        names = (scope.get("itemref") or "").split()
        referred = self._referred([self._by_id[name] for name in names if name in self._by_id], scope)
        found = list(dict.fromkeys([*referred, *own])) if referred else own
        found = found[: max(0, self._budget)]
        self._budget -= len(found)
        return found

    def _referred(self, roots: list[Any], scope: Any) -> list[Any]:
        """Elements with `itemprop` in the trees that `itemref` names, outside the nodes nested in them."""
        pending = [*reversed(roots)]
        found: list[Any] = []
        seen = {scope}
        while pending and self._budget > 0:
            element = pending.pop()
            if element in seen:
                continue
            seen.add(element)
            self._budget -= 1
            if (element.get("itemprop") or "").strip():
                found.append(element)
            if element.get("itemscope") is None:
                pending.extend(reversed([child for child in element if isinstance(child.tag, str)]))
        return found

    def _value(self, element: Any, name: str, depth: int) -> Any:
        if element.get("itemscope") is not None:
            return self.node(element, depth + 1) if depth < MAX_DEPTH else None
        # Shops put `content` on any element and mean it, although the standard reads it on <meta> only.
        if content := (element.get("content") or "").strip():
            return content
        if element.tag in _URL_ATTRIBUTES:
            return (linked_text(element) if name in TEXT_PROPERTIES else "") or self._address(element)
        if element.tag in _VOCABULARY["valueTags"]:
            return element.get("value") or ""
        if element.tag == "time" and element.get("datetime"):
            return element.get("datetime")
        return element_text(element)

    def _address(self, element: Any) -> str:
        is_lazy = element.tag == "img" and not element.get("src")
        value = element.get("data-src" if is_lazy else _URL_ATTRIBUTES[element.tag]) or ""
        return self._page.absolute(value) or value


def _local_name(name: str) -> str:
    return name.rsplit("/", 1)[-1] if "://" in name else name
