"""Build of a pack: the same catalogue, bundle and previous pack give the same bytes."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import rfc8785

from encoders.encoder import Encoder
from kernel.bundle_probes import encode_vector
from kernel.contract_types import PackDelta, PackFile, PackManifest, PackPart, PackProbe, PackVectors
from kernel.json_object import JsonObject
from kernel.pack_reader import MAX_FIRST_PART, Part, file_name
from kernel.pack_vectors import Rows, encode, quantised
from server.packs.source import Card, Catalogued

_PART_ITEMS = 4000
_NUM_PROBES = 8
_MAX_PROBE_CHARS = 4096
# A delta of more than this share of the items saves too little.
_MOST_CHANGED = 0.5
_EMPTY: Mapping[str, object] = {"categoryPath": [], "price": {}, "regularPrice": {}, "attributes": {}}


@dataclass(frozen=True)
class Previous:
    """A pack that was published before, as read from its files.

    Attributes:
        name: of its manifest.
        parts: all items.
        delta_files: content by name of the files that only its own delta names.
    """

    name: str
    manifest: PackManifest
    parts: Sequence[Part]
    delta_files: Mapping[str, bytes]

    def contents(self) -> dict[str, bytes]:
        """Return what the pack says of each item, by item id."""
        return {
            item_id: _content(_card_at(cast(JsonObject, part.cards), row), part.rows.row(row))
            for part in self.parts
            for row, item_id in enumerate(part.ids())
        }


@dataclass(frozen=True)
class Pack:
    """A pack: the name of its manifest, and the content of every file by name."""

    manifest_name: str
    manifest: PackManifest
    files: Mapping[str, bytes]

    @property
    def num_bytes(self) -> int:
        """Return what a device downloads that has no pack of the shop yet."""
        return self._num_bytes(self.manifest["parts"])

    @property
    def num_delta_bytes(self) -> int | None:
        """Return what a device downloads that has the pack before, None where it takes all."""
        return self._num_bytes(self.manifest["delta"]["parts"]) if "delta" in self.manifest else None

    def _num_bytes(self, parts: Sequence[PackPart]) -> int:
        sizes = sum(part["cards"]["bytes"] + part["vectors"]["bytes"] for part in parts)
        return sizes + len(self.files[self.manifest_name])


def build(shop: Catalogued, encoder: Encoder, rule: PackVectors, previous: Previous | None) -> Pack:
    """Return the pack of a shop; the previous one itself, where nothing has changed since."""
    rows = quantised(shop.vectors, rule)
    files: dict[str, bytes] = {}
    first, rest = range(min(MAX_FIRST_PART, len(shop.ids))), range(MAX_FIRST_PART, len(shop.ids))
    by_address = sorted(rest, key=lambda at: str(shop.cards[at]["url"]))
    groups = [sorted(first, key=lambda at: str(shop.cards[at]["url"])), *_pieces(by_address)]
    parts = [_part(group, shop.cards, rows, rule, files) for group in groups]
    manifest: PackManifest = {
        "format": 1,
        "shop": shop.shop,
        "space": shop.space,
        "created": shop.created,
        "numItems": len(shop.ids),
        "vectors": rule,
        "parts": parts,
        "probes": _probes(groups[0], shop, encoder),
    }
    if previous is not None:
        manifest["created"] = max(shop.created, previous.manifest["created"])
        if _says_the_same(manifest, previous.manifest):
            content = rfc8785.dumps(_plain(previous.manifest))
            return Pack(previous.name, previous.manifest, {**files, **previous.delta_files, previous.name: content})
        delta = _delta(shop, rows, rule, previous, files)
        if delta is not None:
            manifest["delta"] = delta
    content = rfc8785.dumps(_plain(manifest))
    name = f"{hashlib.sha256(content).hexdigest()}.json"
    return Pack(name, manifest, {**files, name: content})


def _plain(manifest: PackManifest) -> JsonObject:
    return dict(manifest)


def _pieces(order: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(order), _PART_ITEMS):
        yield order[start : start + _PART_ITEMS]


def _part(
    group: Sequence[int], cards: Sequence[Card], rows: Rows, rule: PackVectors, files: dict[str, bytes]
) -> PackPart:
    """Return a part of some items, and add its files."""
    columns = rfc8785.dumps(_columns([cards[at] for at in group]))
    vectors = encode(rows.take(group), rule)
    return {
        "numItems": len(group),
        "cards": _file(columns, zlib.Z_DEFAULT_STRATEGY, files),
        # Numbers have no repetitions to find: without a search for them the stream is shorter.
        "vectors": _file(vectors, zlib.Z_HUFFMAN_ONLY, files),
    }


def _columns(cards: Sequence[Card]) -> JsonObject:
    names = sorted({name for card in cards for name in card})
    return {name: [card.get(name, _EMPTY.get(name, "")) for card in cards] for name in names}


def _file(content: bytes, strategy: int, files: dict[str, bytes]) -> PackFile:
    stream = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    packed = stream.compress(content) + stream.flush()
    sha256 = hashlib.sha256(packed).hexdigest()
    file: PackFile = {"sha256": sha256, "bytes": len(packed), "unpackedBytes": len(content)}
    files[file_name(file)] = packed
    return file


def _probes(group: Sequence[int], shop: Catalogued, encoder: Encoder) -> list[PackProbe]:
    """Return probes of items spread over the first part, with the vectors of their texts alone."""
    usable = [row for row, at in enumerate(group) if 0 < len(shop.texts[at]) <= _MAX_PROBE_CHARS]
    step = max(1, len(usable) // _NUM_PROBES)
    chosen = usable[::step][:_NUM_PROBES]
    texts = [shop.texts[group[row]] for row in chosen]
    of_texts = encoder.embed(texts, [None] * len(texts))
    return [
        {
            "row": row,
            "text": text,
            "textVector": encode_vector(vector),
            "vector": encode_vector(shop.vectors[group[row]]),
        }
        for row, text, vector in zip(chosen, texts, of_texts, strict=True)
    ]


def _says_the_same(manifest: PackManifest, previous: PackManifest) -> bool:
    """Return whether a manifest says nothing that the previous one did not; what changed since that one is apart."""
    return {**previous, "delta": None} == {**manifest, "delta": None}


def _delta(
    shop: Catalogued, rows: Rows, rule: PackVectors, previous: Previous, files: dict[str, bytes]
) -> PackDelta | None:
    """Return what changed since the previous pack, and add its files; None where a device should take all."""
    if previous.manifest["space"] != shop.space or previous.manifest["vectors"] != rule:
        return None
    before = previous.contents()
    changed = [
        at
        for at, item_id in enumerate(shop.ids)
        if before.get(item_id) != _content(_filled(shop.cards[at]), rows.row(at))
    ]
    removed = sorted(before.keys() - set(shop.ids))
    if len(changed) + len(removed) > _MOST_CHANGED * len(shop.ids):
        return None
    changed.sort(key=lambda at: str(shop.cards[at]["url"]))
    parts = [_part(group, shop.cards, rows, rule, files) for group in _pieces(changed)]
    return {"previous": previous.name.removesuffix(".json"), "removed": removed, "parts": parts}


def _content(card: Card, row: bytes) -> bytes:
    """Return all that a pack says of an item, as bytes to compare."""
    return row + rfc8785.dumps(card)


def _filled(card: Card) -> Card:
    """Return a card as it is read back: without fields that say nothing."""
    return {name: value for name, value in card.items() if value}


def _card_at(columns: JsonObject, row: int) -> Card:
    return {name: values[row] for name, values in columns.items() if values[row]}
