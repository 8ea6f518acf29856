"""Measure bundles as what a fresh installation ranks with, on several kinds of goods and several languages at once.

    python -m benchmarks.default_bundle --bundle minilm=var/bundles/lite-minilm --bundle table=var/bundles/lite \
        --data ../shared/data --towers var/data

Every question falls into one of two halves by its hash: choose by the first, report the second, once. Vectors are those
of the server's ingest, and compared as they are, centred by shop, and in the shop's metric with several ridges.
`--data` holds fashion-products, pricerunner and product-matching; `--towers` beauty and sports, as prepared for
benchmarks.towers. Questions without data are left out, and named.
"""

import argparse
import csv
import io
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.default_bundle import measures
from benchmarks.default_bundle.languages import LANGUAGES, TYPES
from benchmarks.default_bundle.spaces import BundleVectors, Floats, Space, spaces_of
from benchmarks.offers.data import Offers, read_pairs, read_pricerunner
from encoders.pixels import decode_image, to_pixels
from kernel.json_object import JsonObject
from trainer.dataset.dataset import read_dataset
from trainer.recipes.run_file import parse_config
from trainer.splits.rules import make_split

RIDGES = (0.3, 0.2, 0.1, 0.07, 0.05, 0.02)
VIEWS = (1, 3, 6)
DEPARTMENTS = ("beauty", "sports")
NUM_QUERIES = 1000
NUM_IMAGES = 3000
NUM_ACROSS = 1500  # texts and images, of which each text asks for its image and the other way around
HALVES = ("choose", "report")
MAX_PIXELS = 50_000_000
Texts = NDArray[np.str_]


