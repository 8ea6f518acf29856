"""Real Chromium with the real extension, behind the recording proxy."""

import json
import subprocess
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.e2e.proxy import RecordingProxy
from tests.e2e.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
EXECUTABLE = "/usr/bin/chromium"
SHOPS = [f"*://*.{shop}.localhost/*" for shop in ("harbor", "linden", "meridian")]
SERVER = "http://127.0.0.1/*"
# What is awaited comes within moments, and on a machine with much else to do within this.
PATIENCE_S = 180
PATIENCE_MS = 1000 * PATIENCE_S
expect.set_options(timeout=PATIENCE_MS)
# All of one list: read card by card it could change in between.
IDS = "cards => cards.map(({ dataset }) => dataset.itemId)"


def packaged(bundle: Path, folder: Path) -> Path:
    """Build the zips with a bundle inside, and return the folder that holds them."""
    command = ["node", str(ROOT / "extension" / "build" / "package.js"), "--bundle", str(bundle), "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def unzipped(zipped: Path, target: Path, granted: Sequence[str] = ()) -> Path:
    """Unpack a zip of the extension, and grant permissions in its manifest.

    A headless browser has nobody to answer the permission question. The shipped code asks it and finds the permission
    granted. `test_real_window.py` answers the real question of the unchanged extension.
    """
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(target)
    if granted:
        manifest = json.loads((target / "manifest.json").read_text())
        manifest["host_permissions"] = list(granted)
        (target / "manifest.json").write_text(json.dumps(manifest))
    return target


class Shopper:
    """Shopper with a fresh browser profile and the extension."""

    def __init__(
        self, playwright: Playwright, folder: Path, extension: Path, world: World | None = None, **options: Any
    ) -> None:
        self.proxy = RecordingProxy()
        self.context: BrowserContext = playwright.chromium.launch_persistent_context(
            str(folder),
            executable_path=EXECUTABLE,
            headless=options.pop("headless", True),
            proxy={"server": self.proxy.address, "bypass": "<-loopback>"},
            args=[
                f"--disable-extensions-except={extension}",
                f"--load-extension={extension}",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-component-update",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                *options.pop("extra_args", []),
            ],
            viewport=options.pop("viewport", {"width": 1280, "height": 900}),  # None goes with no_viewport
            **options,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        workers = self.context.service_workers
        worker = workers[0] if workers else self.context.wait_for_event("serviceworker")
        self.extension_id = worker.url.split("/")[2]
        self.page = self.context.new_page()
        self.control = self.open("options.html")
        if world is not None:
            self.pair(world.server_url, world.code())

    def close(self) -> None:
        """Close the browser and the proxy."""
        self.context.close()
        self.proxy.close()

    def open(self, name: str) -> Page:
        """Open a page of the extension as a tab."""
        page = self.context.new_page()
        page.goto(f"chrome-extension://{self.extension_id}/ui/{name}")
        return page

    def ask(self, message: str, **fields: Any) -> dict[str, Any]:
        """Send a message as the extension's own pages do, and return the answer, refusals included."""
        answer: dict[str, Any] = self.control.evaluate(
            "message => chrome.runtime.sendMessage(message)", {"type": message, **fields}
        )
        return answer

    def pair(self, server_url: str, code: str) -> None:
        """Pair with a server, as the options page does."""
        answer = self.ask("pairing.make", serverUrl=server_url, serverIsMine=False, code=code)
        assert answer["ok"], answer

    def tab_id(self, page: Page) -> int:
        """Return the browser's number of a tab."""
        tabs: list[dict[str, Any]] = self.control.evaluate("() => chrome.tabs.query({})")
        return next(int(tab["id"]) for tab in tabs if tab.get("url") == page.url)

    def panel(self, page: Page, width: int = 380) -> Page:
        """Open the side panel's page for a tab, in a tab of its own."""
        panel = self.context.new_page()
        panel.set_viewport_size({"width": width, "height": 900})
        panel.goto(f"chrome-extension://{self.extension_id}/ui/panel.html?tab={self.tab_id(page)}")
        return panel

    def visit(self, url: str) -> None:
        """Open a page of a shop in the tab in front."""
        self.page.bring_to_front()
        self.page.goto(url)

    def run(self, script: str) -> None:
        """Run a script of the shop in its page."""
        self.page.evaluate(script)

    def allow(self) -> None:
        """Allow the shop that is open, by the panel's own button."""
        panel = self.panel(self.page)
        panel.locator("[data-action=allow]").click()
        expect(panel.locator(".origin")).to_have_attribute("data-consented", "true")
        panel.close()

    def look(self) -> None:
        """Let the extension see the tab in front; this browser's granted permissions do already."""

    def erase(self) -> None:
        """Erase everything, by the options' button."""
        options = self.open("options.html")
        options.locator("#erase").click()
        options.locator("[data-action=erase-yes]").click()
        expect(options.locator("#status")).to_contain_text("erased")
        options.close()

    def num_known(self) -> int:
        """Return the number of things in the profile, without those of which there shall be less."""
        return int(self.ask("state.get")["state"]["numKnown"])

    def learn(self, url: str) -> None:
        """Look at a product and wait until it is known."""
        before = self.num_known()
        self.visit(url)
        self.wait_until(lambda: self.num_known() > before, f"{url} to be known")

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until a condition on the extension holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain for {what}"
            self.page.wait_for_timeout(200)

    def recommended(self, panel: Page) -> list[str]:
        """Return the item ids in the panel, best first, once it has loaded."""
        expect(panel.locator(".card[data-item-id]").first).to_be_visible()
        expect(panel.locator("#cards")).not_to_have_attribute("aria-busy", "true")
        return [str(item_id) for item_id in panel.locator(".card[data-item-id]").evaluate_all(IDS)]

    def items(self) -> list[str]:
        """Return the ids of the items that the panel shows for the shop that is open, best first."""
        panel = self.panel(self.page)
        shown = self.recommended(panel)
        panel.close()
        return shown

    def read_catalogue(self, panel: Page) -> None:
        """Click the panel's offer, and wait until the catalogue has been read."""
        panel.locator("[data-action=shelf-read]").click()
        expect(panel.locator(".shelf")).to_have_attribute("data-status", "read")

    def read_shelf(self) -> list[str]:
        """Have the catalogue of the shop that is open read, and return the items shown then."""
        panel = self.panel(self.page)
        self.read_catalogue(panel)
        shown = self.recommended(panel)
        panel.close()
        return shown

    def recommend(self) -> dict[str, Any]:
        """Return the whole answer for the shop that is open."""
        answer: dict[str, Any] = self.ask("recommend", tabId=self.tab_id(self.page))["recommendations"]
        return answer

    def save_address(self, form: str, address: str) -> None:
        """Enter an address in a form of the options and save it."""
        options = self.open("options.html")
        expect(options.locator("#known")).not_to_be_empty()  # the settings fill the fields when they come
        for folded in options.locator("details:not([open]):has(form) > summary").all():
            folded.click()
        options.locator(f"{form} input[type=url]").fill(address)
        options.locator(f"{form} button").click()
        expect(options.locator("#status")).to_have_text("Saved.")
        options.close()
