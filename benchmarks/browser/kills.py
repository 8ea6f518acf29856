"""What a shopper loses when the browser stops the extension's worker, in the real Chromium.

    python -m benchmarks.browser.kills [--kills N] [--left N] [--seed N] [--bundle DIR] [--extension DIR]

`stayed`: a product's page is opened, and the worker is stopped at a random moment within 600 ms. The shopper stays on
the page. Every second time they dismiss another product at the same moment, from a page of the extension. `left`: the
page is loaded, the worker is stopped, and the next page is opened at once, so that the page before is gone.

In the end each product that was looked at or dismissed must be in the profile once: `lost` are not there, `doubled`
weigh more than once. `waitedMs`: from the stop until the view was in the profile. `--extension` measures another
version's source.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page, sync_playwright

from benchmarks import record
from benchmarks.browser.browsers import CHROMIUM, packaged
from benchmarks.browser.loopback import running
from kernel.json_object import JsonObject
from kernel.paths import ROOT

SHOP = "kills.localhost"
WITHIN_MS = 600
PATIENCE_S = 60
_SEND = """async ([message, isAct]) => {
  if (!isAct) return chrome.runtime.sendMessage(message);
  const { send } = await import("/messaging/messages.js");
  return send(message);
}"""


def main() -> int:
    """Print the result and write results/browser_kills.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300, help="of the worker while the shopper stays (300)")
    parser.add_argument("--left", type=int, default=100, help="of the worker while the shopper leaves (100)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    parser.add_argument("--extension", type=Path, default=ROOT / "extension", help="source folder (this one)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, shop() as origin, sync_playwright() as playwright:
        extension = permitted(packaged(Path(scratch) / "extension", wanted.extension, wanted.bundle))
        context = playwright.chromium.launch_persistent_context(
            str(Path(scratch) / "profile"),
            executable_path=CHROMIUM,
            args=[f"--disable-extensions-except={extension}", f"--load-extension={extension}", "--no-sandbox"],
        )
        try:
            shopper = Shopper(context, origin, random.Random(wanted.seed))
            result = {
                **record.environment("playwright"),
                "stayed": shopper.stay(wanted.kills),
                "left": shopper.leave(wanted.left),
            }
        finally:
            context.close()
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser_kills', result)}")
    return 0


def permitted(extension: Path) -> Path:
    """Let an extension read the shop: a browser without a window has nobody to ask."""
    manifest = extension / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["host_permissions"] = [f"*://*.{SHOP}/*"]
    manifest.write_text(json.dumps(content), "utf-8")
    return extension


def page_of(path: str) -> bytes:
    """Return the page of a product; each address is another one."""
    title = f"Cup number {path.rpartition('/')[2]}"
    data = {"@context": "https://schema.org", "@type": "Product", "name": title, "offers": {"price": "9.90"}}
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title><script type="application/ld+json">'
        f"{json.dumps(data)}</script></head><body><main><h1>{title}</h1><p class=price>9.90 €</p>"
        "<button>Add to cart</button></main></body></html>"
    ).encode()


@contextmanager
def shop() -> Iterator[str]:
    """Serve the shop until the block ends, and yield its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
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
    """One browser with the extension, whose worker is stopped again and again."""

    def __init__(self, context: BrowserContext, origin: str, draw: random.Random) -> None:
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        self._origin, self._random = origin, draw
        self._page: Page = context.new_page()
        self._control: Page = context.new_page()
        self._control.goto(f"{worker.url.rpartition('/')[0]}/ui/options.html")
        self._session: CDPSession = context.new_cdp_session(self._control)
        self._session.send("ServiceWorker.enable")
        self._ask({"type": "consent.set", "shop": SHOP, "allowed": True})
        self._num = 0

    def _ask(self, message: JsonObject) -> Any:
        # The answer itself may be lost with a worker.
        for _ in range(5):
            try:
                answer = self._control.evaluate(_SEND, [message, False])
            except Error:
                answer = None
            if answer:
                return answer
            time.sleep(0.5)
        raise RuntimeError(f"{message['type']}: nobody answered")

    def _kept(self) -> Counter[str]:
        """Return the weights of what is in the profile, by kind and path."""
        interactions = self._ask({"type": "profile.export"})["profile"]["interactions"]
        weights: Counter[str] = Counter()
        for one in interactions:
            weights[f"{one['kind']} {one['product']['url'].rpartition('/')[2]}"] += int(one["weight"])
        return weights

    def _look(self, *, is_loaded: bool = False) -> str:
        self._num += 1
        self._page.bring_to_front()
        self._page.goto(f"{self._origin}/p/{self._num}", wait_until="load" if is_loaded else "commit")
        return f"view {self._num}"

    def _dismiss(self) -> str:
        item = {"itemId": "", "url": f"{self._origin}/p/d{self._num}", "title": f"Cup d{self._num}"}
        script = f"given => {{ globalThis.given = ({_SEND})(given).catch(String); }}"
        self._control.evaluate(script, [{"type": "item.dismiss", "item": item}, True])
        return f"dismiss d{self._num}"

    def _stop(self) -> float:
        self._page.wait_for_timeout(self._random.uniform(0, WITHIN_MS))
        self._session.send("ServiceWorker.stopAllWorkers")
        return time.monotonic()

    def stay(self, num: int) -> JsonObject:
        """Look at pages whose visit outlives the worker."""
        if num == 0:
            return {}
        expected, waited = [], []
        for i in range(num):
            expected.append(self._look())
            if i % 2:
                expected.append(self._dismiss())
            stopped = self._stop()
            while not set(expected[-2:]) <= set(self._kept()) and time.monotonic() < stopped + PATIENCE_S:
                time.sleep(0.2)
            waited.append(1000 * (time.monotonic() - stopped))
        return {
            **self._count(expected),
            "waitedMs": {"median": round(statistics.median(waited)), "most": round(max(waited))},
        }

    def leave(self, num: int) -> JsonObject:
        """Look at pages that are left at once."""
        if num == 0:
            return {}
        expected = []
        for _ in range(num):
            expected.append(self._look(is_loaded=True))
            self._stop()
        self._look()
        deadline = time.monotonic() + PATIENCE_S
        while f"view {self._num}" not in self._kept() and time.monotonic() < deadline:
            time.sleep(0.2)
        return self._count(expected)

    def _count(self, expected: list[str]) -> JsonObject:
        kept = self._kept()
        lost = [what for what in expected if kept[what] == 0]
        doubled = [what for what in expected if kept[what] > 1]
        return {"acts": len(expected), "lost": len(lost), "doubled": len(doubled)}


if __name__ == "__main__":
    sys.exit(main())