def main() -> None:
    """Measure, and write results/default_bundle.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.default_bundle", description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", action="append", required=True, metavar="NAME=DIR", help="a candidate; repeatable")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="fashion-products, pricerunner, …")
    parser.add_argument("--towers", type=Path, default=Path("var/data"), metavar="DIR", help="beauty and sports")
    parser.add_argument("--images", type=int, default=NUM_IMAGES, help=f"fashion images (default {NUM_IMAGES})")
    arguments = parser.parse_args()
    named = dict(each.split("=", 1) for each in arguments.bundle)
    bundles = {name: BundleVectors(Path(directory)) for name, directory in named.items()}
    spaces = [space for name, bundle in bundles.items() for space in spaces_of(bundle, name, RIDGES)]
    result: JsonObject = {
        **record.environment("numpy", "onnxruntime-gpu", "tokenizers"),
        "bundles": {
            name: {"bundleId": bundle.bundle_id, "dim": bundle.manifest["dim"]} for name, bundle in bundles.items()
        },
        "halves": "by the lowest bit of the first byte of the SHA-256 of a question's key",
        "measures": {},
    }
    for title, measure in _measures(arguments.data, arguments.towers, arguments.images).items():
        result["measures"][title] = {}
        for space in spaces:
            figures = measure(space)
            result["measures"][title][space.name] = figures
            print(f"{title}: {space.name}: {_shown(figures)}", file=sys.stderr, flush=True)
    record.write("default_bundle", result)


Measure = Callable[[Space], JsonObject]


def _measures(data: Path, towers: Path, num_images: int) -> dict[str, Measure]:
    found: dict[str, Measure] = {"mall": _mall()}
    for name in DEPARTMENTS:
        if (towers / name / "products.jsonl").is_file():
            found[f"new shop, {name}"] = _new_shop(towers / name)
    if (data / "fashion-products/styles.csv").is_file():
        found |= _fashion(data / "fashion-products", num_images)
    if (data / "pricerunner/offers.csv").is_file():
        found["same product, PriceRunner"] = _same_product(read_pricerunner(data / "pricerunner/offers.csv"))
    if (data / "product-matching/Walmart-Amazon").is_dir():
        found["same product, Walmart-Amazon"] = _same_product(read_pairs(data / "product-matching/Walmart-Amazon"))
    found["translations"] = _translations()
    return found


def _halves(values: Mapping[str, measures.Values], keys: Sequence[str]) -> JsonObject:
    """Return by half and name [mean, low, high, n], the interval by a bootstrap over questions."""
    half = measures.half_of(keys)
    return {
        title: {name: _interval(np.asarray(each)[half == place]) for name, each in values.items()}
        for place, title in enumerate(HALVES)
    }


def _interval(values: measures.Values) -> list[float | int]:
    if len(values) == 0:
        return [float("nan"), float("nan"), float("nan"), 0]
    generator = np.random.default_rng(0)
    means = values[generator.integers(0, len(values), (500, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [round(float(values.mean()), 4), round(float(low), 4), round(float(high), 4), len(values)]


def _mall() -> Measure:
    made, products = measures.mall_products()

    def measure(space: Space) -> JsonObject:
        items = space.bundle.products(products)
        figures: JsonObject = {}
        for views in VIEWS:
            draws = measures.mall(space, items, made, views)
            by_taste: dict[str, list[int]] = {}
            for draw in draws:
                by_taste.setdefault(f"{draw.where} {draw.taste}", []).append(draw.hits)
            hits = np.array([draw.hits for draw in draws], dtype=np.float64)
            worst = min(by_taste, key=lambda key: float(np.mean(by_taste[key])))
            figures[f"{views} views"] = {
                "hits of ten": _interval(hits),
                "draws with 8 or more": _interval((hits >= 8).astype(np.float64)),
                "worst taste": [worst, round(float(np.mean(by_taste[worst])), 2)],
            }
        return figures

    return measure


def _new_shop(folder: Path) -> Measure:
    rule = {"rule": "catalogue", "train_sees": "a", "valid": 0.1, "test": 0.2}
    config = parse_config(
        {
            "seed": 0,
            "encoders": "",
            "out": "",
            "data": {"products": [], "interactions": ""},
            "model": {"type": "content"},
            "split": {**rule, "max_valid_users": 2000, "max_test_users": 4000},
        }
    )
    dataset = read_dataset([folder / "products.jsonl"], folder / "interactions.csv")
    cases = make_split(dataset, config.split, 0).test
    in_b = np.zeros(len(dataset.products), dtype=np.int64)
    in_b[cases.candidates] = 1
    keys = [f"user {user}" for user in cases.users]

    def measure(space: Space) -> JsonObject:
        items = space.bundle.products(dataset.products)
        return _halves({"ndcg@10": measures.new_shop(space, items, cases, in_b)}, keys)

    return measure


def _same_product(offers: Offers) -> Measure:
    def measure(space: Space) -> JsonObject:
        first, hit, keys = measures.same_product(space, space.bundle.texts(offers.titles), offers, NUM_QUERIES)
        return _halves({"R@1": first, "hit@10": hit}, keys)

    return measure


def _translations() -> Measure:
    def measure(space: Space) -> JsonObject:
        found = measures.translations(space)
        return {
            kind: {language: _interval(values) for language, values in by_language.items()}
            for kind, by_language in found.items()
        }

    return measure


def _fashion(folder: Path, num_images: int) -> dict[str, Measure]:
    with (folder / "styles.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["has_image"] == "1" and row["productDisplayName"].strip()]
    texts = [" ".join(row["productDisplayName"].split()) for row in rows]
    half = measures.half_of([row["id"] for row in rows])
    types, colours = (np.array([row[name] for row in rows]) for name in ("articleType", "baseColour"))

    def text_neighbours(space: Space) -> JsonObject:
        items = space.bundle.texts(texts)
        return {
            title: _neighbours(space, items[half == place], types[half == place], colours[half == place])
            for place, title in enumerate(HALVES)
        }

    def type_names(space: Space) -> JsonObject:
        items, figures = space.bundle.texts(texts), {}
        for place, title in enumerate(HALVES):
            # A type belongs to one half, so that the names on which a choice was made are not reported.
            found = measures.type_names(space, items[half == place], types[half == place])
            asked = [name for name in TYPES if (types[half == place] == name).sum() >= measures.K]
            chosen = measures.half_of(asked) == place
            figures[title] = {language: _interval(found[language][chosen]) for language in LANGUAGES}
        return figures

    chosen = np.random.default_rng(0).permutation(len(rows))[:num_images]
    images = _Images(folder / "images.zip", [rows[row]["id"] for row in chosen])

    def with_images(space: Space) -> JsonObject:
        named = [texts[row] for row in chosen]
        shown, both = images.vectors(space, named)
        words = space.bundle.texts(named)
        figures: JsonObject = {}
        for place, title in enumerate(HALVES):
            at = half[chosen] == place
            labels = types[chosen][at], colours[chosen][at]
            figures[title] = {
                "image": _neighbours(space, shown[at], *labels),
                "both": _neighbours(space, both[at], *labels),
                **_across(space, words[at][:NUM_ACROSS], shown[at][:NUM_ACROSS]),
            }
        return figures

    return {"fashion, text": text_neighbours, "type names": type_names, "fashion, images": with_images}


def _neighbours(space: Space, items: Floats, types: Texts, colours: Texts) -> JsonObject:
    queries = np.random.default_rng(1).permutation(len(items))[:NUM_QUERIES]
    return {
        "same type": _interval(measures.neighbours(space, items, types, queries)),
        "same colour": _interval(measures.neighbours(space, items, colours, queries)),
    }


def _across(space: Space, words: Floats, shown: Floats) -> JsonObject:
    """Return recall@10 of text to image and image to text among as many items."""
    return {
        "text to image recall@10": _interval(measures.across_modalities(space, words, shown)),
        "image to text recall@10": _interval(measures.across_modalities(space, shown, words)),
    }


class _Images:
    """Images of the fashion products; item vectors are kept by bundle, because pixels are too many to keep."""

    def __init__(self, archive: Path, ids: Sequence[str]) -> None:
        self._archive, self._ids = archive, ids
        self._vectors: dict[str, tuple[Floats, Floats]] = {}

    def vectors(self, space: Space, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Return item vectors of images alone and of both, each (n, dim)."""
        bundle = space.bundle
        if bundle.bundle_id not in self._vectors:
            shown, both = [], []
            with zipfile.ZipFile(self._archive) as archive:
                names = {Path(name).stem: name for name in archive.namelist()}
                for start in range(0, len(self._ids), 64):
                    ids = self._ids[start : start + 64]
                    pixels = [self._pixels(archive.read(names[each]), bundle) for each in ids]
                    shown.append(bundle.images([""] * len(pixels), pixels))
                    both.append(bundle.images(texts[start : start + 64], pixels))
            self._vectors[bundle.bundle_id] = np.concatenate(shown), np.concatenate(both)
        return self._vectors[bundle.bundle_id]

    def _pixels(self, raw: bytes, bundle: BundleVectors) -> Floats:
        return to_pixels(decode_image(io.BytesIO(raw).getvalue(), MAX_PIXELS), bundle.manifest["image"])


def _shown(figures: Any) -> str:
    return str(figures)[:300]


if __name__ == "__main__":
    main()
