"""What a browser pays for a bundle: bytes, start, time a product and memory, of two bundles in one run.

    python -m benchmarks.browser [--table DIR] [--minilm DIR] [--rounds N]

Each round starts Chromium and Firefox anew with a fresh profile, in turn for `table`, the packaged bundle in the
content of the zip; `tableSource`, the same in the source, whose modules are not joined; and `minilm`, a bundle that a
server offers. It runs in a page of the extension what its offscreen document runs. Texts are those of the demo mall's
products. The vectors are compared with those of the server's encoder.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from benchmarks import record
from benchmarks.browser.browsers import Browser, Extension, OpenBrowser, built_extension, chromium, firefox
from benchmarks.browser.bundle_server import BundleServer, offered
from benchmarks.default_bundle.measures import mall_products
from encoders.encoder import Encoder
from exporter.verify import verify
from kernel.json_object import JsonMapping, JsonObject

GROUPS, GROUP = 12, 25
COMPARED = 200
HISTORY, USER_REPEATS = 100, 20


class Spread(TypedDict):
    """Median, least and greatest of several measurements."""

    median: float
    min: float
    max: float


class Round(TypedDict):
    """One start of a browser. Memory is that of the extension's process; `grown*` is what the bundle added to it.

    `startMs` is from nothing loaded to the first product's vector. In it `modulesMs` loads the extension's own modules,
    `openMs` reads and verifies the bundle, `towersMs` makes its towers and `probesMs` runs its probes.
    """

    modulesMs: float
    openMs: float
    towersMs: float
    probesMs: float
    startMs: float
    productMs: list[float]
    userMs: float
    residentMb: float
    privateMb: float
    grownPrivateMb: float


class Side(TypedDict):
    """One bundle in one browser. `downloads` are the bytes of each file that the browser asked for or has packaged.

    `runtimeFiles` are those of ONNX Runtime, None in Firefox, which does not tell; `compilations` are of WebAssembly.
    """

    downloads: dict[str, int]
    downloadBytes: int
    runtimeFiles: list[str] | None
    compilations: int
    startMs: Spread
    modulesMs: Spread
    openMs: Spread
    towersMs: Spread
    probesMs: Spread
    productMs: Spread
    userMs: Spread
    residentMb: Spread
    grownPrivateMb: Spread
    maxAbsDiff: float
    minCosine: float
    rounds: list[Round]


def main() -> int:
    """Print the result and write results/browser.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--minilm", type=Path, default=Path("var/bundles/lite-minilm"), metavar="DIR")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    bundles = {"table": arguments.table, "tableSource": arguments.table, "minilm": arguments.minilm}
    before = os.getloadavg()[0]
    with sync_playwright() as driver, tempfile.TemporaryDirectory(prefix="carryover-extension-") as scratch:
        extension = built_extension(Path(scratch), arguments.table)
        browsers: dict[str, OpenBrowser] = {"chromium": partial(chromium, driver), "firefox": firefox}
        result = _result(bundles, browsers, extension, arguments.rounds)
    result |= {"loadAverageAtStart": round(before, 2), "loadAverageAtEnd": round(os.getloadavg()[0], 2)}
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser', result)}")
    return 0


def _result(
    bundles: Mapping[str, Path], browsers: Mapping[str, OpenBrowser], extension: Extension, num_rounds: int
) -> JsonObject:
    expected = {name: _expected(directory) for name, directory in bundles.items()}
    found: dict[tuple[str, str], list[JsonObject]] = {}
    versions = {}
    for number in range(num_rounds):
        for browser, opened in browsers.items():
            for name, directory in bundles.items():
                folder = extension.folder(browser, is_source=name == "tableSource")
                measured = measure(opened, folder, directory, expected[name][0], is_offered=name == "minilm")
                versions[browser] = measured["version"]
                found.setdefault((browser, name), []).append(measured)
                print(f"round {number + 1}, {browser}, {name}: {measured['round']}", file=sys.stderr, flush=True)
    return {
        **record.environment("playwright", "selenium"),
        "browsers": versions,
        "bundles": {name: BundleServer(directory).bundle_id for name, directory in bundles.items()},
        "products": GROUPS * GROUP,
        **{browser: {name: side(found[browser, name], expected[name][1]) for name in bundles} for browser in browsers},
    }


