"""Bytes of a pack of 10,000 products, by what their images' addresses look like.

    python -m benchmarks.pack_size --bundle DIR --data DIR

Names, types and colours are those of Kaggle's "Fashion Product Images", in the folder of --data. Prices and addresses
are made up, the latter as a large host of shops forms them. The images of 2,000 products are embedded, and each is the
image of five: vectors are packed without a search for repetitions, so that this takes as many bytes as 10,000 images.
Also counts how many of a taste's ten best by the vectors themselves are among its ten best by those of the pack.
"""

import argparse
import csv
import json
import random
import re
import sys
import uuid
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from encoders.encoder import Encoder
from encoders.pixels import decode_image, to_pixels
from kernel.contract_types import Product
from kernel.json_object import JsonObject
from kernel.pack_reader import item_id_of
from kernel.pack_vectors import Floats, quantised, restored
from kernel.shop_metric import BundleMetric, estimate
from server.encoding.bundle import Bundle, load_bundle
from server.packs.build import build
from server.packs.source import Catalogued, vectors_rule

ITEMS, IMAGES, BATCH = 10_000, 2_000, 100
TASTES, VIEWS, SHOWN = 300, 6, 10
SHOP = "shop.example"
IMAGE_HOST = "https://cdn.example/s/files/1/0533/2089/4391/files/"
MAX_PIXELS = 10**7
MIN_TIME, MAX_TIME = 1_600_000_000, 1_720_000_000

Rows = Sequence[Mapping[str, str]]
Integers = NDArray[np.intp]
# The file of an image, by how shops name theirs: of the product's handle and a source of chance.
FILES: dict[str, Callable[[str, random.Random], str]] = {
    "names of products": lambda handle, dice: f"{handle}.jpg",
    "article numbers": lambda _, dice: f"{dice.choice('SA')}W{dice.randrange(17, 25)}{dice.randrange(10**5)}_1.jpg",
    "names of a camera": lambda _, dice: f"IMG_{dice.randrange(1000, 9999)}.jpg",
    "random names": lambda _, dice: f"{uuid.UUID(int=dice.getrandbits(128))}.jpg",
    "names of products and random ones": lambda handle, dice: f"{handle}_{uuid.UUID(int=dice.getrandbits(128))}.jpg",
}


