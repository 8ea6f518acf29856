"""Two windows at two shops, in both browsers: each panel is about its own window, whichever is in front."""

from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page, Playwright

from tests.e2e.chromium import SHOPS, Shopper, unzipped
from tests.e2e.firefox import FirefoxShopper, Window, opened_firefox, wait_until
from tests.e2e.proxy import RecordingProxy
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.long]
OPEN_PANELS = """() => addEventListener("click", async () => {
  for (const { id } of await chrome.windows.getAll()) void chrome.sidePanel.open({ windowId: id });
}, { once: true })"""
# What the real panel of a window shows: the shop, and the items once the list is made.
READ_PANEL = """async (windowId) => {
  for (const panel of chrome.extension.getViews()) {
    if (!panel.location.pathname.endsWith("/panel.html")) continue;
    const { id } = await panel.chrome.windows.getCurrent();
    if (id !== windowId) continue;
    const list = panel.document.getElementById("cards");
    const cards = list.hasAttribute("aria-busy") ? [] : [...list.querySelectorAll(".card[data-item-id]")];
    return [panel.document.getElementById("shop")?.textContent ?? "", cards.map(({ dataset }) => dataset.itemId)];
  }
  return ["", []];
}"""


class ShopWindow(Protocol):
    """A window with a shop's page, and the extension's real panel beside it."""

    def visit(self, url: str) -> None:
        """Open a page in the window, which comes to the front."""

    def front(self) -> None:
        """Bring the window to the front."""

    def panel_shows(self) -> tuple[str, list[str]]:
        """Return the shop that the panel names, and the ids of its items."""


class ChromiumWindow:
    """A window of Chromium."""

    def __init__(self, control: Page, page: Page) -> None:
        self._control = control
        self._page = page
        script = "async (url) => (await chrome.tabs.query({ url }))[0].windowId"
        self._id = control.evaluate(script, page.url)

    def visit(self, url: str) -> None:
        self.front()
        self._page.goto(url)

    def front(self) -> None:
        self._page.bring_to_front()
        self._control.evaluate("(id) => chrome.windows.update(id, { focused: true })", self._id)

    def panel_shows(self) -> tuple[str, list[str]]:
        shop, items = self._control.evaluate(READ_PANEL, self._id)
        return str(shop), list(items)


def assert_panel_shows(window: ShopWindow, mall: Mall, shop: str) -> None:
    """Wait until a panel names a shop and shows items of it, and no others."""
    known = set(mall.tastes_by_id(shop))

    def is_so() -> bool:
        named, items = window.panel_shows()
        return named == f"{shop}.localhost" and bool(items) and set(items) <= known

    try:
        wait_until(is_so, "the panel")
    except AssertionError:
        named, items = window.panel_shows()
        raise AssertionError(f"expected {shop} and its items, got {named} and {items}") from None


def check_two_windows(first: ShopWindow, second: ShopWindow, mall: Mall) -> None:
    """Take two windows through shops. Harbor may be learned from."""
    first.visit(mall.shop_url("harbor") + "/")
    second.visit(mall.shop_url("linden") + "/")
    assert_panel_shows(second, mall, "linden")
    assert_panel_shows(first, mall, "harbor")
    first.front()
    assert_panel_shows(second, mall, "linden")
    second.visit(mall.url(mall.of_taste("harbor", "seaside")[0]))  # what is learned there is told to both panels
    assert_panel_shows(second, mall, "harbor")
    second.visit(mall.shop_url("linden") + "/")
    first.visit(mall.shop_url("meridian") + "/")
    assert_panel_shows(first, mall, "meridian")
    assert_panel_shows(second, mall, "linden")
    second.front()
    second.visit(mall.shop_url("harbor") + "/")
    assert_panel_shows(second, mall, "harbor")
    assert_panel_shows(first, mall, "meridian")


def test_panels_of_two_windows_in_chromium(playwright: Playwright, zips: Path, mall: Mall, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension", SHOPS)
    shopper = Shopper(playwright, tmp_path / "profile", extension)
    try:
        shopper.ask("consent.set", shop="harbor.localhost", allowed=True)
        shopper.visit(mall.shop_url("harbor") + "/")
        linden = mall.shop_url("linden") + "/"
        with shopper.context.expect_page() as opened:
            shopper.control.evaluate("url => chrome.windows.create({ url })", linden)
        opened.value.wait_for_url(linden)
        windows = [ChromiumWindow(shopper.control, page) for page in (shopper.page, opened.value)]
        shopper.control.evaluate(OPEN_PANELS)
        shopper.control.bring_to_front()
        shopper.control.mouse.click(5, 5)
        check_two_windows(*windows, mall)
    finally:
        shopper.close()


@pytest.mark.long
def test_panels_of_two_windows_in_firefox(zips: Path, mall: Mall, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension", SHOPS)
    proxy = RecordingProxy()
    with opened_firefox(extension, tmp_path, proxy) as driver:
        shopper = FirefoxShopper(driver, proxy)
        shopper.ask("consent.set", shop="harbor.localhost", allowed=True)
        check_two_windows(shopper.window, Window(driver, shopper.control), mall)
    proxy.close()
