"""Comparison of two bundles: what differs field by field, whether their vectors may be mixed, sizes and speeds."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict, cast

from exporter.card import aligned, megabytes, towers_of
from exporter.verify import bundle_id, read_manifest
from kernel.bundle_agreement import text_file
from kernel.contract_types import BundleManifest
from kernel.json_object import JsonObject

_NOTHING = "-"
_MOST_CHARS = 60
# Lists whose entries are about one tower: they are told apart by it, not by their place in the list.
_BY_TOWER = ("origin", "parity", "speed", "loss")


class Difference(TypedDict):
    """A field that differs; None on the side that lacks it."""

    field: str
    first: object
    second: object


class TowerPair(TypedDict):
    """Bytes and median milliseconds of a tower on both sides; None where a side lacks it."""

    tower: str
    bytes: list[int | None]
    p50Ms: list[float | None]


class Comparison(TypedDict):
    """Two bundles side by side. `decides`: the differing fields that make the spaces differ."""

    names: list[str]
    bundleIds: list[str]
    sameSpace: bool
    decides: list[str]
    bytes: list[int]
    downloadBytes: list[int | None]
    towers: list[TowerPair]
    differences: list[Difference]


def compare(first: Path, second: Path) -> Comparison:
    """Return what differs between two bundles' manifests; raises BundleError for what is not a bundle."""
    manifests = [read_manifest(directory) for directory in (first, second)]
    flat = [dict(_flat(_by_tower(manifest))) for manifest in manifests]
    fields = sorted(flat[0].keys() | flat[1].keys())
    differences: list[Difference] = [
        {"field": field, "first": flat[0].get(field), "second": flat[1].get(field)}
        for field in fields
        if flat[0].get(field) != flat[1].get(field)
    ]
    changed = [difference["field"] for difference in differences]
    return {
        "names": [manifest["name"] for manifest in manifests],
        "bundleIds": [bundle_id(directory) for directory in (first, second)],
        "sameSpace": manifests[0]["space"] == manifests[1]["space"],
        "decides": [field for field in changed if _decides(field, manifests)],
        "bytes": [sum(entry["bytes"] for entry in manifest["files"].values()) for manifest in manifests],
        "downloadBytes": [cast(JsonObject, manifest).get("lite", {}).get("downloadBytes") for manifest in manifests],
        "towers": _towers(manifests),
        "differences": differences,
    }


def lines_of(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison as text for a terminal."""
    first, second = comparison["names"]
    if comparison["bundleIds"][0] == comparison["bundleIds"][1]:
        yield f"One bundle twice: {first}, {comparison['bundleIds'][0]}"
        return
    yield from aligned([("first", first, comparison["bundleIds"][0]), ("second", second, comparison["bundleIds"][1])])
    yield ""
    if comparison["sameSpace"]:
        yield "Vectors may be mixed: both bundles have one space."
    else:
        yield "Vectors must not be mixed: the spaces differ. Items of the one are embedded again for the other."
        yield f"  decided by {', '.join(comparison['decides'])}"
    yield ""
    yield "Sizes and speeds (median of one item, ms)"
    yield from aligned([("", "first", "second", "first", "second"), *_table(comparison)])
    yield ""
    yield f"{len(comparison['differences'])} fields differ"
    yield from aligned([(d["field"], _short(d["first"]), _short(d["second"])) for d in comparison["differences"]])


def _table(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for pair in comparison["towers"]:
        speeds = [_NOTHING if speed is None else f"{speed:g}" for speed in pair["p50Ms"]]
        yield pair["tower"], *(_size(size) for size in pair["bytes"]), *speeds
    yield "browser download", *(_size(size) for size in comparison["downloadBytes"])
    yield "all files", *(_size(size) for size in comparison["bytes"])


def _size(size: int | None) -> str:
    return _NOTHING if size is None else megabytes(size)


def _short(value: object) -> str:
    text = _NOTHING if value is None else str(value)
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"


def _by_tower(manifest: BundleManifest) -> JsonObject:
    """Return the manifest with lists about towers as mappings."""
    whole = dict(cast(JsonObject, manifest))
    for key in _BY_TOWER:
        entries: JsonObject = {}
        for entry in whole.get(key, []):
            name = str(entry.get("tower", ""))
            entries[name if name not in entries else f"{name}#{len(entries)}"] = entry
        if entries:
            whole[key] = entries
    return whole


def _flat(value: object, field: str = "") -> Iterator[tuple[str, object]]:
    """Yield (path, value) of every leaf; a list of plain values is a leaf."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{field}.{key}" if field else str(key))
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        for at, inner in enumerate(value):
            yield from _flat(inner, f"{field}[{at}]")
    else:
        yield field, value


def _decides(field: str, manifests: list[BundleManifest]) -> bool:
    """Return whether a field is among those that the space is the hash of (kernel/bundle_rules.py)."""
    if field.split(".", maxsplit=1)[0] in ("dim", "filler", "text", "image"):
        return True
    towers = [manifest["towers"] for manifest in manifests]
    encoders = [
        cast(JsonObject, pair).get(key) for pair in towers for key in ("textEncoder", "imageEncoder", "itemTower")
    ]
    files = {entry["file"] for entry in encoders if entry} | {text_file(m) for m in manifests}
    return any(field == f"files.{name}.sha256" for name in files)


def _towers(manifests: list[BundleManifest]) -> list[TowerPair]:
    towers = [towers_of(manifest) for manifest in manifests]
    speeds = [{entry["tower"]: entry["p50Ms"] for entry in manifest["speed"]} for manifest in manifests]
    return [
        {
            "tower": key,
            "bytes": [
                manifest["files"][side[key]["file"]]["bytes"] if key in side else None
                for manifest, side in zip(manifests, towers, strict=True)
            ],
            "p50Ms": [side.get(key) for side in speeds],
        }
        for key in dict.fromkeys([*towers[0], *towers[1]])
    ]
