"""What a shopper loses when the browser stops the extension's background, in the real Chromium and Firefox.

    python -m benchmarks.browser.kills [--browsers NAME ...] [--kills N] [--left N] [--seed N] [--bundle DIR]

The content of the shipped zips runs. In Chromium the service worker is stopped. Firefox stops an event page in good
order only: there the extension's process is killed (SIGKILL), its pages included.

`stayed`: a product's page is opened, and the background is stopped at a random moment within 600 ms. The shopper stays
on the page. Every second time they dismiss another product at the same moment, from a page of the extension. `left`:
the page is loaded, the background is stopped, and the next page is opened at once, so that the page before is gone.
`leftKept`: the same in a Chromium that keeps pages which are left in its cache, as browsers of shoppers do and driven
ones do not. `leftSlow`: the same with pages whose own script takes 400 ms, as those of shops do.

In the end each product that was looked at or dismissed must be in the profile once: `lost` are not there, `doubled`
weigh more than once, but for a page that the shopper stayed with for half a minute, which counts once more.
`acknowledged`: of how many acts their page heard that they are kept, before it ended; `lostAcknowledged`: how many of
those are not there. Of views that are left Firefox has nobody left to ask; of those that stay all are asked for.
`waitedMs`: from the stop until the acts were in the profile. `--extension` measures another version's source.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Set
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Playwright, sync_playwright
from selenium.common.exceptions import WebDriverException

from benchmarks import record
from benchmarks.browser.browsers import Browser, built_extension, chromium, firefox, permitted
from benchmarks.browser.loopback import running
from kernel.json_object import JsonObject
from kernel.paths import ROOT

SHOP = "kills.localhost"
WITHIN_MS = 600
PATIENCE_S = 60
_STAY_S = 25  # a little less than what counts as one more look
_ANSWERED = "/answered/"
_INSTALLED_IDLE_MS = 30_000
_SLOW_MS = 400


def main() -> int:
    """Print the results and write results/browser_kills_BROWSER.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browsers", nargs="+", choices=("chromium", "firefox"), default=["chromium", "firefox"])
    parser.add_argument("--kills", type=int, default=300, help="of the background while the shopper stays (300)")
    parser.add_argument("--left", type=int, default=100, help="of the background while the shopper leaves (100)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    parser.add_argument("--extension", type=Path, default=ROOT / "extension", help="source folder (this one)")
    wanted = parser.parse_args()
    answered: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch, shop(answered) as origin, sync_playwright() as playwright:
        built = built_extension(Path(scratch) / "built", wanted.bundle, wanted.extension)
        environment = record.environment("playwright", "selenium")
        for name in wanted.browsers:
            extension = permitted(built.folder(name, is_source=False), SHOP)
            with opened(name, playwright, Path(scratch), extension) as browser:
                shopper = Shopper(browser, origin, random.Random(wanted.seed), answered)
                measured = {
                    "browser": browser.version,
                    "stayed": shopper.stay(wanted.kills),
                    "left": shopper.leave(wanted.left),
                    "leftSlow": shopper.leave(wanted.left, folder="slow"),
                }
            if name == "chromium":
                with opened(name, playwright, Path(scratch), extension, keeps_pages=True) as browser:
                    shopper = Shopper(browser, origin, random.Random(wanted.seed), answered)
                    measured["leftKept"] = shopper.leave(wanted.left)
            result: JsonObject = {**environment, name: measured}
            print(json.dumps(result, indent=1))
            print(f"written: {record.write(f'browser_kills_{name}', result)}")
    return 0


def opened(
    name: str, playwright: Playwright, scratch: Path, extension: Path, *, keeps_pages: bool = False
) -> AbstractContextManager[Browser]:
    """Run a browser with a fresh profile."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    if name == "chromium":
        return chromium(playwright, folder, extension, keeps_pages=keeps_pages)
    return firefox(folder, extension, idle_ms=_INSTALLED_IDLE_MS)


def page_of(path: str) -> bytes:
    """Return the page of a product; each address is another one. One in the folder `slow` keeps the browser busy."""
    title = f"Cup number {path.rpartition('/')[2]}"
    data = {"@context": "https://schema.org", "@type": "Product", "name": title, "offers": {"price": "9.90"}}
    slow = f"<script>for (const end = Date.now() + {_SLOW_MS}; Date.now() < end; );</script>"
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title><script type="application/ld+json">'
        f"{json.dumps(data)}</script></head><body><main><h1>{title}</h1><p class=price>9.90 €</p>"
        f"<button>Add to cart</button></main>{slow if path.startswith('/slow/') else ''}</body></html>"
    ).encode()


@contextmanager
def shop(answered: set[str]) -> Iterator[str]:
    """Serve the shop until the block ends, and yield its origin. Acts that are told to be answered are noted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(_ANSWERED):
                answered.add(self.path.removeprefix(_ANSWERED))
            body = page_of(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing to the terminal."""

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as host:
        yield f"http://{SHOP}:{host.rpartition(':')[2]}"


class Shopper:
    """One browser with the extension, whose background is stopped again and again."""

    def __init__(self, browser: Browser, origin: str, draw: random.Random, answered: set[str]) -> None:
        self._browser, self._origin, self._random = browser, origin, draw
        self._answered = answered
        self._num = 0
        answered.clear()
        browser.open("ui/messages.html")
        self._ask({"type": "consent.set", "shop": SHOP, "allowed": True})

    def _ask(self, message: JsonObject) -> Any:
        # A background that ends takes its answer with it, and in Firefox also the page that asks.
        deadline, refusal = time.monotonic() + PATIENCE_S, "no answer"
        while time.monotonic() < deadline:
            try:
                answer = self._browser.call("ask", message)
            except (Error, WebDriverException, RuntimeError) as error:
                answer, refusal = None, str(error)
            if answer:
                return answer
            time.sleep(0.5)
        raise RuntimeError(f"{message['type']}: nobody answered within {PATIENCE_S} s: {refusal}")

    def _kept(self) -> Counter[str]:
        """Return the weights of what is in the profile, by kind and path."""
        interactions = self._ask({"type": "profile.export"})["profile"]["interactions"]
        weights: Counter[str] = Counter()
        for one in interactions:
            weights[f"{one['kind']} {one['product']['url'].rpartition('/')[2]}"] += int(one["weight"])
        return weights

    def _look(self, folder: str = "p", *, is_loaded: bool = False) -> str:
        self._num += 1
        self._browser.go(f"{self._origin}/{folder}/{self._num}", is_loaded=is_loaded)
        return f"view {self._num}"

    def _dismiss(self) -> str:
        # Not "d" and a number: D66 is a party, and nothing is kept of politics.
        name = f"{self._num}-other"
        item = {"itemId": "", "url": f"{self._origin}/p/{name}", "title": f"Another cup than number {self._num}"}
        self._browser.call("act", {"type": "item.dismiss", "item": item}, f"{self._origin}{_ANSWERED}{name}")
        return f"dismiss {name}"

    def _stop(self) -> float:
        time.sleep(self._random.uniform(0, WITHIN_MS) / 1000)
        self._browser.stop_background()
        return time.monotonic()

    def stay(self, num: int) -> JsonObject:
        """Look at pages whose visit outlives the background."""
        if num == 0:
            return {}
        expected, waited, stayed_with = [], [], set()
        for i in range(num):
            opened = time.monotonic()
            acts = [self._look(), *([self._dismiss()] if i % 2 else [])]
            stopped = self._stop()
            while not set(acts) <= set(self._kept()) and time.monotonic() < stopped + PATIENCE_S:
                time.sleep(0.2)
            waited.append(1000 * (time.monotonic() - stopped))
            expected += acts
            if time.monotonic() > opened + _STAY_S:
                stayed_with.add(acts[0])
        dismissed = [what for what in expected if what.removeprefix("dismiss ") in self._answered]
        views = [what for what in expected if what.startswith("view")]
        return {
            **self._count(expected, stayed_with),
            "lostViews": self._count(views)["lost"],
            "acknowledged": len(dismissed),
            "lostAcknowledged": self._count(dismissed)["lost"],
            "waitedMs": {"median": round(statistics.median(waited)), "most": round(max(waited))},
        }

    def leave(self, num: int, folder: str = "p") -> JsonObject:
        """Look at pages that are left at once."""
        if num == 0:
            return {}
        expected, acknowledged = [], []
        for _ in range(num):
            expected.append(self._look(folder, is_loaded=True))
            if self._browser.outlives_stops:
                tab = self._browser.call("tab", f"{self._origin}/{folder}/{self._num}")
                self._stop()
                if self._browser.call("isAcknowledged", tab):
                    acknowledged.append(expected[-1])
            else:
                self._stop()
        last = self._look()
        deadline = time.monotonic() + PATIENCE_S
        while last not in self._kept() and time.monotonic() < deadline:
            time.sleep(0.2)
        told = {"acknowledged": len(acknowledged), "lostAcknowledged": self._count(acknowledged)["lost"]}
        return {**self._count(expected), **(told if self._browser.outlives_stops else {})}

    def _count(self, expected: list[str], stayed_with: Set[str] = frozenset()) -> JsonObject:
        kept = self._kept()
        lost = [what for what in expected if kept[what] == 0]
        doubled = [what for what in expected if kept[what] > (2 if what in stayed_with else 1)]
        return {"acts": len(expected), "lost": len(lost), "doubled": len(doubled)}


if __name__ == "__main__":
    sys.exit(main())
