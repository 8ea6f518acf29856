"""Nothing is lost or counted twice where the browser stops the worker, or updates the extension under open pages."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.e2e.chromium import SHOPS, Shopper, unzipped
from tests.e2e.firefox import ADDRESS, GECKO_ID, ask, opened_firefox, wait_until
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
NUM_STOPS, STEP_MS = 6, 60
STAY_S = 30
_UPDATE = """async (id) => {
  await chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
  await chrome.developerPrivate.reload(id, { failQuietly: true });
}"""

_SEND = "message => chrome.runtime.sendMessage(message)"
# What a driver's script leaves for the next one has to lie in the page.
_BEGIN_IN_FIREFOX = """
Promise.all(arguments[0].map((act) => chrome.runtime.sendMessage(act))).then((answers) => {
  document.body.dataset.answers = JSON.stringify(answers.map(({ ok }) => ok));
});
"""
_ANSWERS = "return document.body.dataset.answers;"
_BEGIN = """async (acts) => {
  globalThis.answers = Promise.all(acts.map((act) => chrome.runtime.sendMessage(act).then(({ ok }) => ok)));
}"""


def weights_in(exported: dict[str, Any]) -> dict[str, int]:
    """Return how often each thing happened, by kind and address."""
    interactions = exported["profile"]["interactions"]
    return {f"{one['kind']} {one['product']['url']}": int(one["weight"]) for one in interactions}


def weights(shopper: Shopper) -> dict[str, int]:
    """Return how often each thing happened, as the shopper's copy says."""
    return weights_in(shopper.ask("profile.export"))


def setting(number: int, **fields: object) -> dict[str, Any]:
    """Return an act that changes settings, as a page of the extension offers it."""
    return {"type": "settings.set", **fields, "actId": f"{number:016x}"}


def window(shopper: Shopper, url: str) -> Page:
    """Open a page in a window of its own."""
    session = shopper.context.new_cdp_session(shopper.page)
    with shopper.context.expect_page() as opened:
        session.send("Target.createTarget", {"url": url, "newWindow": True})
    opened.value.wait_for_load_state()
    return opened.value


def update(shopper: Shopper) -> None:
    """Have the browser load the extension anew, which closes its pages."""
    settings = shopper.context.new_page()
    settings.goto("chrome://extensions")
    settings.evaluate(_UPDATE, shopper.extension_id)
    settings.close()
    shopper.control = shopper.open("options.html")


def read_on(shopper: Shopper, page: Page) -> None:
    """Bring a page to the front, and wait until the extension has read it."""
    page.bring_to_front()
    tab_id = shopper.tab_id(page)
    shopper.wait_until(
        lambda: shopper.ask("state.get", tabId=tab_id)["state"]["tab"]["reading"] is not None, "the page to be read on"
    )


def test_a_worker_that_is_stopped_while_pages_load_loses_no_view(alone: Shopper, mall: Mall) -> None:
    urls = [mall.url(product) for product in mall.of_taste("harbor", TASTE)[:NUM_STOPS]]
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    cdp = alone.context.new_cdp_session(alone.control)
    cdp.send("ServiceWorker.enable")
    for i, url in enumerate(urls):
        alone.page.bring_to_front()
        alone.page.goto(url, wait_until="commit")
        alone.page.wait_for_timeout(STEP_MS * i)
        cdp.send("ServiceWorker.stopAllWorkers")
        alone.wait_until(lambda num=i: alone.num_known() == num + 1, f"{url} to be known")  # type: ignore[misc]
    assert weights(alone) == {f"view {url}": 1 for url in urls}


def test_an_update_reads_open_pages_on_and_counts_nothing_twice(alone: Shopper, mall: Mall) -> None:
    url = next(mall.url(product) for product in mall.of_taste("harbor", TASTE) if not product.is_sold_out)
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    alone.learn(url)
    update(alone)
    read_on(alone, alone.page)
    alone.page.get_by_role("button", name="Add to basket").click()  # and the page goes away
    alone.wait_until(lambda: f"cart {url}" in weights(alone), "the click to be known")
    assert weights(alone) == {f"view {url}": 1, f"cart {url}": 1}


def test_two_windows_and_an_update_between_them_end_in_one_profile(alone: Shopper, mall: Mall) -> None:
    on_sale = [mall.url(product) for product in mall.of_taste("harbor", TASTE) if not product.is_sold_out]
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    begun = time.monotonic()
    alone.learn(on_sale[0])
    other = window(alone, on_sale[1])
    alone.wait_until(lambda: alone.num_known() == 2, "both pages to be known")
    # Each window changes a setting of its own at the same moment, and they contradict each other in another.
    pages = [alone.control, window(alone, f"chrome-extension://{alone.extension_id}/ui/knows.html")]
    modes = {"auto": setting(1, mode="auto"), "page": setting(2, mode="page")}
    acts = [[setting(3, showsBadge=True), modes["auto"]], [setting(4, serverIsMine=True), modes["page"]]]
    for page, own in zip(pages, acts, strict=True):
        page.evaluate(_BEGIN, own)
    for page in pages:
        assert page.evaluate("() => globalThis.answers") == [True, True]
    last = alone.ask("profile.export")["profile"]["settings"]["mode"]
    update(alone)
    # Who did not hear the answer offers again what was done: that changes nothing any more.
    for act in [modes["page" if last == "auto" else "auto"], acts[0][0], acts[1][0]]:
        assert alone.control.evaluate(_SEND, act)["ok"]
    kept = alone.ask("profile.export")["profile"]["settings"]
    assert [kept["showsBadge"], kept["serverIsMine"], kept["mode"]] == [True, True, last]
    assert list(kept["consents"]) == ["harbor.localhost"]
    for page, url in ((alone.page, on_sale[0]), (other, on_sale[1])):
        read_on(alone, page)
        page.get_by_role("button", name="Add to basket").click()
        alone.wait_until(lambda url=url: f"cart {url}" in weights(alone), f"the click on {url}")  # type: ignore[misc]
    kept_weights = weights(alone)
    assert sorted(kept_weights) == sorted(f"{kind} {url}" for kind in ("view", "cart") for url in on_sale[:2])
    assert [kept_weights[f"cart {url}"] for url in on_sale[:2]] == [1, 1]
    # Who stays with a product for half a minute has looked once more, and a busy machine takes its time.
    most = 1 + (time.monotonic() - begun) // STAY_S
    assert all(1 <= kept_weights[f"view {url}"] <= most for url in on_sale[:2]), (kept_weights, most)