def _expected(directory: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Return the texts of the mall's products, and the server's vectors of the first of them."""
    encoder = Encoder(directory, verify(directory))
    texts = list(dict.fromkeys(encoder.text_of(product) for product in mall_products()[1]))[: GROUPS * GROUP]
    return texts, encoder.embed(texts[:COMPARED], [None] * COMPARED)


def measure(
    opened: OpenBrowser, extension: Path, directory: Path, texts: Sequence[str], *, is_offered: bool
) -> JsonObject:
    """Return what one fresh start of a browser found, with a bundle that a server offers or the packaged one."""
    with (
        offered(directory) as server,
        tempfile.TemporaryDirectory(prefix="carryover-browser-", ignore_cleanup_errors=True) as scratch,
        opened(Path(scratch), extension) as browser,
    ):
        browser.open()
        address = browser.call("download", server.url) if is_offered else browser.call("packaged")
        packaged = {file.name: file.stat().st_size for file in (extension / "bundle").rglob("*") if file.is_file()}
        read = server.sent if is_offered else packaged
        return {**_in_page(browser, address, texts), "version": browser.version, "downloads": read}


def _in_page(browser: Browser, address: str, texts: Sequence[str]) -> JsonObject:
    browser.open()
    before = browser.memory()
    start = browser.call("start", address, texts[0])
    groups = [list(texts[at : at + GROUP]) for at in range(0, len(texts), GROUP)]
    products = browser.call("products", groups)
    vectors = np.array(browser.call("vectors", list(texts[:COMPARED])), dtype=np.float32)
    history = {
        "items": vectors[:HISTORY].tolist(),
        "kinds": [at % 6 for at in range(HISTORY)],
        "agesDays": [at / 4 for at in range(HISTORY)],
        "weights": [1] * HISTORY,
    }
    user = browser.call("user", history, USER_REPEATS)
    after = browser.memory()
    measured: Round = {
        "modulesMs": round(start["modulesMs"], 1),
        "openMs": round(start["openMs"], 1),
        "towersMs": round(start["towersMs"], 1),
        "probesMs": round(start["probesMs"], 1),
        "startMs": round(start["startMs"], 1),
        "productMs": [round(mean, 4) for mean in products],
        "userMs": round(user, 3),
        "residentMb": after.resident,
        "privateMb": after.private,
        "grownPrivateMb": round(after.private - before.private, 1),
    }
    loaded = {"compilations": browser.call("compilations"), "runtimeFiles": browser.runtime_files()}
    return {"round": measured, "vectors": vectors, **loaded}


def side(measured: Sequence[JsonMapping], expected: NDArray[np.float32]) -> Side:
    """Return the medians of a bundle's rounds in one browser, and how far its vectors are from the server's."""
    rounds: list[Round] = [one["round"] for one in measured]
    vectors = measured[0]["vectors"]
    downloads = {name: measured[0]["downloads"][name] for name in sorted(measured[0]["downloads"])}
    return {
        "downloads": downloads,
        "downloadBytes": sum(size for name, size in downloads.items() if name != "manifest.json"),
        "runtimeFiles": measured[0]["runtimeFiles"],
        "compilations": max(one["compilations"] for one in measured),
        "startMs": spread([one["startMs"] for one in rounds]),
        "modulesMs": spread([one["modulesMs"] for one in rounds]),
        "openMs": spread([one["openMs"] for one in rounds]),
        "towersMs": spread([one["towersMs"] for one in rounds]),
        "probesMs": spread([one["probesMs"] for one in rounds]),
        "productMs": spread([mean for one in rounds for mean in one["productMs"]]),
        "userMs": spread([one["userMs"] for one in rounds]),
        "residentMb": spread([one["residentMb"] for one in rounds]),
        "grownPrivateMb": spread([one["grownPrivateMb"] for one in rounds]),
        "maxAbsDiff": float(f"{np.abs(vectors - expected).max():.3g}"),
        "minCosine": float(np.sum(vectors.astype(np.float64) * expected, axis=1).min().round(6)),
        "rounds": rounds,
    }


def spread(values: Sequence[float]) -> Spread:
    """Return median, least and greatest."""
    return {"median": round(statistics.median(values), 4), "min": min(values), "max": max(values)}


if __name__ == "__main__":
    sys.exit(main())
