"""Time that the content scripts take in a shop's page, in Chromium and Firefox, on the largest saved pages.

    python -m benchmarks.browser.content_script --pages FOLDER

FOLDER holds saved pages as `*.html.gz`; the five with the most bytes are measured. Their own scripts do not run and
nothing is loaded. Each number is the median of 15 runs in milliseconds, in the page's own thread:

- `read`: from the first line of the scripts to the page handed over;
- `still`: what is looked at whenever a page has stopped changing;
- `click`: a click on a button, from hearing of it to the page handed over.

`copy` is the copying of the page's markup alone, which `read` and `click` contain.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright
from selenium import webdriver
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service

from benchmarks import record
from benchmarks.browser.browsers import CHROMIUM, geckodriver
from benchmarks.browser.loopback import running
from kernel.json_object import JsonObject
from kernel.paths import ROOT

NUM_PAGES, NUM_RUNS = 5, 15
MEASURE = """
const names = ["carryover", "carryoverClicks", "carryoverOffers", "carryoverPageState", "carryoverReader", "carryoverImage"];
globalThis.chrome = {runtime: {id: "x", onMessage: {addListener() {}}, sendMessage: async () => ({ok: true, reason: "listing"})}};
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const timed = (act) => median(Array.from({length: RUNS}, () => { const begun = performance.now(); act(); return performance.now() - begun; }));
const copy = timed(() => document.documentElement.outerHTML.length);
const read = timed(() => { for (const name of names) delete globalThis[name]; run(); });
const state = carryoverPageState();
const still = timed(() => { state.note(); state.face(); state.numLinks(); });
const button = document.createElement("button");
button.textContent = "Add to cart";
document.body.append(button);
const click = timed(() => {
  const event = new MouseEvent("click", {bubbles: true, composed: true});
  let use = null;
  button.addEventListener("click", (heard) => { use = carryoverClicks.read(heard); }, {once: true});
  button.dispatchEvent(event);
  if (use) state.snapshot();
});
return {characters: document.documentElement.outerHTML.length, elements: document.querySelectorAll("*").length, copy, read, still, click};
"""  # noqa: E501


def main() -> int:
    """Print the result and write results/browser_content_script.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True, metavar="FOLDER")
    pages = largest(parser.parse_args().pages)
    script = measuring_script()
    with served(list(pages.values())) as origin:
        rows = {"chromium": in_chromium(origin, script), "firefox": in_firefox(origin, script)}
    result = {
        **record.environment("playwright", "selenium"),
        "pages": [name.removesuffix(".html.gz") for name in pages],
        "milliseconds": rows,
    }
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('browser_content_script', result)}")
    return 0


def largest(folder: Path) -> dict[str, bytes]:
    """Return the pages of a folder with the most bytes, by file name, largest first."""
    pages = {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("*.html.gz")}
    if len(pages) < NUM_PAGES:
        raise SystemExit(f"expected at least {NUM_PAGES} pages (*.html.gz) in {folder}, got {len(pages)}")
    return dict(sorted(pages.items(), key=lambda pair: -len(pair[1]))[:NUM_PAGES])


def registered_scripts() -> list[str]:
    """Return the scripts that the extension has run in a page, in their order, as its background names them."""
    module = (ROOT / "extension/background/content-scripts.js").as_uri()
    ask = f"import({json.dumps(module)}).then((it) => console.log(JSON.stringify(it.CONTENT_SCRIPTS)))"
    answer = subprocess.run(["node", "-e", ask], capture_output=True, text=True, check=True).stdout
    return list(json.loads(answer))


def measuring_script() -> str:
    """Return the body of a function that measures the content scripts in the page around it."""
    source = "\n".join((ROOT / "extension" / name).read_text("utf-8") for name in registered_scripts())
    return f"const RUNS = {NUM_RUNS};\nfunction run() {{\n{source}\n}}\n{MEASURE}"


@contextmanager
def served(pages: list[bytes]) -> Iterator[str]:
    """Serve pages as /0, /1 and so on, with nothing of theirs run or loaded."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = self.path.strip("/")
            body = pages[int(number)] if number.isdigit() else b""
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing to the terminal."""

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as host:
        yield f"http://{host}"


def in_chromium(origin: str, script: str) -> list[JsonObject]:
    """Return the times of each page in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        rows = []
        for number in range(NUM_PAGES):
            page.goto(f"{origin}/{number}")
            rows.append(rounded(page.evaluate(f"() => {{\n{script}\n}}")))
        browser.close()
    return rows


def in_firefox(origin: str, script: str) -> list[JsonObject]:
    """Return the times of each page in Firefox, whose clock is as coarse as a page's."""
    options = Options()
    options.binary_location = "/usr/bin/firefox-esr"
    options.add_argument("-headless")
    options.set_preference("privacy.reduceTimerPrecision", False)
    with tempfile.TemporaryDirectory() as folder:
        driver = webdriver.Firefox(options, Service(geckodriver(Path(folder))))
        try:
            rows = []
            for number in range(NUM_PAGES):
                driver.get(f"{origin}/{number}")
                rows.append(rounded(driver.execute_script(script)))
        finally:
            driver.quit()
    return rows


def rounded(row: JsonObject) -> JsonObject:
    """Return a row with its times in hundredths of a millisecond."""
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}


if __name__ == "__main__":
    sys.exit(main())
