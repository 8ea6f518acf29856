"""Reader of packs: verifies list, manifest, signature, parts and probes of a shop's published catalogue.

extension/packs/ mirrors this module; contracts/vectors/packs.json holds the cases of both.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from kernel.bundle_probes import decode_vector
from kernel.bundle_signature import SignatureError, Signer, signer_of
from kernel.contract_types import PackCards, PackFile, PackList, PackListEntry, PackManifest, PackPart, PackVectors
from kernel.contracts import first_violation
from kernel.pack_vectors import Floats, Rows, decode, held_blocks, most_bytes, restored, step_of

LIST = "list.json"
MAX_LIST_BYTES = 4 * 2**20
MAX_MANIFEST_BYTES = 4 * 2**20
MAX_FIRST_PART = 1000
# What the vector of a probe loses by its int16, in levels of 1/32767.
_PROBE_LEVEL = 1 / 32767

Code = Literal["pack_damaged", "pack_forged", "pack_foreign", "pack_older"]
Fetch = Callable[[str, int], bytes]  # a file's name and the most bytes that are of use


class PackError(ValueError):
    """A pack that is not taken; the message is one sentence."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Expected:
    """What a pack has to be.

    Attributes:
        shop: whose catalogue.
        space: of the bundle that will rank it.
        now: ISO 8601, UTC, whole seconds.
        not_before: `created` of the pack that is held already, None without one.
        trusted: name by public key, one of which must have signed; None where nobody is asked for.
    """

    shop: str
    space: str
    now: str
    not_before: str | None = None
    trusted: Mapping[bytes, str] | None = None


@dataclass(frozen=True)
class Part:
    """Items of one part, row by row."""

    cards: PackCards
    rows: Rows

    def ids(self) -> list[str]:
        """Return the item id of each row."""
        return [item_id_of(url) for url in self.cards["url"]]


def item_id_of(url: str) -> str:
    """Return the item id of a canonical address: 16 hexadecimal digits."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def read_list(data: bytes) -> PackList:
    """Return a parsed list of packs; raises PackError."""
    parsed = _parsed(LIST, data)
    if (violation := first_violation("pack-list.schema.json", parsed)) is not None:
        raise PackError("pack_damaged", f"{LIST}: {violation}")
    return cast(PackList, parsed)


def read_manifest(entry: PackListEntry, fetch: Fetch, expected: Expected) -> tuple[PackManifest, Signer | None]:
    """Return the manifest that an entry of a list names, and whose key signed it; raises PackError."""
    name = entry["manifest"]
    data = _hashed(name, fetch(name, MAX_MANIFEST_BYTES))
    parsed = _parsed(name, data)
    if (violation := first_violation("pack.schema.json", parsed)) is not None:
        raise PackError("pack_damaged", f"{name}: {violation}")
    manifest = cast(PackManifest, parsed)
    if (problem := disagreement(manifest)) is not None:
        raise PackError("pack_damaged", f"{name}: {problem}")
    signer = _signer(entry, data, fetch, expected)
    if manifest["shop"] != expected.shop:
        raise PackError("pack_foreign", f"it is of the shop {manifest['shop']}, expected {expected.shop}")
    if manifest["space"] != expected.space:
        raise PackError(
            "pack_foreign",
            f"it was made with another model: its space is {manifest['space'][:12]}, expected {expected.space[:12]}",
        )
    created = manifest["created"]
    if expected.not_before is not None and created < expected.not_before:
        raise PackError("pack_older", f"it is of {created}, older than the one held, of {expected.not_before}")
    if created > expected.now:
        raise PackError("pack_damaged", f"{name}: created: expected a time that has come, got {created}")
    return manifest, signer


def disagreement(manifest: PackManifest) -> str | None:
    """Return the first contradiction between fields of a manifest, as one sentence; None without any."""
    return _wrong_blocks(manifest["vectors"]) or _wrong_counts(manifest) or _wrong_sizes(manifest)


def _wrong_blocks(rule: PackVectors) -> str | None:
    end = 0
    for i, block in enumerate(rule["blocks"]):
        if block["start"] != end:
            return f"vectors.blocks[{i}].start: expected {end}, got {block['start']}"
        end += block["length"]
    return None if end == rule["dim"] else f"vectors.dim: expected {end}, where the last block ends, got {rule['dim']}"


def _wrong_counts(manifest: PackManifest) -> str | None:
    total, first = sum(part["numItems"] for part in manifest["parts"]), manifest["parts"][0]["numItems"]
    if total != manifest["numItems"]:
        return f"numItems: expected {total}, the sum of its parts, got {manifest['numItems']}"
    if first > MAX_FIRST_PART:
        return f"parts[0].numItems: expected at most {MAX_FIRST_PART}, got {first}"
    for i, probe in enumerate(manifest["probes"]):
        if probe["row"] >= first:
            return f"probes[{i}].row: expected less than {first}, got {probe['row']}"
    return None


def _wrong_sizes(manifest: PackManifest) -> str | None:
    groups = {"parts": manifest["parts"], "delta.parts": manifest["delta"]["parts"] if "delta" in manifest else []}
    for place, group in groups.items():
        for i, part in enumerate(group):
            most, found = most_bytes(manifest["vectors"], part["numItems"]), part["vectors"]["unpackedBytes"]
            if found > most:
                return f"{place}[{i}].vectors.unpackedBytes: expected at most {most}, got {found}"
    return None


def read_part(part: PackPart, rule: PackVectors, fetch: Fetch) -> Part:
    """Return the items of a part; raises PackError."""
    cards = _cards(part, _unpacked(part["cards"], fetch))
    rows = decode(_unpacked(part["vectors"], fetch), rule, part["numItems"])
    if rows is None:
        raise PackError("pack_damaged", f"{file_name(part['vectors'])}: expected numbers of its bits for each item")
    return Part(cards, rows)


def check_probes(manifest: PackManifest, first: Part) -> None:
    """Raise PackError unless the rows of the first part are the vectors of the probes, up to their bits.

    Numbers that a device makes of texts are not compared.
    """
    vectors = restored(first.rows, manifest["vectors"])
    for i, probe in enumerate(manifest["probes"]):
        stated = probe_vector(probe["vector"], manifest["vectors"]["dim"])
        if stated is None or probe_vector(probe["textVector"], manifest["vectors"]["dim"]) is None:
            raise PackError("pack_damaged", f"probes[{i}]: expected vectors of {manifest['vectors']['dim']} numbers")
        codes = first.rows.codes[probe["row"]]
        for b, block in held_blocks(manifest["vectors"]):
            at = slice(block["start"], block["start"] + block["length"])
            bound = step_of(int(codes[b]), block) / 2 + _PROBE_LEVEL
            if float(np.abs(vectors[probe["row"], at] - stated[at]).max()) > bound:
                raise PackError("pack_damaged", f"probes[{i}]: row {probe['row']} has another vector than it states")


def probe_vector(text: str, dim: int) -> Floats | None:
    """Return the numbers of a probe's vector, None unless there are dim."""
    try:
        vector = decode_vector(text)
    except ValueError:
        return None
    return vector if len(vector) == dim else None


