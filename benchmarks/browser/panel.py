"""How long a shopper waits for the first cards of the panel, with a long history and a large catalogue.

    python -m benchmarks.browser.panel [--bundle DIR] [--rounds N]

Chromium and Firefox start anew with a fresh profile, which gets 1,000 views, 500 requests in the ledger and the
catalogue of a shop of 10,000 products. The panel is opened for a tab of that shop: `first`, where the extension's
background was ended, in Chromium the towers' document with it, and no list of this tab was made; `visited`, the same
where a product's page was looked at for some seconds before; `cold`, where a panel has shown a list of this tab;
`warm`, where the background runs and has ranked before; `ranked`, `warm` without a list of before.
Then the memory of the extension's process, which holds its background and all its pages: with the background ended and
an empty page, and with the panel.
"""

import argparse
import http.server
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import record
from benchmarks.browser.__main__ import Spread, spread
from benchmarks.browser.browsers import Browser, Extension, OpenBrowser, built_extension, chromium, firefox
from benchmarks.browser.loopback import running
from benchmarks.shelf.__main__ import large_catalogue
from kernel.json_object import JsonObject

NUM_SEEN, NUM_REQUESTS, NUM_PRODUCTS = 1_000, 500, 10_000
SHOPS_SEEN = 5
STAY_S = 6


def cards(origin: str) -> list[JsonObject]:
    """Return the cards of a large shop."""
    return [
        {
            **card,
            "itemId": f"{i:016x}",
            "url": f"{origin}/p/{i}",
            "price": {"amount": f"{5 + i % 90}.00", "currency": "EUR"},
        }
        for i, card in enumerate(large_catalogue()[:NUM_PRODUCTS])
    ]


def seen() -> list[JsonObject]:
    """Return products of other shops that were looked at."""
    step = NUM_PRODUCTS // NUM_SEEN
    return [
        {
            **card,
            "shop": f"shop{i % SHOPS_SEEN}.example",
            "itemId": f"{i:016x}",
            "url": f"https://shop{i % SHOPS_SEEN}.example/{i}",
        }
        for i, card in enumerate(large_catalogue()[::step][:NUM_SEEN])
    ]


def page_of(path: str) -> str:
    """Return a page of the shop: a product's under /p/, else an empty one."""
    if not path.startswith("/p/"):
        return "<!doctype html><title>A shop</title>"
    title = f"Striped linen cushion {path.removeprefix('/p/')}"
    offers = {"@type": "Offer", "price": "19.90", "priceCurrency": "EUR"}
    product = {"@context": "https://schema.org", "@type": "Product", "name": title, "offers": offers}
    data = f'<script type="application/ld+json">{json.dumps(product)}</script>'
    return f"<!doctype html><title>{title}</title>{data}<h1>{title}</h1>"


class _Shop(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with a page of the shop."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page_of(self.path).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def shop() -> Iterator[str]:
    """Run a shop until the block ends; yield its origin."""
    with running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Shop)) as host:
        yield f"http://{host}"


def allow(extension: Extension) -> None:
    """Let the extension see the addresses of tabs, which a click on its icon would, and read the shop's pages."""
    for browser in ("chromium", "firefox"):
        file = extension.folder(browser, is_source=False) / "manifest.json"
        manifest = json.loads(file.read_text("utf-8"))
        manifest["permissions"].append("tabs")
        manifest["host_permissions"] = ["*://127.0.0.1/*"]
        file.write_text(json.dumps(manifest), "utf-8")


def visited(browser: Browser, url: str) -> float:
    """Look at a product's page, end the background, and return the milliseconds to the first cards of its panel."""
    browser.visit(url, STAY_S)
    tab = browser.call("tab", url)
    if not browser.call("hasList", tab):
        raise RuntimeError(f"expected a list for the tab that showed {url} for {STAY_S} s, got none")
    browser.end_background()
    return browser.first_cards(tab, 2)


def measure(opened: OpenBrowser, extension: Path, num_rounds: int) -> JsonObject:
    """Return the milliseconds to the first cards, warm and cold, and the memory of one browser."""
    with (
        shop() as origin,
        tempfile.TemporaryDirectory(prefix="carryover-panel-", ignore_cleanup_errors=True) as scratch,
        opened(Path(scratch), extension) as browser,
    ):
        browser.open()
        host = origin.removeprefix("http://")
        given = {"shop": host, "origin": origin, "cards": cards(origin), "seen": seen(), "numRequests": NUM_REQUESTS}
        browser.call("seed", given)
        browser.visit(f"{origin}/")
        tab = browser.call("tab", f"{origin}/")
        browser.open()  # the page before did the seeding
        browser.end_background()
        ended = browser.memory()
        names = ("firstMs", "visitedMs", "coldMs", "warmMs", "rankedMs")
        times: dict[str, list[float]] = {name: [] for name in names}
        for i in range(num_rounds):
            browser.call("forgetLists")
            browser.end_background()
            times["firstMs"].append(browser.first_cards(tab, 1))
            browser.end_background()
            times["coldMs"].append(browser.first_cards(tab, 2))
            times["warmMs"].append(browser.first_cards(tab, 2))
            browser.call("forgetLists")
            times["rankedMs"].append(browser.first_cards(tab, 1))
            browser.call("forgetLists")
            times["visitedMs"].append(visited(browser, f"{origin}/p/{i}"))
        figures: dict[str, Spread] = {name: spread(values) for name, values in times.items()}
        browser.call("forgetLists")
        memory = {"ended": asdict(ended), "withPanel": asdict(browser.memory_with_panel(tab))}
        return {"version": browser.version, **figures, "memoryMb": memory}


def main() -> int:
    """Print the result and write results/browser_panel.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    with sync_playwright() as driver, tempfile.TemporaryDirectory(prefix="carryover-extension-") as scratch:
        extension = built_extension(Path(scratch), arguments.bundle)
        allow(extension)
        browsers: dict[str, OpenBrowser] = {"chromium": partial(chromium, driver), "firefox": firefox}
        measured = {
            name: measure(opened, extension.folder(name, is_source=False), arguments.rounds)
            for name, opened in browsers.items()
        }
    result: JsonObject = {
        **record.environment("playwright", "selenium"),
        "interactions": NUM_SEEN,
        "ledgerEntries": NUM_REQUESTS,
        "products": NUM_PRODUCTS,
        "rounds": arguments.rounds,
        **measured,
        "loadAverageAtStart": round(before, 2),
        "loadAverageAtEnd": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser_panel', result)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
