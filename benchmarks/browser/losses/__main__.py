"""What a shopper loses when files are damaged, the disk is full or the clock is wrong, in the real browsers.

    python -m benchmarks.browser.losses [--browsers NAME ...] [--damages N] [--first N] [--full N] [--clocks N]
                                       [--seed N] [--bundle DIR]

Chromium runs the unpacked source, Firefox the content of the shipped zip.

`damages`: a profile with 20 acknowledged acts is copied; its store, backup or marker is damaged in the browser's files
(two of three) or in the running browser's database (one of three), as drawn by `first`, `first` + 1, … Then the browser
is started, the shopper reads what the extension says of its store, and where something is said takes what the options
page offers: the backup, then what is there.
Firefox empties its journals when it ends: every second of its copies is of while it ran, as a crash leaves it. `full`:
the browser's folder lies on a file system of its own (tmpfs, which needs root), which is filled to the last bytes at a
random moment between acts. `clocks`: the background's clock jumps by 1 day to 10 years and back, with an act at both.

`lost`: acknowledged and not there at the end. `silent`: something acknowledged is not there, or something withdrawn is
there again, and nothing is said. With `first` above 0 the damages before, from the results file, are counted, too.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import record
from benchmarks.browser.browsers import built_extension, permitted
from benchmarks.browser.losses import clock, damaged, full_disk
from benchmarks.browser.losses.device import SHOP, WITHDRAWN, Browser
from benchmarks.browser.losses.on_chromium import Chromium
from benchmarks.browser.losses.on_firefox import Firefox
from kernel.json_object import JsonObject
from kernel.paths import ROOT

RESULT = "browser_losses"
BROWSERS = ("chromium", "firefox")
PARTS = ("damages", "fullDisk", "clock")


def main() -> int:
    """Print the results and write results/browser_losses.json; browsers and parts not asked for stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browsers", nargs="+", choices=BROWSERS, default=list(BROWSERS))
    parser.add_argument("--damages", type=int, default=200, help="number of damages (200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first damage (0)")
    parser.add_argument("--full", type=int, default=20, help="number of moments at which the disk is full (20)")
    parser.add_argument("--clocks", type=int, default=20, help="number of jumps of the clock (20)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    wanted = parser.parse_args()
    results = earlier_results(record.RESULTS / f"{RESULT}.json")
    environment = record.environment("playwright", "selenium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        built = built_extension(Path(folder) / "built", wanted.bundle)
        for name in wanted.browsers:
            scratch = Path(folder) / name
            scratch.mkdir()
            extension = permitted(built.folder(name, is_source=name == "chromium"), SHOP, WITHDRAWN)
            browser = Chromium(playwright, extension) if name == "chromium" else Firefox(scratch, extension)
            earlier = results.get(name, {})
            version = {"browser": browser.version()}
            results[name] = {**version, **earlier, **version, **_measured(browser, scratch, wanted, earlier)}
            print(json.dumps(_totals(results[name]), indent=1))
            print(f"written: {record.write(RESULT, {**environment, **results})}", flush=True)
    return 0


def _measured(browser: Browser, scratch: Path, wanted: argparse.Namespace, earlier: JsonObject) -> JsonObject:
    """Return the parts that were asked for."""
    found: JsonObject = {}
    if wanted.damages:
        numbers = range(wanted.first, wanted.first + wanted.damages)
        cases = damaged.measure(browser, scratch, numbers, wanted.seed)
        before = earlier.get("damages", {}).get("cases", [])[: wanted.first]
        found["damages"] = damages_of([*before, *cases])
    if wanted.full:
        found["fullDisk"] = full_disk.measure(browser, scratch, wanted.full, wanted.seed)
    if wanted.clocks:
        found["clock"] = clock.measure(browser, scratch, wanted.clocks)
    return found


def _totals(result: JsonObject) -> JsonObject:
    damages = {name: value for name, value in result.get("damages", {}).items() if name != "cases"}
    return {**result, **({"damages": damages} if damages else {})}


def earlier_results(file: Path) -> JsonObject:
    """Return what a results file has of each browser. The parts of an old one, at its top, are Chromium's."""
    content = dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}
    of_chromium = {name: content[name] for name in PARTS if name in content}
    found = {name: content[name] for name in BROWSERS if name in content}
    return {"chromium": of_chromium, **found} if of_chromium else found


def _are_both(damage: str) -> bool:
    """Return whether store and backup were damaged."""
    return "store:" in damage and "backup:" in damage


def damages_of(cases: list[JsonObject]) -> JsonObject:
    """Return how the damages ended, with each of them."""
    told = Counter(case["told"] for case in cases)
    return {
        "num": len(cases),
        "acknowledged": sum(case["acknowledged"] for case in cases),
        "told": dict(sorted(told.items())),
        "silent": sum(case["silent"] for case in cases),
        "doubled": sum(case["doubled"] for case in cases),
        "wholeWithoutBackup": sum(case["told"] == "" and case["lost"] == 0 for case in cases),
        "wholeByBackup": sum(case["told"] != "" and case["lost"] == 0 for case in cases),
        "lost": sum(case["lost"] for case in cases),
        "casesWithLoss": sum(case["lost"] > 0 for case in cases),
        "lostWhereOneIsWhole": sum(case["lost"] for case in cases if not _are_both(case["damage"])),
        "unusable": sum(bool(case["toldAfter"]) for case in cases),
        "cases": cases,
    }


if __name__ == "__main__":
    sys.exit(main())