def file_name(file: PackFile) -> str:
    """Return the name of a file that a manifest names."""
    return f"{file['sha256']}.bin"


def _signer(entry: PackListEntry, manifest: bytes, fetch: Fetch, expected: Expected) -> Signer | None:
    name = entry.get("signature")
    signature = None if name is None else _hashed(name, fetch(name, MAX_MANIFEST_BYTES))
    try:
        return signer_of(manifest, signature, expected.trusted)
    except SignatureError as error:
        raise PackError("pack_forged", str(error)) from error


def _parsed(name: str, data: bytes) -> object:
    try:
        return json.loads(data)
    except ValueError as error:
        raise PackError("pack_damaged", f"{name}: expected JSON") from error


def _hashed(name: str, data: bytes) -> bytes:
    """Return a file whose name begins with its SHA-256."""
    if hashlib.sha256(data).hexdigest() != name.partition(".")[0]:
        raise PackError("pack_damaged", f"{name}: is not the file that its name says")
    return data


def _unpacked(file: PackFile, fetch: Fetch) -> bytes:
    name, size = file_name(file), file["unpackedBytes"]
    data = fetch(name, file["bytes"])
    if len(data) != file["bytes"]:
        raise PackError("pack_damaged", f"{name}: expected {file['bytes']} bytes, got {len(data)}")
    _hashed(name, data)
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, size + 1)
    except zlib.error:
        content = b""
    if len(content) != size or not stream.eof or stream.unused_data:
        raise PackError("pack_damaged", f"{name}: expected a zlib stream of {size} bytes")
    return content


def _cards(part: PackPart, content: bytes) -> PackCards:
    name = file_name(part["cards"])
    parsed = _parsed(name, content)
    if (violation := first_violation("pack-cards.schema.json", parsed)) is not None:
        raise PackError("pack_damaged", f"{name}: {violation}")
    lists = cast(Mapping[str, Sequence[object]], parsed)
    for field, values in lists.items():
        if len(values) != part["numItems"]:
            raise PackError("pack_damaged", f"{name}: {field}: expected {part['numItems']} entries, got {len(values)}")
    return cast(PackCards, parsed)