def read_rows(data: Path) -> list[dict[str, str]]:
    """Return ITEMS rows of styles.csv; those whose image is there are the first IMAGES."""
    with (data / "styles.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["productDisplayName"].strip()]
    random.Random(0).shuffle(rows)
    shown = [row for row in rows if row["has_image"] == "1"][:IMAGES]
    ids = {row["id"] for row in shown}
    return [*shown, *(row for row in rows if row["id"] not in ids)][:ITEMS]


def products(rows: Rows, file_of: Callable[[str, random.Random], str] | None) -> list[JsonObject]:
    """Return the cards of a shop's products, without images where there is no `file_of`."""
    dice, found, seen = random.Random(0), [], dict[str, int]()
    for row in rows:
        title = " ".join(row["productDisplayName"].split())
        handle = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        seen[handle] = seen.get(handle, 0) + 1
        handle += f"-{seen[handle] - 1}" if seen[handle] > 1 else ""
        amount = dice.choice((19, 24, 29, 35, 39, 45, 49, 59, 69, 79, 89, 99, 120, 149))
        card: JsonObject = {
            "url": f"https://www.{SHOP}/products/{handle}",
            "title": title,
            "brand": title.split()[0],
            "categoryPath": [row["masterCategory"], row["subCategory"], row["articleType"]],
            "price": {"amount": f"{amount}.{dice.choice(('00', '95', '99'))}", "currency": "EUR"},
            "availability": dice.choice(("InStock", "InStock", "InStock", "OutOfStock")),
            "attributes": {"color": row["baseColour"]},
        }
        if dice.random() < 0.2:
            card["regularPrice"] = {"amount": f"{amount * 1.25:.2f}", "currency": "EUR"}
        if file_of is not None:
            version = dice.randrange(MIN_TIME, MAX_TIME)
            card["image"] = f"{IMAGE_HOST}{file_of(handle, dice)}?v={version}"
        found.append(card)
    return found


def with_images(texts: Sequence[str], images: Sequence[bytes], bundle: Bundle, encoder: Encoder) -> Floats:
    """Return item vectors of texts, each with one of the images."""
    rule = bundle.manifest["image"]
    vectors = np.zeros((len(texts), bundle.dim), dtype=np.float32)
    for start in range(0, IMAGES, BATCH):
        pixels = [to_pixels(decode_image(image, MAX_PIXELS), rule) for image in images[start : start + BATCH]]
        for first in range(start, len(texts), IMAGES):
            vectors[first : first + BATCH] = encoder.embed(texts[first : first + BATCH], pixels)
        print(f"{start + BATCH:,} of {IMAGES:,} images", file=sys.stderr)
    return vectors


def catalogued(cards: Sequence[JsonObject], texts: Sequence[str], vectors: Floats, space: str) -> Catalogued:
    """Return the products as a catalogue has them."""
    ids = [item_id_of(str(card["url"])) for card in cards]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return Catalogued(
        shop=SHOP,
        space=space,
        created="2026-01-01T00:00:00Z",
        ids=[ids[at] for at in order],
        cards=[cards[at] for at in order],
        texts=[texts[at] for at in order],
        vectors=vectors[order],
    )


def sizes(shop: Catalogued, encoder: Encoder, bundle: Bundle, bits: int) -> JsonObject:
    """Return the bytes of a pack, whole and by what they hold."""
    pack = build(shop, encoder, vectors_rule(bundle.manifest, bits), None)
    parts = pack.manifest["parts"]
    return {
        "items": len(shop.ids),
        "bits": bits,
        "bytes": pack.num_bytes,
        "cards": sum(part["cards"]["bytes"] for part in parts),
        "vectors": sum(part["vectors"]["bytes"] for part in parts),
        "manifest": len(pack.files[pack.manifest_name]),
    }


def kept_of_ten(vectors: Floats, rows: Rows, bundle: Bundle, bits: int) -> float:
    """Return which share of tastes' ten best, by the vectors, is among their ten best by a pack's vectors."""
    rule = vectors_rule(bundle.manifest, bits)
    of_pack = restored(quantised(vectors, rule), rule)
    for block in rule["blocks"]:
        if block["bits"] == 0:
            made = slice(block["start"], block["start"] + block["length"])
            of_pack[:, made] = vectors[:, made]
    alike: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        alike.setdefault((row["articleType"], row["baseColour"]), []).append(at)
    dice, groups = random.Random(1), [group for group in alike.values() if len(group) >= VIEWS]
    seen = [dice.sample(dice.choice(groups), VIEWS) for _ in range(TASTES)]
    best = [_best(all_vectors, seen, cast(BundleMetric, bundle.metric)) for all_vectors in (vectors, of_pack)]
    return float(np.mean([len({*one} & {*other}) / SHOWN for one, other in zip(*best, strict=True)]))


def _best(vectors: Floats, seen: Sequence[Sequence[int]], rule: BundleMetric) -> Integers:
    """Return the SHOWN best items for the mean of what each taste has seen, in the shop's metric."""
    metric = rule.of_shop(estimate(vectors, rule.own.blocks))
    centred = metric.centred(vectors)
    users = np.stack([centred[rows].mean(axis=0) for rows in seen])
    return np.argsort(-(users @ metric.stored(vectors).T), axis=1)[:, :SHOWN]


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pack_size", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="made by `python -m exporter lite`")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="holds styles.csv and images.zip")
    arguments = parser.parse_args(argv)
    bundle = load_bundle(arguments.bundle)
    encoder = Encoder(arguments.bundle, bundle.manifest, 1, on_cpu=True)
    rows = read_rows(arguments.data)
    texts = [encoder.text_of(cast(Product, card)) for card in products(rows, None)]
    with zipfile.ZipFile(arguments.data / "images.zip") as archive:
        names = {Path(name).stem: name for name in archive.namelist()}
        images = [archive.read(names[row["id"]]) for row in rows[:IMAGES]]
    both = with_images(texts, images, bundle, encoder)
    alone = encoder.embed(texts, [None] * len(texts))
    result: JsonObject = {
        **record.environment("numpy"),
        "bundle": record.sha256(arguments.bundle / "manifest.json"),
        "styles": record.sha256(arguments.data / "styles.csv"),
    }
    plain = catalogued(products(rows, None), texts, alone, bundle.space)
    result["keptOfTen"] = {
        name: {bits: round(kept_of_ten(vectors, rows, bundle, bits), 3) for bits in (4, 8)}
        for name, vectors in (("texts", alone), ("texts and images", both))
    }
    result["no images"] = [sizes(plain, encoder, bundle, bits) for bits in (4, 8)]
    for name, file_of in FILES.items():
        shop = catalogued(products(rows, file_of), texts, both, bundle.space)
        result[name] = [sizes(shop, encoder, bundle, bits) for bits in (4, 8)]
    record.write("pack_size", result)
    print(json.dumps(result, indent=1), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
