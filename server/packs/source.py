"""Items of a pack, read from the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import numpy as np
import orjson

from encoders.encoder import Encoder
from kernel.contract_types import BundleManifest, PackBlock, PackVectors, Product
from kernel.json_object import JsonObject
from kernel.pack_reader import item_id_of
from kernel.pack_vectors import Floats
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle
from server.errors import InputError

# What is compared and what a shopper chooses by.
_ATTRIBUTES = ("color", "material", "pattern", "size")
_TEXTS = ("brand", "availability")
_PRICES = ("price", "regularPrice")
# What of a card a bundle's text may be made of.
_TEXT_FIELDS = {"title", "brand", "categoryPath", *(f"attributes.{name}" for name in _ATTRIBUTES)}
# A coordinate outside of the shop metric's blocks is alone in its block: it keeps all of its bits.
_BITS_ALONE = 8

Card = JsonObject


@dataclass(frozen=True)
class Catalogued:
    """A shop's live items with a title in one space, in ascending order of their ids, each address once.

    Attributes:
        created: the time of the shop's newest change.
        ids: item ids as a pack has them, from the address.
        cards: the fields of each item that a pack shows; absent fields are left out.
        texts: what the text encoder reads of each item.
        vectors: float32 (n, dim).
    """

    shop: str
    space: str
    created: str
    ids: Sequence[str]
    cards: Sequence[Card]
    texts: Sequence[str]
    vectors: Floats


def read_catalogue(catalogue: Catalogue, bundle: Bundle, encoder: Encoder, shop: str) -> Catalogued:
    """Return what a pack of a shop is made of; raises InputError for a shop without items in the bundle's space."""
    with catalogue.snapshot():
        changed_at = catalogue.changed_at(shop)
        rows = list(catalogue.live_products(shop, bundle.space, bundle.dim))
    return _catalogued(rows, changed_at, bundle, encoder, shop)


def read_items(
    catalogue: Catalogue, bundle: Bundle, encoder: Encoder, shop: str, item_ids: Sequence[str]
) -> Catalogued:
    """Return what a pack of some items of a shop is made of; raises InputError where none is left of them."""
    rows = []
    with catalogue.snapshot():
        changed_at = catalogue.changed_at(shop)
        for item_id in item_ids:
            stored, product = catalogue.stored(shop, item_id), catalogue.product(shop, item_id)
            if stored is not None and product is not None:
                rows.append((product, stored.embedding))
    return _catalogued(rows, changed_at, bundle, encoder, shop)


def _catalogued(
    rows: Iterable[tuple[bytes, bytes]], changed_at: int | None, bundle: Bundle, encoder: Encoder, shop: str
) -> Catalogued:
    by_id = _titled(rows)
    if not by_id or changed_at is None:
        raise InputError(
            f"{shop}: expected items in the catalogue, of the space of bundle {bundle.name}, found none; run ingest"
        )
    ids = sorted(by_id)
    products = [by_id[item_id][0] for item_id in ids]
    vectors = np.frombuffer(b"".join(by_id[item_id][1] for item_id in ids), dtype="<f4")
    return Catalogued(
        shop=shop,
        space=bundle.space,
        created=datetime.fromtimestamp(changed_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ids=ids,
        cards=[_card(product) for product in products],
        texts=[encoder.text_of(product) for product in products],
        vectors=vectors.reshape(len(ids), bundle.dim).astype(np.float32),
    )


def _titled(rows: Iterable[tuple[bytes, bytes]]) -> dict[str, tuple[Product, bytes]]:
    """Return product and vector by item id of those that a card can show."""
    by_id: dict[str, tuple[Product, bytes]] = {}
    for raw, vector in rows:
        product = cast(Product, orjson.loads(raw))
        if product.get("title"):
            by_id[item_id_of(product["url"])] = (product, vector)
    return by_id


def _card(product: Product) -> Card:
    fields: Mapping[str, object] = product
    card: Card = {"url": product["url"], "title": product["title"]}
    card |= {name: fields[name] for name in _TEXTS if fields.get(name)}
    if product.get("categoryPath"):
        card["categoryPath"] = product["categoryPath"]
    if product.get("images"):
        card["image"] = product["images"][0]
    for name in _PRICES:
        price = cast(Mapping[str, str], fields.get(name, {}))
        if price:
            card[name] = {part: price[part] for part in ("amount", "currency") if part in price}
    attributes = product.get("attributes", {})
    if kept := {name: attributes[name] for name in _ATTRIBUTES if name in attributes}:
        card["attributes"] = kept
    return card


def vectors_rule(manifest: BundleManifest, bits: int) -> PackVectors:
    """Return how a bundle's vectors are kept: its blocks in `bits` bits, each coordinate beside them by itself.

    Nothing is kept of the block that a device makes of a card's text.
    """
    dim, filler = manifest["dim"], manifest.get("filler")
    if "shopMetric" in manifest:
        spans = [(block["start"], block["length"]) for block in manifest["shopMetric"]["blocks"]]
    elif filler is None:
        spans = [(0, dim)]
    else:
        spans = [(start, length) for start, length in ((0, filler), (filler + 1, dim - filler - 1)) if length]
    inside = {at for start, length in spans for at in range(start, start + length)}
    alone = [(at, 1, _BITS_ALONE) for at in range(dim) if at not in inside]
    of_text = _text_span(manifest)
    inside_bits = ((start, length, 0 if (start, length) == of_text else bits) for start, length in spans)
    blocks = sorted([*inside_bits, *alone])
    return {
        "dim": dim,
        "blocks": [cast(PackBlock, {"start": start, "length": length, "bits": n}) for start, length, n in blocks],
    }


def _text_span(manifest: BundleManifest) -> tuple[int, int] | None:
    """Return start and length of the block that a token table makes of a card's text; None where there is none."""
    rule, text = manifest.get("lite", {}).get("textBlock"), manifest["text"]
    if rule is None or "table" not in text or not _TEXT_FIELDS.issuperset(text["itemText"]["fields"]):
        return None
    return rule["start"], text["table"]["dim"]
