"""Text of an item, the only thing that the text encoder reads of a product."""

from collections.abc import Mapping

from kernel.contract_types import ItemTextRule


def item_text(product: Mapping[str, object], rule: ItemTextRule) -> str:
    """Return the fields that `rule` names, joined by its separator and cut to its length; "" where all are missing.

    White space within a field is collapsed; a list is joined by spaces. The rule is defined in
    contracts/bundle.schema.json#/properties/text/itemText; contracts/vectors/item-text.json holds its cases.
    """
    texts = (" ".join(_field(product, field).split()) for field in rule["fields"])
    return rule["separator"].join(text for text in texts if text)[: rule["maxChars"]]


def _field(product: Mapping[str, object], field: str) -> str:
    section, _, name = field.partition(".")
    value = product.get(section)
    if name:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, (list, tuple)):
        return " ".join(value)
    return value if isinstance(value, str) else ""
