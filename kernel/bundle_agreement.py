"""Agreement of a manifest's fields with each other: roles, sizes of towers, image rule, download size.

extension/core/bundle-agreement.js mirrors it; contracts/vectors/bundle-changes.json and bundle-changes-table.json hold
the cases of both.
"""

import json
from collections.abc import Iterator, Sequence
from typing import cast

from kernel.contract_types import BundleManifest, BundleTower, ImageRule, LiteBundle, LiteImage, TextBlockRule
from kernel.contracts import contract
from kernel.json_object import JsonObject

# How a browser makes an item's and a user's embedding: by a tower, or by a rule.
_EITHER = (("textToItem", "textBlock"), ("userTower", "pooling"))
LITE_IMAGE = "lite.image.toItem"  # the place of the tower that reads images in a browser


def disagreement(manifest: BundleManifest) -> str | None:
    """Return the first pair of fields that contradict each other, as one sentence; None where all agree."""
    towers, has_table = _towers(manifest), "table" in manifest["text"]
    return (
        _wrong_lite(manifest)
        or next((found for place, tower in towers.items() if (found := _wrong_roles(place, tower, has_table))), None)
        or _wrong_image(manifest)
        or next(
            (
                f"$.{place}: {_json(found)} does not agree with {what}, {_json(expected)}"
                for place, found, expected, what in _facts(manifest, towers)
                if found != expected
            ),
            None,
        )
        or _wrong_filler(manifest)
    )


def _towers(manifest: BundleManifest) -> dict[str, BundleTower]:
    entries = cast(JsonObject, manifest["towers"])
    towers = {f"towers.{key}": entries[key] for key in entries}
    return towers | browser_towers(manifest)


def browser_towers(manifest: BundleManifest) -> dict[str, BundleTower]:
    """Return the towers that a browser may run, by their place: those of `lite`, and that of `lite.image`."""
    towers = {f"lite.{key}": tower for key, tower in lite_towers(manifest).items()}
    image = lite_image(manifest)
    return towers | ({LITE_IMAGE: image["toItem"]} if image else {})


def lite_towers(manifest: BundleManifest) -> dict[str, BundleTower]:
    """Return the towers that every browser runs, by their keys in `lite`; none where rules stand for them."""
    lite = cast(JsonObject, manifest).get("lite", {})
    return {key: lite[key] for key in ("textToItem", "userTower") if key in lite}


def lite_image(manifest: BundleManifest) -> LiteImage | None:
    """Return how a browser that reads images makes items of them; None where it cannot."""
    return manifest["lite"].get("image") if "lite" in manifest else None


def wrong_text(manifest: BundleManifest) -> str | None:
    """Return why the manifest does not say how texts become features in one way; None where it does."""
    has_tokenizer, has_encoder = "tokenizer" in manifest["text"], "textEncoder" in manifest["towers"]
    if "table" in manifest["text"]:
        if has_tokenizer or has_encoder:
            return "$.text.table: given beside a tokenizer or towers.textEncoder, expected one or the other"
        return None
    if not has_tokenizer or not has_encoder:
        return "$.text: expected a tokenizer and towers.textEncoder, or a token table"
    return None


def _wrong_lite(manifest: BundleManifest) -> str | None:
    """Return why a browser does not learn in one way how items and users are made; None where it does."""
    if "lite" not in manifest:
        return None
    lite = manifest["lite"]
    for tower, rule in _EITHER:
        if tower in lite and rule in lite:
            return f"$.lite.{rule}: given beside lite.{tower}, expected one or the other"
        if tower not in lite and rule not in lite:
            return f"$.lite: expected {tower} or {rule}"
    wrong_block = _wrong_block(manifest, lite["textBlock"]) if "textBlock" in lite else None
    return wrong_block or (_wrong_lite_image(manifest, lite["image"]) if "image" in lite else None)


def _wrong_lite_image(manifest: BundleManifest, image: LiteImage) -> str | None:
    """Return why a browser cannot put a text's block beside an image's; None where it can."""
    if "imageEncoder" not in manifest["towers"]:
        return "$.lite.image: given, but there is no towers.imageEncoder"
    if "textBlock" not in manifest["lite"]:
        return "$.lite.image: expected lite.textBlock beside it"
    return _wrong_rule("lite.image.rule", image["rule"])


def _wrong_block(manifest: BundleManifest, rule: TextBlockRule) -> str | None:
    """Return why a text's features do not fit where the rule puts them; None where they do."""
    if "table" not in manifest["text"] or "filler" not in manifest:
        return "$.lite.textBlock: expected a token table, text.table, and a filler beside it"
    start, dim, filler = rule["start"], manifest["dim"], manifest["filler"]
    end = start + manifest["text"]["table"]["dim"]
    if end > dim or start <= filler < end:
        return (
            f"$.lite.textBlock.start: the block from {start} to {end - 1} "
            f"does not fit into dim, {dim}, beside filler, {filler}"
        )
    return None


