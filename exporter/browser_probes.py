"""Probes with images, run as a browser that reads images runs them."""

import base64
from pathlib import Path
from typing import cast

from encoders.pixels import decode_image, to_pixels
from encoders.token_table import TokenTable
from exporter import lite_rules
from exporter.parity import Runner
from kernel.bundle_agreement import LITE_IMAGE, lite_image
from kernel.bundle_probes import check_vector, decode_vector, read_probes
from kernel.contract_types import BundleManifest, Product
from kernel.item_text import item_text

_MAX_PIXELS = 2**20


def check_images(directory: Path, manifest: BundleManifest, tower: Runner, table: TokenTable) -> None:
    """Compare the items of a browser with the stated ones of the full towers, where text and image are known.

    Args:
        directory: the bundle.
        manifest: its manifest, with `lite.image`.
        tower: of `lite.image.toItem`.
        table: of the manifest's `text.table`.

    Raises ProbeError for the first probe that differs.
    """
    image, block = lite_image(manifest), manifest["lite"]["textBlock"]
    if image is None:
        return
    filler, towers = manifest["filler"], manifest["towers"]
    place = slice(block["start"], block["start"] + table.dim)
    precisions = [entry["precision"] for entry in (image["toItem"], towers["imageEncoder"], towers["itemTower"])]
    probes = read_probes((directory / manifest["probes"]["file"]).read_bytes(), manifest)
    for i, probe in enumerate(probes["items"]):
        text = item_text(cast(Product, probe["product"]), manifest["text"]["itemText"])
        if "image" not in probe or not text:
            continue
        shown = to_pixels(decode_image(base64.b64decode(probe["image"]), _MAX_PIXELS), image["rule"])
        items = tower({image["toItem"]["inputs"][0]["name"]: shown[None]})
        texts = lite_rules.text_block(table.encode([text]), block, manifest["dim"], filler)
        found = lite_rules.with_text_block(items, texts, place, filler)[0]
        check_vector(f"items[{i}] by {LITE_IMAGE}", found, decode_vector(probe["embedding"]), precisions)
