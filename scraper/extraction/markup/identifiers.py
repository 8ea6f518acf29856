"""Codes of a schema.org node: gtin, sku and mpn, under their own names or labelled in general properties."""

import re
from collections.abc import Iterator

from scraper.extraction.markup.nodes import DataNode, as_list, text_of, texts_of
from scraper.values.gtin import normalise_gtin
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary

_VOCABULARY = vocabulary("markup", "identifiers")
GTIN_KEYS = tuple(_VOCABULARY["gtinKeys"])
_LABELLED = re.compile(rf"({'|'.join(_VOCABULARY['labelledCodePatterns'])})\s*:\s*(\S.*)", re.IGNORECASE)
# Microdata on the visible page takes the label along with the code.
_LABEL = re.compile(_VOCABULARY["labelPattern"], re.IGNORECASE)
_KINDS: dict[str, str] = _VOCABULARY["codeKinds"]


def gtin_of(node: DataNode) -> str | None:
    """Return the GTIN of a node, else of its first offer."""
    for source in (node, *[part for part in as_list(node.get("offers")) if isinstance(part, dict)][:1]):
        texts = [text for key in GTIN_KEYS for text in texts_of(source.get(key))]
        for text in (*texts, *_labelled(source, "gtin")):
            if gtin := normalise_gtin(text):
                return gtin
    return None


def code_of(node: DataNode, key: str) -> str | None:
    """Return the node's `sku` or `mpn`."""
    texts = (_LABEL.sub("", text) for text in texts_of(node.get(key)))
    return next((code for text in (*texts, *_labelled(node, key)) if (code := clean(text, 100))), None)


def weak_sku_of(node: DataNode) -> str | None:
    """Return a `productID` or `identifier` without a label: the shop's number or a database's."""
    for key in _VOCABULARY["weakSkuKeys"]:
        for part in as_list(node.get(key)):
            text = clean(part, 100)
            if text and not _LABELLED.fullmatch(text) and not re.search(r"[/\s]|:", text) and not normalise_gtin(text):
                return text
    return None


def _labelled(node: DataNode, kind: str) -> Iterator[str]:
    """Yield the values of general properties that are labelled with this kind: "mpn:X1", {propertyID, value}."""
    for key in _VOCABULARY["generalKeys"]:
        for part in as_list(node.get(key)):
            if isinstance(part, dict):
                labels = (text_of(part.get("propertyID")), text_of(part.get("name")))
                if any(_KINDS.get(re.sub(r"[\W_]+", "", label or "").lower()) == kind for label in labels):
                    yield from texts_of(part.get("value"))
            elif isinstance(part, str) and (match := _LABELLED.fullmatch(part.strip())):
                yield from [match.group(2)] if _KINDS[match.group(1).lower()] == kind else []