def newer(extension: Path, target: Path) -> Path:
    """Copy an extension, with a version that a browser takes for an update."""
    shutil.copytree(extension, target)
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    manifest["version"] += ".1"
    (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return target


class Windows:
    """Firefox with pages of the extension and of a shop in windows of their own."""

    def __init__(self, firefox: webdriver.Firefox) -> None:
        self._firefox = firefox
        self.control = self.page("options")

    def page(self, name: str) -> str:
        """Open a page of the extension in a window of its own."""
        return self.open(f"moz-extension://{ADDRESS}/ui/{name}.html")

    def open(self, url: str) -> str:
        """Open a page in a window of its own."""
        self._firefox.switch_to.new_window("window")
        self._firefox.get(url)
        return self._firefox.current_window_handle

    def ask(self, message: str, **fields: object) -> dict[str, Any]:
        """Send a message as a page of the extension does, and return the answer."""
        self._firefox.switch_to.window(self.control)
        return ask(self._firefox, message, **fields)

    def weights(self) -> dict[str, int]:
        """Return how often each thing happened."""
        return weights_in(self.ask("profile.export"))

    def click(self, page: str) -> None:
        """Click "Add to basket" in a shop's page."""
        self._firefox.switch_to.window(page)
        self._firefox.find_element(By.XPATH, "//button[normalize-space()='Add to basket']").click()


def test_two_windows_and_an_update_between_them_in_firefox(zips: Path, mall: Mall, tmp_path: Path) -> None:
    on_sale = [mall.url(product) for product in mall.of_taste("harbor", TASTE) if not product.is_sold_out][:2]
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension", SHOPS)
    with opened_firefox(extension, tmp_path) as firefox:
        windows = Windows(firefox)
        windows.ask("consent.set", shop="harbor.localhost", allowed=True)
        begun = time.monotonic()
        pages = []
        for url in on_sale:
            pages.append(windows.open(url))
            wait_until(lambda url=url: f"view {url}" in windows.weights(), f"{url} to be known")  # type: ignore[misc]
        # Each window changes a setting of its own at the same moment, and they contradict each other in another.
        modes = {"auto": setting(1, mode="auto"), "page": setting(2, mode="page")}
        acts = [[setting(3, showsBadge=True), modes["auto"]], [setting(4, serverIsMine=True), modes["page"]]]
        own = [windows.control, windows.page("knows")]
        for page, given in zip(own, acts, strict=True):
            firefox.switch_to.window(page)
            firefox.execute_script(_BEGIN_IN_FIREFOX, given)
        for page in own:
            firefox.switch_to.window(page)
            wait_until(lambda: firefox.execute_script(_ANSWERS) is not None, "the answers")
            assert json.loads(firefox.execute_script(_ANSWERS)) == [True, True]
        last = windows.ask("profile.export")["profile"]["settings"]["mode"]
        assert firefox.install_addon(str(newer(extension, tmp_path / "newer")), temporary=True) == GECKO_ID
        firefox.switch_to.window(pages[0])  # Firefox closed the pages of the version before
        windows.control = windows.page("options")
        # Who did not hear the answer offers again what was done: that changes nothing any more.
        for act in [modes["page" if last == "auto" else "auto"], acts[0][0], acts[1][0]]:
            assert windows.ask(act["type"], **{name: value for name, value in act.items() if name != "type"})["ok"]
        kept = windows.ask("profile.export")["profile"]["settings"]
        assert [kept["showsBadge"], kept["serverIsMine"], kept["mode"]] == [True, True, last]
        assert list(kept["consents"]) == ["harbor.localhost"]
        for page, url in zip(pages, on_sale, strict=True):
            windows.click(page)
            wait_until(lambda url=url: f"cart {url}" in windows.weights(), f"the click on {url}")  # type: ignore[misc]
        found = windows.weights()
        assert sorted(found) == sorted(f"{kind} {url}" for kind in ("view", "cart") for url in on_sale)
        assert [found[f"cart {url}"] for url in on_sale] == [1, 1]
        most = 1 + (time.monotonic() - begun) // STAY_S
        assert all(1 <= found[f"view {url}"] <= most for url in on_sale), (found, most)
