"""Microdata (WHATWG HTML, section 5), as the same objects that JSON-LD gives."""

from typing import Any

from scraper.candidate import Candidate
from scraper.document import Page
from scraper.schemaorg import Item, candidates_of_items

MAX_DEPTH = 30
MAX_PROPERTIES = 20_000
MAX_TEXT = 20_000
_URL_ATTRIBUTES = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "embed": "src",
                   "iframe": "src", "source": "src", "track": "src", "video": "src", "object": "data"}  # fmt: skip


def extract(page: Page) -> list[Candidate]:
    """Return what the page's microdata says, the main product first."""
    return candidates_of_items(read_items(page), page, "microdata")


def read_items(page: Page) -> list[Item]:
    """Return every top-level microdata item, in document order."""
    if "itemscope" not in page.html:
        return []
    by_id = {element.get("id"): element for element in reversed(page.root.xpath("//*[@id]"))}
    reader = _Reader(page, by_id)
    return [reader.item(element, 0) for element in page.root.xpath("//*[@itemscope and not(@itemprop)]")]


class _Reader:
    """Holds what nested items share: the ids that `itemref` names and one budget against hostile nesting."""

    def __init__(self, page: Page, by_id: dict[str, Any]) -> None:
        self._page = page
        self._by_id = by_id
        self._budget = MAX_PROPERTIES

    def item(self, scope: Any, depth: int) -> Item:
        """Return the item of an element with `itemscope`."""
        item: Item = {}
        if types := (scope.get("itemtype") or "").split():
            item["@type"] = types
        if scope.get("itemid"):
            item["@id"] = self._page.absolute(scope.get("itemid")) or scope.get("itemid")
        for element in self._property_elements(scope):
            for name in element.get("itemprop").split():
                item.setdefault(_local_name(name), []).append(self._value(element, depth))
        return item

    def _property_elements(self, scope: Any) -> list[Any]:
        """Elements with `itemprop` that belong to `scope`, those `itemref` names included, each once."""
        roots = [self._by_id[name] for name in (scope.get("itemref") or "").split() if name in self._by_id]
        pending = [*reversed(roots), *reversed([child for child in scope if isinstance(child.tag, str)])]
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

    def _value(self, element: Any, depth: int) -> Any:
        if element.get("itemscope") is not None:
            return self.item(element, depth + 1) if depth < MAX_DEPTH else None
        # Shops put `content` on any element; the standard reads it on <meta> only, people mean it everywhere.
        if element.get("content") is not None:
            return element.get("content").strip()
        attribute = _URL_ATTRIBUTES.get(element.tag)
        if attribute:
            value = element.get(attribute) or (element.get("data-src") if element.tag == "img" else None) or ""
            return self._page.absolute(value) or value
        if element.tag in ("data", "meter"):
            return element.get("value") or ""
        if element.tag == "time" and element.get("datetime"):
            return element.get("datetime")
        return _text(element)


def _text(element: Any) -> str:
    """Return the element's text, cut: nested properties would otherwise repeat a long page once for each level."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        pieces.append(piece[:MAX_TEXT])
        size += len(piece)
        if size > MAX_TEXT:
            break
    return " ".join("".join(pieces).split())


def _local_name(name: str) -> str:
    return name.rsplit("/", 1)[-1] if "://" in name else name
