"""Images of what was seen: what they cost a browser, how near its tower is to the full one, and what they bring.

    python -m benchmarks.browser.images [--bundle DIR] --data ../shared/data/fashion-products [--images N] [--rounds N]

Photographs of fashion products and the demo mall's images become items by the full towers, as the server's catalogue
has them, and by `lite.image`, as a browser has what was seen. Then Chromium and Firefox start anew in each round and
run in a page of the extension what its offscreen document runs.
"""

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks import record
from benchmarks.browser.__main__ import spread
from benchmarks.browser.browsers import Extension, OpenBrowser, built_extension, chromium, firefox
from benchmarks.browser.photographs import Photographs, large_files, mall_images, photographs
from benchmarks.default_bundle import measures
from benchmarks.default_bundle.spaces import BundleVectors, Floats, Space
from encoders.pixels import to_pixels
from encoders.towers import Tower
from exporter.lite_rules import with_text_block
from kernel.json_object import JsonObject

SHOWN_SIDE = 800  # pixels: the width of images in the timed part
NUM_TIMED = 20
VIEWS = (1, 3, 6)
NEAREST = 10
_BATCH = 16


class SeenItems:
    """Items as a browser knows what was seen, from text and image."""

    def __init__(self, directory: Path, vectors: BundleVectors) -> None:
        manifest = vectors.manifest
        lite, filler = manifest["lite"], vectors.filler
        if "image" not in lite or filler is None:
            raise ValueError(f"{directory}: expected a bundle with lite.image")
        self.rule = lite["image"]["rule"]
        start = lite["textBlock"]["start"]
        self.text_place, self.filler = slice(start, start + manifest["text"]["table"]["dim"]), filler
        self._tower = Tower(directory / lite["image"]["toItem"]["file"], lite["image"]["toItem"], on_cpu=True)

    def items(self, texts: Floats, images: Sequence[Image.Image | None]) -> Floats:
        """Return items (n, dim); `texts` are those of the texts alone, which an item without an image stays."""
        items = texts.copy()
        shown = [row for row, image in enumerate(images) if image is not None]
        for at in range(0, len(shown), _BATCH):
            rows = shown[at : at + _BATCH]
            pixels = np.stack([to_pixels(image, self.rule) for row in rows if (image := images[row]) is not None])
            seen = self._tower.run({"pixels": pixels})
            items[rows] = with_text_block(seen, texts[rows], self.text_place, self.filler)
        return items

    def looks(self, items: Floats) -> Floats:
        """Return what is known of the images of items, at unit length (n, dim)."""
        looks = items.copy()
        looks[:, self.text_place], looks[:, self.filler] = 0.0, 0.0
        unit: Floats = looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-9)
        return unit


def main() -> int:
    """Print the result and write results/browser_images.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="fashion-products")
    parser.add_argument("--images", type=int, default=1000, metavar="N", help="photographs (default 1000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    vectors = BundleVectors(arguments.bundle)
    seen = SeenItems(arguments.bundle, vectors)
    space = Space("shop metric", vectors, vectors.metric.ridge)
    shown = photographs(arguments.data, arguments.images)
    result: JsonObject = {
        **record.environment("playwright", "selenium", "onnxruntime-gpu", "pillow"),
        "bundle": vectors.bundle_id,
        "downloadBytes": vectors.manifest["lite"]["image"]["downloadBytes"],
        "photographs": near_photographs(space, seen, shown),
        "mall": _mall(space, seen),
    }
    before = os.getloadavg()[0]
    with sync_playwright() as driver, tempfile.TemporaryDirectory(prefix="carryover-browser-") as scratch:
        extension = built_extension(Path(scratch), arguments.bundle)
        opened: dict[str, OpenBrowser] = {"chromium": partial(chromium, driver), "firefox": firefox}
        result["browsers"] = _timed(opened, extension, space, seen, shown, arguments.rounds)
    result |= {"loadAverageAtStart": round(before, 2), "loadAverageAtEnd": round(os.getloadavg()[0], 2)}
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser_images', result)}")
    return 0


def _both(space: Space, seen: SeenItems, names: Sequence[str], images: Sequence[Image.Image | None]) -> list[Floats]:
    """Return items by text alone, by the full towers, and as a browser knows them, each (n, dim)."""
    bundle = space.bundle
    texts, full = bundle.texts(names), bundle.texts(names)
    shown = [row for row, image in enumerate(images) if image is not None]
    for at in range(0, len(shown), _BATCH):
        rows = shown[at : at + _BATCH]
        pixels = [to_pixels(image, bundle.manifest["image"]) for row in rows if (image := images[row]) is not None]
        full[rows] = bundle.images([names[row] for row in rows], pixels)
    return [texts, full, seen.items(texts, images)]


def near_photographs(space: Space, seen: SeenItems, shown: Photographs) -> JsonObject:
    """Return how near a browser's items are to the catalogue's, and what they find among the catalogue's."""
    texts, full, browser = _both(space, seen, shown.names, shown.images())
    cosines = np.vecdot(full, browser) / np.linalg.norm(full, axis=1) / np.linalg.norm(browser, axis=1)
    looks = [seen.looks(full), seen.looks(browser)]
    figures: JsonObject = {
        "photographs": len(shown.names),
        "cosine": _spread(cosines),
        "cosineOfImageAlone": _spread(np.vecdot(*looks)),
        "sharedOfTenNearestByImageAlone": round(shared_neighbours(*looks), 4),
    }
    for name, asked in (("textAlone", texts), ("fullTowers", full), ("browser", browser)):
        compared, stored = space.of_shop(full, asked)
        nearest = _nearest(compared, stored)
        figures[name] = {
            "sameType": round(float((shown.types[nearest] == shown.types[:, None]).mean()), 4),
            "sameColour": round(float((shown.colours[nearest] == shown.colours[:, None]).mean()), 4),
        }
    return figures


