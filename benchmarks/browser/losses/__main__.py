"""What a shopper loses when files are damaged, the disk is full or the clock is wrong, in the real Chromium.

    python -m benchmarks.browser.losses [--damages N] [--first N] [--full N] [--clocks N] [--seed N] [--bundle DIR]

`damages`: a profile with 20 acknowledged acts is copied; its store, backup or marker is damaged in the browser's files
(two of three) or in the running browser's database (one of three), as drawn by `first`, `first` + 1, … Then the browser
is started, the shopper reads what the options page says, and takes the backup where something is said. `full`: the
browser's folder lies on a file system of its own (tmpfs, which needs root), which is filled to the last bytes at a
random moment between acts. `clocks`: the worker's clock jumps by 1 day to 10 years and back, with an act at both.

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
from benchmarks.browser.losses.device import SHOP, WITHDRAWN
from kernel.json_object import JsonObject
from kernel.paths import ROOT

RESULT = "browser_losses"


def main() -> int:
    """Print the result and write results/browser_losses.json; parts that were not asked for stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--damages", type=int, default=200, help="number of damages (200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first damage (0)")
    parser.add_argument("--full", type=int, default=20, help="number of moments at which the disk is full (20)")
    parser.add_argument("--clocks", type=int, default=20, help="number of jumps of the clock (20)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    wanted = parser.parse_args()
    earlier = _earlier()
    result: JsonObject = {**record.environment("playwright"), **_parts(earlier)}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        scratch = Path(folder)
        extension = permitted(built_extension(scratch, wanted.bundle).source, SHOP, WITHDRAWN)
        if wanted.damages:
            numbers = range(wanted.first, wanted.first + wanted.damages)
            cases = damaged.measure(playwright, scratch, extension, numbers, wanted.seed)
            before = earlier.get("damages", {}).get("cases", [])[: wanted.first]
            result["damages"] = damages_of([*before, *cases])
        if wanted.full:
            result["fullDisk"] = full_disk.measure(playwright, scratch, extension, wanted.full, wanted.seed)
        if wanted.clocks:
            result["clock"] = clock.measure(playwright, scratch, extension, wanted.clocks)
    print(json.dumps({name: value for name, value in result.items() if name != "damages"}, indent=1))
    print(json.dumps({name: value for name, value in dict(result.get("damages", {})).items() if name != "cases"}))
    print(f"written: {record.write(RESULT, result)}")
    return 0


def _earlier() -> JsonObject:
    file = record.RESULTS / f"{RESULT}.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def _parts(earlier: JsonObject) -> JsonObject:
    return {name: earlier[name] for name in ("damages", "fullDisk", "clock") if name in earlier}


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
