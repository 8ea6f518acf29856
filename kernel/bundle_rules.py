"""Rules that a bundle's manifest keeps: format, schema, and the space that its item-side files and rules define."""

import hashlib
from typing import Literal, cast

import rfc8785

from kernel.bundle_agreement import browser_towers, disagreement, text_file, wrong_text
from kernel.contract_types import BundleManifest
from kernel.contracts import first_violation
from kernel.json_object import JsonObject
from kernel.shop_metric import ShopMetricError, blocks_of

FORMAT: Literal[2] = 2
_ITEM_TOWERS = ("textEncoder", "imageEncoder", "itemTower")


def first_problem(manifest: object) -> str | None:
    """Return the first rule that a parsed manifest.json breaks, as one sentence; None where it keeps them all."""
    if (problem := format_problem(manifest)) is not None:
        return problem
    if "probes" not in cast(JsonObject, manifest):
        return "$.probes: missing: the bundle was made by an older exporter; export it again"
    violation = first_violation("bundle.schema.json", manifest)
    if violation is not None:
        return str(violation)
    checked = cast(BundleManifest, manifest)
    if (problem := wrong_text(checked)) is not None:
        return problem
    return _unlisted_file(checked) or disagreement(checked) or _wrong_space(checked) or _wrong_blocks(checked)


def format_problem(manifest: object) -> str | None:
    """Return why a parsed manifest.json is not of this format, as one sentence; None where it is."""
    if not isinstance(manifest, dict):
        return "$: expected a bundle's manifest, an object"
    found = manifest.get("format")
    if found == 1 and found is not True:
        return f"$.format: got 1, expected {FORMAT}: the bundle was made by an older exporter; export it again"
    if found != FORMAT:
        return f"$.format: expected {FORMAT}, got {found!r:.60}"
    return None


def space_of(manifest: BundleManifest) -> str:
    """Return the SHA-256 that names the space of a manifest's item embeddings.

    It covers the canonical JSON (RFC 8785) of `dim`, `filler`, `text`, `image`, and the hashes of the text encoder,
    image encoder, item tower and tokenizer or token table. User tower, `lite` and statements are outside: they compare
    with the same item embeddings. contracts/vectors/bundle-space.json holds the cases.
    """
    return hashlib.sha256(rfc8785.dumps(_decides_items(manifest))).hexdigest()


def _decides_items(manifest: BundleManifest) -> JsonObject:
    whole = cast(JsonObject, manifest)
    hashes = {name: manifest["files"][name]["sha256"] for name in _item_files(manifest).values()}
    return {key: whole[key] for key in ("dim", "filler", "text", "image") if key in whole} | {"files": hashes}


def _item_files(manifest: BundleManifest) -> dict[str, str]:
    """Return the item-side files by the place in the manifest that names them."""
    towers = cast(JsonObject, manifest["towers"])
    names = {f"$.towers.{key}.file": towers[key]["file"] for key in _ITEM_TOWERS if key in towers}
    return {**names, f"$.text.{'table' if 'table' in manifest['text'] else 'tokenizer'}.file": text_file(manifest)}


def _unlisted_file(manifest: BundleManifest) -> str | None:
    named = {**_item_files(manifest), "$.towers.userTower.file": manifest["towers"]["userTower"]["file"]}
    named |= {f"$.{place}.file": tower["file"] for place, tower in browser_towers(manifest).items()}
    named["$.probes.file"] = manifest["probes"]["file"]
    if "shopMetric" in manifest:
        named["$.shopMetric.file"] = manifest["shopMetric"]["file"]
    for place, name in named.items():
        if name not in manifest["files"]:
            return f"{place}: {name} is not among the manifest's files"
    return None


def _wrong_space(manifest: BundleManifest) -> str | None:
    expected = space_of(manifest)
    if manifest["space"] == expected:
        return None
    return (
        f"$.space: got {manifest['space']}, but the item-side files and rules give {expected}; export the bundle again"
    )


def _wrong_blocks(manifest: BundleManifest) -> str | None:
    if "shopMetric" not in manifest:
        return None
    try:
        blocks_of(manifest["shopMetric"], manifest["dim"], manifest.get("filler"))
    except ShopMetricError as error:
        return f"$.shopMetric.blocks: {error}"
    return None