def _wrong_roles(place: str, tower: BundleTower, has_table: bool) -> str | None:
    is_of_table = has_table and place == "lite.textToItem"
    rule = contract("bundle-roles.json")[f"{place} of a token table" if is_of_table else place]
    given = [tensor["role"] for tensor in tower["inputs"]]
    known = [*rule["takes"], *rule["mayTake"]]
    if len(set(given)) < len(given) or not set(rule["takes"]) <= set(given) <= set(known):
        return f"$.{place}.inputs: expected the roles {', '.join(rule['takes'])}, got {', '.join(given)}"
    if [tensor["role"] for tensor in tower["outputs"]] != ["embedding"]:
        return f"$.{place}.outputs: expected one output with the role embedding"
    return None


def _wrong_image(manifest: BundleManifest) -> str | None:
    towers = manifest["towers"]
    takes_image = any(tensor["role"] == "image" for tensor in towers["itemTower"]["inputs"])
    if "imageEncoder" not in towers:
        return "$.image: given, but there is no towers.imageEncoder" if "image" in manifest else None
    if "image" not in manifest:
        return "$.image: missing, but towers.imageEncoder needs to know how images are prepared"
    if not takes_image:
        return "$.towers.itemTower.inputs: expected the role image, because there is a towers.imageEncoder"
    return _wrong_rule("image", manifest["image"])


def _wrong_rule(place: str, rule: ImageRule) -> str | None:
    if rule.get("mode") != "pad" and rule["resize"] < rule["size"]:
        return f"$.{place}.resize: {rule['resize']} is below {place}.size, {rule['size']}"
    return None


def _facts(manifest: BundleManifest, towers: dict[str, BundleTower]) -> Iterator[tuple[str, object, object, str]]:
    """Yield a place, its value, and the value and name of what it must agree with."""
    dim, item = manifest["dim"], towers["towers.itemTower"]
    yield "towers.itemTower.outputs", _shape(item, "embedding")[-1], dim, "dim"
    yield "towers.userTower.outputs", _shape(towers["towers.userTower"], "embedding")[-1], dim, "dim"
    yield "towers.userTower.inputs", _shape(towers["towers.userTower"], "items")[-1], dim, "dim"
    if "table" in manifest["text"]:
        yield "towers.itemTower.inputs", _shape(item, "text")[-1], manifest["text"]["table"]["dim"], "text.table.dim"
    else:
        encoder = towers["towers.textEncoder"]
        width = _shape(encoder, "embedding")[-1]
        yield "towers.itemTower.inputs", _shape(item, "text")[-1], width, "towers.textEncoder"
    if "towers.imageEncoder" in towers:
        encoder, size = towers["towers.imageEncoder"], manifest["image"]["size"]
        yield "towers.itemTower.inputs", _shape(item, "image")[-1], _shape(encoder, "embedding")[-1], "imageEncoder"
        yield "towers.imageEncoder.inputs", list(_shape(encoder, "pixels")[1:]), [3, size, size], "image.size"
    if "lite" in manifest:
        yield from _lite_facts(manifest, manifest["lite"])


def _lite_facts(manifest: BundleManifest, lite: LiteBundle) -> Iterator[tuple[str, object, object, str]]:
    dim = manifest["dim"]
    if "textToItem" in lite:
        yield "lite.textToItem.outputs", _shape(lite["textToItem"], "embedding")[-1], dim, "dim"
    if "userTower" in lite:
        yield "lite.userTower.outputs", _shape(lite["userTower"], "embedding")[-1], dim, "dim"
        yield "lite.userTower.inputs", _shape(lite["userTower"], "items")[-1], dim, "dim"
    if "textToItem" in lite and "table" in manifest["text"]:
        width = _shape(lite["textToItem"], "text")[-1]
        yield "lite.textToItem.inputs", width, manifest["text"]["table"]["dim"], "text.table.dim"
    if "image" in lite:
        tower, size = lite["image"]["toItem"], lite["image"]["rule"]["size"]
        yield f"{LITE_IMAGE}.outputs", _shape(tower, "embedding")[-1], dim, "dim"
        yield f"{LITE_IMAGE}.inputs", list(_shape(tower, "pixels")[1:]), [3, size, size], "lite.image.rule.size"
        stated = lite["image"]["downloadBytes"]
        yield "lite.image.downloadBytes", stated, manifest["files"][tower["file"]]["bytes"], "its file's size"
    names = {text_file(manifest), *(tower["file"] for tower in lite_towers(manifest).values())}
    names |= {manifest["probes"]["file"]}
    names |= {manifest["shopMetric"]["file"]} if "shopMetric" in manifest else set()
    total = sum(manifest["files"][name]["bytes"] for name in names)
    yield "lite.downloadBytes", lite["downloadBytes"], total, "its files' sizes"


def text_file(manifest: BundleManifest) -> str:
    """Return the name of the tokenizer's file, or of the token table's."""
    text = manifest["text"]
    return text["table"]["file"] if "table" in text else text["tokenizer"]["file"]


def _wrong_filler(manifest: BundleManifest) -> str | None:
    if manifest.get("filler", 0) < manifest["dim"]:
        return None
    return f"$.filler: expected a coordinate below dim, {manifest['dim']}, got {manifest['filler']}"


def _shape(tower: BundleTower, role: str) -> Sequence[int | str]:
    return next(tensor["shape"] or [""] for tensor in (*tower["inputs"], *tower["outputs"]) if tensor["role"] == role)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
