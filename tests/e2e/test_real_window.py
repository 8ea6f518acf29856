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

from tests.e2e import ledger
from tests.e2e.chromium import ROOT, Shopper, unzipped
from tests.e2e.proxy import Request
from tests.e2e.world import PORTS, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Box = tuple[int, int, int, int]
WIDTH, HEIGHT = 1280, 900
EXTENSIONS_BUTTON = (1166, 63)
FIRST_EXTENSION = (960, 224)
# Left, top, right and bottom of what shows that a menu or a question is there: the menu's first row; the page below
# every popup, which the browser darkens behind its question; the question's buttons.
MENU, PAGE, BUTTONS = (940, 204, 1000, 244), (0, 720, WIDTH, 880), (640, 230, 860, 282)
# The browser ignores what is pressed in a question that has only just appeared.
HEEDED_AFTER_MS = 1000
# What has the focus in the popup; null where keys go elsewhere, or the popup has not been drawn.
POPUP_FOCUS = """() => {
  const [popup] = chrome.extension.getViews({ type: "popup" });
  if (!popup?.document.hasFocus() || !popup.document.querySelector("button")) return null;
  return popup.document.activeElement?.dataset.action ?? "";
}"""


@pytest.fixture
def display() -> Iterator[str]:
    """Run a virtual screen without a window manager."""
    missing = [tool for tool in ("Xvfb", "xdotool") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    # It says which number was free once it answers.
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield f":{process.stdout.readline().strip()}"
        finally:
            process.terminate()


class Window:
    """Shopper whose clicks and keys go to the screen, as from outside the browser."""

    def __init__(self, shopper: Shopper, display: str) -> None:
        self.shopper = shopper
        self._display = display

    def press(self, key: str, changed: Box | None = None) -> None:
        """Press a key, and wait until a part of the screen looks otherwise."""
        self._act(changed, "key", key)

    def click(self, place: tuple[int, int], changed: Box | None = None) -> None:
        """Click a place of the screen, and wait until a part of it looks otherwise."""
        self._act(changed, "mousemove", str(place[0]), str(place[1]), "click", "1")

    def _act(self, changed: Box | None, *words: str) -> None:
        before = changed and self._look(changed)
        self._xdotool(*words)
        if changed:
            self.shopper.wait_until(lambda: before != self._look(changed) == self._look(changed), f"{words} to show")

    def _look(self, box: Box) -> bytes:
        self.shopper.page.wait_for_timeout(100)
        return ImageGrab.grab(bbox=box, xdisplay=self._display).tobytes()

    def _xdotool(self, *words: str) -> None:
        environment = {**os.environ, "DISPLAY": self._display}
        subprocess.run(["xdotool", *words], env=environment, check=True, timeout=20)

    def has(self, kind: str) -> bool:
        """Return whether the browser shows a POPUP or a SIDE_PANEL of the extension."""
        script = "async kind => (await chrome.runtime.getContexts({contextTypes: [kind]})).length > 0"
        return bool(self.shopper.control.evaluate(script, kind))

    def open_popup(self) -> None:
        """Click the extension in the toolbar's menu, which lets it see this tab."""
        self.click(EXTENSIONS_BUTTON, changed=MENU)
        self.click(FIRST_EXTENSION)
        self.shopper.wait_until(lambda: self.has("POPUP"), "the popup")

    def press_in_popup(self, action: str, changed: Box | None = None) -> None:
        """Move the focus to a control of the popup and press it."""
        focus = self._focus_after(None)
        while focus != action:
            self._xdotool("key", "Tab")
            focus = self._focus_after(focus)
        self.press("Return", changed)

    def _focus_after(self, before: str | None) -> str:
        """Return what has the focus in the popup, once that is something else than before."""
        focus = lambda: self.shopper.control.evaluate(POPUP_FOCUS)  # noqa: E731
        self.shopper.wait_until(lambda: focus() not in (None, before), "the focus to move in the popup")
        return str(focus())


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
        window.press_in_popup("allow", changed=PAGE)
        shopper.page.wait_for_timeout(HEEDED_AFTER_MS)
        assert shopper.ask("state.get")["state"]["consents"] == [], "the browser asks first"
        window.press("Tab", changed=BUTTONS)  # from "Deny" to "Allow", in the browser's own dialog
        window.press("Return")
        shopper.wait_until(lambda: bool(shopper.ask("state.get")["state"]["consents"]), "the consent")
        for product in mall.of_taste("harbor", "summerbloom")[:6]:
            shopper.learn(mall.url(product))
        shopper.visit(mall.shop_url("linden") + "/")
        window.open_popup()
        window.press_in_popup("open")
        shopper.wait_until(lambda: window.has("SIDE_PANEL"), "the side panel")
        shopper.wait_until(lambda: bool(loads_of_the_panel(shopper)), "the side panel to show images")
        shopper.page.wait_for_timeout(2500)
        noted = shopper.ask("ledger.get")["entries"]
        assert ledger.asked(noted) == []
        assert {one.url for one in loads_of_the_panel(shopper)} <= ledger.shown(noted)
        if os.environ.get("CARRYOVER_UPDATE_IMAGES"):
            target = ROOT / "docs" / "images" / "panel.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            ImageGrab.grab(bbox=(0, 0, WIDTH, HEIGHT - 50), xdisplay=display).save(target, optimize=True)
    except BaseException:
        ImageGrab.grab(xdisplay=display).save(tmp_path / "failed.png")
        raise
    finally:
        shopper.close()
