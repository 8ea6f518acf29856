"""Reader of RDFa into the same nodes that JSON-LD gives: Lite 1.1, and about, rel and content of Core 1.1.

Only the vocabularies that name products are read: schema.org, GoodRelations and data-vocabulary.org. Open Graph's
`property` attributes are RDFa too; opengraph.py reads those.
"""

from dataclasses import dataclass, replace
from typing import Any

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup.element_values import MAX_NAMES, TEXT_PROPERTIES, element_text, linked_text
from scraper.extraction.markup.nodes import DataNode
from scraper.extraction.markup.schemaorg import candidates_of_nodes
from scraper.extraction.page import Page
from scraper.values.vocabulary import vocabulary

MAX_ELEMENTS = 20_000
_VOCABULARY = vocabulary("markup", "rdfa")
# RDFa Core initial context, and the prefixes that old pages declare for the same vocabularies.
_PREFIXES: dict[str, str] = _VOCABULARY["prefixes"]
_GOOD_RELATIONS: dict[str, str] = _VOCABULARY["goodRelationsNames"]
_SCHEMA_ORG_ROOT: str = _VOCABULARY["schemaOrg"]
_GOOD_RELATIONS_ROOT: str = _VOCABULARY["goodRelations"]


def extract(page: Page) -> list[Candidate]:
    """Return the Candidates of the page's RDFa, the main product first."""
    return candidates_of_nodes(read_nodes(page), page, "rdfa")


def read_nodes(page: Page) -> list[DataNode]:
    """Return every typed RDFa resource that is not a property of another, in document order."""
    if "typeof=" not in page.html:
        return []
    reader = _Reader(page)
    for element in page.root.xpath("//@typeof/.."):
        if not element.xpath("ancestor::*[@typeof][1]"):
            reader.read(element, _inherited(element))
    return [node for node, is_top in reader.nodes.values() if is_top and "@type" in node]


@dataclass(frozen=True, slots=True)
class _Context:
    """Context that an element inherits: vocabulary, prefixes, the subject, and relations that wait for an object."""

    vocab: str = ""
    prefixes: tuple[tuple[str, str], ...] = tuple(_PREFIXES.items())
    subject: DataNode | None = None
    waiting: tuple[str, ...] = ()

    def of(self, element: Any) -> "_Context":
        """Return the context with the element's own `vocab`, `prefix` and `xmlns:` added."""
        vocab, prefixes = element.get("vocab"), (element.get("prefix") or "").split()
        pairs = [(name.rstrip(":").lower(), iri) for name, iri in zip(prefixes[::2], prefixes[1::2], strict=False)]
        pairs += [(name[6:].lower(), iri) for name, iri in element.items() if name.startswith("xmlns:")]
        context = self if vocab is None else replace(self, vocab=vocab.strip())
        return replace(context, prefixes=(*pairs, *context.prefixes)[:50]) if pairs else context

    def names(self, tokens: str | None) -> tuple[str, ...]:
        """Return the local names of those tokens that belong to a vocabulary read here."""
        return tuple(name for token in (tokens or "").split()[:MAX_NAMES] if (name := self._name(token)))

    def _name(self, token: str) -> str | None:
        prefix, colon, rest = token.partition(":")
        if not colon:
            return _local_name(self.vocab + token) if self.vocab else None
        known = next((iri for name, iri in self.prefixes if name == prefix.lower()), None)
        return _local_name(token if known is None else known + rest)


def _local_name(iri: str) -> str | None:
    plain = iri.removeprefix("http://").removeprefix("https://").removeprefix("www.")
    if plain.startswith(_SCHEMA_ORG_ROOT):
        return plain.removeprefix(_SCHEMA_ORG_ROOT) or None
    if plain.startswith(_GOOD_RELATIONS_ROOT):
        local = plain.removeprefix(_GOOD_RELATIONS_ROOT)
        return _GOOD_RELATIONS.get(local, local)
    head, _, name = plain.replace("#", "/").rpartition("/")
    return name if head.rstrip("/") in _VOCABULARY["dataVocabulary"] and name else None


def _inherited(element: Any) -> _Context:
    context = _Context()
    for ancestor in reversed(list(element.iterancestors())):
        context = context.of(ancestor)
    return context


class _Reader:
    """Walk over typed elements; `nodes` holds every resource by its IRI (or a number), and whether it is top-level."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._num_left = MAX_ELEMENTS
        self.nodes: dict[Any, tuple[DataNode, bool]] = {}

    def read(self, root: Any, context: _Context) -> None:
        """Read an element and all below it, in document order."""
        pending = [(root, context)]
        while pending and self._num_left > 0:
            element, inherited = pending.pop()
            self._num_left -= 1
            inner = self._element(element, inherited.of(element))
            pending += [(child, inner) for child in reversed(element) if isinstance(child.tag, str)]

    def _element(self, element: Any, context: _Context) -> _Context:
        """Take in one element's statements and return what its children inherit."""
        names, relations = context.names(element.get("property")), context.names(element.get("rel"))
        if context.names(element.get("typeof")) or element.get("about"):
            links = context.waiting + relations + names
            node = self._resource(element, context, is_top=context.subject is None or not links)
            if context.subject is not None and context.subject is not node:
                for name in links:
                    context.subject.setdefault(name, []).append(node)
            if element.get("about") and names and not element.get("typeof"):
                self._add(node, names, element)
            return replace(context, subject=node, waiting=())
        if context.subject is None:
            return context
        self._add(context.subject, names, element)
        target = self._iri(element, *_VOCABULARY["targetAttributes"]) if relations else None
        for name in relations if target else ():
            context.subject.setdefault(name, []).append({"@id": target})
        return replace(context, waiting=() if target else context.waiting + relations)

    def _resource(self, element: Any, context: _Context, *, is_top: bool) -> DataNode:
        iri = self._iri(element, *_VOCABULARY["resourceAttributes"])
        key = iri or len(self.nodes)
        node, was_top = self.nodes.setdefault(key, ({"@id": iri} if iri else {}, is_top))
        self.nodes[key] = (node, was_top and is_top)
        types = [*node.get("@type", ()), *context.names(element.get("typeof"))]
        if types:
            node["@type"] = types
        return node

    def _iri(self, element: Any, *names: str) -> str | None:
        text = next((value for name in names if (value := element.get(name))), None)
        return (self._page.absolute(text) or text.strip("[]")) if text else None

    def _add(self, node: DataNode, names: tuple[str, ...], element: Any) -> None:
        if names:
            for name in names:
                node.setdefault(name, []).append(self._value(element, name))

    def _value(self, element: Any, name: str) -> Any:
        if content := (element.get("content") or "").strip():
            return content
        if name in TEXT_PROPERTIES and (text := linked_text(element)):
            return text
        if not element.get("datatype") and (iri := self._iri(element, *_VOCABULARY["targetAttributes"])):
            return iri
        return element.get("datetime") or element_text(element)
