"""Packs of the demo mall: its recorded pages through the scraper, the catalogue and `pack`."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from benchmarks.shelf.recorded_mall import RecordedShop
from encoders.image_sources import LocalImages
from encoders.product_lines import problem_of
from kernel.contract_types import Product
from kernel.json_object import JsonObject
from scraper import extract_product
from server.catalogue.database import Catalogue
from server.catalogue.writer import Writer
from server.encoding.bundle import load_bundle
from server.packs.build import build
from server.packs.publish import publish
from server.packs.source import read_catalogue, vectors_rule
from server.settings import DEFAULT_BITS, Settings


def mall_packs(mall: Mapping[str, RecordedShop], bundle_dir: Path, folder: Path) -> dict[str, JsonObject]:
    """Write packs of the shops, texts alone, to `folder`; return items and bytes by shop."""
    bundle = load_bundle(bundle_dir)
    with tempfile.TemporaryDirectory() as data:
        writer = Writer(Settings(data_dir=Path(data)), bundle, LocalImages(Path(data)), threads=1)
        catalogue = Catalogue(Path(data))
        for shop in mall.values():
            pages = [
                (shop["answers"][one["url"].removeprefix(shop["origin"])]["body"], one["url"])
                for one in shop["products"]
            ]
            products = (extract_product(body, url).to_wire() for body, url in pages)
            writer.write(
                catalogue, {i: cast(Product, one) for i, one in enumerate(products) if problem_of(one) is None}
            )
        made: dict[str, JsonObject] = {}
        rule = vectors_rule(bundle.manifest, DEFAULT_BITS)
        for name in sorted(catalogue.shop_versions()):
            pack = build(read_catalogue(catalogue, bundle, writer.encoder, name), writer.encoder, rule, None)
            publish(folder, pack, None)
            made[name] = {"items": pack.manifest["numItems"], "bytes": pack.num_bytes}
        catalogue.close()
    return made
