"""What a shopper does in "What it knows" to take their taste to another browser, in Chromium and in Firefox."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from PIL import Image
from playwright.sync_api import Page, expect
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.chromium import PATIENCE_S, Shopper
from tests.e2e.firefox import ADDRESS, ask, opened_firefox, wait_until
from tests.e2e.proxy import RecordingProxy

PASSPHRASE = "kelp, oak and two gulls"
FRAME = (1280, 720)
FRAMES_PER_CODE = 6  # a file of frames is played at 30 a second, so five codes a second

# Kind, time, weight and address.
Known = list[tuple[str, str, float, str]]


class Side(Protocol):
    """A browser of a shopper."""

    proxy: RecordingProxy

    def ask(self, message: str, **fields: Any) -> dict[str, Any]:
        """Send a message as the extension's own pages do, and return the answer."""

    def learn(self, url: str) -> None:
        """Look at a product and wait until it is known."""

    def save_copy(self, folder: Path) -> Path:
        """Save the encrypted copy, and return the file."""

    def add_copy(self, file: Path) -> None:
        """Add what an encrypted copy holds."""

    def show_codes(self) -> list[bytes]:
        """Show the encrypted copy as QR codes, and return an image of each."""

    def add_images(self, images: list[Path]) -> None:
        """Add what images of QR codes hold."""


def known(side: Side) -> Known:
    """Return what a browser knows."""
    kept = side.ask("profile.export")["profile"]["interactions"]
    return sorted((one["kind"], one["time"], one["weight"], one["product"]["url"]) for one in kept)


