"""The unchanged extension in a real window: toolbar click, popup, the browser's own permission question, side panel.

Nothing is granted beforehand, and no server runs. A virtual display and real key presses take the place of a person;
where the toolbar's buttons are is known for the window size chosen here, everything inside the extension is reached by
keyboard.
Set CARRYOVER_UPDATE_IMAGES=1 to write docs/images/panel.png anew.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageGrab
from playwright.sync_api import Playwright

from tests.e2e.chromium import ROOT, Shopper, unzipped
from tests.e2e.proxy import Request
from tests.e2e.world import PORTS, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTH, HEIGHT = 1280, 900
EXTENSIONS_BUTTON = (1166, 63)
FIRST_EXTENSION = (960, 224)


@pytest.fixture
def display() -> Iterator[str]:
    """Run a virtual screen without a window manager."""
    missing = [tool for tool in ("Xvfb", "xdotool") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    name = ":97"
    command = ["Xvfb", name, "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield name
    finally:
        process.terminate()
        process.wait(10)


class Window:
    """Shopper whose clicks and keys go to the screen, as from outside the browser."""

    def __init__(self, shopper: Shopper, display: str) -> None:
        self.shopper = shopper
        self._display = display

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self._xdotool("key", key)
            self.shopper.page.wait_for_timeout(150)

    def click(self, place: tuple[int, int]) -> None:
        """Click a place of the screen."""
        self._xdotool("mousemove", str(place[0]), str(place[1]))
        self.shopper.page.wait_for_timeout(200)
        self._xdotool("click", "1")
        self.shopper.page.wait_for_timeout(800)

    def _xdotool(self, *words: str) -> None:
        environment = {**os.environ, "DISPLAY": self._display}
        subprocess.run(["xdotool", *words], env=environment, check=True, timeout=20)

    def has(self, kind: str) -> bool:
        """Return whether the browser shows a POPUP or a SIDE_PANEL of the extension."""
        script = "async kind => (await chrome.runtime.getContexts({contextTypes: [kind]})).length > 0"
        return bool(self.shopper.control.evaluate(script, kind))

    def open_popup(self) -> None:
        """Click the extension in the toolbar's menu, which lets it see this tab."""
        self.click(EXTENSIONS_BUTTON)
        self.click(FIRST_EXTENSION)
        self.shopper.wait_until(lambda: self.has("POPUP"), "the popup", seconds=10)
        self.shopper.page.wait_for_timeout(800)


def loads_of_the_panel(shopper: Shopper) -> list[Request]:
    """Return the requests for images of linden that the shop's own page did not make."""
    return [
        one for one in shopper.proxy.requests
        if one.host == f"linden.localhost:{PORTS['linden']}" and not one.is_of_the_page
    ]  # fmt: skip


def test_from_the_toolbar_to_the_side_panel(
    playwright: Playwright, mall: Mall, zips: Path, display: str, tmp_path: Path
) -> None:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension")
    shopper = Shopper(
        playwright, tmp_path / "profile", extension,
        headless=False, viewport=None, no_viewport=True, env={**os.environ, "DISPLAY": display},
        extra_args=[f"--window-size={WIDTH},{HEIGHT}", "--window-position=0,0"],
    )  # fmt: skip
    try:
        window = Window(shopper, display)
        shopper.visit(mall.shop_url("harbor") + "/")
        try:
            window.open_popup()
        except AssertionError:
            pytest.skip("the toolbar's buttons are elsewhere in this version of Chromium: set EXTENSIONS_BUTTON anew")
        window.press("Tab", "Tab", "Return")  # past "See what fits you here" to "Allow"
        shopper.page.wait_for_timeout(1000)
        assert shopper.ask("state.get")["state"]["consents"] == [], "the browser asks first"
        window.press("Tab", "Return")  # from "Deny" to "Allow", in the browser's own dialog
        shopper.wait_until(lambda: bool(shopper.ask("state.get")["state"]["consents"]), "the consent", seconds=10)
        for product in mall.of_taste("harbor", "summerbloom")[:6]:
            shopper.learn(mall.url(product))
        shopper.visit(mall.shop_url("linden") + "/")
        window.open_popup()
        window.press("Tab", "Return")
        shopper.wait_until(lambda: window.has("SIDE_PANEL"), "the side panel", seconds=10)
        shopper.wait_until(lambda: bool(loads_of_the_panel(shopper)), "the side panel to show images")
        shopper.page.wait_for_timeout(2500)
        assert shopper.ask("ledger.get")["entries"] == []
        if os.environ.get("CARRYOVER_UPDATE_IMAGES"):
            target = ROOT / "docs" / "images" / "panel.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            ImageGrab.grab(bbox=(0, 0, WIDTH, HEIGHT - 50), xdisplay=display).save(target, optimize=True)
    except BaseException:
        ImageGrab.grab(xdisplay=display).save(tmp_path / "failed.png")
        raise
    finally:
        shopper.close()
