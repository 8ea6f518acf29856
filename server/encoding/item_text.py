"""The text of an item, as bundle.schema.json#/properties/text/itemText defines it."""

from collections.abc import Mapping
from typing import Any


def item_text(product: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """The fields `rule` names, white space collapsed, absent ones skipped, joined and cut; may be empty."""
    parts = []
    for field in rule["fields"]:
        name, _, attribute = field.partition(".")
        value = product.get(name, {} if attribute else "")
        if attribute:
            value = value.get(attribute, "")
        text = " ".join((" ".join(value) if isinstance(value, list) else value).split())
        if text:
            parts.append(text)
    joined: str = rule["separator"].join(parts)
    return joined[: rule["maxChars"]]
