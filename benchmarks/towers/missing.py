"""Prepared data without the words, or without the images, of all items, to evaluate trained scorers on."""

from dataclasses import replace

from trainer.prepare import Prepared
from trainer.reports.slices import without_modality

MODALITIES = ("text", "image")


def without(prepared: Prepared, modality: str) -> Prepared:
    """Return the same data with every item's "text" or "image" missing in each place that a recipe's scorer may read.

    Features are zero and masked. With the text go the products' fields that it is made of, which also bags of words and
    a graph's categories are read from. Image files stay named, for towers that look at images alone refuse data
    without any; the mask says that they are not to be looked at.
    """
    if modality not in MODALITIES:
        raise ValueError(f"expected one of {', '.join(MODALITIES)}, got {modality!r}")
    found = replace(prepared, features=without_modality(prepared.features, MODALITIES.index(modality)))
    if modality == "image":
        return found
    fields = prepared.encoders.manifest["text"]["itemText"]["fields"]
    words = {field.partition(".")[0] for field in fields}
    products = tuple(
        {key: value for key, value in product.items() if key not in words} for product in prepared.dataset.products
    )
    return replace(found, dataset=replace(prepared.dataset, products=products))