def camera_film(images: list[bytes], target: Path) -> Path:
    """Write what a camera sees of codes that follow each other: frames of JPEG, one after the other."""
    film = io.BytesIO()
    for image in images:
        code = Image.open(io.BytesIO(image)).convert("RGB")
        side = min(FRAME) - 40
        frame = Image.new("RGB", FRAME, (120, 118, 112))
        seen = code.resize((side, side), Image.Resampling.BICUBIC).rotate(
            3, Image.Resampling.BICUBIC, expand=True, fillcolor=(120, 118, 112)
        )
        frame.paste(seen, ((FRAME[0] - seen.width) // 2, (FRAME[1] - seen.height) // 2))
        jpeg = io.BytesIO()
        frame.save(jpeg, "JPEG", quality=80)
        film.write(jpeg.getvalue() * FRAMES_PER_CODE)
    target.write_bytes(film.getvalue())
    return target


class ChromiumSide:
    """Chromium with the extension."""

    def __init__(self, shopper: Shopper) -> None:
        self.shopper = shopper
        self.proxy = shopper.proxy

    def ask(self, message: str, **fields: Any) -> dict[str, Any]:
        return self.shopper.ask(message, **fields)

    def learn(self, url: str) -> None:
        self.shopper.learn(url)

    def _open(self) -> Page:
        page = self.shopper.open("knows.html")
        expect(page.locator("#known")).not_to_be_empty()
        return page

    def _give(self, page: Page) -> None:
        for field in page.locator("dialog input[type=password]").all():
            field.fill(PASSPHRASE)
        page.locator("[data-action=passphrase-yes]").click()

    def _add(self, page: Page) -> None:
        expect(page.locator("dialog input[type=password]")).to_be_visible()
        self._give(page)
        page.locator("[data-action=import-yes]").click()
        expect(page.locator("#undo")).to_contain_text("Added")
        page.close()

    def save_copy(self, folder: Path) -> Path:
        page = self._open()
        page.locator("#export-encrypted").click()
        with page.expect_download() as download:
            self._give(page)
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
        page.close()
        return file

    def add_copy(self, file: Path) -> None:
        page = self._open()
        page.locator("#file").set_input_files(file)
        self._add(page)

    def show_codes(self) -> list[bytes]:
        page = self._open()
        page.locator("#show-codes").click()
        self._give(page)
        code = page.locator("svg.code")
        expect(code).to_be_visible()
        page.locator("[data-action=codes-pause]").click()
        label = str(code.get_attribute("aria-label"))
        images = []
        for _ in range(int(label.rpartition(" ")[2])):
            images.append(code.screenshot())
            page.locator("[data-action=codes-next]").click()
        page.close()
        return images

    def add_images(self, images: list[Path]) -> None:
        page = self._open()
        page.locator("#read-codes").click()
        page.locator("#codes-images").set_input_files(images)
        self._add(page)

    def add_by_camera(self) -> None:
        """Add what the camera sees: the browser was opened with a film of codes in its place."""
        page = self._open()
        page.locator("#read-codes").click()
        self._add(page)


class FirefoxSide:
    """Firefox with the extension: one page of the extension, and shops in a window of their own."""

    def __init__(self, firefox: webdriver.Firefox, proxy: RecordingProxy, downloads: Path) -> None:
        self.firefox = firefox
        self.proxy = proxy
        self._downloads = downloads
        self._open()
        self._control = firefox.current_window_handle
        firefox.switch_to.new_window("window")
        self._shop = firefox.current_window_handle
        firefox.switch_to.window(self._control)

    def _open(self) -> None:
        self.firefox.get(f"moz-extension://{ADDRESS}/ui/knows.html")
        wait_until(lambda: bool(self.firefox.find_element(By.ID, "known").text), "what it knows")

    def ask(self, message: str, **fields: Any) -> dict[str, Any]:
        return ask(self.firefox, message, **fields)

    def learn(self, url: str) -> None:
        known_here = lambda: int(self.ask("state.get")["state"]["numKnown"])  # noqa: E731
        before = known_here()
        self.firefox.switch_to.window(self._shop)
        self.firefox.get(url)
        self.firefox.switch_to.window(self._control)
        WebDriverWait(self.firefox, PATIENCE_S).until(lambda _: known_here() > before)

    def _click(self, selector: str) -> None:
        wait_until(lambda: len(self.firefox.find_elements(By.CSS_SELECTOR, selector)) == 1, selector)
        self.firefox.find_element(By.CSS_SELECTOR, selector).click()

    def _give(self) -> None:
        field = "dialog input[type=password]"
        wait_until(lambda: bool(self.firefox.find_elements(By.CSS_SELECTOR, field)), "the passphrase's field")
        for one in self.firefox.find_elements(By.CSS_SELECTOR, field):
            one.send_keys(PASSPHRASE)
        self._click("[data-action=passphrase-yes]")

    def _add(self) -> None:
        self._give()
        self._click("[data-action=import-yes]")
        wait_until(lambda: "Added" in self.firefox.find_element(By.ID, "undo").text, "the copy to be added")

    def save_copy(self, folder: Path) -> Path:
        self._open()
        self._click("#export-encrypted")
        self._give()
        found = lambda: list(self._downloads.glob("*.carryover"))  # noqa: E731
        wait_until(lambda: bool(found()) and not list(self._downloads.glob("*.part")), "the download")
        return found()[0].rename(folder / "of-firefox.carryover")

    def add_copy(self, file: Path) -> None:
        self._open()
        self.firefox.find_element(By.ID, "file").send_keys(str(file))
        self._add()

    def show_codes(self) -> list[bytes]:
        self._open()
        self._click("#show-codes")
        self._give()
        self._click("[data-action=codes-pause]")
        label = str(self.firefox.find_element(By.CSS_SELECTOR, "svg.code").get_attribute("aria-label"))
        images = []
        for _ in range(int(label.rpartition(" ")[2])):
            images.append(self.firefox.find_element(By.CSS_SELECTOR, "svg.code").screenshot_as_png)
            self._click("[data-action=codes-next]")
        return images

    def add_images(self, images: list[Path]) -> None:
        self._open()
        self._click("#read-codes")
        field = "#codes-images"
        wait_until(lambda: len(self.firefox.find_elements(By.CSS_SELECTOR, field)) == 1, "the field for images")
        self.firefox.find_element(By.CSS_SELECTOR, field).send_keys("\n".join(map(str, images)))
        self._add()


@contextmanager
def firefox_side(extension: Path, folder: Path) -> Iterator[FirefoxSide]:
    """Run Firefox with the extension until the block ends."""
    proxy, downloads = RecordingProxy(), folder / "downloads"
    downloads.mkdir(parents=True)
    with opened_firefox(extension, folder, proxy, downloads) as driver:
        yield FirefoxSide(driver, proxy, downloads)
    proxy.close()
