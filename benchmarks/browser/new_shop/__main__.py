"""Hits of ten at a shop that is new to the shopper, in real browsers with no server.

    python -m benchmarks.browser.new_shop [--bundle DIR] [--draws N] [--ways WAY ...] [--jobs N] [--resume FILE]

A fresh Chromium or Firefox gets the content of the zip. The shopper allows a shop of the demo mall by the panel's
button and looks at six products of one taste. Then another shop is opened for the first time, and allowed:

- `shelf`: the panel's button has its catalogue read, at the extension's own pace, and the panel shows ten of it.
- `fromGerman`: the same, where the first shop is a German one.
- `pack`: a page of a category is ranked first (`page`); then a list of packs at `python -m http.server` is set.

All six directions and twelve tastes; each direction starts with a fresh browser. Between draws what was seen is
removed. Another shop's shelf stays read for the other draws of the direction; its pack is dropped and fetched anew.
The draws are those of `benchmarks.shelf`. Images take no part in ranking and are not loaded. Browsers grant the
permissions for the shops without a question: that question is answered in tests/e2e.

`--resume FILE` keeps what was measured, a line a direction, and leaves out what the file has.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import record
from benchmarks.browser.browsers import (
    INSTALLED_IDLE_MS,
    Extension,
    OpenBrowser,
    built_extension,
    chromium,
    firefox,
)
from benchmarks.browser.new_shop.mall import HOST, SEED, Mall, item_of, running_mall
from benchmarks.browser.new_shop.shopper import Shopper
from benchmarks.page_mode.__main__ import r_precision
from benchmarks.shelf.__main__ import VIEWS, Draw, drawn, figures, shuffled
from benchmarks.shelf.recorded_mall import IN_GERMAN
from demo.mall.catalogue import SHOPS
from demo.mall.shops.storefront import PAGE_SIZE
from kernel.json_object import JsonObject

BROWSERS = ("chromium", "firefox")
WAYS = ("shelf", "pack", "fromGerman")
GERMAN_DRAWS = 1
GRANTED = [*(f"*://*.{shop}.localhost/*" for shop in SHOPS), f"http://{HOST}/*"]


@dataclass(frozen=True)
class Job:
    """The draws of one direction in one browser."""

    browser: str
    way: str
    draws: Sequence[Draw]

    @property
    def name(self) -> str:
        """Return what tells it from the others."""
        return f"{self.browser} {self.way} {self.draws[0]['where']} {len(self.draws)}"


def grant(extension: Extension) -> None:
    """Let the extension see the shops, the packs' host, and the addresses of tabs."""
    for browser in BROWSERS:
        file = extension.folder(browser, is_source=False) / "manifest.json"
        manifest = json.loads(file.read_text("utf-8"))
        manifest["permissions"].append("tabs")
        manifest["host_permissions"] = GRANTED
        file.write_text(json.dumps(manifest), "utf-8")


def jobs_of(mall: Mall, num_draws: int, ways: Sequence[str] = WAYS) -> list[Job]:
    """Return the work of some ways, by direction."""
    draws = {"shelf": drawn(mall.recorded, num_draws), "fromGerman": drawn(mall.recorded, GERMAN_DRAWS, IN_GERMAN)}
    draws["pack"] = draws["shelf"]
    return [
        Job(browser, way, [draw for draw in draws[way] if draw["where"] == where])
        for way in ways
        for where in dict.fromkeys(draw["where"] for draw in draws[way])
        for browser in BROWSERS
    ]


