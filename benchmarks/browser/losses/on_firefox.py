"""Firefox over folders of profiles, with the content of the extension's zip."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.browser.browsers import geckodriver
from benchmarks.browser.losses.damages import Folders, Place
from benchmarks.browser.losses.device import Device, EndedError, version_of
from kernel.json_object import JsonObject

ADDRESS = "11111111-1111-4111-8111-111111111111"  # of the extension, the same in every profile
_PATIENCE_S = 60
_ORIGIN = f"moz-extension+++{ADDRESS}"
_OF_EXTENSIONS = "^userContextId=4294967295"  # the browser's own part of an extension's origin, with storage.local
_METADATA = ".metadata-v2"  # says whose folder it is
_RUN = "const done = arguments[arguments.length - 1]; losses(...[...arguments].slice(0, -1)).then(done);"
_STOP = """
const [id, done] = arguments;
const { extension } = WebExtensionPolicy.getByID(id);
extension
  .terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true })
  .then(() => done(extension.backgroundState), (error) => done(`${error}`));
"""


class _Device(Device):
    def __init__(self, driver: webdriver.Firefox, extension_id: str) -> None:
        self._driver = driver
        self._id = extension_id

    def stop_worker(self) -> None:
        """End the event page as Firefox does after 30 seconds without an event, but at once and whatever it is doing.

        Killing its process would end the page that asks, too, and the browser would count a crash of the extension.
        """
        with self._driver.context("chrome"):
            state = self._driver.execute_async_script(_STOP, self._id)
        if state != "stopped":
            raise RuntimeError(f"expected Firefox to stop the background, got {state}")

    def shift_clock(self, milliseconds: int) -> None:
        self.ask("vault.get")
        answer = self.run("shift", milliseconds)
        if answer is None or "error" in answer:
            raise RuntimeError(f"expected the clock of the background, got {answer}")

    def run(self, name: str, *given: object) -> JsonObject | None:
        try:
            return dict(self._driver.execute_async_script(_RUN, name, *given))
        except WebDriverException:
            return None


class Firefox:
    """Firefox with the extension in a folder. scratch: folder for its driver."""

    caches = ("cache2", "startupCache", "lock", ".parentlock", "crashes", "minidumps", "*.sqlite-shm")
    empties_journals = True

    def __init__(self, scratch: Path, extension: Path) -> None:
        self._extension = extension
        manifest = json.loads((extension / "manifest.json").read_text("utf-8"))
        self._id = str(manifest["browser_specific_settings"]["gecko"]["id"])
        self._binary = shutil.which("firefox-esr") or "firefox"
        self._driver, self._log = geckodriver(scratch), scratch / "geckodriver.log"

    def version(self) -> str:
        """Return its name and version."""
        return version_of(self._binary)

    @contextmanager
    def running(self, folder: Path) -> Iterator[Device]:
        """Run it over a folder until the block ends. The extension is temporary, and what it stored stays."""
        folder.mkdir(exist_ok=True)
        options = Options()
        options.binary_location = self._binary
        options.add_argument("-headless")
        options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
        options.add_argument("-profile")  # else the driver works on a copy, and deletes it
        options.add_argument(str(folder))
        options.set_preference("extensions.webextensions.uuids", json.dumps({self._id: ADDRESS}))
        options.set_preference("extensions.webextensions.keepStorageOnUninstall", value=True)
        options.set_preference("extensions.webextensions.keepUuidOnUninstall", value=True)
        options.set_preference("browser.cache.disk.enable", value=False)
        driver = webdriver.Firefox(options, Service(self._driver, log_output=str(self._log)))
        try:
            driver.set_script_timeout(_PATIENCE_S)
            # By its path: install_addon would pack and send the whole folder.
            try:
                driver.execute("INSTALL_ADDON", {"path": str(self._extension), "temporary": True})
                driver.get(f"moz-extension://{ADDRESS}/ui/losses.html")
                ready = "return typeof globalThis.losses === 'function'"
                WebDriverWait(driver, _PATIENCE_S, poll_frequency=0.05).until(lambda one: one.execute_script(ready))
            except WebDriverException as error:
                raise EndedError(f"expected Firefox to open the extension's page: {error.msg}") from error
            yield _Device(driver, self._id)
        finally:
            driver.quit()

    def folders(self, profile: Path) -> Folders:
        """Return the files of its three databases, all SQLite's; raises RuntimeError where one is missing.

        Store and backup lie in one folder and share what Firefox notes of it; the marker has a folder of its own.
        """
        origins = profile / "storage" / "default"
        extension, browser = origins / _ORIGIN, origins / f"{_ORIGIN}{_OF_EXTENSIONS}"
        return Folders(
            Place(extension, f"idb/*{_scrambled('carryover')}.*", (_METADATA,)),
            Place(extension, f"idb/*{_scrambled('carryover-backup')}.*", (_METADATA,)),
            Place(browser, f"idb/*{_scrambled('webExtensions-storage-local')}.*", (_METADATA,)),
        ).checked("Firefox")


def _scrambled(name: str) -> str:
    """Return how Firefox writes a database's name in its file's: letters by turns from both ends, to 21 of them."""
    turns = [name[i // 2] if i % 2 == 0 else name[-1 - i // 2] for i in range(len(name))]
    return "".join(turns)[:21]