def _nearest(asked: Floats, gallery: Floats) -> NDArray[np.int64]:
    scores = asked @ gallery.T
    np.fill_diagonal(scores, -np.inf)
    return np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]


def shared_neighbours(full: Floats, browser: Floats) -> float:
    """Return the share of the ten nearest of the full towers' images that a browser's images find, too."""
    pairs = zip(_nearest(full, full), _nearest(browser, full), strict=True)
    return float(np.mean([len(np.intersect1d(a, b)) / NEAREST for a, b in pairs]))


def _spread(values: NDArray[np.floating]) -> JsonObject:
    return {"median": round(float(np.median(values)), 4), "min": round(float(values.min()), 4)}


def _mall(space: Space, seen: SeenItems) -> JsonObject:
    """Return hits of ten at the mall's shops, whose catalogues have images, by what is known of the views."""
    made, products = measures.mall_products()
    names = [space.bundle.text_of(product) for product in products]
    texts, full, browser = _both(space, seen, names, mall_images(made))
    figures: JsonObject = {}
    for views in VIEWS:
        rows: JsonObject = {}
        for name, known in (("textAlone", texts), ("fullTowers", full), ("browser", browser)):
            hits = np.array([draw.hits for draw in measures.mall(space, full, made, views, known)])
            rows[name] = {
                "hitsOfTen": round(float(hits.mean()), 3),
                "drawsWith8OrMore": round(float((hits >= 8).mean()), 3),
                "draws": len(hits),
            }
        figures[f"{views} views"] = rows
    return figures


def _timed(
    browsers: dict[str, OpenBrowser],
    extension: Extension,
    space: Space,
    seen: SeenItems,
    shown: Photographs,
    num_rounds: int,
) -> JsonObject:
    """Return times and memory of images as shops show them, and how near each browser's items are to Python's."""
    files = large_files(shown.files[:NUM_TIMED], SHOWN_SIDE)
    text = shown.names[0]
    images = Photographs(shown.names[:NUM_TIMED], files, shown.types, shown.colours).images()
    expected = seen.items(np.repeat(space.bundle.texts([text]), len(files), axis=0), images)
    found: dict[str, list[JsonObject]] = {}
    for number in range(num_rounds):
        for name, opened in browsers.items():
            found.setdefault(name, []).append(_round(opened, extension.folder(name, is_source=False), text, files))
            print(f"round {number + 1}, {name}: {found[name][-1]['grownPrivateMb']} MB", file=sys.stderr, flush=True)
    return {name: side(rounds, expected) for name, rounds in found.items()}


def _round(opened: OpenBrowser, extension: Path, text: str, files: Sequence[bytes]) -> JsonObject:
    with (
        tempfile.TemporaryDirectory(prefix="carryover-browser-", ignore_cleanup_errors=True) as scratch,
        opened(Path(scratch), extension) as browser,
    ):
        browser.open()
        browser.call("start", browser.call("packaged"), text)
        before = browser.memory()
        measured: JsonObject = browser.call("images", text, [base64.b64encode(file).decode() for file in files])
        grown = browser.memory().private - before.private
        return {**measured, "grownPrivateMb": round(grown, 1), "version": browser.version}


def side(rounds: Sequence[JsonObject], expected: Floats) -> JsonObject:
    """Return the medians of a browser's rounds, and how near its items are to Python's (n, dim)."""
    times = [image for one in rounds for image in one["times"]]
    vectors = np.array(rounds[0]["vectors"], dtype=np.float32)
    cosines = np.vecdot(vectors, expected) / np.linalg.norm(vectors, axis=1) / np.linalg.norm(expected, axis=1)
    steps = zip(("decodeMs", "resizeMs", "towerMs"), zip(*times, strict=True), strict=True)
    return {
        "version": rounds[0]["version"],
        **{name: spread([round(value, 2) for value in values]) for name, values in steps},
        "imageMs": spread([round(sum(image), 2) for image in times]),
        "medianOfRoundsMs": [round(statistics.median(sum(image) for image in one["times"]), 1) for one in rounds],
        "openMs": spread([round(one["towerMs"], 1) for one in rounds]),
        "probesMs": spread([round(one["probesMs"], 1) for one in rounds]),
        "grownPrivateMb": spread([one["grownPrivateMb"] for one in rounds]),
        "cosineToPython": _spread(cosines),
    }


if __name__ == "__main__":
    sys.exit(main())