def listing_of(draw: Draw, mall: Mall) -> tuple[str, list[str]]:
    """Return a page of a category of the new shop that has the taste, drawn by the draw, and its items in its order."""
    server = mall.servers[draw["target"]]
    store = server.storefront(f"{server.shop}.localhost")
    pages = [
        (store.url(store.page_path(listing, page)), listing.products[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
        for listing in store.navigation()
        for page in range(1, -(-len(listing.products) // PAGE_SIZE) + 1)
    ]
    fitting = [page for page in pages if any(one.taste == draw["taste"] for one in page[1])]
    url, products = random.Random(f"{draw['viewed'][0]}/listing").choice(fitting)
    return url, [item_of(store.url(one.url_path)) for one in products]


def walk(shopper: Shopper, job: Job, mall: Mall) -> Iterator[JsonObject]:
    """Yield what each draw of a direction shows."""
    source, target = (mall.recorded[job.draws[0][side]]["origin"] for side in ("source", "target"))
    shopper.visit(f"{source}/")
    shopper.allow()
    for number, draw in enumerate(job.draws):
        shopper.forget()
        shopper.learn(draw["viewed"])
        found: JsonObject = {}
        if job.way == "pack":
            shopper.ask("settings.set", packListUrl="")
            url, _ = listing_of(draw, mall)
            shopper.visit(url)
            found["page"] = [item["itemId"] for item in shopper.ranked()["items"]]
        shopper.visit(f"{target}/")
        if number == 0:
            shopper.allow()
        if job.way == "pack":
            shopper.ask("settings.set", packListUrl=mall.packs)
        elif number == 0:
            shopper.read_catalogue()
        found["shown"] = shopper.shown("pack" if job.way == "pack" else "shelf")
        yield found


def done_by(job: Job, mall: Mall, extension: Extension) -> JsonObject:
    """Return what a fresh browser shows for a job's draws."""
    folder = extension.folder(job.browser, is_source=False)
    with tempfile.TemporaryDirectory(prefix="carryover-new-shop-", ignore_cleanup_errors=True) as scratch:
        if job.browser == "firefox":
            return _walked(
                partial(firefox, idle_ms=INSTALLED_IDLE_MS, loads_images=False), Path(scratch), folder, job, mall
            )
        with sync_playwright() as driver:
            return _walked(partial(chromium, driver, loads_images=False), Path(scratch), folder, job, mall)


def _walked(opened: OpenBrowser, scratch: Path, folder: Path, job: Job, mall: Mall) -> JsonObject:
    with opened(scratch, folder) as browser:
        found = []
        for one in walk(Shopper(browser), job, mall):
            found.append(one)
            print(f"{job.name}: {len(found)}", file=sys.stderr)
        return {"job": job.name, "version": browser.version, "found": found}


def page_figures(draws: Sequence[Draw], pages: Sequence[Sequence[str]], mall: Mall) -> JsonObject:
    """Return the mean R-precision of the pages in their own order and as ranked."""
    tastes = mall.tastes()
    before = [r_precision(listing_of(draw, mall)[1], tastes, draw["taste"]) for draw in draws]
    after = [r_precision(page, tastes, draw["taste"]) for draw, page in zip(draws, pages, strict=True)]
    return {
        "pages": len(pages),
        "pageOrder": round(statistics.fmean(value or 0 for value in before), 3),
        "ranked": round(statistics.fmean(value or 0 for value in after), 3),
    }


def summary(jobs: Sequence[Job], done: dict[str, JsonObject], mall: Mall) -> JsonObject:
    """Return the figures of each browser and way."""
    true = mall.tastes()
    other = {item_of(url): taste for url, taste in shuffled(mall.recorded, SEED).items()}
    result: JsonObject = {}
    for browser in BROWSERS:
        ways: JsonObject = {}
        for way in dict.fromkeys(job.way for job in jobs):
            own = [job for job in jobs if (job.browser, job.way) == (browser, way)]
            draws = [draw for job in own for draw in job.draws]
            found = [one for job in own for one in done[job.name]["found"]]
            shown = [one["shown"] for one in found]
            ways[way] = {"hits": figures(draws, shown, true), "shuffledTastes": figures(draws, shown, other)["hits"]}
            if way == "pack":
                ways["page"] = page_figures(draws, [one["page"] for one in found], mall)
        result[browser] = {"version": done[own[0].name]["version"], **ways}
    return result


def resumed(file: Path | None) -> dict[str, JsonObject]:
    """Return what an earlier run measured, by the jobs' names."""
    if file is None or not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {line["job"]: line for line in lines}


def run(
    jobs: Sequence[Job], mall: Mall, extension: Extension, arguments: argparse.Namespace, done: dict[str, JsonObject]
) -> int:
    """Add to `done` what jobs measure, and to the file of --resume; return how many failed."""
    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        futures = {pool.submit(done_by, job, mall, extension): job for job in jobs}
        for future in as_completed(futures):
            name = futures[future].name
            if error := future.exception():
                failed += 1
                print(f"{name}: {error}", file=sys.stderr)
                continue
            done[name] = future.result()
            print(f"{name}: done; {len(done)} directions in all", file=sys.stderr)
            if arguments.resume is not None:
                with arguments.resume.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(done[name]) + "\n")
    return failed


def main() -> int:
    """Print the result and write results/browser_new_shop.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="of each taste and direction (default 3)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="browsers at a time")
    parser.add_argument("--resume", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    done = resumed(arguments.resume)
    with tempfile.TemporaryDirectory(prefix="carryover-extension-") as scratch, running_mall(arguments.bundle) as mall:
        extension = built_extension(Path(scratch), arguments.bundle)
        grant(extension)
        jobs = jobs_of(mall, arguments.draws, arguments.ways)
        failed = run([job for job in jobs if job.name not in done], mall, extension, arguments, done)
        if failed:
            print(
                f"{failed} of {len(jobs)} directions failed; the same command with --resume repeats those",
                file=sys.stderr,
            )
            return 1
        figures_of_all = summary(jobs, done, mall)
    result: JsonObject = {
        **record.environment("playwright", "selenium"),
        "bundle": record.sha256(arguments.bundle / "manifest.json"),
        "mallSeed": SEED,
        "views": VIEWS,
        **figures_of_all,
    }
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser_new_shop', result)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
